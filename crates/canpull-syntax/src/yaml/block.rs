//! Reads one YAML document in the block style that manifests are written in, line by line and many times as fast as the
//! parser. Whatever is unusual is left to the parser, which also knows what is wrong with it.

mod flow;
mod lines;
mod scalar;

use super::build::{Builder, Properties, Text};
use crate::text::{TextRange, to_offset};
use crate::tree::{Parsed, ScalarStyle, Tag};

/// How deep collections may nest here.
const MAX_DEPTH: usize = 64;

/// How long a key may be, in bytes. YAML itself allows 1024 characters.
const MAX_KEY: usize = 1000;

/// Parses the document in `range` and adds it to `parsed`. Tells whether there was one, or gives `None` and leaves
/// nothing behind where something is unusual.
pub(super) fn document(parsed: &mut Parsed<'_>, range: TextRange) -> Option<bool> {
    let source = parsed.tree.source.get(..range.end as usize)?;
    if !scalar::is_usual(range.slice(source)) {
        return None;
    }
    let builder = Builder::new(parsed);
    let mut reader = Reader {
        source,
        at: range.start as usize,
        builder,
        open: Vec::with_capacity(16),
        brackets: Vec::new(),
        waiting: None,
    };
    if reader.lines().is_none() {
        reader.builder.discard();
        return None;
    }
    Some(reader.builder.finish(range))
}

struct Reader<'p, 's> {
    /// The file up to the document's end.
    source: &'s str,
    /// Where the next line starts.
    at: usize,
    builder: Builder<'p, 's>,
    /// The collections that are open, the innermost last.
    open: Vec<Level>,
    /// The brackets that are open on the line.
    brackets: Vec<u8>,
    /// Where a value would stand that may still follow on a later line: behind the last line's colon or dash.
    waiting: Option<usize>,
}

/// A map or list without brackets.
#[derive(Clone, Copy)]
struct Level {
    column: usize,
    is_map: bool,
}

/// A line of the document.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    /// Its first byte that is no space.
    content: usize,
    /// Where its line break stands.
    end: usize,
    /// Where the next one starts.
    next: usize,
}

impl Line {
    fn indent(self) -> usize {
        self.content - self.start
    }

    fn is_blank(self) -> bool {
        self.content == self.end
    }
}

/// A scalar without a `|` or `>`.
struct Scalar {
    style: ScalarStyle,
    start: usize,
    end: usize,
    /// Its text, where this is not what is written.
    cooked: Option<String>,
}

impl Reader<'_, '_> {
    fn lines(&mut self) -> Option<()> {
        while let Some(line) = self.line() {
            self.at = line.next;
            match self.byte(line.content, line.end) {
                None => {}
                Some(b'#') => self.comment(line.content, line.end),
                Some(first) => {
                    if line.indent() == 0 && self.is_mark(line.start) {
                        return None;
                    }
                    let is_item = first == b'-' && self.is_space(line.content + 1, line.end);
                    self.close(line.indent(), is_item)?;
                    self.content(line)?;
                }
            }
        }
        self.value_is_missing();
        while self.open.pop().is_some() {
            self.end();
        }
        Some(())
    }

