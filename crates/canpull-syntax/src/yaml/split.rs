//! Splits a YAML stream into documents before any of them is parsed, as Kubernetes does.

use crate::text::{TextRange, lines, to_offset};

/// The mark that ends a document.
const END: &str = "...";

/// A document's bytes.
pub(super) struct Chunk {
    pub(super) range: TextRange,
    /// Text after the `---` in front of it, which Kubernetes refuses.
    pub(super) bad_separator: Option<TextRange>,
    /// The `...` behind it, up to which Kubernetes reads.
    pub(super) end: Option<End>,
}

/// The `...` behind a document.
pub(super) struct End {
    pub(super) range: TextRange,
    /// Whether text that nobody reads follows before the next `---`.
    pub(super) drops: bool,
}

/// Splits what follows `from` at every line that starts with `---`, whatever the line stands in.
pub(super) fn chunks(source: &str, from: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut open = Open { start: from, bad_separator: None, end: None };
    for (line_start, line) in lines(source, from) {
        let line_end = line_start + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            let rest_start = line_start + 3;
            let text = rest.trim();
            let comment = text.starts_with('#');
            // A comment behind the separator belongs to the document: it may suppress a finding.
            let start = if comment { rest_start } else { line_end };
            let bad = !(text.is_empty() || comment);
            let text_end = rest_start + rest.trim_end().len();
            let bad_separator = bad.then(|| TextRange::new(to_offset(rest_start), to_offset(text_end)));
            let next = Open { start, bad_separator, end: None };
            std::mem::replace(&mut open, next).close(source, line_start, &mut chunks);
        } else if open.end.is_none() && is_end(line) {
            open.end = Some(line_start);
        }
    }
    open.close(source, source.len(), &mut chunks);
    chunks
}

fn is_end(line: &str) -> bool {
    line.strip_prefix(END).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// A document whose end has not come yet.
struct Open {
    start: usize,
    bad_separator: Option<TextRange>,
    /// Where its `...` stands.
    end: Option<usize>,
}

impl Open {
    fn close(self, source: &str, limit: usize, into: &mut Vec<Chunk>) {
        let end = self.end.map(|at| {
            let rest = source.get(at + END.len()..limit).unwrap_or_default();
            let drops = rest.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'));
            End { range: TextRange::new(to_offset(at), to_offset(at + END.len())), drops }
        });
        if self.start < limit || self.bad_separator.is_some() {
            let range = TextRange::new(to_offset(self.start), to_offset(self.end.unwrap_or(limit)));
            into.push(Chunk { range, bad_separator: self.bad_separator, end });
        }
    }
}
