//! Names as Terraform means them: `var.name`, `module.name` and `type.name` are one word each for what they stand for.

use canpull_syntax::expression::{Access, Accessor, Expression, ExpressionKind, For, Property};

/// What opens a name of two words.
const OPENERS: [&str; 9] = ["var", "local", "module", "each", "count", "path", "terraform", "self", "ephemeral"];

/// An expression in which each name is one word.
pub(super) fn resolved(expression: Expression) -> Expression {
    Names { bound: Vec::new() }.expression(expression)
}

/// The same within the content of a dynamic block, whose items go by a name.
pub(super) fn resolved_within(expression: Expression, iterator: &str) -> Expression {
    let mut names = Names { bound: vec![iterator.into()] };
    names.iterator(expression, iterator)
}

struct Names {
    /// What the loops around go by.
    bound: Vec<Box<str>>,
}

impl Names {
    fn expression(&mut self, from: Expression) -> Expression {
        let Expression { range, kind } = from;
        let kind = match kind {
            ExpressionKind::Access(access) => self.access(*access),
            ExpressionKind::Template(all) => ExpressionKind::Template(self.all(all)),
            ExpressionKind::List(all) => ExpressionKind::List(self.all(all)),
            ExpressionKind::Call(call) => ExpressionKind::call(call.function, self.all(call.arguments)),
            ExpressionKind::Operation(own) => ExpressionKind::operation(own.operator, self.all(own.operands)),
            ExpressionKind::Object(all) => ExpressionKind::Object(
                all.into_iter()
                    .map(|own| Property { key: self.expression(own.key), value: self.expression(own.value) })
                    .collect(),
            ),
            ExpressionKind::Condition(parts) => {
                let parts = *parts;
                ExpressionKind::Condition(Box::new(parts.map(|own| self.expression(own))))
            }
            ExpressionKind::Spread(of) => ExpressionKind::Spread(Box::new(self.expression(*of))),
            ExpressionKind::For(each) => ExpressionKind::For(Box::new(self.each(*each))),
            kind => kind,
        };
        Expression { range, kind }
    }

    fn access(&mut self, from: Access) -> ExpressionKind {
        let accessor = match from.accessor {
            Accessor::Member(key) => match self.word(&from.of, &key) {
                Some(word) => return ExpressionKind::Name(word.into()),
                None => Accessor::Member(key),
            },
            Accessor::Index(index) => Accessor::Index(Box::new(self.expression(*index))),
            Accessor::Splat => Accessor::Splat,
        };
        ExpressionKind::access(self.expression(from.of), accessor)
    }

    fn all(&mut self, all: Box<[Expression]>) -> Box<[Expression]> {
        all.into_iter().map(|own| self.expression(own)).collect()
    }

    fn each(&mut self, each: For) -> For {
        let over = self.expression(each.over);
        let outside = self.bound.len();
        self.bound.extend(each.names.iter().cloned());
        let found = For {
            over,
            key: each.key.map(|own| self.expression(own)),
            body: self.expression(each.body),
            condition: each.condition.map(|own| self.expression(own)),
            names: each.names,
        };
        self.bound.truncate(outside);
        found
    }

    /// The word for `name.key`, where that is one.
    fn word(&self, of: &Expression, key: &str) -> Option<String> {
        match &of.kind {
            ExpressionKind::Name(name) if self.bound.contains(name) || &**name == "data" => None,
            ExpressionKind::Name(name) if OPENERS.contains(&&**name) || is_type(name) => Some(format!("{name}.{key}")),
            ExpressionKind::Access(access) => {
                let Access { of, accessor: Accessor::Member(kind) } = &**access else { return None };
                let is_data = matches!(&of.kind, ExpressionKind::Name(name) if &**name == "data");
                (is_data && !self.bound.iter().any(|own| &**own == "data")).then(|| format!("data.{kind}.{key}"))
            }
            _ => None,
        }
    }

    /// Within a dynamic block `name.value` and `name.key` are words, too.
    fn iterator(&mut self, from: Expression, iterator: &str) -> Expression {
        let resolved = self.expression(from);
        joined(resolved, iterator)
    }
}

/// Joins `iterator.value` and `iterator.key` wherever they stand.
fn joined(from: Expression, iterator: &str) -> Expression {
    let Expression { range, kind } = from;
    let all =
        |all: Box<[Expression]>| -> Box<[Expression]> { all.into_iter().map(|own| joined(own, iterator)).collect() };
    let kind = match kind {
        ExpressionKind::Access(access) => {
            let Access { of, accessor } = *access;
            let is_iterator = matches!(&of.kind, ExpressionKind::Name(name) if &**name == iterator);
            match accessor {
                Accessor::Member(key) if is_iterator && matches!(&*key, "value" | "key") => {
                    ExpressionKind::Name(format!("{iterator}.{key}").into())
                }
                Accessor::Index(index) => {
                    let index = Accessor::Index(Box::new(joined(*index, iterator)));
                    ExpressionKind::access(joined(of, iterator), index)
                }
                accessor => ExpressionKind::access(joined(of, iterator), accessor),
            }
        }
        ExpressionKind::Template(own) => ExpressionKind::Template(all(own)),
        ExpressionKind::List(own) => ExpressionKind::List(all(own)),
        ExpressionKind::Call(call) => ExpressionKind::call(call.function, all(call.arguments)),
        ExpressionKind::Operation(own) => ExpressionKind::operation(own.operator, all(own.operands)),
        ExpressionKind::Object(own) => ExpressionKind::Object(
            own.into_iter()
                .map(|own| Property { key: joined(own.key, iterator), value: joined(own.value, iterator) })
                .collect(),
        ),
        ExpressionKind::Condition(parts) => {
            let parts = *parts;
            ExpressionKind::Condition(Box::new(parts.map(|own| joined(own, iterator))))
        }
        kind => kind,
    };
    Expression { range, kind }
}

/// Whether a word is a type of resource: the provider's name comes first. One with a dot is a name already.
fn is_type(word: &str) -> bool {
    !word.contains('.') && word.split_once('_').is_some_and(|(provider, rest)| !provider.is_empty() && !rest.is_empty())
}
