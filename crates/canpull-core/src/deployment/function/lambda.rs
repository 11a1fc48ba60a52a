//! Functions that are handed a function: `map`, `filter`, `reduce`, `toObject`.

use canpull_syntax::Span;
use canpull_syntax::expression::{Expression, ExpressionKind};

use crate::deployment::Evaluator;
use crate::deployment::evaluate::MAX_ROUNDS;
use crate::deployment::instance::Env;
use crate::deployment::value::{Data, Evaluated};

/// A function without a name.
struct Lambda<'f> {
    /// What its arguments go by.
    names: Vec<String>,
    body: &'f Expression,
}

impl<'f> Evaluator<'f> {
    /// What such a function makes of a list; `None` of all others.
    pub(super) fn call_with_lambda(
        &self,
        function: &str,
        arguments: &'f [Expression],
        env: &Env<'f>,
        span: Span,
    ) -> Option<Evaluated> {
        if !matches!(function, "map" | "filter" | "reduce" | "toobject") {
            return None;
        }
        let (of, rest) = arguments.split_first()?;
        let of = self.evaluate(of, env);
        let found = match (function, rest) {
            ("map", [own]) => self.map(&of, &lambda(own)?, env, span),
            ("filter", [own]) => self.filter(&of, &lambda(own)?, env, span),
            ("reduce", [first, own]) => {
                let first = self.evaluate(first, env);
                self.reduce(&of, first, &lambda(own)?, env)
            }
            ("toobject", [key]) => self.to_object(&of, &lambda(key)?, None, env, span),
            ("toobject", [key, own]) => self.to_object(&of, &lambda(key)?, Some(&lambda(own)?), env, span),
            _ => None,
        };
        Some(found.unwrap_or_else(|| Evaluated::unknown(span)).given(of.firm))
    }

    /// What a function that the template itself defines makes of its arguments.
    pub(super) fn call_of_template(
        &self,
        function: &str,
        arguments: &'f [Expression],
        env: &Env<'f>,
    ) -> Option<Evaluated> {
        let &(file, variable) = env.instance.unit.variables.get(function)?;
        let own = lambda(&variable.value)?;
        // It sees nothing but its arguments and what the file names.
        let given = arguments.iter().map(|argument| self.evaluate(argument, env));
        let inner = Env::new(&env.instance, file).and(own.names.iter().cloned().zip(given));
        Some(self.evaluate(own.body, &inner))
    }

    fn map(&self, of: &Evaluated, own: &Lambda<'f>, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let all = items(of)?.iter().zip(0..).map(|(item, at)| self.apply(own, [item.clone(), number(at, span)], env));
        Some(Evaluated::new(Data::List(all.collect()), span))
    }

    fn filter(&self, of: &Evaluated, own: &Lambda<'f>, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let (mut kept, mut firm) = (Vec::new(), true);
        for (item, at) in items(of)?.iter().zip(0..) {
            let (holds, is_firm) = self.apply(own, [item.clone(), number(at, span)], env).decided()?;
            firm &= is_firm;
            if holds {
                kept.push(item.clone());
            }
        }
        Some(Evaluated::new(Data::List(kept.into()), span).given(firm))
    }

    fn reduce(&self, of: &Evaluated, first: Evaluated, own: &Lambda<'f>, env: &Env<'f>) -> Option<Evaluated> {
        let step = |so_far: Evaluated, item: &Evaluated| self.apply(own, [so_far, item.clone()], env);
        Some(items(of)?.iter().fold(first, step))
    }

    fn to_object(
        &self,
        of: &Evaluated,
        key: &Lambda<'f>,
        own: Option<&Lambda<'f>>,
        env: &Env<'f>,
        span: Span,
    ) -> Option<Evaluated> {
        let pair = |item: &Evaluated| {
            let value = own.map_or_else(|| item.clone(), |own| self.apply(own, [item.clone()], env));
            (self.apply(key, [item.clone()], env), value)
        };
        Some(Evaluated::new(Data::Object(items(of)?.iter().map(pair).collect()), span))
    }

    fn apply<const N: usize>(&self, own: &Lambda<'f>, arguments: [Evaluated; N], env: &Env<'f>) -> Evaluated {
        self.evaluate(own.body, &env.and(own.names.iter().cloned().zip(arguments)))
    }
}

/// The items of a list that is not too long to go over.
fn items(of: &Evaluated) -> Option<&[Evaluated]> {
    match &of.data {
        Data::List(items) if items.len() <= MAX_ROUNDS => Some(items),
        _ => None,
    }
}

fn number(at: i64, span: Span) -> Evaluated {
    Evaluated::new(Data::Number(at), span)
}

/// A function without a name: Bicep's `item => value`, ARM's `lambda('item', value)`.
fn lambda(written: &Expression) -> Option<Lambda<'_>> {
    match &written.kind {
        ExpressionKind::Lambda(own) => {
            Some(Lambda { names: own.names.iter().map(|name| name.to_ascii_lowercase()).collect(), body: &own.body })
        }
        ExpressionKind::Call(call) if call.function.eq_ignore_ascii_case("lambda") => {
            let (body, names) = call.arguments.split_last()?;
            let names: Option<_> = names.iter().map(|name| Some(name.text()?.to_ascii_lowercase())).collect();
            Some(Lambda { names: names?, body })
        }
        _ => None,
    }
}
