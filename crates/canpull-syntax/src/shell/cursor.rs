//! A place in a script, and the looks ahead that both dialects share.

use std::borrow::Cow;

use super::Part;
use crate::text::{TextRange, to_offset};

/// A place in a script, never beyond its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'s> {
    text: &'s str,
    /// Where the script stands in its file.
    base: u32,
    /// The next byte.
    pub(super) at: usize,
    /// One past the last byte to read: the text's end, or that of an enclosing quote.
    pub(super) end: usize,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(text: &'s str, base: u32) -> Self {
        Self { text, base, at: 0, end: text.len() }
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.ahead(0)
    }

    /// The byte `count` after the next.
    pub(super) fn ahead(&self, count: usize) -> Option<u8> {
        let at = self.at + count;
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    /// The byte before the next.
    pub(super) fn behind(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at.checked_sub(1)?).copied()
    }

    /// What is left to read.
    pub(super) fn rest(&self) -> &'s [u8] {
        self.text.as_bytes().get(self.at..self.end).unwrap_or_default()
    }

    /// Whether `text` comes next.
    pub(super) fn sees(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    /// Moves on by `count` bytes.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
    }

    /// Moves on over `text` if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let seen = self.sees(text);
        if seen {
            self.skip(text.len());
        }
        seen
    }

    /// Moves on while bytes are as wanted, and gives how many were.
    pub(super) fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest();
        let count = rest.iter().position(|&byte| !wanted(byte)).unwrap_or(rest.len());
        self.skip(count);
        count
    }

    /// Moves on to the end of the line.
    pub(super) fn skip_line(&mut self) {
        self.skip_while(|byte| byte != b'\n');
    }

    /// Moves on by one whole character.
    pub(super) fn skip_char(&mut self) {
        self.skip(1);
        while self.at < self.end && !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// Moves on until as many brackets are closed as were opened, but not over a blank line. `opened` were before.
    pub(super) fn skip_balanced(&mut self, open: u8, close: u8, opened: usize) {
        let mut depth = opened;
        let mut line_is_blank = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' if line_is_blank => return,
                b'\n' => line_is_blank = true,
                b'\\' => self.skip(1),
                b' ' | b'\t' | b'\r' => {}
                _ => line_is_blank = false,
            }
            self.skip_char();
            if byte == open {
                depth += 1;
            } else if byte == close {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// The text from `start` up to the next byte.
    pub(super) fn since(&self, start: usize) -> &'s str {
        self.slice(start, self.at)
    }

    /// The text from `start` up to `end`.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The bytes of the file from `start` up to the next byte.
    pub(super) fn range_since(&self, start: usize) -> TextRange {
        self.range(start, self.at)
    }

    /// The bytes of the file from `start` up to `end`.
    pub(super) fn range(&self, start: usize, end: usize) -> TextRange {
        let in_file = |at: usize| self.base.saturating_add(to_offset(at));
        TextRange::new(in_file(start), in_file(end))
    }

    /// The length of a line break that comes next behind a continuation character.
    pub(super) fn continuation(&self) -> Option<usize> {
        match (self.ahead(1), self.ahead(2)) {
            (Some(b'\n'), _) => Some(2),
            (Some(b'\r'), Some(b'\n')) => Some(3),
            _ => None,
        }
    }

    /// Adds the text from `start` up to the next byte to a word, if there is any.
    pub(super) fn push_text(&self, start: usize, parts: &mut Vec<Part<'s>>) {
        if start < self.at {
            parts.push(Part::Text { text: Cow::Borrowed(self.since(start)), range: self.range_since(start) });
        }
    }

    /// Adds the next character to a word as text.
    pub(super) fn push_char(&mut self, parts: &mut Vec<Part<'s>>) {
        let start = self.at;
        self.skip_char();
        self.push_text(start, parts);
    }

    /// Adds a place to fill in to a word, if one comes next.
    pub(super) fn push_hole(&mut self, parts: &mut Vec<Part<'s>>) -> bool {
        let Some(length) = self.hole() else { return false };
        let start = self.at;
        self.skip(length);
        parts.push(Part::Hole(self.range_since(start)));
        true
    }

    /// The length of a place to fill in that comes next and that a shell would misread.
    pub(super) fn hole(&self) -> Option<usize> {
        let rest = self.rest();
        match rest {
            [b'<', b'<', ..] => fenced(rest, "<<", ">>").filter(|_| rest.iter().take(40).any(u8::is_ascii_lowercase)),
            [b'<', ..] => angle_hole(rest),
            [b'{', b'{', ..] => fenced(rest, "{{", "}}"),
            [b'$', b'{', b'{', ..] => fenced(rest, "${{", "}}"),
            [b'#', b'{', ..] => fenced(rest, "#{", "}#"),
            _ => None,
        }
    }
}

/// The longest place to fill in: bounds the look ahead.
const MAX_HOLE: usize = 200;

/// The length of `open … close` at the start of `rest`, on one line.
fn fenced(rest: &[u8], open: &str, close: &str) -> Option<usize> {
    let inner = rest.get(open.len()..rest.len().min(MAX_HOLE))?;
    let end = inner.windows(close.len()).position(|window| window == close.as_bytes())?;
    let content = inner.get(..end)?;
    (!content.is_empty() && !content.contains(&b'\n')).then_some(open.len() + end + close.len())
}

/// The length of `<name of a thing>`, told from redirections: `<in >out` has a blank before `>`, `<in 2>&1` a digit.
fn angle_hole(rest: &[u8]) -> Option<usize> {
    let inner = rest.get(1..rest.len().min(MAX_HOLE))?;
    let end = inner.iter().position(|byte| matches!(byte, b'<' | b'>' | b'|' | b';' | b'&' | b'"' | b'`' | b'\n'))?;
    let content = inner.get(..end)?;
    let close = inner.get(end).copied()?;
    let descriptor = matches!(content, [.., b' ', last] if last.is_ascii_digit());
    let named = content.first().is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let closed = close == b'>' && inner.get(end + 1) != Some(&b'>') && inner.get(end + 1) != Some(&b'&');
    (named && closed && !descriptor && content.last() != Some(&b' ')).then_some(end + 2)
}
