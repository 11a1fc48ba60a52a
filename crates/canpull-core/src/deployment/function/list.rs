//! Functions of Bicep and ARM templates that take lists and objects apart.

use canpull_syntax::Span;

use crate::deployment::operate::{concat, joined};
use crate::deployment::value::{Data, Evaluated};

/// What such a function makes of its arguments, where they are known far enough.
pub(super) fn call(function: &str, all: &[Evaluated], span: Span) -> Option<Evaluated> {
    let new = |data: Data| Evaluated::new(data, span);
    Some(match (function, all) {
        ("flatten", [of]) => {
            let lists = items(of)?;
            lists.iter().all(|own| items(own).is_some()).then(|| concat(lists, span)).filter(|_| !lists.is_empty())?
        }
        ("items", [of]) => {
            let text = |text: &str| new(Data::text(text));
            let item = |(key, value): &(Evaluated, Evaluated)| {
                new(Data::Object([(text("key"), key.clone()), (text("value"), value.clone())].into()))
            };
            new(Data::List(pairs(of)?.iter().map(item).collect()))
        }
        ("objectkeys", [of]) => new(Data::List(pairs(of)?.iter().map(|(key, _)| key.clone()).collect())),
        ("join", [of, between]) => joined(items(of)?, between, span),
        ("take", [of, Evaluated { data: Data::Number(count), .. }]) => {
            let count = usize::try_from(*count).unwrap_or_default();
            match of.data.as_text() {
                Some(text) => new(Data::text(text.chars().take(count).collect::<String>())),
                None => new(Data::List(items(of)?.iter().take(count).cloned().collect())),
            }
        }
        ("skip", [of, Evaluated { data: Data::Number(count), .. }]) => {
            let count = usize::try_from(*count).unwrap_or_default();
            match of.data.as_text() {
                Some(text) => new(Data::text(text.chars().skip(count).collect::<String>())),
                None => new(Data::List(items(of)?.iter().skip(count).cloned().collect())),
            }
        }
        _ => return None,
    })
}

fn items(of: &Evaluated) -> Option<&[Evaluated]> {
    match &of.data {
        Data::List(items) => Some(items),
        _ => None,
    }
}

fn pairs(of: &Evaluated) -> Option<&[(Evaluated, Evaluated)]> {
    match &of.data {
        Data::Object(pairs) if pairs.iter().all(|(key, _)| !key.optional && key.data.as_text().is_some()) => {
            Some(pairs)
        }
        _ => None,
    }
}
