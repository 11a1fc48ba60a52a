//! What stands between words: blanks, comments and the ends of lines.

use super::{Parser, Result, Stop};
use crate::text::{TextRange, to_offset};

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn starts(&self, word: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()))
    }

    /// Whether a whole word stands here.
    pub(super) fn starts_word(&self, word: &str) -> bool {
        self.starts(word) && !self.text.as_bytes().get(self.at + word.len()).is_some_and(|byte| is_name(*byte))
    }

    pub(super) fn stop<T>(&self, message: &'static str) -> Result<T> {
        Err(Stop { at: self.at, message })
    }

    pub(super) fn take(&mut self, byte: u8, message: &'static str) -> Result<()> {
        if self.peek() != Some(byte) {
            return self.stop(message);
        }
        self.at += 1;
        Ok(())
    }

    /// A word of letters, digits and underscores.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let starts = rest.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let length = rest.bytes().take_while(|byte| is_name(*byte)).count();
        let word = rest.get(..length).filter(|_| starts)?;
        self.at += length;
        Some(word)
    }

    pub(super) fn name(&mut self) -> Result<&'t str> {
        match self.word() {
            Some(word) => Ok(word),
            None => self.stop("a name should stand here"),
        }
    }

    pub(super) fn range(&self, start: usize) -> TextRange {
        TextRange::new(to_offset(start), to_offset(self.at))
    }

    /// Goes over blanks and comments on a line.
    pub(super) fn space(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t'));
            if !self.comment() {
                return;
            }
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| wanted(**byte)).count();
    }

    /// Goes over a comment, if one stands here.
    fn comment(&mut self) -> bool {
        let is_line = self.peek() == Some(b'/') && self.starts("//");
        if is_line {
            self.skip_line();
        } else if self.peek() == Some(b'/') && self.starts("/*") {
            self.block_comment();
        } else {
            return false;
        }
        true
    }

    fn block_comment(&mut self) {
        let rest = self.rest();
        self.at += memchr::memmem::find(rest.as_bytes(), b"*/").map_or(rest.len(), |end| end + 2);
    }

    /// Goes over a comment that stands here.
    pub(super) fn space_at_least(&mut self) -> Result<()> {
        let before = self.at;
        self.space();
        if self.at == before { self.stop("a comment should stand here") } else { Ok(()) }
    }

    pub(super) fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
    }

    /// Goes over blanks, comments, directives and ends of lines. Expressions look across a gap several times before
    /// they know that they end in front of it.
    pub(super) fn lines(&mut self) {
        let start = self.at;
        if let Some((from, to)) = self.gap
            && from == start
        {
            self.at = to;
            return;
        }
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            if self.peek() == Some(b'#') {
                self.skip_line();
            } else if !self.comment() {
                break;
            }
        }
        self.gap = Some((start, self.at));
    }
}

pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
