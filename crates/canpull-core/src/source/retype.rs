//! The edit that gives a secret the type which the key of its docker config is for.

use canpull_syntax::edit::Edit;
use canpull_syntax::yaml::Layout;
use canpull_syntax::{Kind, Node, TextRange};

use crate::fact::Retype;

/// The types that the kubelet pulls with, each with the key that it reads.
const TYPES: [(&str, &str); 2] =
    [(".dockerconfigjson", "kubernetes.io/dockerconfigjson"), (".dockercfg", "kubernetes.io/dockercfg")];

/// The type that a secret with these keys is meant to have; `None` where no key tells, or more than one.
pub(super) fn meant<'k>(keys: impl IntoIterator<Item = &'k str>) -> Option<&'static str> {
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut meant = TYPES.iter().filter(|(key, _)| keys.contains(key)).map(|(_, secret_type)| *secret_type);
    meant.next().filter(|_| meant.next().is_none())
}

/// Writes the type into a map that may have another one. A new entry goes in front of the first of `beside`.
pub(super) fn in_map<'k>(
    layout: &Layout<'_>,
    map: Node<'_>,
    beside: &[&str],
    keys: impl IntoIterator<Item = &'k str>,
) -> Option<Retype> {
    let secret_type = meant(keys)?;
    let quote = if map.is_flow() { "\"" } else { "" };
    let edit = if let Some(entry) = map.entry("type") {
        // What an alias or a merge key brings along is shared with other places.
        let own = map.range().contains(entry.range()) && !entry.value.is_alias() && !map.is_alias();
        match entry.value.kind() {
            Kind::Scalar if !own => return None,
            Kind::Scalar if entry.value.is_null() => {
                Edit { range: layout.value_range(entry)?, text: format!(" {quote}{secret_type}{quote}") }
            }
            Kind::Scalar => Edit { range: entry.value.range(), text: quoted_as(entry.value.raw(), secret_type)? },
            _ => return None,
        }
    } else {
        let (at, separator) = layout.place(map, beside)?;
        Edit {
            range: TextRange::empty(at),
            text: format!("{quote}type{quote}: {quote}{secret_type}{quote}{separator}"),
        }
    };
    Some(Retype { secret_type, edit })
}

/// A text in the quotes that another one has; `None` for one of several lines.
pub(super) fn quoted_as(written: &str, text: &str) -> Option<String> {
    match written.chars().next()? {
        quote @ ('"' | '\'') => Some(format!("{quote}{text}{quote}")),
        '|' | '>' => None,
        _ => Some(text.to_owned()),
    }
}
