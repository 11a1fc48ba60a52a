//! Files of parameters in Bicep: `using`, `var` and `param`, each of which may name what stands above it.

use std::collections::BTreeMap;

use canpull_syntax::TextRange;
use canpull_syntax::bicep::Statement;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For, MAX_DEPTH, Property};

use crate::fact::join;
use crate::fact::template::{ArgumentsFact, Named, Receiver};

/// What names stand for is written out up to so many expressions in all.
const MAX_SIZE: usize = 10_000;

/// Reads a file of parameters.
pub(super) fn read(path: &str, statements: Vec<Statement>) -> ArgumentsFact {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = ArgumentsFact { receiver: Receiver::Beside, values: Vec::new() };
    let mut names = Names { known: BTreeMap::new(), left: MAX_SIZE, deepest: 0 };
    for statement in statements {
        match statement {
            Statement::Setting(word, value) if &*word == "using" => {
                if let Some(path) = value.text().and_then(|path| join(folder, path)) {
                    found.receiver = Receiver::Named(path);
                }
            }
            Statement::Variable { name, value } => {
                names.learn(name, &value);
            }
            Statement::Parameter { name, value: Some(value), .. } => {
                let value = names.learn(name.clone(), &value);
                found.values.push(Named { name, value });
            }
            _ => {}
        }
    }
    found
}

/// What names of the file stand for. No other name is known: what the template calls so is something else.
struct Names {
    known: BTreeMap<Box<str>, Known>,
    left: usize,
    /// How deep what is written out goes.
    deepest: usize,
}

/// What a name stands for, written out.
#[derive(Clone)]
struct Known {
    value: Expression,
    /// The number of expressions in it.
    size: usize,
    /// How deep they nest.
    depth: usize,
}

impl Names {
    fn learn(&mut self, name: Box<str>, value: &Expression) -> Expression {
        let before = self.left;
        self.deepest = 0;
        let value = self.written_out(value, 0);
        self.known.insert(name, Known { value: value.clone(), size: before - self.left, depth: self.deepest });
        value
    }

    /// Takes so many expressions, that nest as deep, off those that are left; tells whether there is room.
    fn take(&mut self, size: usize, depth: usize) -> bool {
        let Some(left) = self.left.checked_sub(size).filter(|_| depth <= MAX_DEPTH) else { return false };
        self.left = left;
        self.deepest = self.deepest.max(depth);
        true
    }

    fn written_out(&mut self, from: &Expression, depth: usize) -> Expression {
        if !self.take(1, depth) {
            return Expression::opaque(from.range);
        }
        let depth = depth + 1;
        let kind = match &from.kind {
            ExpressionKind::Name(name) => match self.known.get(name).cloned() {
                Some(known) if self.take(known.size, depth + known.depth) => known.value.kind,
                _ => ExpressionKind::Opaque,
            },
            ExpressionKind::Template(all) => ExpressionKind::Template(self.all(all, depth)),
            ExpressionKind::List(all) => ExpressionKind::List(self.all(all, depth)),
            ExpressionKind::Call(call) => ExpressionKind::call(call.function.clone(), self.all(&call.arguments, depth)),
            ExpressionKind::Operation(own) => ExpressionKind::operation(own.operator, self.all(&own.operands, depth)),
            ExpressionKind::Object(all) => ExpressionKind::Object(
                all.iter()
                    .map(|own| Property {
                        key: self.written_out(&own.key, depth),
                        value: self.written_out(&own.value, depth),
                    })
                    .collect(),
            ),
            ExpressionKind::Access(access) => {
                let accessor = match &access.accessor {
                    Accessor::Index(index) => Accessor::Index(Box::new(self.written_out(index, depth))),
                    accessor => accessor.clone(),
                };
                ExpressionKind::access(self.written_out(&access.of, depth), accessor)
            }
            ExpressionKind::Condition(parts) => {
                let [test, yes, no] = &**parts;
                let parts = [self.written_out(test, depth), self.written_out(yes, depth), self.written_out(no, depth)];
                ExpressionKind::Condition(Box::new(parts))
            }
            ExpressionKind::Spread(of) => ExpressionKind::Spread(Box::new(self.written_out(of, depth))),
            ExpressionKind::For(each) => ExpressionKind::For(Box::new(self.each(each, depth))),
            ExpressionKind::Lambda(lambda) => {
                let body = self.within(&lambda.names, |own| own.written_out(&lambda.body, depth));
                ExpressionKind::lambda(lambda.names.clone(), body)
            }
            kind => kind.clone(),
        };
        Expression::new(from.range, kind)
    }

    fn all(&mut self, all: &[Expression], depth: usize) -> Box<[Expression]> {
        all.iter().map(|own| self.written_out(own, depth)).collect()
    }

    fn each(&mut self, each: &For, depth: usize) -> For {
        let over = self.written_out(&each.over, depth);
        self.within(&each.names, |own| For {
            names: each.names.clone(),
            over,
            key: each.key.as_ref().map(|key| own.written_out(key, depth)),
            body: own.written_out(&each.body, depth),
            condition: each.condition.as_ref().map(|condition| own.written_out(condition, depth)),
        })
    }

    /// Works within a loop or a lambda, whose names stand for themselves.
    fn within<T>(&mut self, names: &[Box<str>], work: impl FnOnce(&mut Self) -> T) -> T {
        let itself = |name: &str| {
            let value = Expression::new(TextRange::default(), ExpressionKind::Name(name.into()));
            Known { value, size: 1, depth: 0 }
        };
        let hidden: Vec<_> =
            names.iter().map(|name| (name.clone(), self.known.insert(name.clone(), itself(name)))).collect();
        let found = work(self);
        for (name, own) in hidden.into_iter().rev() {
            match own {
                Some(own) => self.known.insert(name, own),
                None => self.known.remove(&name),
            };
        }
        found
    }
}
