//! What types of Terraform's variables say of parts that are left out: `optional(bool, true)`.

use canpull_syntax::expression::{Expression, ExpressionKind, Property};

use super::Evaluator;
use super::instance::Env;
use super::value::{Data, Evaluated};

impl<'f> Evaluator<'f> {
    /// A value as its type completes it.
    pub(super) fn completed(&self, value: Evaluated, kind: &'f Expression, env: &Env<'f>) -> Evaluated {
        let ExpressionKind::Call(call) = &kind.kind else { return value };
        let [of] = &*call.arguments else { return value };
        let data = match (&*call.function, &value.data, &of.kind) {
            ("object", Data::Object(_), ExpressionKind::Object(parts)) => {
                let own = parts.iter().filter_map(|part| self.part(&value, part, env));
                let others = value.pairs().iter().filter(|(key, _)| !is_one_of(parts, key));
                Data::Object(others.cloned().chain(own).collect())
            }
            ("list", Data::List(items), _) => {
                Data::List(items.iter().map(|item| self.completed(item.clone(), of, env)).collect())
            }
            ("set", Data::List(items), _) => {
                let items = items.iter().map(|item| self.completed(item.clone(), of, env));
                Data::Object(items.map(|item| (item.clone(), item)).collect())
            }
            ("map", Data::Object(pairs), _) => {
                let complete =
                    |(key, own): &(Evaluated, Evaluated)| (key.clone(), self.completed(own.clone(), of, env));
                Data::Object(pairs.iter().map(complete).collect())
            }
            _ => return value,
        };
        value.with(data)
    }

    /// A part of an object: as it is given, or what its type says for one that is not.
    fn part(&self, of: &Evaluated, part: &'f Property, env: &Env<'f>) -> Option<(Evaluated, Evaluated)> {
        let key = name_of(part)?;
        let (kind, default) = match &part.value.kind {
            ExpressionKind::Call(call) if &*call.function == "optional" => match &*call.arguments {
                [kind, default] => (kind, Some(default)),
                [kind] => (kind, None),
                _ => return None,
            },
            _ => (&part.value, None),
        };
        let given = of.key(key).filter(|own| !matches!(own.data, Data::Null));
        let value = match (given, default) {
            (Some(own), _) => own.clone(),
            (None, Some(default)) => self.evaluate(default, env).given(of.firm),
            (None, None) => Evaluated::new(Data::Null, of.span).given(of.firm),
        };
        Some((Evaluated::new(Data::text(key), of.span), self.completed(value, kind, env)))
    }
}

fn is_one_of(parts: &[Property], key: &Evaluated) -> bool {
    key.data.as_text().is_some_and(|key| parts.iter().any(|part| name_of(part) == Some(key)))
}

fn name_of(part: &Property) -> Option<&str> {
    match &part.key.kind {
        ExpressionKind::Text(name) => Some(name),
        ExpressionKind::Name(name) => Some(name),
        _ => None,
    }
}
