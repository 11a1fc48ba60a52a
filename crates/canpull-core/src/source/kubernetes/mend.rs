//! Edits that add, remove and move entries of maps and lists, in block and in flow style.

use canpull_syntax::edit::Edit;
use canpull_syntax::{Entry, Kind, Node, TextRange, to_offset};

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
        let (at, separator) = place(reader, map)?;
        let (before, after) = if map.is_flow() {
            (format!("\"{KEY}\": [{{\"name\": \""), format!("\"}}]{separator}"))
        } else {
            let indent = item_indent(reader, map);
            (format!("{KEY}:{}{indent}- name: ", reader.newline), separator)
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
            let dash = dash(reader, item)?;
            let at = line_end(reader.input.text, trimmed_end(reader, item.range()));
            let before = format!("{}{}- name: ", reader.newline, " ".repeat(column(reader.input.text, dash)?));
            Some(Insertion { range: TextRange::empty(at), before, after: String::new() })
        }
        (Kind::List, None) => empty(reader, map, entry),
        (Kind::Scalar, _) if list.is_null() => empty(reader, map, entry),
        _ => None,
    }
}

/// Fills a list that is written empty, or not at all.
fn empty(reader: &Reader<'_>, map: Node<'_>, entry: Entry<'_>) -> Option<Insertion> {
    let range = value_range(reader, entry)?;
    if map.is_flow() {
        return Some(Insertion { range, before: format!(" [{FLOW_OPEN}"), after: format!("{FLOW_CLOSE}]") });
    }
    let before = format!("{}{}- name: ", reader.newline, item_indent(reader, map));
    Some(Insertion { range, before, after: String::new() })
}

/// From behind an entry's colon to the end of its value, anchors and tags excluded by giving up.
pub(super) fn value_range(reader: &Reader<'_>, entry: Entry<'_>) -> Option<TextRange> {
    let text = reader.input.text;
    let key_end = entry.key.range().end;
    let behind = text.get(key_end as usize..)?;
    let colon = key_end
        + to_offset(behind.find(':').filter(|at| behind.get(..*at).is_some_and(|gap| gap.trim().is_empty()))?)
        + 1;
    let value = entry.value.range();
    if value.is_empty() {
        return Some(TextRange::empty(colon));
    }
    let gap = TextRange::new(colon, value.start).slice(text);
    gap.trim().is_empty().then_some(TextRange::new(colon, value.end))
}

/// Where a new entry of a map goes, in front of one of its entries, and what then separates the two.
fn place(reader: &Reader<'_>, map: Node<'_>) -> Option<(u32, String)> {
    let text = reader.input.text;
    if map.kind() != Kind::Map || map.is_alias() {
        return None;
    }
    let mut entries = map.written_entries();
    let first = entries.next()?;
    let start = first.key.range().start;
    if map.is_flow() {
        let opening = map.range().start + 1;
        let gap = TextRange::new(opening, start).slice(text);
        // A pretty-printed map goes on to be one.
        let separator = if gap.trim().is_empty() {
            format!(",{}", if gap.contains('\n') { gap } else { " " })
        } else {
            return None;
        };
        return Some((start, separator));
    }
    // A comment above an entry speaks of that entry, so what is new goes in front of one without.
    let commented = |entry: &Entry<'_>| {
        let line = line_start(text, entry.key.range().start) as usize;
        let above = text.get(..line).unwrap_or_default().trim_end_matches(['\n', '\r']);
        above.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'))
    };
    let chosen = if commented(&first) { entries.find(|entry| !commented(entry)).unwrap_or(first) } else { first };
    let at = chosen.key.range().start;
    let column = column(text, at)?;
    // An anchor, a tag or `? ` in front of the key would end up in front of the new one.
    let lead = TextRange::new(line_start(text, at), at).slice(text);
    if !lead.chars().all(|c| c == ' ' || c == '-') {
        return None;
    }
    Some((at, format!("{}{}", reader.newline, " ".repeat(column))))
}

/// Indentation of the dash of a list below a block map, as its neighbours have it.
pub(super) fn item_indent(reader: &Reader<'_>, map: Node<'_>) -> String {
    let own = map.written_entries().next().map_or(0, |entry| entry.key.indent());
    let deeper = map.written_entries().find_map(|entry| {
        let list = entry.value;
        let item = list.items().next().filter(|_| !list.is_flow() && !list.is_alias())?;
        column(reader.input.text, dash(reader, item)?)?.checked_sub(own)
    });
    " ".repeat(own + deeper.unwrap_or(0))
}

/// The new entry with these names, for a map that has none.
pub(super) fn add_names(reader: &Reader<'_>, map: Node<'_>, names: &[String]) -> Option<Edit> {
    let (at, separator) = place(reader, map)?;
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
    let indent = item_indent(reader, map);
    let lines: Vec<String> = names.iter().map(|name| format!("{indent}- name: {}", quoted(name))).collect();
    lines.iter().flat_map(|line| [reader.newline, line]).collect()
}