    /// The next line.
    fn line(&self) -> Option<Line> {
        let rest = self.source.as_bytes().get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest);
        let next = self.at + length.map_or(rest.len(), |length| length + 1);
        let end = self.at + length.unwrap_or(rest.len());
        let end =
            if length.is_some() && end > self.at && self.byte(end - 1, end) == Some(b'\r') { end - 1 } else { end };
        Some(Line { start: self.at, content: self.skip_spaces(self.at, end), end, next })
    }

    fn byte(&self, at: usize, end: usize) -> Option<u8> {
        if at < end { self.source.as_bytes().get(at).copied() } else { None }
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        self.source.get(start..end).unwrap_or_default()
    }

    fn skip_spaces(&self, at: usize, end: usize) -> usize {
        let rest = self.source.as_bytes().get(at..end).unwrap_or_default();
        at + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    /// Whether a space or the line's end stands at `at`.
    fn is_space(&self, at: usize, end: usize) -> bool {
        matches!(self.byte(at, end), None | Some(b' '))
    }

    /// Whether the line begins with a mark between documents.
    fn is_mark(&self, at: usize) -> bool {
        let line = self.source.get(at..).unwrap_or_default();
        line.starts_with("---") || line.starts_with("...")
    }

    fn comment(&mut self, start: usize, end: usize) {
        self.builder.parsed.tree.comments.push(range(start, end));
    }

    fn end(&mut self) {
        // Where a block collection ends is told by its last child.
        self.builder.end(TextRange::default());
    }

    /// Ends the collections that a line at `column` is no part of.
    fn close(&mut self, column: usize, is_item: bool) -> Option<()> {
        let Some(innermost) = self.open.last() else {
            // The first line begins the document's one value.
            return self.builder.is_empty().then_some(());
        };
        if self.waiting.is_some() {
            // The items of a list may stand right below their key.
            let in_line = column == innermost.column && innermost.is_map && is_item;
            if column > innermost.column || in_line {
                return Some(());
            }
            self.value_is_missing();
        }
        while let Some(level) = self.open.last() {
            if level.column < column {
                return None;
            }
            if level.column == column {
                if level.is_map != is_item {
                    return Some(());
                }
                if level.is_map {
                    return None;
                }
            }
            self.open.pop();
            self.end();
        }
        None
    }

    /// Notes that the value that was waited for is not written.
    fn value_is_missing(&mut self) {
        if let Some(at) = self.waiting.take() {
            let nothing = Text { text: "", written: true };
            self.builder.scalar(ScalarStyle::Plain, range(at, at), nothing, Properties::default());
        }
    }

    /// Reads dashes, a key and a value as far as they stand on the line.
    fn content(&mut self, line: Line) -> Option<()> {
        let mut is_new = self.waiting.take().is_some() || self.open.is_empty();
        let mut at = line.content;
        while self.byte(at, line.end) == Some(b'-') && self.is_space(at + 1, line.end) {
            if is_new {
                self.begin(Tag::List, at - line.start)?;
            }
            is_new = true;
            let dash = at;
            at = self.skip_spaces(dash + 1, line.end);
            if self.is_rest(at, line.end) {
                self.waiting = Some(dash + 1);
                return Some(());
            }
        }
        let scalar = self.scalar(at, line.end);
        let colon = scalar.as_ref().and_then(|scalar| self.colon(scalar, line.end));
        let (Some(key), Some(colon)) = (&scalar, colon) else {
            return if is_new { self.value(scalar, at, line.end) } else { None };
        };
        if colon - at > MAX_KEY {
            return None;
        }
        if is_new {
            self.begin(Tag::Map, at - line.start)?;
        }
        self.add(key);
        let at = self.skip_spaces(colon + 1, line.end);
        if self.is_rest(at, line.end) {
            self.waiting = Some(colon + 1);
            return Some(());
        }
        self.value(self.scalar(at, line.end), at, line.end)
    }

    /// The colon that makes a scalar a key.
    fn colon(&self, scalar: &Scalar, end: usize) -> Option<usize> {
        let at = self.skip_spaces(scalar.end, end);
        (self.byte(at, end) == Some(b':') && self.is_space(at + 1, end)).then_some(at)
    }

    fn begin(&mut self, kind: Tag, column: usize) -> Option<()> {
        if self.open.len() >= MAX_DEPTH {
            return None;
        }
        // Where a block collection starts is told by its first child.
        self.builder.start(kind, false, TextRange::default(), Properties::default());
        self.open.push(Level { column, is_map: kind == Tag::Map });
        Some(())
    }

    /// Whether nothing but a comment is left of the line, which is noted.
    fn is_rest(&mut self, at: usize, end: usize) -> bool {
        match self.byte(at, end) {
            None => true,
            Some(b'#') => {
                self.comment(at, end);
                true
            }
            Some(_) => false,
        }
    }

    /// Reads the value that begins at `at`, with the scalar that stands there if it ends on its line.
    fn value(&mut self, scalar: Option<Scalar>, at: usize, end: usize) -> Option<()> {
        // A document that is one scalar is unusual.
        self.open.last()?;
        let Some(scalar) = scalar else {
            return match self.byte(at, end)? {
                b'|' | b'>' => self.block_scalar(at, end),
                quote @ (b'"' | b'\'') => self.quoted_lines(quote, at, end),
                b'[' | b'{' => {
                    let rest = self.flow(at, end)?;
                    self.rest(rest, end)
                }
                _ => None,
            };
        };
        let is_last = self.skip_spaces(scalar.end, end) == end;
        if is_last && scalar.style == ScalarStyle::Plain && self.goes_on() {
            return self.plain_lines(&scalar);
        }
        self.add(&scalar);
        self.rest(scalar.end, end)
    }

    /// Reads what follows a value on its line: nothing, or a comment behind a space.
    fn rest(&mut self, start: usize, end: usize) -> Option<()> {
        let at = self.skip_spaces(start, end);
        if at == start && at < end { None } else { self.is_rest(at, end).then_some(()) }
    }

    fn add(&mut self, scalar: &Scalar) {
        let range = range(scalar.start, scalar.end);
        let written = scalar.style.inner(range.slice(self.source));
        let text = match &scalar.cooked {
            None => Text { text: written, written: true },
            Some(cooked) => Text { text: cooked, written: false },
        };
        self.builder.scalar(scalar.style, range, text, Properties::default());
    }
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(to_offset(start), to_offset(end))
}
