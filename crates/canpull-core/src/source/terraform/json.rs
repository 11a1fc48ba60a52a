//! Terraform in the syntax of JSON: blocks are objects by their kinds and labels, and strings hold the expressions.

use canpull_syntax::expression::{Expression, ExpressionKind, Property};
use canpull_syntax::hcl::{self, Attribute, Block, Body, Parsed};
use canpull_syntax::{Entry, Kind, Node, ScalarStyle, TextRange, Value, arm};

/// Values nest this deep at most.
const MAX_DEPTH: usize = 64;

/// Settings of resources that are maps; every other object is a nested block.
const MAPS: [&str; 16] = [
    "annotations",
    "binary_data",
    "binary_data_wo",
    "body",
    "data",
    "data_wo",
    "for_each",
    "keepers",
    "labels",
    "manifest",
    "match_labels",
    "node_labels",
    "node_selector",
    "string_data",
    "tags",
    "triggers",
];

/// Reads a configuration, or a file of variables, which holds values alone.
pub(super) fn parse(text: &str, is_values: bool) -> Parsed {
    let parsed = arm::parse(text);
    let problems = parsed.problems.iter().filter(|problem| problem.fatal).cloned().collect();
    let mut body = Body::default();
    for entry in parsed.roots().flat_map(|(_, root)| entries(root)) {
        if is_values {
            body.attributes.push(attribute(&entry, constant(entry.value, 0)));
        } else {
            blocks(&entry, &mut body.blocks);
        }
    }
    Parsed { body, problems }
}

/// The blocks of a kind.
fn blocks(entry: &Entry<'_>, found: &mut Vec<Block>) {
    let kind = entry.name();
    let labels = match &*kind {
        "resource" | "data" => 2,
        "variable" | "output" | "module" | "provider" => 1,
        _ => 0,
    };
    labelled(&kind, &mut Vec::new(), labels, entry.value, found);
}

fn labelled(kind: &str, labels: &mut Vec<Box<str>>, left: usize, value: Node<'_>, found: &mut Vec<Block>) {
    for own in one_or_several(value) {
        if left == 0 {
            let labels = labels.clone();
            let body = within(kind, &labels, own, 0);
            found.push(Block { kind: kind.into(), labels, body, range: own.range() });
            continue;
        }
        for entry in entries(own) {
            labels.push(entry.name().into());
            labelled(kind, labels, left - 1, entry.value, found);
            labels.pop();
        }
    }
}

/// What stands in a block.
fn within(kind: &str, labels: &[Box<str>], own: Node<'_>, depth: usize) -> Body {
    let mut body = Body::default();
    let nests = matches!(kind, "resource" | "data") && !labels.first().is_some_and(|own| own.starts_with("azapi_"));
    for entry in entries(own) {
        let name = entry.name();
        match &*name {
            "dynamic" => labelled_within(&entry, &mut body.blocks, depth),
            "type" if kind == "variable" => body.attributes.push(attribute(&entry, code(entry.value))),
            "provider" if nests || kind == "resource" => body.attributes.push(attribute(&entry, code(entry.value))),
            "default" if kind == "variable" => body.attributes.push(attribute(&entry, constant(entry.value, 0))),
            name if is_nested(entry.value) && (name == "identity" || nests && !MAPS.contains(&name)) => {
                nested(name, &[], entry.value, &mut body.blocks, depth);
            }
            _ => body.attributes.push(attribute(&entry, expression(entry.value, 0))),
        }
    }
    body
}

/// `"dynamic": {"identity": {"for_each": …, "content": {…}}}`.
fn labelled_within(entry: &Entry<'_>, found: &mut Vec<Block>, depth: usize) {
    for own in one_or_several(entry.value).into_iter().flat_map(entries) {
        nested("dynamic", &[own.name().into()], own.value, found, depth);
    }
}

fn nested(kind: &str, labels: &[Box<str>], value: Node<'_>, found: &mut Vec<Block>, depth: usize) {
    for own in one_or_several(value).into_iter().filter(|_| depth < MAX_DEPTH) {
        let body = within("resource", &[], own, depth + 1);
        found.push(Block { kind: kind.into(), labels: labels.to_owned(), body, range: own.range() });
    }
}

/// Whether a value may be nested blocks: an object, or some.
fn is_nested(value: Node<'_>) -> bool {
    match value.kind() {
        Kind::Map => true,
        Kind::List => value.items().next().is_some() && value.items().all(|own| own.kind() == Kind::Map),
        _ => false,
    }
}

fn one_or_several(value: Node<'_>) -> Vec<Node<'_>> {
    match value.kind() {
        Kind::List => value.items().collect(),
        _ => vec![value],
    }
}

/// The entries of an object, but for comments.
fn entries(map: Node<'_>) -> impl Iterator<Item = Entry<'_>> {
    let own = Some(map).filter(|map| map.kind() == Kind::Map).into_iter().flat_map(Node::written_entries);
    own.filter(|entry| entry.name() != "//")
}

fn attribute(entry: &Entry<'_>, value: Expression) -> Attribute {
    Attribute { name: entry.name().into(), name_range: entry.key.range(), value }
}

/// A value whose strings hold expressions.
fn expression(node: Node<'_>, depth: usize) -> Expression {
    value(node, depth, &hcl::template)
}

/// A value that is what it says.
fn constant(node: Node<'_>, depth: usize) -> Expression {
    value(node, depth, &|text, range, _| Expression::new(range, ExpressionKind::Text(text.into())))
}

/// An expression that stands in a string without `${ … }`.
fn code(node: Node<'_>) -> Expression {
    value(node, 0, &hcl::expression)
}

fn value(node: Node<'_>, depth: usize, text: &dyn Fn(&str, TextRange, bool) -> Expression) -> Expression {
    let range = node.range();
    if depth >= MAX_DEPTH {
        return Expression::opaque(range);
    }
    let of = |own: Node<'_>| value(own, depth + 1, text);
    let kind = match (node.kind(), node.value()) {
        (Kind::Map, _) => ExpressionKind::Object(
            node.written_entries().map(|own| Property { key: of(own.key), value: of(own.value) }).collect(),
        ),
        (Kind::List, _) => ExpressionKind::List(node.items().map(of).collect()),
        (_, Some(Value::Str(own))) => {
            let is_plain = node.style() == Some(ScalarStyle::DoubleQuoted) && node.raw().len() == own.len() + 2;
            return text(&own, range, is_plain);
        }
        (_, Some(Value::Null)) => ExpressionKind::Null,
        (_, Some(Value::Bool(own))) => ExpressionKind::Bool(own),
        (_, Some(Value::Int(own))) => i64::try_from(own).map_or(ExpressionKind::Opaque, ExpressionKind::Number),
        _ => ExpressionKind::Opaque,
    };
    Expression { range, kind }
}
