//! What the parser refuses though Terraform takes it, and files of which only a part is wrong.

use hcl_edit::parser::{Error, parse_body};
use hcl_edit::structure::Body;

/// The parser compares the keys of an object one by one: so many lines, commas and colons may stand in braces.
const MAX_ITEMS: u32 = 4_000;

/// So many keys that an object has twice are read.
const MAX_REPAIRS: usize = 32;

/// Whether some object holds more than the parser can compare in time. Errs on the side of too many.
pub(super) fn is_heavy(text: &str) -> bool {
    let mut open: Vec<u32> = Vec::new();
    for byte in text.bytes() {
        match byte {
            b'{' => open.push(0),
            b'}' => {
                open.pop();
            }
            b',' | b'\n' | b':' => {
                if let Some(count) = open.last_mut() {
                    *count += 1;
                    if *count > MAX_ITEMS {
                        return true;
                    }
                }
            }
            _ => {}
        }
    }
    false
}

/// The parts of a file, each with its place: a new one begins wherever a word stands at the left edge. Here-documents
/// are kept whole.
pub(super) fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut until: Option<&str> = None;
    let mut in_comment = false;
    for line in text.split_inclusive('\n') {
        if let Some(word) = until {
            if line.trim() == word {
                until = None;
            }
        } else if in_comment {
            in_comment = !line.contains("*/");
        } else {
            if at > 0 && line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                starts.push(at);
            }
            in_comment = line.trim_start().starts_with("/*") && !line.contains("*/");
            until = here_document(line);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(text.len()));
    let ranges = starts.iter().copied().zip(ends);
    let parts = ranges.filter_map(|(start, end)| Some((start, text.get(start..end)?)));
    parts.filter(|(_, part)| !part.trim().is_empty()).collect()
}

/// The word that ends the here-document which a line opens.
fn here_document(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("<<")?;
    let word = rest.strip_prefix('-').unwrap_or(rest).trim_end();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    is_word.then_some(word)
}

/// Parses a text after all: keys that stand twice in an object are told apart, and breaks within `{ for … }` count as
/// spaces. Every place stays where it is; whoever reads keys takes them from the original.
pub(super) fn mended(text: &str, first: Error) -> Option<Body> {
    let mut own = text.to_owned();
    let mut error = first;
    let mut joined = false;
    for number in 0..MAX_REPAIRS {
        let at = error.location().offset();
        let repaired = if error.message().contains("unique object key") {
            renamed(&own, at, number)
        } else if joined {
            None
        } else {
            joined = true;
            Some(without_breaks(&own))
        };
        own = repaired?;
        match parse_body(&own) {
            Ok(body) => return Some(body),
            Err(next) => error = next,
        }
    }
    None
}

/// A text in which the key at an offset is another of the same length.
fn renamed(text: &str, at: usize, number: usize) -> Option<String> {
    let (before, rest) = (text.get(..at)?, text.get(at..)?);
    let quote = usize::from(rest.starts_with('"'));
    let inner = rest.get(quote..)?;
    let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))?;
    if length == 0 {
        return None;
    }
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').collect();
    let letter = letters.get(number % letters.len())?;
    let key: String = std::iter::repeat_n(*letter, length).collect();
    Some(format!("{before}{}{key}{}", rest.get(..quote)?, inner.get(length..)?))
}

/// A text in which breaks within `{ for … }` are spaces, as are the comments in front of them.
fn without_breaks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Of each brace that is open, whether it is that of a `for`.
    let mut open: Vec<bool> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let in_for = open.last() == Some(&true);
        let length = match first {
            '"' => string(rest),
            '#' => comment(rest),
            '/' if rest.starts_with("//") => comment(rest),
            _ => first.len_utf8(),
        };
        let piece = rest.get(..length).unwrap_or(rest);
        match first {
            '{' => open.push(rest.get(1..).is_some_and(begins_for)),
            '}' => {
                open.pop();
            }
            _ => {}
        }
        let is_blank = in_for && matches!(first, '\n' | '\r' | '#' | '/') && (length > 1 || first != '/');
        if is_blank {
            out.extend(std::iter::repeat_n(' ', piece.len()));
        } else {
            out.push_str(piece);
        }
        rest = rest.get(piece.len()..).unwrap_or_default();
    }
    out
}

fn begins_for(text: &str) -> bool {
    text.trim_start().strip_prefix("for").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

fn comment(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of a string in quotes, which ends with its line at the latest; quotes within `${ … }` do not end it.
fn string(text: &str) -> usize {
    let (mut depth, mut is_escaped, mut before) = (0_u32, false, ' ');
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '{' if matches!(before, '$' | '%') || depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '"' if depth == 0 => return at + 1,
            _ => {}
        }
        before = c;
    }
    text.len()
}