/// The new entry with the very lines of another one, comments and all, moved to the indentation of `map`.
pub(super) fn add_lines(reader: &Reader<'_>, map: Node<'_>, entry: Entry<'_>) -> Option<Edit> {
    let text = reader.input.text;
    let (at, separator) = place(reader, map)?;
    let from = column(text, entry.key.range().start)?;
    let to = column(text, at)?;
    let end = line_end(text, trimmed_end(reader, entry.range()));
    let lines = TextRange::new(entry.key.range().start, end).slice(text);
    let mut moved = String::new();
    for (number, line) in lines.split('\n').map(|line| line.trim_end_matches('\r')).enumerate() {
        if number == 0 {
            moved.push_str(line);
            continue;
        }
        moved.push_str(reader.newline);
        let own = line.len() - line.trim_start_matches(' ').len();
        if own < line.len() {
            moved.push_str(&" ".repeat(own.checked_sub(from)? + to));
            moved.push_str(line.trim_start_matches(' '));
        }
    }
    Some(Edit { range: TextRange::empty(at), text: moved + &separator })
}

/// What to delete so that an entry of a map is gone; `None` where it is the only one, or the layout is unusual.
pub(super) fn removal(reader: &Reader<'_>, map: Node<'_>, entry: Entry<'_>) -> Option<TextRange> {
    let entries: Vec<Entry<'_>> = map.written_entries().collect();
    let at = entries.iter().position(|own| own.key.range() == entry.key.range())?;
    let around = |index: usize| entries.get(index).map(Entry::range);
    part_removal(reader, map, entry.range(), at.checked_sub(1).and_then(around), around(at + 1), None)
}

/// What to delete so that an item of a list is gone; `None` where it is the only one, or the layout is unusual.
pub(super) fn item_removal(reader: &Reader<'_>, list: Node<'_>, index: usize) -> Option<TextRange> {
    let items: Vec<Node<'_>> = list.items().collect();
    let item = items.get(index)?;
    let around = |index: usize| items.get(index).copied().map(Node::range);
    let dash = if list.is_flow() { None } else { Some(dash(reader, *item)?) };
    part_removal(reader, list, item.range(), index.checked_sub(1).and_then(around), around(index + 1), dash)
}

/// Deletes one part of a collection: its lines in block style, the part and one comma in flow style.
fn part_removal(
    reader: &Reader<'_>,
    whole: Node<'_>,
    part: TextRange,
    previous: Option<TextRange>,
    next: Option<TextRange>,
    dash: Option<u32>,
) -> Option<TextRange> {
    let text = reader.input.text;
    if whole.is_alias() || !whole.range().contains(part) || (previous.is_none() && next.is_none()) {
        return None;
    }
    if whole.is_flow() {
        return match (previous, next) {
            (_, Some(next)) => Some(TextRange::new(part.start, next.start)),
            (Some(previous), None) => Some(TextRange::new(previous.end, part.end)),
            (None, None) => None,
        };
    }
    let first = dash.unwrap_or(part.start);
    let start = line_start(text, first);
    let end = line_end(text, trimmed_end(reader, part));
    if TextRange::new(start, first).slice(text).trim().is_empty() {
        // The line break goes too: the one behind, or in front where the text ends here.
        let range = match text.get(end as usize..)?.find('\n') {
            Some(at) => TextRange::new(start, end + to_offset(at) + 1),
            None => TextRange::new(to_offset(text.get(..start as usize)?.trim_end_matches(['\n', '\r']).len()), end),
        };
        return Some(range);
    }
    // The first entry of a map that stands behind a dash: the next one moves up to its place.
    let next = next.filter(|_| dash.is_none())?;
    let range = TextRange::new(part.start, next.start);
    (!reader.has_comment(range)).then_some(range)
}

/// The dash of a block list's item.
fn dash(reader: &Reader<'_>, item: Node<'_>) -> Option<u32> {
    let before = reader.input.text.get(..item.range().start as usize)?.trim_end_matches([' ', '\n', '\r']);
    before.ends_with('-').then(|| to_offset(before.len() - 1))
}

/// The end of a range without the blank space that an empty last value may reach over.
fn trimmed_end(reader: &Reader<'_>, range: TextRange) -> u32 {
    range.start + to_offset(range.slice(reader.input.text).trim_end().len())
}

fn line_start(text: &str, at: u32) -> u32 {
    text.get(..at as usize).and_then(|before| before.rfind('\n')).map_or(0, |found| to_offset(found + 1))
}

/// The end of the line that `at` is on, line break excluded.
fn line_end(text: &str, at: u32) -> u32 {
    let rest = text.get(at as usize..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest, |end| rest.get(..end).unwrap_or_default());
    at + to_offset(line.trim_end_matches('\r').len())
}

/// The column of an offset in characters; `None` where the indentation is not plain ASCII.
fn column(text: &str, at: u32) -> Option<usize> {
    let lead = TextRange::new(line_start(text, at), at).slice(text);
    lead.is_ascii().then_some(lead.len())
}

/// A name as a YAML scalar that stays a string.
pub(super) fn quoted(name: &str) -> String {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        && !words.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}
