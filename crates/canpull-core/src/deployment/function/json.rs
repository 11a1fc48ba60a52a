//! `json`: a value that is written as text.

use canpull_syntax::expression::{Expression, ExpressionKind};
use canpull_syntax::{Span, arm};

use crate::deployment::value::{Data, Evaluated};

/// Longer texts are no settings, in bytes.
const MAX_LENGTH: usize = 16 << 10;

/// What a text of JSON says, all of it said in one place; `None` where it is none.
pub(super) fn value(text: &str, span: Span) -> Option<Evaluated> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let parsed = arm::parse(text);
    let (_, root) = parsed.roots().next().filter(|_| parsed.problems.is_empty())?;
    Some(evaluated(&arm::value(root), span))
}

fn evaluated(written: &Expression, span: Span) -> Evaluated {
    let data = match &written.kind {
        ExpressionKind::Null => Data::Null,
        ExpressionKind::Bool(value) => Data::Bool(*value),
        ExpressionKind::Number(value) => Data::Number(*value),
        ExpressionKind::Text(text) => Data::text(&**text),
        ExpressionKind::List(items) => Data::List(items.iter().map(|item| evaluated(item, span)).collect()),
        ExpressionKind::Object(properties) => Data::Object(
            properties.iter().map(|own| (evaluated(&own.key, span), evaluated(&own.value, span))).collect(),
        ),
        _ => Data::unknown(),
    };
    Evaluated::new(data, span)
}
