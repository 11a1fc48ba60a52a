//! What is made several times, in languages that tell by index or key which one is meant: all of them, and one of them.

use canpull_syntax::Span;
use canpull_syntax::expression::{Expression, ExpressionKind};

use super::Evaluator;
use super::instance::{Env, Sure};
use super::unit::Symbol;
use super::value::{Data, Evaluated, same};

impl<'f> Evaluator<'f> {
    /// All that a loop makes under a symbol: a list of what is counted, otherwise an object by their keys. `None` of what
    /// is made once, and of languages in which the symbol means one of them.
    pub(super) fn all_of(&self, name: &str, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let (instance, symbol) = env.instance.symbol(name).filter(|(instance, _)| instance.unit.is_terraform)?;
        let (file, each) = match symbol {
            Symbol::Resource(index) => {
                instance.unit.resources.get(index).map(|(file, own)| (*file, own.terms.each.as_ref()))?
            }
            Symbol::Module(index) => {
                instance.unit.modules.get(index).map(|(file, own)| (*file, own.terms.each.as_ref()))?
            }
        };
        let each = each?;
        let rounds = self.rounds(&instance.env(file), Some(each));
        let maybe = rounds.iter().any(|round| round.sure != Sure::Yes);
        let made = (0..rounds.len()).map(|at| self.symbolic(name, env, span, Some(at)));
        let made: Vec<Evaluated> = made.map(|own| own.unwrap_or_else(|| Evaluated::unknown(span))).collect();
        let data = match &each.index {
            None => Data::List(made.into()),
            Some(key) => {
                let unknown = || Evaluated::unknown(span);
                let key = key.to_ascii_lowercase();
                let keys = rounds.iter().map(|round| round.env.local(&key).cloned().unwrap_or_else(unknown));
                Data::Object(keys.zip(made).collect())
            }
        };
        Some(Evaluated::new(data, span).given(!maybe))
    }

    /// One of what a loop makes under a symbol.
    pub(super) fn one_of_all(&self, name: &str, index: &Evaluated, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let all = self.all_of(name, env, span)?;
        let found = match &all.data {
            Data::List(items) => match index.data {
                Data::Number(at) => usize::try_from(at).ok().and_then(|at| items.get(at)).cloned(),
                _ => Some(Evaluated::one_of(items.to_vec(), span)),
            },
            Data::Object(pairs) => {
                let found = pairs.iter().find(|(key, _)| same(&key.data, &index.data)).map(|(_, own)| own.clone());
                // Of keys that are not known any may be the one.
                let is_open = |(key, _): &&(Evaluated, Evaluated)| key.data.as_text().is_none();
                let any = |all: Vec<Evaluated>| (!all.is_empty()).then(|| Evaluated::one_of(all, span));
                found.or_else(|| match index.data.as_text() {
                    Some(_) => any(pairs.iter().filter(is_open).map(|(_, own)| own.clone()).collect()),
                    None => any(pairs.iter().map(|(_, own)| own.clone()).collect()),
                })
            }
            _ => None,
        };
        Some(found.unwrap_or_else(|| Evaluated::unknown(span)))
    }

    /// The items of a value, as a splat takes them: what is no list is one of its own, and nothing is none.
    pub(super) fn splat(&self, of: &'f Expression, env: &Env<'f>, span: Span) -> Evaluated {
        let of = match &of.kind {
            ExpressionKind::Name(name) => {
                let all = self.all_of(&name.to_ascii_lowercase(), env, span);
                all.unwrap_or_else(|| self.evaluate(of, env))
            }
            _ => self.evaluate(of, env),
        };
        let firm = of.firm;
        let items = match &of.data {
            Data::List(_) => return of,
            Data::Null => Vec::new(),
            Data::Open(..) | Data::OneOf(..) => return Evaluated::unknown(span),
            _ => vec![of],
        };
        Evaluated::new(Data::List(items.into()), span).given(firm)
    }
}
