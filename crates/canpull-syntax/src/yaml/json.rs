//! Reads JSON as Go does, which `kubectl` takes a text for that begins with `{`.

use super::build::{Builder, MAX_DEPTH, Properties, Text};
use crate::text::{TextRange, to_offset};
use crate::tree::{Parsed, Problem, ScalarStyle, Tag};

/// Where a text stops being JSON, and why.
struct Stop {
    at: usize,
    reason: &'static str,
}

/// Reads the JSON values that the text begins with. Gives where they end, and the error there if text is left.
pub(super) fn values(parsed: &mut Parsed<'_>) -> (usize, Option<Problem>) {
    let source = parsed.tree.source;
    let first = source.trim_start();
    if !first.starts_with(['{', '[']) {
        return (0, None);
    }
    let mut at = source.len() - first.len();
    while at < source.len() {
        let mut reader = Reader { text: source, at, comments: false, builder: Builder::new(parsed) };
        let stop = match reader.value() {
            // kubectl reads a text that begins with `[` as YAML, where one value is a document and a second none.
            Ok(()) if first.starts_with('[') && reader.at < source.len() => None,
            Ok(()) => {
                let range = TextRange::new(to_offset(at), to_offset(reader.at));
                at = reader.at;
                reader.builder.finish(range);
                continue;
            }
            Err(stop) => Some(stop),
        };
        reader.builder.discard();
        let problem = stop.filter(|_| first.starts_with('{')).map(|stop| {
            let message = format!("a text that begins with `{{` is read as JSON: {}", stop.reason);
            Problem { range: super::point(source, stop.at), message, fatal: true }
        });
        return (at, problem);
    }
    (at, None)
}

/// Reads the one value of a text, with comments, trailing commas and strings of several lines allowed.
pub(super) fn with_comments(parsed: &mut Parsed<'_>) -> Option<Problem> {
    let source = parsed.tree.source;
    let mut reader = Reader { text: source, at: 0, comments: true, builder: Builder::new(parsed) };
    let stop = match reader.value() {
        Ok(()) if reader.at < source.len() => {
            Stop { at: reader.at, reason: "nothing but comments may stand behind the value" }
        }
        Ok(()) => {
            reader.builder.finish(TextRange::new(0, to_offset(source.len())));
            return None;
        }
        Err(stop) => stop,
    };
    reader.builder.discard();
    Some(Problem { range: super::point(source, stop.at), message: stop.reason.to_owned(), fatal: true })
}

struct Reader<'p, 's> {
    text: &'s str,
    at: usize,
    /// Comments, trailing commas and strings of several lines are allowed.
    comments: bool,
    builder: Builder<'p, 's>,
}

const TOO_DEEP: &str = "nested deeper than 256 levels";
const _: () = assert!(MAX_DEPTH == 256);

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of a list.
    FirstItem,
    Key,
    /// A key, or the end of a map.
    FirstKey,
    /// A comma, or the end of the collection.
    Comma,
}

