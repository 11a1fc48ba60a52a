//! Scalars over several lines: without quotes, in quotes, and below `|` or `>`.

use super::scalar::escaped;
use super::{Line, Reader, Scalar, range};
use crate::tree::ScalarStyle;
use crate::yaml::build::{Properties, Text};

/// What becomes of the line breaks behind a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

/// The text of several lines as far as it is read.
#[derive(Default)]
struct Lines {
    text: String,
    folded: bool,
    /// Blank lines behind what was read.
    breaks: usize,
    /// Whether a line was read.
    has_text: bool,
    /// Whether the last one began with a blank, so that its line break stays.
    is_spaced: bool,
}

impl Lines {
    fn push(&mut self, line: &str) {
        let is_spaced = line.starts_with([' ', '\t']);
        let folds = self.folded && self.has_text && !self.is_spaced && !is_spaced;
        if folds && self.breaks == 0 {
            self.text.push(' ');
        } else if self.has_text && !folds {
            self.text.push('\n');
        }
        self.push_breaks();
        self.text.push_str(line);
        self.has_text = true;
        self.is_spaced = is_spaced;
    }

    fn push_breaks(&mut self) {
        self.text.extend(std::iter::repeat_n('\n', self.breaks));
        self.breaks = 0;
    }

    fn finish(mut self, chomping: Chomping) -> String {
        if chomping != Chomping::Strip {
            self.text.push('\n');
        }
        if chomping == Chomping::Keep {
            self.push_breaks();
        }
        self.text
    }
}

/// How a line of a quoted scalar ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    /// With the closing quote at this place.
    Closed(usize),
    /// With a line break, which counts as a space.
    Broken,
    /// With a `\` that joins the next line.
    Joined,
}

impl Reader<'_, '_> {
    /// Whether the next line that is not blank belongs to the plain scalar above it.
    pub(super) fn goes_on(&self) -> bool {
        let mut at = self.at;
        loop {
            let content = self.skip_spaces(at, self.source.len());
            match self.byte(content, self.source.len()) {
                None | Some(b'#') => return false,
                Some(b'\r' | b'\n') => at = content + 1,
                Some(_) => return self.open.last().is_some_and(|level| content - at > level.column),
            }
        }
    }

    /// Reads a plain scalar that goes on below its first line.
    pub(super) fn plain_lines(&mut self, first: &Scalar) -> Option<()> {
        let mut lines = Lines { folded: true, ..Lines::default() };
        lines.push(self.slice(first.start, first.end));
        let mut last = first.end;
        while self.goes_on() {
            let line = self.next_text(&mut lines)?;
            last = self.plain_end(line.content, line.end)?;
            if self.skip_spaces(last, line.end) < line.end {
                return None;
            }
            lines.push(self.slice(line.content, last));
        }
        let cooked = Some(lines.finish(Chomping::Strip));
        self.add(&Scalar { style: first.style, start: first.start, end: last, cooked });
        Some(())
    }

    /// The next line that is not blank, deeper than the collection around it.
    fn next_text(&mut self, lines: &mut Lines) -> Option<Line> {
        loop {
            let line = self.line()?;
            self.at = line.next;
            if !line.is_blank() {
                let is_deeper = line.indent() > self.open.last()?.column;
                let is_text = self.byte(line.content, line.end) != Some(b'\t');
                return (is_deeper && is_text).then_some(line);
            }
            lines.breaks += 1;
        }
    }

    /// Reads a scalar whose quote is closed on a later line.
    pub(super) fn quoted_lines(&mut self, quote: u8, start: usize, end: usize) -> Option<()> {
        let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        let mut text = String::new();
        let (mut at, mut end) = (start + 1, end);
        loop {
            let stop = self.quoted_line(quote, at, end, &mut text)?;
            if let Quoted::Closed(at) = stop {
                self.add(&Scalar { style, start, end: at + 1, cooked: Some(text) });
                return self.rest(at + 1, end);
            }
            let mut lines = Lines::default();
            let line = self.next_text(&mut lines)?;
            if lines.breaks == 0 && stop == Quoted::Broken {
                text.push(' ');
            }
            text.extend(std::iter::repeat_n('\n', lines.breaks));
            (at, end) = (line.content, line.end);
        }
    }

    /// Reads what stands on one line of a quoted scalar.
    fn quoted_line(&self, quote: u8, mut at: usize, end: usize, text: &mut String) -> Option<Quoted> {
        let mut solid = text.len();
        while let Some(length) = self.quote_or_escape(quote, at, end) {
            text.push_str(self.slice(at, at + length));
            at += length;
            let character = match (self.byte(at, end)?, self.byte(at + 1, end)) {
                (b'\\', None) => return Some(Quoted::Joined),
                (b'\\', Some(escape)) => escaped(escape)?,
                (b'\'', Some(b'\'')) => '\'',
                _ => return Some(Quoted::Closed(at)),
            };
            text.push(character);
            at += 2;
            solid = text.len();
        }
        // Spaces in front of the line break are dropped, but not those that are escaped.
        text.push_str(self.slice(at, end));
        text.truncate(text.trim_end_matches(' ').len().max(solid));
        (text.len() == solid || !text.ends_with('\t')).then_some(Quoted::Broken)
    }

    /// How far away a quote or an escape is on the line.
    fn quote_or_escape(&self, quote: u8, start: usize, end: usize) -> Option<usize> {
        let line = self.source.as_bytes().get(start..end)?;
        let escape = if quote == b'"' { b'\\' } else { quote };
        memchr::memchr2(quote, escape, line)
    }

    /// Reads the text below a `|` or `>`.
    pub(super) fn block_scalar(&mut self, start: usize, end: usize) -> Option<()> {
        let style = if self.byte(start, end) == Some(b'>') { ScalarStyle::Folded } else { ScalarStyle::Literal };
        let (chomping, header_end) = match self.byte(start + 1, end) {
            Some(b'-') => (Chomping::Strip, start + 2),
            Some(b'+') => (Chomping::Keep, start + 2),
            _ => (Chomping::Clip, start + 1),
        };
        self.rest(header_end, end)?;
        let mut lines = Lines { folded: style == ScalarStyle::Folded, ..Lines::default() };
        let indent = self.block_indent(&mut lines)?;
        let mut written_end = header_end;
        while let Some(line) = self.line() {
            if line.is_blank() && line.indent() <= indent {
                // What a line of spaces means that no line break ends is left to the parser.
                if line.next == line.end {
                    return None;
                }
                lines.breaks += 1;
            } else if line.indent() >= indent {
                lines.push(self.slice(line.start + indent, line.end));
                written_end = line.end;
            } else {
                break;
            }
            self.at = line.next;
        }
        let written = self.slice(start, written_end).trim_end().len();
        let text = lines.finish(chomping);
        let text = Text { text: &text, written: false };
        self.builder.scalar(style, range(start, start + written), text, Properties::default());
        Some(())
    }

    /// How far the first line of a block scalar is indented; the blank lines in front of it are passed.
    fn block_indent(&mut self, lines: &mut Lines) -> Option<usize> {
        let mut widest = self.open.last()?.column + 1;
        loop {
            let line: Line = self.line()?;
            widest = widest.max(if line.is_blank() { line.indent() } else { 0 });
            if !line.is_blank() {
                let starts = line.indent() >= widest && self.byte(line.content, line.end) != Some(b'\t');
                return starts.then_some(line.indent());
            }
            lines.breaks += 1;
            self.at = line.next;
        }
    }
}
