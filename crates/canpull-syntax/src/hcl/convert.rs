//! From the parser's tree to the one expression tree.

use hcl_edit::Span as _;
use hcl_edit::expr::{
    self, BinaryOperator, Expression as Hcl, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::structure::{Body as HclBody, Structure};
use hcl_edit::template::{Element, Template};

use super::{Attribute, Block, Body};
use crate::expression::{Accessor, Expression, ExpressionKind, For, MAX_DEPTH, Operator, Places, Property, Text};
use crate::text::TextRange;

/// What an item goes by within a splat.
const ITEM: &str = "*";

/// A body that begins at an offset of a text.
pub(super) fn body(body: &HclBody, text: &str, at: usize) -> Body {
    Converter { text, at, places: Places::From(0) }.body(body, 0)
}

/// An expression that a text holds and nothing else.
pub(super) fn expression(from: &Hcl, text: &str, places: Places) -> Expression {
    Converter { text, at: 0, places }.expression(from, 0)
}

/// A text with expressions in it.
pub(super) fn template(from: &Template, text: &str, places: Places) -> ExpressionKind {
    Converter { text, at: 0, places }.here_document(from, 0)
}

struct Converter<'t> {
    text: &'t str,
    at: usize,
    places: Places,
}

impl Converter<'_> {
    fn range(&self, range: Option<std::ops::Range<usize>>) -> TextRange {
        let range = range.unwrap_or_default();
        self.places.range(self.at + range.start, self.at + range.end)
    }

    /// What stands in a range of the parser's.
    fn slice(&self, range: Option<std::ops::Range<usize>>) -> &str {
        let range = range.unwrap_or_default();
        self.text.get(self.at + range.start..self.at + range.end).unwrap_or_default()
    }

    fn body(&self, body: &HclBody, depth: usize) -> Body {
        let mut found = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(own) => found.attributes.push(Attribute {
                    name: own.key.as_str().into(),
                    name_range: self.range(own.key.span()),
                    value: self.expression(&own.value, depth),
                }),
                Structure::Block(own) if depth < MAX_DEPTH => found.blocks.push(Block {
                    kind: own.ident.as_str().into(),
                    labels: own.labels.iter().map(|label| label.as_str().into()).collect(),
                    body: self.body(&own.body, depth + 1),
                    range: self.range(own.span()),
                }),
                Structure::Block(_) => {}
            }
        }
        found
    }

    fn expression(&self, from: &Hcl, depth: usize) -> Expression {
        let range = self.range(from.span());
        if depth >= MAX_DEPTH {
            return Expression::opaque(range);
        }
        let inner = |own: &Hcl| self.expression(own, depth + 1);
        let kind = match from {
            Hcl::Null(_) => ExpressionKind::Null,
            Hcl::Bool(value) => ExpressionKind::Bool(**value),
            Hcl::Number(number) => number.as_i64().map_or(ExpressionKind::Opaque, ExpressionKind::Number),
            Hcl::String(text) => ExpressionKind::Text(text.as_str().into()),
            Hcl::Array(items) => ExpressionKind::List(items.iter().map(inner).collect()),
            Hcl::Object(object) => ExpressionKind::Object(self.properties(object, depth)),
            Hcl::StringTemplate(template) => self.template(template.iter(), depth),
            Hcl::HeredocTemplate(own) => self.here_document(&own.template, depth),
            Hcl::Parenthesis(own) => return Expression { range, ..inner(own.inner()) },
            Hcl::Variable(name) => ExpressionKind::Name(name.as_str().into()),
            Hcl::Conditional(own) => ExpressionKind::Condition(Box::new([
                inner(&own.cond_expr),
                inner(&own.true_expr),
                inner(&own.false_expr),
            ])),
            Hcl::FuncCall(call) => self.call(call, depth),
            Hcl::Traversal(own) => return self.traversal(own, depth),
            Hcl::UnaryOp(own) => {
                let operator = match own.operator.value() {
                    UnaryOperator::Neg => Operator::Subtract,
                    UnaryOperator::Not => Operator::Not,
                };
                ExpressionKind::operation(operator, [inner(&own.expr)])
            }
            Hcl::BinaryOp(own) => {
                ExpressionKind::operation(operator(*own.operator.value()), [inner(&own.lhs_expr), inner(&own.rhs_expr)])
            }
            Hcl::ForExpr(own) => self.each(own, depth),
        };
        Expression { range, kind }
    }

    fn properties(&self, object: &expr::Object, depth: usize) -> Box<[Property]> {
        let properties = object.iter().map(|(key, value)| Property {
            key: self.key(key, depth),
            value: self.expression(value.expr(), depth + 1),
        });
        properties.collect()
    }

    /// A key, a word or a text, as the original has it: a mended text may have another in its place.
    fn key(&self, key: &ObjectKey, depth: usize) -> Expression {
        let written = |range| self.slice(range).trim_matches('"').into();
        match key {
            ObjectKey::Ident(word) => {
                Expression::new(self.range(word.span()), ExpressionKind::Text(written(word.span())))
            }
            ObjectKey::Expression(own @ Hcl::String(text)) => {
                let range = self.range(own.span());
                let original: Text = written(own.span());
                let is_plain = original.len() == text.len();
                let text = if is_plain { original } else { text.as_str().into() };
                Expression::new(range, ExpressionKind::Text(text))
            }
            ObjectKey::Expression(own) => match self.expression(own, depth + 1) {
                // `{ null = 1 }` has a key of that name.
                Expression {
                    range,
                    kind: ExpressionKind::Null | ExpressionKind::Bool(_) | ExpressionKind::Number(_),
                } => Expression::new(range, ExpressionKind::Text(written(own.span()))),
                key => key,
            },
        }
    }

    fn template<'e>(&self, elements: impl Iterator<Item = &'e Element>, depth: usize) -> ExpressionKind {
        let part = |element: &Element| match element {
            Element::Literal(text) => {
                Expression::new(self.range(text.span()), ExpressionKind::Text(text.as_str().into()))
            }
            Element::Interpolation(own) => self.expression(&own.expr, depth + 1),
            Element::Directive(own) => Expression::opaque(self.range(own.span())),
        };
        ExpressionKind::Template(elements.map(part).collect())
    }

    /// A here-document, which is a text where nothing is filled in.
    fn here_document(&self, template: &Template, depth: usize) -> ExpressionKind {
        let literals: Option<String> = template.iter().map(|own| own.as_literal().map(|text| text.as_str())).collect();
        match literals {
            Some(text) => ExpressionKind::Text(text.into()),
            None => self.template(template.iter(), depth),
        }
    }

    fn call(&self, call: &FuncCall, depth: usize) -> ExpressionKind {
        let words = call.name.namespace.iter().chain(std::iter::once(&call.name.name));
        let name = words.map(|own| own.as_str()).collect::<Vec<_>>().join("::");
        let mut arguments: Vec<Expression> = call.args.iter().map(|own| self.expression(own, depth + 1)).collect();
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            arguments.push(Expression::new(last.range, ExpressionKind::Spread(Box::new(last))));
        }
        ExpressionKind::call(name, arguments)
    }

    fn each(&self, own: &ForExpr, depth: usize) -> ExpressionKind {
        let intro = &own.intro;
        let body = self.expression(&own.value_expr, depth + 1);
        // Of several values of one key a list is made.
        let body = if own.grouping { Expression::new(body.range, ExpressionKind::List([body].into())) } else { body };
        ExpressionKind::For(Box::new(For {
            names: std::iter::once(&intro.value_var).chain(&intro.key_var).map(|name| name.as_str().into()).collect(),
            over: self.expression(&intro.collection_expr, depth + 1),
            key: own.key_expr.as_ref().map(|key| self.expression(key, depth + 1)),
            body,
            condition: own.cond.as_ref().map(|own| self.expression(&own.expr, depth + 1)),
        }))
    }

    fn traversal(&self, own: &Traversal, depth: usize) -> Expression {
        let range = self.range(own.span());
        if own.operators.len() + depth >= MAX_DEPTH {
            return Expression::opaque(range);
        }
        let start = self.range(own.expr.span()).start;
        let steps: Vec<_> = own.operators.iter().collect();
        self.steps(self.expression(&own.expr, depth + 1), start, &steps, depth)
    }

    /// What is taken out of a value step by step.
    fn steps(
        &self,
        mut value: Expression,
        start: u32,
        steps: &[&hcl_edit::Decorated<TraversalOperator>],
        depth: usize,
    ) -> Expression {
        for (index, step) in steps.iter().enumerate() {
            let end = self.range(step.span()).end;
            let range = TextRange::new(start, end.max(start));
            let accessor = match step.value() {
                TraversalOperator::GetAttr(name) => Accessor::Member(name.as_str().into()),
                TraversalOperator::Index(at) => Accessor::Index(Box::new(self.expression(at, depth + 1))),
                TraversalOperator::LegacyIndex(at) => {
                    let number = i64::try_from(**at).map_or(ExpressionKind::Opaque, ExpressionKind::Number);
                    Accessor::Index(Box::new(Expression::new(self.range(step.span()), number)))
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    return self.splat(value, range, steps, index, depth);
                }
            };
            value = Expression::new(range, ExpressionKind::access(value, accessor));
        }
        value
    }

    /// A splat with what is taken out of each item: of `[*]` all that follows, of `.*` all attributes that follow it.
    fn splat(
        &self,
        of: Expression,
        range: TextRange,
        steps: &[&hcl_edit::Decorated<TraversalOperator>],
        at: usize,
        depth: usize,
    ) -> Expression {
        let start = range.start;
        let all = Expression::new(range, ExpressionKind::access(of, Accessor::Splat));
        let behind = steps.get(at + 1..).unwrap_or_default();
        let is_full = steps.get(at).is_some_and(|own| matches!(own.value(), TraversalOperator::FullSplat(_)));
        let is_attribute =
            |own: &&hcl_edit::Decorated<TraversalOperator>| matches!(own.value(), TraversalOperator::GetAttr(_));
        let count = if is_full { behind.len() } else { behind.iter().take_while(|own| is_attribute(own)).count() };
        let (each, rest) = behind.split_at(count);
        if each.is_empty() {
            return self.steps(all, start, rest, depth);
        }
        let item = Expression::new(range, ExpressionKind::Name(ITEM.into()));
        let body = self.steps(item, start, each, depth);
        let whole = body.range;
        let mapped = For { names: vec![ITEM.into()], over: all, key: None, body, condition: None };
        self.steps(Expression::new(whole, ExpressionKind::For(Box::new(mapped))), start, rest, depth)
    }
}

fn operator(from: BinaryOperator) -> Operator {
    match from {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessOrEqual,
        BinaryOperator::GreaterEq => Operator::GreaterOrEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Remainder,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
