//! Brackets that close on the line that they open on.

use super::{MAX_KEY, Reader, Scalar, range};
use crate::tree::{ScalarStyle, Tag};
use crate::yaml::build::Properties;

/// How deep brackets may nest here.
const MAX_DEPTH: usize = 16;

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
    /// Reads a map or list in brackets. Gives where it ends.
    pub(super) fn flow(&mut self, mut at: usize, end: usize) -> Option<usize> {
        self.brackets.clear();
        let mut next = Next::Value;
        loop {
            at = self.skip_spaces(at, end);
            let byte = self.byte(at, end)?;
            next = match (next, byte, self.brackets.last()) {
                (Next::FirstKey | Next::Comma, b'}', Some(b'{'))
                | (Next::FirstItem | Next::Comma, b']', Some(b'[')) => {
                    self.brackets.pop();
                    self.builder.end(range(at, at + 1));
                    at += 1;
                    if self.brackets.is_empty() {
                        return Some(at);
                    }
                    Next::Comma
                }
                (Next::Comma, b',', Some(bracket)) => {
                    at += 1;
                    if *bracket == b'{' { Next::Key } else { Next::Value }
                }
                (Next::Comma, _, _) => return None,
                (Next::Key | Next::FirstKey, _, _) => {
                    let key = self.flow_scalar(at, end)?;
                    let is_short = key.end - at <= MAX_KEY;
                    at = key.end + 2;
                    // A quoted key may have spaces in front of its colon, and none behind it.
                    if !is_short || self.slice(key.end, at) != ": " {
                        return None;
                    }
                    self.add(&key);
                    Next::Value
                }
                (_, b'{' | b'[', _) => {
                    if self.brackets.len() >= MAX_DEPTH {
                        return None;
                    }
                    let (kind, first) =
                        if byte == b'{' { (Tag::Map, Next::FirstKey) } else { (Tag::List, Next::FirstItem) };
                    self.brackets.push(byte);
                    self.builder.start(kind, true, range(at, at + 1), Properties::default());
                    at += 1;
                    first
                }
                _ => {
                    let value = self.flow_scalar(at, end)?;
                    at = value.end;
                    self.add(&value);
                    Next::Comma
                }
            };
        }
    }

    /// Reads a scalar inside brackets.
    fn flow_scalar(&self, start: usize, end: usize) -> Option<Scalar> {
        match self.byte(start, end)? {
            b'\'' => return self.single_quoted(start, end),
            b'"' => return self.double_quoted(start, end),
            _ => {}
        }
        let line = self.source.as_bytes().get(start..end)?;
        let mut bytes = line.iter().enumerate();
        let length =
            bytes.find(|(at, byte)| !is_plain(**byte, line.get(at + 1).copied())).map_or(line.len(), |(at, _)| at);
        // A dash alone is none.
        let starts =
            line.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.'))
                || matches!(line, [b'-', next, ..] if next.is_ascii_alphanumeric() || *next == b'-');
        let end = start + length;
        starts.then_some(Scalar { style: ScalarStyle::Plain, start, end, cooked: None })
    }
}

/// Whether a byte is part of a plain scalar, whatever stands around it.
fn is_plain(byte: u8, next: Option<u8>) -> bool {
    match byte {
        b':' => next.is_some_and(|next| next.is_ascii_alphanumeric() || next == b'/'),
        b'-' | b'_' | b'.' | b'/' | b'=' | b'+' | b'*' | b'$' | b'@' | b'%' | b'~' => true,
        _ => byte.is_ascii_alphanumeric(),
    }
}
