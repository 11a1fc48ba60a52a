//! Output for machines, one file a format, and what they share: locations and masking.

use canpull_syntax::{LineIndex, Position, Span, TextRange};

use crate::report::{Report, ReportFile};

mod concise;
pub mod graph;
mod json;

pub use concise::concise;
pub use json::{json, write_json};

/// What stands in the place of a secret, however long it is: its length is nobody's business either.
pub const MASK: &str = "********";

/// A span, resolved: where people and machines find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'r> {
    /// Path relative to the project root.
    pub path: &'r str,
    /// First byte.
    pub start: Position,
    /// One past the last byte.
    pub end: Position,
}

/// Where `span` is. A file that the report does not know has an empty path, which no analysis yields.
pub fn place(report: &Report, span: Span) -> Place<'_> {
    let Some(file) = report.files.get(span.file.0 as usize) else {
        let nowhere = LineIndex::default();
        return Place { path: "", start: nowhere.position(span.range.start), end: nowhere.position(span.range.end) };
    };
    place_in(file, span.range)
}

/// Where `range` of `file` is.
pub fn place_in(file: &ReportFile, range: TextRange) -> Place<'_> {
    Place {
        path: &file.path,
        start: file.lines.position(range.start),
        end: file.lines.position(range.end.max(range.start)),
    }
}

/// `text`, a piece of a file that begins at byte `offset`, with each of the file's secret ranges replaced by
/// [`MASK`]. A secret over several lines keeps its line breaks, so that lines stay where they were.
///
/// `masked` must be in order of position. Ranges may touch, overlap, or reach beyond the piece.
pub fn mask(text: &str, offset: u32, masked: &[TextRange]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0usize;
    for range in masked {
        let from = (range.start.saturating_sub(offset) as usize).max(done);
        let to = (range.end.saturating_sub(offset) as usize).min(text.len());
        // A range that cuts a character in two cannot come from a tree over this text: hide all the rest.
        let (Some(before), Some(secret)) = (text.get(done..from.min(text.len())), text.get(from..to.max(from))) else {
            if from < text.len() {
                out.push_str(MASK);
                return out;
            }
            continue;
        };
        if secret.is_empty() {
            continue;
        }
        out.push_str(before);
        push_masked(&mut out, secret);
        done = to;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn push_masked(out: &mut String, secret: &str) {
    for line in secret.split_inclusive(['\n', '\r']) {
        let content = line.trim_end_matches(['\n', '\r']);
        if !content.trim().is_empty() {
            let indent = content.len() - content.trim_start_matches(' ').len();
            out.push_str(content.get(..indent).unwrap_or_default());
            out.push_str(MASK);
        }
        out.push_str(line.get(content.len()..).unwrap_or_default());
    }
}

/// Text that can neither steer a terminal nor turn the direction of writing: line breaks and tabs alone are left.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_plain(c) || matches!(c, '\n' | '\t') { c } else { char::REPLACEMENT_CHARACTER })
        .collect()
}

/// As [`printable`], and on one line: for names and for formats of one line a finding.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_plain(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

fn is_plain(c: char) -> bool {
    let turns = matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    !c.is_control() && !turns && !breaks
}

/// As JSON and `concise` say a severity.
pub const fn severity_name(severity: crate::diagnostic::Severity) -> &'static str {
    match severity {
        crate::diagnostic::Severity::Info => "info",
        crate::diagnostic::Severity::Warning => "warning",
        crate::diagnostic::Severity::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_hides_secrets_and_keeps_lines() {
        let text = "auth: abc # no\nkey: |\n  one\n  two\nx: y\n";
        let ranges = [TextRange::new(6, 9), TextRange::new(22, 33)];
        assert_eq!(mask(text, 0, &ranges), "auth: ******** # no\nkey: |\n  ********\n  ********\nx: y\n");
        assert_eq!(mask("c # no\n", 8, &ranges), "******** # no\n");
        assert_eq!(mask("", 0, &ranges), "");
    }

    #[test]
    fn text_cannot_steer_a_terminal() {
        assert_eq!(printable("a\u{1b}[2J\u{9b}m\r\n\tä\u{202e}b"), "a\u{fffd}[2J\u{fffd}m\u{fffd}\n\tä\u{fffd}b");
        assert_eq!(one_line("a\nb\tc\u{2028}d"), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn masking_survives_overlaps_and_cut_characters() {
        assert_eq!(mask("abcdef", 0, &[TextRange::new(1, 3), TextRange::new(2, 4)]), "a****************ef");
        assert_eq!(mask("aéf", 0, &[TextRange::new(2, 3)]), "********");
        assert_eq!(mask("abc", 0, &[TextRange::new(7, 9)]), "abc");
    }
}
