//! Values of manifests as expressions, and what objects go by.

use std::borrow::Cow;

use canpull_syntax::expression::{Expression, ExpressionKind, Property};
use canpull_syntax::tree::Value;
use canpull_syntax::{Kind, Node, TextRange};

use super::super::object::{Reader, is_template};
use crate::fact::Field;
use crate::fact::template::{CONFIG_VALUE, OBJECT, PLACEHOLDER};
use crate::placeholder;

/// The type of whatever does not bear on pulling.
pub(super) const OTHER: &str = "Microsoft.Resources/others";

/// Values nest this deep at most.
const MAX_DEPTH: u8 = 24;

/// Writes the values of one object as expressions.
pub(super) struct Writer<'r> {
    reader: &'r Reader<'r>,
    /// The object's own name, placeholders and all; nothing where it is left out.
    pub(super) name: String,
    /// Its namespace likewise.
    namespace: String,
}

impl<'r> Writer<'r> {
    pub(super) fn new(reader: &'r Reader<'r>, object: Node<'_>) -> Self {
        let told = |key: &str| {
            let written = object.at(&["metadata", key]);
            written.and_then(|own| match reader.string(own) {
                Field::Known(known, _) => Some(known),
                _ => own.text().map(Cow::into_owned),
            })
        };
        Self { reader, name: told("name").unwrap_or_default(), namespace: told("namespace").unwrap_or_default() }
    }

    /// What an object of the same namespace goes by.
    pub(super) fn key(&self, group: &str, kind: &str, name: &str) -> String {
        key(&self.namespace, group, kind, name)
    }

    /// What the value of a `ConfigMap` of the same namespace goes by.
    pub(super) fn config_key(&self, name: &str, key: &str) -> String {
        format!("{}/{name}/{key}", self.namespace)
    }

    /// The resource that an object of the same namespace stands for.
    pub(super) fn object(&self, (group, kind, name): (&str, &str, &str), azure: &str, range: TextRange) -> Expression {
        object_in(&self.namespace, (group, kind, name), azure, range)
    }

    /// A resource by its type and its name in Azure.
    pub(super) fn named(&self, azure: &str, name: Node<'_>) -> Expression {
        call("resourceId", vec![text(azure, name.range()), self.value(name)], name.range())
    }

    /// A resource group by its name in Azure.
    pub(super) fn resource_group(&self, name: Node<'_>) -> Expression {
        call("resourceGroup", vec![self.value(name)], name.range())
    }

    /// What a reference to a value of a `ConfigMap` means: `{name, key}`.
    pub(super) fn config_value(&self, reference: Node<'_>) -> Expression {
        let told = |key: &str| reference.get(key).and_then(Node::text);
        match (told("name"), told("key")) {
            (Some(name), Some(key)) => {
                let (key, range) = (self.config_key(&name, &key), reference.range());
                call(CONFIG_VALUE, vec![text(&key, range)], range)
            }
            _ => Expression::opaque(reference.range()),
        }
    }

    /// A value as it stands.
    pub(super) fn value(&self, node: Node<'_>) -> Expression {
        self.shaped(node, &|_, _| None)
    }

    /// A value, of whose maps some entries are written otherwise.
    pub(super) fn shaped(&self, node: Node<'_>, shape: &Shape<'_>) -> Expression {
        self.at_depth(node, shape, MAX_DEPTH)
    }

    fn at_depth(&self, node: Node<'_>, shape: &Shape<'_>, left: u8) -> Expression {
        let range = node.range();
        let Some(left) = left.checked_sub(1).filter(|_| !node.is_alias() || self.reader.follow()) else {
            return Expression::opaque(range);
        };
        let kind = match node.kind() {
            Kind::Scalar => return self.scalar(node),
            Kind::Map if is_template(node) => ExpressionKind::Opaque,
            Kind::Map => ExpressionKind::Object(
                node.entries()
                    .into_iter()
                    .map(|entry| {
                        shape(&entry.name(), entry.value).unwrap_or_else(|| Property {
                            key: text(&entry.name(), entry.key.range()),
                            value: self.at_depth(entry.value, shape, left),
                        })
                    })
                    .collect(),
            ),
            Kind::List => ExpressionKind::List(node.items().map(|item| self.at_depth(item, shape, left)).collect()),
            Kind::Opaque => ExpressionKind::Opaque,
        };
        Expression::new(range, kind)
    }

    fn scalar(&self, node: Node<'_>) -> Expression {
        let range = node.range();
        let kind = match node.value() {
            Some(Value::Str(written)) => match self.reader.string(node) {
                Field::Known(known, _) => ExpressionKind::Text(known.into()),
                _ => with_placeholders(&written, range),
            },
            Some(Value::Null) => ExpressionKind::Null,
            Some(Value::Bool(value)) => ExpressionKind::Bool(value),
            Some(Value::Int(value)) => i64::try_from(value).map_or(ExpressionKind::Opaque, ExpressionKind::Number),
            Some(Value::Float(_)) | None => ExpressionKind::Opaque,
        };
        Expression::new(range, kind)
    }
}

/// How an entry of a map is written otherwise; `None` as it stands.
pub(super) type Shape<'s> = dyn Fn(&str, Node<'_>) -> Option<Property> + 's;

/// A text.
pub(super) fn text(text: &str, range: TextRange) -> Expression {
    Expression::new(range, ExpressionKind::Text(text.into()))
}

/// The resource that an object of some namespace stands for.
pub(super) fn object_in(
    namespace: &str,
    (group, kind, name): (&str, &str, &str),
    azure: &str,
    range: TextRange,
) -> Expression {
    call(OBJECT, vec![text(&key(namespace, group, kind, name), range), text(azure, range)], range)
}

/// An object.
pub(super) fn object(properties: Vec<Property>, range: TextRange) -> Expression {
    Expression::new(range, ExpressionKind::Object(properties.into()))
}

/// The body of a resource of this type: its properties apart, but for what only tells whose identity it has.
pub(super) fn body(azure: &str, properties: Expression, range: TextRange) -> Expression {
    if azure == OTHER {
        return Expression { range, ..properties };
    }
    object(vec![entry("properties", properties)], range)
}

/// A value under a key.
pub(super) fn entry(key: &str, value: Expression) -> Property {
    Property { key: text(key, value.range), value }
}

/// A key whose value is not known.
pub(super) fn opaque(key: &str, range: TextRange) -> Property {
    entry(key, Expression::opaque(range))
}

fn key(namespace: &str, group: &str, kind: &str, name: &str) -> String {
    format!("{group}/{kind} {namespace}/{name}")
}

fn call(function: &str, arguments: Vec<Expression>, range: TextRange) -> Expression {
    Expression::new(range, ExpressionKind::call(function, arguments))
}

/// A text with what somebody fills in before deploying.
fn with_placeholders(written: &str, range: TextRange) -> ExpressionKind {
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some((start, end)) = placeholder::find(rest).filter(|(start, end)| start < end) {
        let (Some(before), Some(own), Some(behind)) = (rest.get(..start), rest.get(start..end), rest.get(end..)) else {
            return ExpressionKind::Opaque;
        };
        if !before.is_empty() {
            parts.push(text(before, range));
        }
        parts.push(call(PLACEHOLDER, vec![text(own, range)], range));
        rest = behind;
        if parts.len() > 32 {
            return ExpressionKind::Opaque;
        }
    }
    if !rest.is_empty() {
        parts.push(text(rest, range));
    }
    ExpressionKind::Template(parts.into())
}
