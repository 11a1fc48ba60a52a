//! Edits that name pull secrets, and that give a secret its type.

use canpull_syntax::edit::Edit;
use canpull_syntax::{Entry, Kind, Node, TextRange};

use super::object::Reader;
use crate::fact::Insertion;

/// The key that all of this is about.
pub(super) const KEY: &str = "imagePullSecrets";

/// Around a name in flow style.
const FLOW_OPEN: &str = "{\"name\": \"";
const FLOW_CLOSE: &str = "\"}";

/// How a name can be added to the pull secrets of a pod spec or a service account; `None` where no place is certain.
pub(super) fn insertion(reader: &Reader<'_>, map: Node<'_>) -> Option<Insertion> {
    let Some(entry) = map.entry(KEY) else {
        let (at, separator) = reader.layout.place(map, &[])?;
        let (before, after) = if map.is_flow() {
            (format!("\"{KEY}\": [{{\"name\": \""), format!("\"}}]{separator}"))
        } else {
            let indent = reader.layout.item_indent(map);
            (format!("{KEY}:{}{indent}- name: ", reader.layout.newline), separator)
        };
        return Some(Insertion { range: TextRange::empty(at), before, after });
    };
    // What an alias or a merge key brings along is shared with other places.
    if !map.range().contains(entry.range()) || entry.value.is_alias() || map.is_alias() {
        return None;
    }
    let list = entry.value;
    match (list.kind(), list.items().last()) {
        (Kind::List, Some(item)) if list.is_flow() => {
            let at = item.range().end;
            Some(Insertion {
                range: TextRange::empty(at),
                before: format!(", {FLOW_OPEN}"),
                after: FLOW_CLOSE.to_owned(),
            })
        }
        (Kind::List, Some(item)) => {
            let dash = reader.layout.dash(item)?;
            let at = reader.layout.line_end(reader.layout.trimmed_end(item.range()));
            let before = format!("{}{}- name: ", reader.layout.newline, " ".repeat(reader.layout.column(dash)?));
            Some(Insertion { range: TextRange::empty(at), before, after: String::new() })
        }
        (Kind::List, None) => empty(reader, map, entry),
        (Kind::Scalar, _) if list.is_null() => empty(reader, map, entry),
        _ => None,
    }
}

/// Fills a list that is written empty, or not at all.
fn empty(reader: &Reader<'_>, map: Node<'_>, entry: Entry<'_>) -> Option<Insertion> {
    let range = reader.layout.value_range(entry)?;
    if map.is_flow() {
        return Some(Insertion { range, before: format!(" [{FLOW_OPEN}"), after: format!("{FLOW_CLOSE}]") });
    }
    let before = format!("{}{}- name: ", reader.layout.newline, reader.layout.item_indent(map));
    Some(Insertion { range, before, after: String::new() })
}

/// The new entry with these names, for a map that has none.
pub(super) fn add_names(reader: &Reader<'_>, map: Node<'_>, names: &[String]) -> Option<Edit> {
    let (at, separator) = reader.layout.place(map, &[])?;
    let text = if map.is_flow() {
        let entries: Vec<String> = names.iter().map(|name| format!("{{\"name\": \"{name}\"}}")).collect();
        format!("\"{KEY}\": [{}]{separator}", entries.join(", "))
    } else {
        format!("{KEY}:{}{separator}", block_items(reader, map, names))
    };
    Some(Edit { range: TextRange::empty(at), text })
}

/// The lines of a block list with these names, as the value of a key of `map`.
pub(super) fn block_items(reader: &Reader<'_>, map: Node<'_>, names: &[String]) -> String {
    let indent = reader.layout.item_indent(map);
    let lines: Vec<String> = names.iter().map(|name| format!("{indent}- name: {}", quoted(name))).collect();
    lines.iter().flat_map(|line| [reader.layout.newline, line]).collect()
}

/// A name in the quotes of what it replaces: JSON knows no other scalars.
pub(super) fn in_place_of(written: Node<'_>, name: &str) -> String {
    match written.raw().chars().next() {
        Some('"') => double_quoted(name),
        Some('\'') => format!("'{}'", name.replace('\'', "''")),
        _ => quoted(name),
    }
}

/// A name as a YAML scalar that stays a string.
fn quoted(name: &str) -> String {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        && !words.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { double_quoted(name) }
}

fn double_quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
