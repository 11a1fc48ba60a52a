//! Scalars that end on their line.

use super::{Reader, Scalar};
use crate::tree::ScalarStyle;

/// Whether a text holds no characters but those that every reader of YAML takes for the same.
pub(super) fn is_usual(text: &str) -> bool {
    let bytes = text.as_bytes();
    // No branches, so that many bytes are looked at in one step.
    let (mut is_control, mut is_ascii, mut is_return) = (false, true, false);
    for byte in bytes {
        is_control |= (*byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7f;
        is_ascii &= byte.is_ascii();
        is_return |= *byte == b'\r';
    }
    !is_control && (is_ascii || text.chars().all(is_usual_character)) && (!is_return || has_only_pairs(bytes))
}

fn is_usual_character(character: char) -> bool {
    !matches!(character, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether every carriage return stands in front of a line feed.
fn has_only_pairs(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&b'\n'))
}

/// What stands for itself behind a `\`, or what does otherwise.
pub(super) fn escaped(escape: u8) -> Option<char> {
    match escape {
        b'"' | b'\\' | b' ' => Some(char::from(escape)),
        b'n' => Some('\n'),
        b't' => Some('\t'),
        _ => None,
    }
}

impl Reader<'_, '_> {
    /// The scalar that begins at `start`, if it ends on its line; a plain one may go on below.
    pub(super) fn scalar(&self, start: usize, end: usize) -> Option<Scalar> {
        match self.byte(start, end)? {
            b'\'' => self.single_quoted(start, end),
            b'"' => self.double_quoted(start, end),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b'?'
            | b':' => None,
            b'-' if self.is_space(start + 1, end) => None,
            _ => Some(Scalar { style: ScalarStyle::Plain, start, end: self.plain_end(start, end)?, cooked: None }),
        }
    }

    /// Where plain text ends: in front of a colon or comment, or with its line.
    pub(super) fn plain_end(&self, start: usize, end: usize) -> Option<usize> {
        let line = self.source.as_bytes().get(start..end)?;
        let mut length = line.len();
        for at in memchr::memchr3_iter(b':', b'#', b'\t', line) {
            match line.get(at) {
                Some(b'\t') => return None,
                Some(b':') if self.is_space(start + at + 1, end) => {}
                Some(b'#') if line.get(..at).is_some_and(|before| before.ends_with(b" ")) => {}
                _ => continue,
            }
            length = at;
            break;
        }
        let spaces = line.get(..length)?.iter().rev().take_while(|byte| **byte == b' ').count();
        Some(start + length - spaces)
    }

    pub(super) fn single_quoted(&self, start: usize, end: usize) -> Option<Scalar> {
        let line = self.source.as_bytes().get(start..end)?;
        let mut is_escaped = false;
        let mut from = 1;
        loop {
            let quote = from + memchr::memchr(b'\'', line.get(from..)?)?;
            if line.get(quote + 1) != Some(&b'\'') {
                let end = start + quote + 1;
                let cooked = is_escaped.then(|| self.slice(start + 1, end - 1).replace("''", "'"));
                return Some(Scalar { style: ScalarStyle::SingleQuoted, start, end, cooked });
            }
            is_escaped = true;
            from = quote + 2;
        }
    }

    pub(super) fn double_quoted(&self, start: usize, end: usize) -> Option<Scalar> {
        let mut cooked: Option<String> = None;
        let mut from = start + 1;
        loop {
            let line = self.source.as_bytes().get(from..end)?;
            let at = from + memchr::memchr2(b'"', b'\\', line)?;
            let text = self.slice(from, at);
            if self.byte(at, end) == Some(b'"') {
                let cooked = cooked.map(|cooked| cooked + text);
                return Some(Scalar { style: ScalarStyle::DoubleQuoted, start, end: at + 1, cooked });
            }
            let character = escaped(self.byte(at + 1, end)?)?;
            let cooked = cooked.get_or_insert_default();
            cooked.push_str(text);
            cooked.push(character);
            from = at + 2;
        }
    }
}
