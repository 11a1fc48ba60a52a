//! bash: the bodies of here-documents.

use super::super::{Body, Word};
use super::Scanner;

/// Where the here-documents of a line stand.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    /// The line break that they begin behind.
    pub(super) line_end: usize,
    /// Where the script goes on below them.
    pub(super) resume: usize,
}

/// Where a body ends, and the line behind its delimiter begins.
struct Found {
    end: usize,
    resume: usize,
}

impl Scanner<'_> {
    /// Finds the body of the here-document whose delimiter was just read.
    pub(super) fn here_document(&mut self, delimiter: &Word<'_>, strips_tabs: bool) -> Body {
        let at = self.cursor.at;
        let pending = self.pending.filter(|pending| at <= pending.line_end);
        let line_end = pending.map_or_else(|| self.logical_line_end(), |pending| pending.line_end);
        let start = pending.map_or(line_end + 1, |pending| pending.resume).min(self.cursor.end);
        let text = delimiter.literal().unwrap_or_default();
        let found = self.find_delimiter(start, &text, strips_tabs);
        self.pending = Some(Pending { line_end, resume: found.resume });
        let written = delimiter.range.end - delimiter.range.start;
        Body { range: self.cursor.range(start, found.end), expands: written as usize == text.len(), strips_tabs }
    }

    /// The line break that ends the current line, continued lines included.
    fn logical_line_end(&self) -> usize {
        let (mut from, rest) = (0, self.cursor.rest());
        loop {
            let after = rest.get(from..).unwrap_or_default();
            let Some(length) = after.iter().position(|&byte| byte == b'\n') else { return self.cursor.end };
            let line = after.get(..length).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let escapes = line.iter().rev().take_while(|&&byte| byte == b'\\').count();
            if escapes % 2 == 0 {
                return self.cursor.at + from + length;
            }
            from += length + 1;
        }
    }

    /// Finds the line that is the delimiter. One that is merely indented will do where there is no other, as in
    /// scripts that were indented to fit a page; without any, the body goes on to the end.
    fn find_delimiter(&mut self, start: usize, delimiter: &str, strips_tabs: bool) -> Found {
        let mut indented = None;
        let mut at = start;
        while at < self.cursor.end {
            let rest = self.cursor.slice(at, self.cursor.end);
            let length = rest.find('\n').map_or(rest.len(), |length| length + 1);
            let line = rest.get(..length).unwrap_or_default().trim_end_matches(['\n', '\r']);
            let found = Found { end: at, resume: at + length };
            at += length;
            if line == delimiter || strips_tabs && line.trim_start_matches('\t') == delimiter {
                return found;
            }
            if indented.is_none() && line.trim() == delimiter {
                indented = Some(found);
            }
            if indented.is_some() {
                self.budget = self.budget.saturating_sub(length);
                if self.budget == 0 {
                    break;
                }
            }
        }
        indented.unwrap_or(Found { end: self.cursor.end, resume: self.cursor.end })
    }
}
