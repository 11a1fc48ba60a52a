//! bash: words, and all that is replaced in them.

use std::borrow::Cow;

use super::super::{Access, MAX_DEPTH, Part, Substitution, Variable, Word, quote};
use super::Scanner;

/// What a byte may be to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Text, wherever it stands.
    Plain,
    /// Something else within a word.
    Special,
    /// The end of an unquoted word.
    End,
}

fn class(byte: u8) -> Class {
    match byte {
        b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => Class::End,
        b'\\' | b'\'' | b'"' | b'`' | b'$' | b'{' | b'}' => Class::Special,
        _ => Class::Plain,
    }
}

/// Whether a word without quotes and variables ends before this byte. Braces may stand in it.
pub(super) fn ends_bare(byte: u8) -> bool {
    class(byte) != Class::Plain && !matches!(byte, b'{' | b'}')
}

pub(super) fn in_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(in crate::shell) fn is_identifier(text: &str) -> bool {
    text.bytes().all(in_identifier) && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// What ends a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// A blank or an operator.
    Blank,
    /// `}`: it is the default of a variable.
    Brace,
}

impl<'s> Scanner<'s> {
    /// Reads a word; an empty one without parts where none comes next.
    pub(super) fn word(&mut self) -> Word<'s> {
        self.word_until(Until::Blank)
    }

    fn word_until(&mut self, until: Until) -> Word<'s> {
        let start = self.cursor.at;
        // Nearly every word has one part.
        let mut parts = Vec::with_capacity(1);
        if until == Until::Blank && self.cursor.sees("#{") {
            self.cursor.push_hole(&mut parts);
        }
        loop {
            self.room.keep(&mut parts);
            let text = self.cursor.at;
            self.cursor.skip_while(|byte| class(byte) == Class::Plain);
            self.cursor.push_text(text, &mut parts);
            let Some(next) = self.cursor.peek() else { break };
            match next {
                b'<' if self.cursor.push_hole(&mut parts) => {}
                b'<' | b'>' if self.cursor.ahead(1) == Some(b'(') && until == Until::Blank => {
                    self.cursor.skip(1);
                    let process = self.substitution(false);
                    parts.push(match process {
                        Part::Substitution(process) => Part::Process(process),
                        opaque => opaque,
                    });
                }
                b'}' if until == Until::Brace => break,
                b'{' => self.brace(&mut parts),
                b'\\' => self.escape(&mut parts),
                b'\'' if !quote::is_apostrophe(&self.cursor) => self.single_quoted(&mut parts),
                b'"' => self.double_quoted(&mut parts),
                b'`' => self.backquoted(false, &mut parts),
                b'$' => self.dollar(false, &mut parts),
                _ if until == Until::Blank && class(next) == Class::End => break,
                _ => self.cursor.push_char(&mut parts),
            }
        }
        Word { parts, range: self.cursor.range_since(start) }
    }

    /// Reads `{`: a place to fill in, a brace expansion, or just a brace.
    fn brace(&mut self, parts: &mut Vec<Part<'s>>) {
        if self.cursor.push_hole(parts) {
            return;
        }
        let inner = self.cursor.rest().get(1..).unwrap_or_default();
        let length = inner.iter().take(MAX_BRACES).position(|&byte| byte == b'}' || class(byte) == Class::End);
        let content = length.and_then(|length| inner.get(..length)).unwrap_or_default();
        let closed = length.is_some_and(|length| inner.get(length) == Some(&b'}'));
        if closed && (content.contains(&b',') || content.windows(2).any(|pair| pair == b"..")) {
            let start = self.cursor.at;
            self.cursor.skip(content.len() + 2);
            parts.push(Part::Opaque(self.cursor.range_since(start)));
        } else {
            self.cursor.push_char(parts);
        }
    }

    /// Reads a backslash and what it keeps from being special; a line break behind it vanishes.
    fn escape(&mut self, parts: &mut Vec<Part<'s>>) {
        match self.cursor.continuation() {
            Some(length) => self.cursor.skip(length),
            None if self.cursor.ahead(1).is_none() => self.cursor.push_char(parts),
            None => {
                self.cursor.skip(1);
                self.cursor.push_char(parts);
            }
        }
    }

    fn single_quoted(&mut self, parts: &mut Vec<Part<'s>>) {
        let [single, _] = &mut self.quotes;
        let end = quote::unclosed(&self.cursor, b'\'', b'\\', single);
        let outer = self.cursor.end;
        self.cursor.end = end.unwrap_or(outer);
        self.cursor.skip(1);
        let start = self.cursor.at;
        self.cursor.skip_while(|byte| byte != b'\'');
        self.cursor.push_text(start, parts);
        self.cursor.take("'");
        self.cursor.end = outer;
    }

    fn double_quoted(&mut self, parts: &mut Vec<Part<'s>>) {
        let [_, double] = &mut self.quotes;
        let end = quote::unclosed(&self.cursor, b'"', b'\\', double);
        let outer = self.cursor.end;
        self.cursor.end = end.unwrap_or(outer);
        self.cursor.skip(1);
        self.double_quoted_text(parts);
        self.cursor.end = outer;
    }

    /// Reads up to and over the closing `"`.
    fn double_quoted_text(&mut self, parts: &mut Vec<Part<'s>>) {
        loop {
            self.room.keep(parts);
            let start = self.cursor.at;
            self.cursor.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'`' | b'$'));
            self.cursor.push_text(start, parts);
            match self.cursor.peek() {
                None => return,
                Some(b'"') => return self.cursor.skip(1),
                Some(b'`') => self.backquoted(true, parts),
                Some(b'$') => self.dollar(true, parts),
                Some(_) if matches!(self.cursor.ahead(1), Some(b'"' | b'\\' | b'`' | b'$' | b'\n' | b'\r')) => {
                    self.escape(parts);
                }
                Some(_) => self.cursor.push_char(parts),
            }
        }
    }

    /// Reads `` `…` ``; a lone one is text.
    fn backquoted(&mut self, quoted: bool, parts: &mut Vec<Part<'s>>) {
        let start = self.cursor.at;
        let Some(length) = closing_backquote(self.cursor.rest()) else { return self.cursor.push_char(parts) };
        if self.depth >= MAX_DEPTH {
            self.cursor.skip(length + 1);
            return parts.push(Part::Opaque(self.cursor.range_since(start)));
        }
        let outer = self.cursor.end;
        self.cursor.end = start + length;
        self.cursor.skip(1);
        self.depth += 1;
        let statements = self.script(false);
        self.depth -= 1;
        self.cursor.end = outer;
        self.cursor.at = start + length + 1;
        let range = self.cursor.range_since(start);
        parts.push(Part::Substitution(Box::new(Substitution { statements, path: Vec::new(), quoted, range })));
    }

    /// Reads the script in brackets at the cursor; the sign before them has been read.
    fn substitution(&mut self, quoted: bool) -> Part<'s> {
        let start = self.cursor.at.saturating_sub(1);
        if self.depth >= MAX_DEPTH {
            self.cursor.skip_balanced(b'(', b')', 0);
            return Part::Opaque(self.cursor.range_since(start));
        }
        self.cursor.skip(1);
        self.depth += 1;
        let statements = self.script(true);
        self.depth -= 1;
        let range = self.cursor.range_since(start);
        Part::Substitution(Box::new(Substitution { statements, path: Vec::new(), quoted, range }))
    }

    /// Reads `$` and what hangs on it.
    fn dollar(&mut self, quoted: bool, parts: &mut Vec<Part<'s>>) {
        let start = self.cursor.at;
        match self.cursor.ahead(1) {
            Some(b'(') if self.cursor.ahead(2) == Some(b'(') => {
                self.cursor.skip(1);
                self.cursor.skip_balanced(b'(', b')', 0);
                parts.push(Part::Opaque(self.cursor.range_since(start)));
            }
            Some(b'(') => {
                self.cursor.skip(1);
                let part = self.substitution(quoted);
                parts.push(part);
            }
            Some(b'{') if self.cursor.push_hole(parts) => {}
            Some(b'{') => {
                let part = self.braced_variable(quoted);
                parts.push(part);
            }
            Some(b'\'') if !quoted => self.ansi_quoted(parts),
            Some(b'"') if !quoted => {
                self.cursor.skip(1);
                self.double_quoted(parts);
            }
            Some(byte) if in_identifier(byte) || matches!(byte, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                self.cursor.skip(1);
                let name = self.variable_name();
                let range = self.cursor.range_since(start);
                let variable = Variable { name, path: Vec::new(), default: None, quoted, range };
                parts.push(Part::Variable(Box::new(variable)));
            }
            _ => self.cursor.push_char(parts),
        }
    }

    /// Reads a variable's name, or the one character of a special one.
    fn variable_name(&mut self) -> &'s str {
        let start = self.cursor.at;
        if self.identifier().is_none() {
            self.cursor.skip(1);
        }
        self.cursor.since(start)
    }

    fn braced_variable(&mut self, quoted: bool) -> Part<'s> {
        let start = self.cursor.at;
        if let Some(variable) = self.simple_braced_variable(start, quoted) {
            return Part::Variable(Box::new(variable));
        }
        self.cursor.skip_balanced(b'{', b'}', 1);
        Part::Opaque(self.cursor.range_since(start))
    }

    /// Reads `${name}`, `${name[index]}`, `${name:-default}` and `${name:?message}`; stops anywhere in what is none of these.
    fn simple_braced_variable(&mut self, start: usize, quoted: bool) -> Option<Variable<'s>> {
        self.cursor.skip(2);
        let name_start = self.cursor.at;
        let digits = self.cursor.skip_while(|byte| byte.is_ascii_digit());
        if digits == 0 && self.identifier().is_none() {
            let special = matches!(self.cursor.peek(), Some(b'@' | b'*' | b'?' | b'$'));
            self.cursor.skip(usize::from(special));
        }
        let name = self.cursor.since(name_start);
        if name.is_empty() {
            return None;
        }
        let mut path = Vec::new();
        if self.cursor.take("[") {
            let index = self.cursor.at;
            self.cursor.skip_while(|byte| in_identifier(byte) || matches!(byte, b'@' | b'*' | b'-' | b'$' | b'"'));
            let index = self.cursor.since(index);
            path.push(if matches!(index, "@" | "*") { Access::Each } else { Access::Index(index) });
            if !self.cursor.take("]") {
                return None;
            }
        }
        let has_default = [":-", ":=", "-", "="].iter().any(|operator| self.cursor.take(operator));
        let default = if has_default { Some(self.default_value()?) } else { None };
        // What is said where the variable is unset is not its value.
        if [":?", "?"].iter().any(|operator| self.cursor.take(operator)) {
            self.default_value()?;
        }
        let closed = self.cursor.take("}");
        let range = self.cursor.range_since(start);
        closed.then_some(Variable { name, path, default, quoted, range })
    }

    fn default_value(&mut self) -> Option<Word<'s>> {
        self.depth = self.depth.checked_add(1).filter(|&depth| depth <= MAX_DEPTH)?;
        let word = self.word_until(Until::Brace);
        self.depth -= 1;
        Some(word)
    }

    /// Reads `$'…'` with its escapes.
    fn ansi_quoted(&mut self, parts: &mut Vec<Part<'s>>) {
        self.cursor.skip(2);
        let start = self.cursor.at;
        let mut text = Cow::Borrowed("");
        loop {
            let run = self.cursor.at;
            self.cursor.skip_while(|byte| byte != b'\'' && byte != b'\\');
            match &mut text {
                Cow::Borrowed("") => text = Cow::Borrowed(self.cursor.since(run)),
                text => text.to_mut().push_str(self.cursor.since(run)),
            }
            if self.cursor.peek() != Some(b'\\') {
                break;
            }
            self.cursor.skip(1);
            text.to_mut().push_str(&self.ansi_escape());
        }
        if self.cursor.at > start {
            parts.push(Part::Text { text, range: self.cursor.range_since(start) });
        }
        self.cursor.take("'");
    }

    /// Reads what follows a backslash in `$'…'`.
    fn ansi_escape(&mut self) -> Cow<'s, str> {
        let start = self.cursor.at;
        self.cursor.skip_char();
        let character = match self.cursor.since(start) {
            "n" => '\n',
            "t" => '\t',
            "r" => '\r',
            "a" => '\u{7}',
            "b" => '\u{8}',
            "e" | "E" => '\u{1b}',
            "f" => '\u{c}',
            "v" => '\u{b}',
            "x" => return self.ansi_code(16, 2),
            "u" => return self.ansi_code(16, 4),
            "U" => return self.ansi_code(16, 8),
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" => {
                self.cursor.at = start;
                return self.ansi_code(8, 3);
            }
            other @ ("\\" | "'" | "\"" | "?") => return Cow::Borrowed(other),
            other => return Cow::Owned(format!("\\{other}")),
        };
        Cow::Owned(character.into())
    }

    fn ansi_code(&mut self, radix: u32, digits: usize) -> Cow<'s, str> {
        let start = self.cursor.at;
        while self.cursor.at - start < digits && self.cursor.peek().is_some_and(|byte| char::from(byte).is_digit(radix))
        {
            self.cursor.skip(1);
        }
        let code = u32::from_str_radix(self.cursor.since(start), radix).ok();
        code.and_then(char::from_u32).map_or(Cow::Borrowed(""), |character| Cow::Owned(character.into()))
    }
}

/// The longest brace expansion: bounds the look ahead.
const MAX_BRACES: usize = 200;

/// How far away the backquote is that closes the one at the start of `rest`. None does behind a blank line.
fn closing_backquote(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    let mut line_is_blank = false;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'`' => return Some(at),
            b'\n' if line_is_blank => return None,
            b'\n' => line_is_blank = true,
            b' ' | b'\t' | b'\r' => {}
            b'\\' => {
                line_is_blank = false;
                at += 1;
            }
            _ => line_is_blank = false,
        }
        at += 1;
    }
    None
}
