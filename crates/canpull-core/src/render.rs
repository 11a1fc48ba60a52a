//! Output for machines, one file a format, and what they share: locations and masking.

use std::io::{self, Write};
use std::rc::Rc;

use canpull_syntax::{FileId, LineIndex, Position, Span, TextRange, order};

use crate::diagnostic::{Diagnostic, RuleInfo, Severity};
use crate::proof::{RouteKind, Truth};
use crate::report::{Report, ReportFile};

mod azure;
mod concise;
mod explain;
mod fingerprint;
mod github;
mod gitlab;
pub mod graph;
mod json;
mod junit;
mod markdown;
mod sarif;

pub use concise::concise;
pub use explain::{Paint, explain};
pub use json::{json, schema, write_json};

/// What formats are made from.
#[derive(Clone, Copy)]
pub struct Input<'r> {
    /// The report.
    pub report: &'r Report,
    /// The rules that its findings may name.
    pub rules: &'r [RuleInfo],
    /// The text of a file; `None` where it cannot be read any more, or has changed.
    pub text: &'r dyn Fn(FileId) -> Option<Rc<SourceText>>,
    /// The way from the repository's root to the project's: empty, or with `/` at its end. Services want paths from there.
    pub folder: &'r str,
}

/// A file's text as it was analysed, with what may not be shown of it.
#[derive(Debug)]
pub struct SourceText {
    text: String,
    masked: Vec<TextRange>,
    /// Whether lines beside a place may be shown: what of them holds a credential is known, as far as it can be.
    pub shows_neighbours: bool,
}

impl SourceText {
    /// The text, and ranges that hold secrets, in any order.
    pub fn new(text: String, mut secrets: Vec<TextRange>) -> Self {
        order::sort(&mut secrets);
        let mut masked: Vec<TextRange> = Vec::new();
        for range in secrets {
            match masked.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => masked.push(range),
            }
        }
        Self { text, masked, shows_neighbours: true }
    }

    /// The text, secrets and all.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Disjoint and in order: what no output may show.
    pub fn masked(&self) -> &[TextRange] {
        &self.masked
    }
}

/// A format for machines.
pub struct Format {
    /// As users name it.
    pub name: &'static str,
    /// One finding a line, among other lines; else one document, with nothing before it or behind.
    pub lines: bool,
    /// Writes the report.
    pub write: fn(&Input<'_>, &mut dyn Write) -> io::Result<()>,
}

/// All formats for machines, by name.
pub const FORMATS: &[Format] = &[
    Format { name: "azure", lines: true, write: azure::write },
    Format { name: "concise", lines: true, write: concise::write },
    Format { name: "github", lines: true, write: github::write },
    Format { name: "gitlab", lines: false, write: gitlab::write },
    Format { name: "json", lines: false, write: |input, out| write_json(input.report, out) },
    Format { name: "junit", lines: false, write: junit::write },
    Format { name: "markdown", lines: false, write: markdown::write },
    Format { name: "sarif", lines: false, write: sarif::write },
];

impl Format {
    /// The format of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The report as text.
    pub fn text(&self, input: &Input<'_>) -> String {
        let mut bytes = Vec::new();
        // A vector takes all that is written.
        let _ = (self.write)(input, &mut bytes);
        String::from_utf8(bytes).unwrap_or_default()
    }
}

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
pub const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// How the pulls came out: `4 pulls: 1 yes, 2 no, 1 unknown`.
pub fn pull_counts(report: &Report) -> String {
    let of = |verdict| report.pulls.iter().filter(|pull| pull.verdict == verdict).count();
    let (yes, no, unknown) = (of(Truth::Yes), of(Truth::No), of(Truth::Unknown));
    format!("{}: {yes} yes, {no} no, {unknown} unknown", count(report.pulls.len(), "pull"))
}

/// How many findings of each severity: `3 findings: 1 error, 2 warnings, 0 info`.
pub fn finding_counts(report: &Report) -> String {
    let of = |severity| report.diagnostics.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(of(Severity::Error), "error"), count(of(Severity::Warning), "warning"));
    let counts =
        format!("{}: {errors}, {warnings}, {} info", count(report.diagnostics.len(), "finding"), of(Severity::Info));
    match &report.baseline {
        Some(baseline) => format!("{counts}, {} hidden by the baseline", baseline.hidden),
        None => counts,
    }
}

/// What is wrong, in a sentence, and what to do, in another.
fn message_and_help(finding: &Diagnostic, separator: &str) -> String {
    if finding.help.is_empty() {
        return finding.message.clone();
    }
    format!("{}{separator}{}", finding.message, finding.help)
}

/// The findings, the worst first, in order otherwise.
fn by_severity(report: &Report) -> Vec<&Diagnostic> {
    let mut findings: Vec<&Diagnostic> = report.diagnostics.iter().collect();
    order::sort_by_key(&mut findings, |finding| std::cmp::Reverse(finding.severity));
    findings
}

/// How a way to an image is called.
pub const fn route_title(kind: RouteKind) -> &'static str {
    match kind {
        RouteKind::NoPullNeeded => "without pulling",
        RouteKind::Anonymous => "anonymously",
        RouteKind::PodPullSecret => "with the pod's pull secret",
        RouteKind::ServiceAccountPullSecret => "with the service account's pull secret",
        RouteKind::NodeIdentity => "with the node's identity",
        RouteKind::ServiceAccountIdentity => "with the service account's identity",
        RouteKind::Declared => "as the configuration declares",
    }
}

/// What a verdict says of an image.
pub const fn verdict_title(verdict: Truth) -> &'static str {
    match verdict {
        Truth::Yes => "can be pulled",
        Truth::No => "cannot be pulled",
        Truth::Unknown => "may or may not be pulled",
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
