//! Ranges slice to exactly what they claim, in every fixture and however it is encoded.

use std::path::{Path, PathBuf};

use canpull_core::read;
use canpull_core::render::json;
use canpull_syntax::{FileId, Kind, LineIndex, Node, Position, ScalarStyle, TextRange, text, yaml};
use serde_json::Value;

use super::estates;

fn fixtures() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = files.map(walkdir::DirEntry::into_path);
    let sources = files
        .filter(|path| path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|own| ending == *own)));
    let texts = sources.map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        let text = text::decode(&bytes).unwrap().into_owned();
        (path, text)
    });
    texts.collect()
}

/// All keys and scalars of a file, in order of writing.
fn scalars<'t>(parsed: &'t canpull_syntax::Parsed<'_>) -> Vec<Node<'t>> {
    let mut open: Vec<Node<'t>> = parsed.roots().map(|(_, root)| root).collect();
    open.reverse();
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        // What an alias stands for is met where it is written.
        let from = open.len();
        match node.kind() {
            _ if node.is_alias() => found.push(node),
            Kind::Map => open.extend(node.written_entries().flat_map(|entry| [entry.key, entry.value])),
            Kind::List => open.extend(node.items()),
            Kind::Scalar | Kind::Opaque => found.push(node),
        }
        open[from..].reverse();
    }
    found
}

/// What a slice says on its own, by another parser.
fn read_alone(slice: &str) -> Option<String> {
    if let Ok(text) = serde_json::from_str(slice) {
        return Some(text);
    }
    serde_yaml::from_str(slice).ok()
}

fn claim_holds(node: Node<'_>) -> bool {
    let raw = node.raw();
    if node.is_alias() {
        return raw.starts_with('*') && !raw.contains(char::is_whitespace);
    }
    let (Some(text), Some(style)) = (node.text(), node.style()) else { return false };
    match style {
        ScalarStyle::Plain => text.split_whitespace().eq(raw.split_whitespace()) && raw.trim() == raw,
        ScalarStyle::SingleQuoted => quoted(raw, '\'') && read_alone(raw).as_deref() == Some(&*text),
        ScalarStyle::DoubleQuoted => quoted(raw, '"') && read_alone(raw).as_deref() == Some(&*text),
        ScalarStyle::Literal => raw.starts_with('|') && same_block(raw, &text),
        ScalarStyle::Folded => raw.starts_with('>') && same_block(raw, &text),
    }
}

fn quoted(raw: &str, quote: char) -> bool {
    raw.len() >= 2 && raw.starts_with(quote) && raw.ends_with(quote)
}

/// The line breaks at a block's end are told by its header; the slice ends before them.
fn same_block(raw: &str, text: &str) -> bool {
    let explicit_indent = raw.lines().next().is_some_and(|header| header.contains(|c: char| c.is_ascii_digit()));
    let alone = read_alone(&format!("{}\n", raw.trim_end()));
    explicit_indent || alone.is_some_and(|alone| alone.trim_end() == text.trim_end())
}

/// Line and column of every offset, counted from the text alone; none within a character.
fn places(text: &str) -> Vec<Option<(u32, u32)>> {
    let mut places = vec![None; text.len() + 1];
    let (mut line, mut column) = (1, 1);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        places[at] = Some((line, column));
        column += u32::try_from(character.len_utf16()).unwrap();
        let first_half = character == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
        if matches!(character, '\n' | '\r') && !first_half {
            (line, column) = (line + 1, 1);
        }
    }
    places[text.len()] = Some((line, column));
    places
}

/// Checks all keys and scalars of a text; gives what they say.
fn check(name: &str, text: &str) -> Vec<Option<String>> {
    let parsed = yaml::parse(text);
    let (lines, places) = (LineIndex::new(text), places(text));
    let scalars = scalars(&parsed);
    for node in &scalars {
        let TextRange { start, end } = node.range();
        assert!(claim_holds(*node), "{name}: {node:?} {:?} is not {:?}", node.raw(), node.text());
        for offset in [start, end] {
            let Position { line, column, .. } = lines.position(offset);
            assert_eq!(places[offset as usize], Some((line, column)), "{name}: {node:?} {:?}", node.raw());
        }
    }
    scalars.iter().map(|node| node.text().map(std::borrow::Cow::into_owned)).collect()
}

#[test]
fn every_key_and_scalar_slices_to_what_it_claims() {
    let mut count = 0;
    for (path, text) in fixtures() {
        let name = path.display().to_string();
        let lf = text.replace("\r\n", "\n");
        let said = check(&name, &text);
        assert_eq!(check(&format!("{name} with LF"), &lf), said, "{name}");
        assert_eq!(check(&format!("{name} with CRLF"), &lf.replace('\n', "\r\n")), said, "{name}");
        // No escape, no truth value and no tag of these files is spelt with this letter.
        check(&format!("{name} with astral characters"), &text.replace('m', "\u{1d11e}"));
        count += said.len();
    }
    assert!(count > 20_000, "{count}");
}

#[test]
fn every_encoding_gives_the_same_facts() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    for (path, text) in fixtures() {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().into_owned();
        let facts = |bytes: &[u8]| {
            assert_eq!(text::decode(bytes).unwrap(), text, "{name}");
            let facts = canpull_core::fact::FileFacts { bytes: 0, ..read(FileId(0), &name, bytes) };
            format!("{facts:?}")
        };
        let plain = facts(text.as_bytes());
        assert_eq!(facts(format!("\u{feff}{text}").as_bytes()), plain);
        assert_eq!(facts(&utf16(&text, u16::to_le_bytes)), plain);
        assert_eq!(facts(&utf16(&text, u16::to_be_bytes)), plain);
    }
}

/// All maps below a value.
fn maps<'v>(value: &'v Value, into: &mut Vec<&'v serde_json::Map<String, Value>>) {
    match value {
        Value::Object(map) => {
            into.push(map);
            map.values().for_each(|value| maps(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| maps(item, into)),
        _ => {}
    }
}

#[test]
fn every_place_in_every_report_lies_in_its_file() {
    let mut count = 0;
    for folder in estates::estates() {
        let report: Value = serde_json::from_str(&json(&estates::analysed(&folder))).unwrap();
        let mut files: std::collections::BTreeMap<&str, Vec<Option<(u32, u32)>>> = std::collections::BTreeMap::new();
        let mut found = Vec::new();
        maps(&report, &mut found);
        // Findings, pulls, what proofs rest on, and edits all tell path, start and end.
        for place in found.iter().filter(|map| map.contains_key("path") && map.contains_key("start")) {
            let path = place["path"].as_str().unwrap();
            let places = files.entry(path).or_insert_with(|| {
                let bytes = std::fs::read(folder.join(path)).unwrap();
                places(&text::decode(&bytes).unwrap())
            });
            let number = |end: &str, key: &str| u32::try_from(place[end][key].as_u64().unwrap()).unwrap();
            for end in ["start", "end"] {
                let told = (number(end, "line"), number(end, "column"));
                let counted = places.get(number(end, "offset") as usize);
                assert_eq!(counted, Some(&Some(told)), "{} {place:?}", folder.display());
            }
            assert!(number("start", "offset") <= number("end", "offset"), "{place:?}");
            count += 1;
        }
    }
    assert!(count > 500, "{count}");
}
