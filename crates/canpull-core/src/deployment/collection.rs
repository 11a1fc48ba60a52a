//! What is made several times, in languages that tell by index or key which one is meant: all of them, and one of them.

use canpull_syntax::Span;
use canpull_syntax::expression::{Expression, ExpressionKind};

use super::Evaluator;
use super::instance::{Env, Round, Sure};
use super::unit::Symbol;
use super::value::{Data, Evaluated, same};

/// What a loop makes under a symbol.
struct Repeated<'f> {
    symbol: Symbol,
    rounds: Vec<Round<'f>>,
    /// What the key of a round goes by; `None` where rounds are counted.
    key: Option<String>,
}

impl Repeated<'_> {
    /// The key of a round.
    fn key(&self, at: usize) -> Option<&Evaluated> {
        self.rounds.get(at)?.env.local(self.key.as_deref()?)
    }
}

impl<'f> Evaluator<'f> {
    /// All that a loop makes under a symbol: a list of what is counted, otherwise an object by their keys. `None` of what
    /// is made once, and of languages in which the symbol means one of them.
    pub(super) fn all_of(&self, name: &str, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let all = self.rounds_of(name, env)?;
        let maybe = all.rounds.iter().any(|round| round.sure != Sure::Yes);
        let made = (0..all.rounds.len()).map(|at| self.made_in(&all, at, span));
        let key = |at: usize| all.key(at).cloned().unwrap_or_else(|| Evaluated::unknown(span));
        let data = if all.key.is_none() {
            Data::List(made.collect())
        } else {
            Data::Object(made.enumerate().map(|(at, own)| (key(at), own)).collect())
        };
        Some(Evaluated::new(data, span).given(!maybe))
    }

    /// One of what a loop makes under a symbol.
    pub(super) fn one_of_all(&self, name: &str, index: &Evaluated, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let all = self.rounds_of(name, env)?;
        let count = all.rounds.len();
        let fits = |at: &usize| all.key(*at).is_some_and(|key| same(&key.data, &index.data));
        // Of keys that are not known any may be the one.
        let is_open = |at: &usize| all.key(*at).is_none_or(|key| key.data.as_text().is_none());
        let places: Vec<usize> = match (&all.key, &index.data) {
            (None, Data::Number(at)) => usize::try_from(*at).ok().filter(|at| *at < count).into_iter().collect(),
            (None, _) => (0..count).collect(),
            (Some(_), _) => match ((0..count).find(fits), index.data.as_text()) {
                (Some(at), _) => vec![at],
                (None, Some(_)) => (0..count).filter(is_open).collect(),
                (None, None) => (0..count).collect(),
            },
        };
        if places.is_empty() {
            return Some(Evaluated::unknown(span));
        }
        Some(Evaluated::one_of(places.into_iter().map(|at| self.made_in(&all, at, span)), span))
    }

    /// The rounds of what is made several times under a symbol; `None` of what is made once.
    fn rounds_of(&self, name: &str, env: &Env<'f>) -> Option<Repeated<'f>> {
        let (instance, symbol) = env.instance.symbol(name).filter(|(instance, _)| instance.unit.is_terraform)?;
        let (file, each) = instance.unit.place_and_loop(symbol)?;
        let each = each?;
        let rounds = self.rounds(&instance.env(file), Some(each));
        Some(Repeated { symbol, rounds, key: each.index.as_ref().map(|key| key.to_ascii_lowercase()) })
    }

    fn made_in(&self, all: &Repeated<'f>, at: usize, span: Span) -> Evaluated {
        let made = all.rounds.get(at).and_then(|round| self.in_round(all.symbol, at, round, span));
        made.unwrap_or_else(|| Evaluated::unknown(span))
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
