//! Strings: with escapes, with expressions in them, and over several lines.

use super::{Parser, Result};
use crate::expression::{Expression, ExpressionKind};

impl Parser<'_> {
    /// A string without expressions.
    pub(super) fn literal(&mut self) -> Result<Box<str>> {
        let at = self.at;
        if self.peek() != Some(b'\'') {
            return self.stop("a string should stand here");
        }
        if let ExpressionKind::Text(text) = self.string(0)?.kind {
            return Ok(text.into());
        }
        self.at = at;
        self.stop("this string can hold no expressions")
    }

    /// A string that begins here.
    pub(super) fn string(&mut self, depth: usize) -> Result<Expression> {
        let start = self.at;
        let marks = self.rest().bytes().take_while(|byte| *byte == b'$').count();
        self.at += marks;
        if self.starts("'''") {
            return self.block(start, marks, depth);
        }
        if marks > 0 || self.peek() != Some(b'\'') {
            return self.stop("a string should stand here");
        }
        self.at += 1;
        let mut parts = Parts::default();
        loop {
            let rest = self.rest();
            let length = rest.bytes().take_while(|byte| !matches!(byte, b'\'' | b'\\' | b'$' | b'\n' | b'\r')).count();
            let run = rest.get(..length).unwrap_or_default();
            let run_at = self.at;
            self.at += length;
            if self.peek() == Some(b'\'') && run_at == start + 1 {
                self.at += 1;
                return Ok(Expression::new(self.range(start), ExpressionKind::Text(run.into())));
            }
            parts.text(run, run_at);
            match self.peek() {
                Some(b'\'') => {
                    self.at += 1;
                    return Ok(parts.finish(self.range(start)));
                }
                Some(b'\\') => {
                    let at = self.at;
                    let character = self.escape()?;
                    parts.text(character.encode_utf8(&mut [0; 4]), at);
                }
                Some(b'$') if self.starts("${") => self.hole(2, &mut parts, depth)?,
                Some(b'$') => {
                    parts.text("$", self.at);
                    self.at += 1;
                }
                _ => {
                    self.at = start;
                    return self.stop("this quote is never closed");
                }
            }
        }
    }

    /// `'''…'''`: as it stands, but for `${…}` where dollars stand in front of it, as many in front of each.
    fn block(&mut self, start: usize, marks: usize, depth: usize) -> Result<Expression> {
        self.at += 3;
        // A line break right behind the quotes is none of it.
        if self.peek() == Some(b'\r') {
            self.at += 1;
        }
        if self.peek() == Some(b'\n') {
            self.at += 1;
        }
        let mut parts = Parts::default();
        let hole = format!("{}{{", "$".repeat(marks));
        loop {
            let rest = self.rest();
            let length = memchr::memchr2(b'\'', b'$', rest.as_bytes()).unwrap_or(rest.len());
            parts.text(rest.get(..length).unwrap_or_default(), self.at);
            self.at += length;
            match self.peek() {
                Some(b'\'') if self.starts("'''") => {
                    // Quotes in front of the last three are part of it.
                    let quotes = self.rest().bytes().take_while(|byte| *byte == b'\'').count();
                    parts.text(&"'".repeat(quotes - 3), self.at);
                    self.at += quotes;
                    return Ok(parts.finish(self.range(start)));
                }
                Some(b'$') if marks > 0 && self.starts(&hole) => self.hole(hole.len(), &mut parts, depth)?,
                Some(byte) => {
                    parts.text(if byte == b'$' { "$" } else { "'" }, self.at);
                    self.at += 1;
                }
                None => {
                    self.at = start;
                    return self.stop("this quote is never closed");
                }
            }
        }
    }

    /// An expression in a string.
    fn hole(&mut self, width: usize, parts: &mut Parts, depth: usize) -> Result<()> {
        self.at += width;
        self.lines();
        let value = self.expression(depth + 1)?;
        self.lines();
        self.take(b'}', "a `}` should stand here")?;
        parts.value(value);
        Ok(())
    }

    fn escape(&mut self) -> Result<char> {
        let character = match self.text.as_bytes().get(self.at + 1) {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'\\' | b'\'' | b'$')) => char::from(*byte),
            Some(b'u') => return self.unicode(),
            _ => return self.stop("there is no such escape"),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\u{e9}`.
    fn unicode(&mut self) -> Result<char> {
        let digits = self.rest().strip_prefix("\\u{").and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
        let number = digits.filter(|digits| digits.len() <= 6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        // Half a character of UTF-16 is allowed, and means nothing.
        let number = number.map(|number| if (0xd800..0xe000).contains(&number) { 0xfffd } else { number });
        match (digits, number.and_then(char::from_u32)) {
            (Some(digits), Some(character)) => {
                self.at += digits.len() + 4;
                Ok(character)
            }
            _ => self.stop("this escape names no character"),
        }
    }
}

/// The parts of a string so far.
#[derive(Default)]
struct Parts {
    all: Vec<Expression>,
    text: String,
    /// Where the text begins.
    start: usize,
    end: usize,
}

impl Parts {
    fn text(&mut self, text: &str, at: usize) {
        if self.text.is_empty() {
            self.start = at;
        }
        self.text.push_str(text);
        self.end = at + text.len();
    }

    fn value(&mut self, value: Expression) {
        self.flush();
        self.all.push(value);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let range = crate::text::TextRange::new(crate::to_offset(self.start), crate::to_offset(self.end));
            self.all.push(Expression::new(range, ExpressionKind::Text(self.text.as_str().into())));
            self.text.clear();
        }
    }

    fn finish(mut self, range: crate::text::TextRange) -> Expression {
        if self.all.is_empty() {
            return Expression::new(range, ExpressionKind::Text(self.text.as_str().into()));
        }
        self.flush();
        Expression::new(range, ExpressionKind::Template(self.all.into()))
    }
}
