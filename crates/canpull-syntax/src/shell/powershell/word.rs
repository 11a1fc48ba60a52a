//! PowerShell: words, and all that is replaced in them.

use std::borrow::Cow;

use super::super::{Access, Command, Part, Pipeline, Statement, Variable, When, Word, quote};
use super::Scanner;
use super::expression::script_word;
use crate::TextRange;

/// The longest name of a variable in braces: bounds the look ahead.
const MAX_NAME: usize = 200;

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a byte is text wherever it stands in a word.
fn is_plain(byte: u8) -> bool {
    !matches!(
        byte,
        b' ' | b'\t'
            | b'\r'
            | b'\n'
            | b';'
            | b'&'
            | b'|'
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'{'
            | b'}'
            | b'"'
            | b'\''
            | b'`'
            | b'$'
            | b','
    )
}

impl<'s> Scanner<'s> {
    /// Reads a word of a command; an empty one where none comes next.
    pub(super) fn word(&mut self) -> Word<'s> {
        let start = self.cursor.at;
        // Nearly every word has one part.
        let mut parts = Vec::with_capacity(1);
        let mut braces = 0usize;
        self.word_start(&mut parts);
        loop {
            self.room.keep(&mut parts);
            let text = self.cursor.at;
            self.cursor.skip_while(is_plain);
            self.cursor.push_text(text, &mut parts);
            let Some(next) = self.cursor.peek() else { break };
            match next {
                b'<' | b'{' if self.cursor.push_hole(&mut parts) => {}
                b'<' if !self.cursor.sees("<#") => self.cursor.push_char(&mut parts),
                b'{' if self.cursor.at > start => {
                    braces += 1;
                    self.cursor.push_char(&mut parts);
                }
                b'}' if braces > 0 => {
                    braces -= 1;
                    self.cursor.push_char(&mut parts);
                }
                b'"' | b'\'' => self.quoted(&mut parts),
                b'$' => self.dollar(false, &mut parts),
                b'`' if self.cursor.continuation().is_none() => self.escape(&mut parts),
                b',' if self.joins_text() => self.cursor.push_char(&mut parts),
                _ => break,
            }
        }
        Word { parts, range: self.cursor.range_since(start) }
    }

    /// Whether the `,` at the cursor stands between plain text: `a,b`.
    fn joins_text(&self) -> bool {
        self.cursor.behind().is_some_and(is_plain) && self.cursor.ahead(1).is_some_and(is_plain)
    }

    /// Reads what only the start of a word may be.
    fn word_start(&mut self, parts: &mut Vec<Part<'s>>) {
        let start = self.cursor.at;
        match (self.cursor.peek(), self.cursor.ahead(1)) {
            (Some(b'('), _) => parts.extend(self.substitution(start, false)),
            (Some(b'@'), Some(b'(')) => {
                let words = self.items();
                let range = self.cursor.range_since(start);
                let command = Command { words, range, ..Command::default() };
                let pipeline = Pipeline { commands: vec![command], when: When::Always, range };
                parts.append(&mut script_word(vec![Statement::Pipeline(pipeline)], range).parts);
            }
            (Some(b'@'), Some(b'{')) => {
                self.cursor.skip_balanced(b'{', b'}', 0);
                parts.push(Part::Opaque(self.cursor.range_since(start)));
            }
            (Some(b'@'), Some(b'"' | b'\'')) => self.here_string(parts),
            (Some(b'@'), Some(next)) if next.is_ascii_alphabetic() || next == b'_' => {
                self.cursor.skip(1);
                let name = self.cursor.at;
                self.cursor.skip_while(in_name);
                let (name, range) = (self.cursor.since(name), self.cursor.range_since(start));
                let path = vec![Access::Each];
                parts.push(Part::Variable(Box::new(Variable { name, path, default: None, quoted: true, range })));
            }
            (Some(b'#'), Some(b'{')) => {
                self.cursor.push_hole(parts);
            }
            _ => {}
        }
    }

    /// Reads a value that stands alone: operators end it.
    pub(super) fn operand_word(&mut self) -> Word<'s> {
        let start = self.cursor.at;
        let mut parts = Vec::with_capacity(1);
        self.word_start(&mut parts);
        if parts.is_empty() {
            match self.cursor.peek() {
                Some(b'"' | b'\'') => self.quoted(&mut parts),
                Some(b'$') => self.dollar(false, &mut parts),
                Some(b'<' | b'{') => {
                    self.cursor.push_hole(&mut parts);
                }
                Some(b'-' | b'!') => {}
                _ => {
                    self.cursor.skip_while(|byte| is_plain(byte) && byte != b'+');
                    self.cursor.push_text(start, &mut parts);
                }
            }
        }
        Word { parts, range: self.cursor.range_since(start) }
    }

    /// Reads a backtick and the character that it changes or keeps from being special.
    fn escape(&mut self, parts: &mut Vec<Part<'s>>) {
        let start = self.cursor.at;
        self.cursor.skip(1);
        let text = match self.cursor.peek() {
            Some(b'n') => "\n",
            Some(b't') => "\t",
            Some(b'r') => "\r",
            Some(b'0') => "\0",
            Some(_) => return self.cursor.push_char(parts),
            None => return,
        };
        self.cursor.skip(1);
        let text = Cow::Owned(text.to_owned());
        parts.push(Part::Text { text, range: self.cursor.range_since(start) });
    }

    /// Reads `'…'` or `"…"`.
    fn quoted(&mut self, parts: &mut Vec<Part<'s>>) {
        let double = self.cursor.peek() == Some(b'"');
        let quote = if double { b'"' } else { b'\'' };
        if !double && quote::is_apostrophe(&self.cursor) {
            return self.cursor.push_char(parts);
        }
        let [single_end, double_end] = &mut self.quotes;
        let seen = if double { double_end } else { single_end };
        let end = quote::unclosed(&self.cursor, quote, b'`', seen);
        let outer = self.cursor.end;
        self.cursor.end = end.unwrap_or(outer);
        self.cursor.skip(1);
        if double {
            self.double_quoted_text(true, parts);
        } else {
            self.single_quoted_text(parts);
        }
        self.cursor.end = outer;
    }

    /// Reads up to and over the closing `'`; two of them are one.
    fn single_quoted_text(&mut self, parts: &mut Vec<Part<'s>>) {
        let mut start = self.cursor.at;
        loop {
            self.room.keep(parts);
            self.cursor.skip_while(|byte| byte != b'\'');
            self.cursor.push_text(start, parts);
            self.cursor.skip(1);
            if self.cursor.peek() != Some(b'\'') {
                return;
            }
            start = self.cursor.at;
            self.cursor.skip(1);
        }
    }

    /// Reads up to and over the closing `"`, or to the end of what may be read in a here-string.
    fn double_quoted_text(&mut self, closes: bool, parts: &mut Vec<Part<'s>>) {
        let mut start = self.cursor.at;
        loop {
            self.room.keep(parts);
            self.cursor.skip_while(|byte| !matches!(byte, b'"' | b'`' | b'$'));
            match self.cursor.peek() {
                Some(b'"') if !closes => {
                    self.cursor.skip(1);
                    continue;
                }
                Some(b'"') if self.cursor.ahead(1) == Some(b'"') => {
                    self.cursor.push_text(start, parts);
                    self.cursor.skip(1);
                    start = self.cursor.at;
                    self.cursor.skip(1);
                    continue;
                }
                _ => self.cursor.push_text(start, parts),
            }
            match self.cursor.peek() {
                Some(b'$') => self.dollar(true, parts),
                Some(b'`') => self.escape(parts),
                Some(_) => return self.cursor.skip(1),
                None => return,
            }
            start = self.cursor.at;
        }
    }

    /// Reads `@"…"@` or `@'…'@`, whose quotes stand at the ends of lines; without its end it is no here-string.
    fn here_string(&mut self, parts: &mut Vec<Part<'s>>) {
        let double = self.cursor.ahead(1) == Some(b'"');
        let Some((start, end)) = self.here_string_body(double) else { return self.cursor.push_char(parts) };
        let outer = self.cursor.end;
        self.cursor.at = start;
        self.cursor.end = end;
        if double {
            self.double_quoted_text(false, parts);
        } else {
            self.cursor.at = end;
            self.cursor.push_text(start, parts);
        }
        self.cursor.end = outer;
        self.cursor.at = end;
        self.cursor.skip_while(|byte| byte != b'@');
        self.cursor.skip(1);
    }

    /// Where the body of the here-string at the cursor begins and ends.
    fn here_string_body(&mut self, double: bool) -> Option<(usize, usize)> {
        let [single_unclosed, double_unclosed] = &mut self.unclosed;
        let unclosed = if double { double_unclosed } else { single_unclosed };
        if *unclosed {
            return None;
        }
        let rest = self.cursor.slice(self.cursor.at, self.cursor.end);
        let head = rest.find('\n')?;
        if !rest.get(2..head)?.trim().is_empty() {
            return None;
        }
        let body = rest.get(head + 1..)?;
        let start = self.cursor.at + head + 1;
        let close = if double { "\"@" } else { "'@" };
        let mut at = 0;
        for line in body.split_inclusive('\n') {
            // It must stand at the very start of the line; pages indent it.
            if line.trim_start_matches([' ', '\t']).starts_with(close) {
                let before = body.get(..at)?;
                let text = before.strip_suffix('\n').unwrap_or(before);
                let text = text.strip_suffix('\r').unwrap_or(text);
                return Some((start, start + text.len()));
            }
            at += line.len();
        }
        *unclosed = true;
        None
    }

    /// Reads `$` and what hangs on it.
    fn dollar(&mut self, quoted: bool, parts: &mut Vec<Part<'s>>) {
        let start = self.cursor.at;
        if self.cursor.push_hole(parts) {
            return;
        }
        if self.cursor.ahead(1) == Some(b'(') {
            self.cursor.skip(1);
            return parts.append(&mut self.substitution(start, quoted));
        }
        let Some((name, _)) = self.variable_name() else { return self.cursor.push_char(parts) };
        let range = self.cursor.range_since(start);
        let variable = Variable { name, path: Vec::new(), default: None, quoted: true, range };
        let own = Part::Variable(Box::new(variable));
        if quoted || !matches!(self.cursor.peek(), Some(b'.' | b'[')) {
            parts.push(own);
        } else {
            parts.append(&mut self.taken(start, vec![own]));
        }
    }

    /// Reads `$name`, `${name}` or `$scope:name`.
    pub(super) fn variable_name(&mut self) -> Option<(&'s str, TextRange)> {
        let rest = self.cursor.rest();
        let start = self.cursor.at + 1;
        if rest.get(1) == Some(&b'{') {
            let inner = rest.get(2..)?;
            let length = inner.iter().take(MAX_NAME).position(|&byte| matches!(byte, b'}' | b'\n' | b'$'))?;
            if length == 0 || inner.get(length) != Some(&b'}') {
                return None;
            }
            self.cursor.skip(length + 3);
            return Some(self.without_scope(start + 1, start + 1 + length));
        }
        let after = rest.get(1..)?;
        let name = after.iter().position(|&byte| !in_name(byte)).unwrap_or(after.len());
        if name == 0 {
            let special = matches!(after.first(), Some(b'?' | b'$' | b'^'));
            self.cursor.skip(if special { 2 } else { 0 });
            return special.then(|| (self.cursor.slice(start, start + 1), self.cursor.range(start, start + 1)));
        }
        let scope = self.cursor.slice(start, start + name);
        let mut length = name;
        if after.get(name) == Some(&b':') && (scope.eq_ignore_ascii_case("env") || is_scope(scope)) {
            let behind = after.get(name + 1..)?;
            let own = behind.iter().position(|&byte| !in_name(byte)).unwrap_or(behind.len());
            length += if own > 0 { own + 1 } else { 0 };
        }
        self.cursor.skip(length + 1);
        Some(self.without_scope(start, start + length))
    }

    /// The name of a variable without the scope in front of it, which says where it lives, not which it is.
    fn without_scope(&self, start: usize, end: usize) -> (&'s str, TextRange) {
        let name = self.cursor.slice(start, end);
        let scope = name.split_once(':').map(|(scope, _)| scope);
        let known = scope.filter(|scope| is_scope(scope));
        let start = start + known.map_or(0, |scope| scope.len() + 1);
        (self.cursor.slice(start, end), self.cursor.range(start, end))
    }
}

fn is_scope(name: &str) -> bool {
    SCOPES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

const SCOPES: [&str; 6] = ["global", "script", "local", "private", "using", "variable"];
