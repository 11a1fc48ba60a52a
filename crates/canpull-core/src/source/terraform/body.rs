//! What stands in a block, as one object: nested blocks are lists of objects, as Terraform itself takes them.

use canpull_syntax::TextRange;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For, Property};
use canpull_syntax::hcl::{Block, Body};

use super::names::{resolved, resolved_within};

/// A value at the end of a path through attributes and nested blocks: `network_rule_set.default_action`.
pub(super) fn at(body: &Body, path: &str) -> Option<Expression> {
    let Some((block, rest)) = path.split_once('.') else { return body.value(path).cloned().map(resolved) };
    let mut own = body.blocks(block);
    if let (Some(only), None) = (own.next(), own.next()) {
        return at(&only.body, rest);
    }
    if let Some(value) = body.value(block) {
        return Some(keys(first(resolved(value.clone())), rest));
    }
    let dynamic = dynamic(body, block)?;
    Some(keys(first(each(dynamic, block)?), rest))
}

/// All nested blocks of a kind, as a list of objects.
pub(super) fn list(body: &Body, block: &str) -> Option<Expression> {
    if let Some(dynamic) = dynamic(body, block) {
        return each(dynamic, block);
    }
    let all: Vec<&Block> = body.blocks(block).collect();
    let range = all.first()?.range;
    Some(Expression::new(
        range,
        ExpressionKind::List(all.into_iter().map(|own| object(&own.body, own.range)).collect()),
    ))
}

/// All that stands in a block.
pub(super) fn object(body: &Body, range: TextRange) -> Expression {
    let key = |name: &str, range: TextRange| Expression::new(range, ExpressionKind::Text(name.into()));
    let mut properties: Vec<Property> = body
        .attributes
        .iter()
        .map(|own| Property { key: key(&own.name, own.name_range), value: resolved(own.value.clone()) })
        .collect();
    let mut kinds: Vec<&str> = Vec::new();
    for block in &body.blocks {
        let kind = match &*block.kind {
            "dynamic" => block.labels.first().map_or("dynamic", |label| &**label),
            kind => kind,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
            let value = list(body, kind).unwrap_or_else(|| Expression::opaque(block.range));
            properties.push(Property { key: key(kind, TextRange::empty(block.range.start)), value });
        }
    }
    Expression::new(range, ExpressionKind::Object(properties.into()))
}

/// The block that makes nested blocks of a kind, where nothing but it does.
fn dynamic<'b>(body: &'b Body, block: &str) -> Option<&'b Block> {
    let mut found = body.blocks("dynamic").filter(|own| own.labels.first().is_some_and(|label| &**label == block));
    found.next().filter(|_| found.next().is_none() && body.blocks(block).next().is_none())
}

/// What a dynamic block makes: an object for each item.
fn each(dynamic: &Block, block: &str) -> Option<Expression> {
    let iterator = match dynamic.body.value("iterator").map(|own| &own.kind) {
        Some(ExpressionKind::Name(name)) => name.clone(),
        _ => block.into(),
    };
    let over = resolved(dynamic.body.value("for_each")?.clone());
    let content = dynamic.body.blocks("content").next()?;
    let properties = content.body.attributes.iter().map(|own| Property {
        key: Expression::new(own.name_range, ExpressionKind::Text((&*own.name).into())),
        value: resolved_within(own.value.clone(), &iterator),
    });
    let body = Expression::new(content.range, ExpressionKind::Object(properties.collect()));
    let names = vec![format!("{iterator}.value").into(), format!("{iterator}.key").into()];
    let each = For { names, over, key: None, body, condition: None };
    Some(Expression::new(dynamic.range, ExpressionKind::For(Box::new(each))))
}

/// The first item of a list.
fn first(of: Expression) -> Expression {
    let range = of.range;
    let zero = Expression::new(TextRange::empty(range.end), ExpressionKind::Number(0));
    Expression::new(range, ExpressionKind::access(of, Accessor::Index(Box::new(zero))))
}

/// The value at the end of a path of keys, of which blocks count as their first.
fn keys(of: Expression, path: &str) -> Expression {
    path.split('.').fold(of, |of, key| {
        let range = of.range;
        Expression::new(range, ExpressionKind::access(of, Accessor::Member(key.into())))
    })
}