impl Reader<'_, '_> {
    /// Reads one value and the space behind it.
    fn value(&mut self) -> Result<(), Stop> {
        // Brackets and where they stand.
        let mut open: Vec<(u8, usize)> = Vec::new();
        let mut next = Next::Value;
        loop {
            self.space();
            let byte = self.peek();
            if let (None, Some((_, at))) = (byte, open.last()) {
                return Err(Stop { at: *at, reason: "this bracket is never closed" });
            }
            next = match (next, byte, open.last().map(|(bracket, _)| bracket)) {
                (Next::Comma, _, None) => return Ok(()),
                (Next::FirstKey | Next::Comma, Some(b'}'), Some(b'{'))
                | (Next::FirstItem | Next::Comma, Some(b']'), Some(b'[')) => {
                    open.pop();
                    self.builder.end(self.here());
                    self.at += 1;
                    Next::Comma
                }
                (Next::Comma, Some(b','), Some(bracket)) => {
                    self.at += 1;
                    match (*bracket, self.comments) {
                        (b'{', false) => Next::Key,
                        (b'{', true) => Next::FirstKey,
                        (_, false) => Next::Value,
                        (_, true) => Next::FirstItem,
                    }
                }
                (Next::Comma, _, _) => return self.stop("a comma or the closing bracket should stand here"),
                (Next::Key | Next::FirstKey, Some(b'"'), _) => {
                    self.string()?;
                    self.space();
                    if self.peek() != Some(b':') {
                        return self.stop("a `:` should stand here");
                    }
                    self.at += 1;
                    Next::Value
                }
                (Next::Key | Next::FirstKey, _, _) => return self.stop("a key in double quotes should stand here"),
                (_, Some(bracket @ (b'{' | b'[')), _) => {
                    if open.len() >= MAX_DEPTH {
                        return self.stop(TOO_DEEP);
                    }
                    let (kind, first) =
                        if bracket == b'{' { (Tag::Map, Next::FirstKey) } else { (Tag::List, Next::FirstItem) };
                    open.push((bracket, self.at));
                    self.builder.start(kind, true, self.here(), Properties::default());
                    self.at += 1;
                    first
                }
                (_, Some(b'"'), _) => {
                    self.string()?;
                    Next::Comma
                }
                (_, _, _) => {
                    self.word()?;
                    Next::Comma
                }
            };
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The range of the one byte that comes next.
    fn here(&self) -> TextRange {
        TextRange::new(to_offset(self.at), to_offset(self.at + 1))
    }

    fn space(&mut self) {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            if !self.comments || self.peek() != Some(b'/') {
                return;
            }
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = if rest.starts_with("//") {
                memchr::memchr2(b'\n', b'\r', rest.as_bytes()).or(Some(rest.len()))
            } else if rest.starts_with("/*") {
                memchr::memmem::find(rest.as_bytes(), b"*/").map(|end| end + 2)
            } else {
                None
            };
            let Some(length) = length else { return };
            self.at += length;
        }
    }

    fn stop<T>(&self, reason: &'static str) -> Result<T, Stop> {
        Err(Stop { at: self.at, reason })
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length =
            rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count();
        let word = rest.get(..length).unwrap_or_default();
        if !(matches!(word, "true" | "false" | "null") || is_number(word)) {
            let separator = rest.starts_with("---");
            return self.stop(if separator {
                "`---` cannot stand between its values"
            } else {
                "a value should stand here"
            });
        }
        if word.parse::<f64>().is_ok_and(f64::is_infinite) {
            return self.stop("this number is too large");
        }
        let range = TextRange::new(to_offset(self.at), to_offset(self.at + length));
        self.at += length;
        self.builder.scalar(ScalarStyle::Plain, range, Text { text: word, written: true }, Properties::default());
        Ok(())
    }

    fn string(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let mut cooked: Option<String> = None;
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            if let (Some(cooked), Some(text)) = (&mut cooked, rest.get(..length)) {
                cooked.push_str(text);
            }
            self.at += length;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let before = self.text.get(start + 1..self.at).unwrap_or_default();
                    let character = self.escape()?;
                    cooked.get_or_insert_with(|| before.to_owned()).push(character);
                }
                Some(b'\r' | b'\n' | b'\t') if self.comments => {
                    let break_at = self.at;
                    self.at += 1;
                    if let (Some(cooked), Some(text)) = (&mut cooked, self.text.get(break_at..self.at)) {
                        cooked.push_str(text);
                    }
                }
                None | Some(b'\r' | b'\n') => return Err(Stop { at: start, reason: "this quote is never closed" }),
                _ => return self.stop("a string cannot hold a control character"),
            }
        }
        self.at += 1;
        let range = TextRange::new(to_offset(start), to_offset(self.at));
        let written = cooked.is_none();
        let text = cooked.as_deref().or(self.text.get(start + 1..self.at - 1)).unwrap_or_default();
        self.builder.scalar(ScalarStyle::DoubleQuoted, range, Text { text, written }, Properties::default());
        Ok(())
    }

    /// Reads an escape. A surrogate without its partner becomes the replacement character.
    fn escape(&mut self) -> Result<char, Stop> {
        let character = match self.text.as_bytes().get(self.at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return self.stop("JSON has no such escape"),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, Stop> {
        let Some(first) = self.unit(self.at) else { return self.stop("this escape names no character") };
        self.at += 6;
        if let Some(character) = char::from_u32(first.into()) {
            return Ok(character);
        }
        let second = self.unit(self.at).unwrap_or_default();
        let Some(Ok(character)) = char::decode_utf16([first, second]).next() else {
            return Ok(char::REPLACEMENT_CHARACTER);
        };
        self.at += 6;
        Ok(character)
    }

    /// The number in a `\uXXXX`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.starts_with('+') { None } else { u16::from_str_radix(digits, 16).ok() }
    }
}

/// Whether a word of letters, digits, signs and points is a JSON number.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
