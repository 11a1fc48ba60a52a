//! SARIF 2.1.0, with what code scanning services show: rules with their pages, one-line regions, proofs as code flows.

mod flow;
mod rule;

use std::collections::BTreeMap;
use std::io::{self, Write};

use canpull_syntax::{FileId, Position, Span, TextRange, order, to_offset};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::fingerprint::{line_hashes, line_range};
use super::{Input, Place, by_severity, place, place_in, printable};
use crate::diagnostic::{Applicability, Change, Confidence, Diagnostic, Fix, Severity};
use crate::report::ReadError;

/// GitHub refuses a run with more results.
const MOST_RESULTS: usize = 25_000;
/// Related places of one result; GitHub shows no more.
const MOST_RELATED: usize = 100;
/// Of them, those that the message links to.
const MOST_LINKED: usize = 10;

const ROOT: &str = "%SRCROOT%";
/// What a path may hold as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, RootBase>,
    column_kind: &'static str,
    results: Vec<SarifResult<'r>>,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<rule::Descriptor<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct RootBase {
    description: Message,
}

#[derive(Serialize)]
pub(super) struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: &'r str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<flow::CodeFlow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix>,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    confidence: Confidence,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Message,
}

pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = kept(input);
    let rules: Vec<_> =
        input.rules.iter().filter(|rule| findings.iter().any(|finding| finding.rule == rule.id)).collect();
    let index = |id: &str| rules.iter().position(|rule| rule.id == id).unwrap_or_default();
    let mut hashes = Hashes::default();
    let results =
        findings.iter().map(|finding| result(input, finding, index(finding.rule), hashes.of(input, finding.span)));
    let root = Message { text: "The root of the repository.".to_owned() };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "canpull",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: rules.iter().map(|rule| rule::descriptor(rule)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(input, findings.len()),
            }],
            original_uri_base_ids: [(ROOT, RootBase { description: root })].into(),
            column_kind: "utf16CodeUnits",
            results: results.collect(),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

/// As many findings as GitHub takes, the worst of them where there are more; in order.
fn kept<'r>(input: &Input<'r>) -> Vec<&'r Diagnostic> {
    let all: Vec<&Diagnostic> = input.report.diagnostics.iter().collect();
    if all.len() <= MOST_RESULTS {
        return all;
    }
    by_severity(input.report).into_iter().take(MOST_RESULTS).collect()
}

/// What went wrong beside the findings: files that could not be read, results that were left out.
fn notifications(input: &Input<'_>, shown: usize) -> Vec<Notification> {
    let unread = |error: &ReadError| Notification {
        level: "error",
        message: Message { text: printable(&error.message) },
        locations: vec![Location {
            id: None,
            physical: PhysicalLocation {
                artifact_location: artifact(input, &error.path),
                region: Region { start_line: error.line, start_column: error.column, end_line: None, end_column: None },
            },
            message: None,
        }],
    };
    let left_out = input.report.diagnostics.len() - shown;
    let text = format!("{left_out} findings are left out: one run may hold {MOST_RESULTS}.");
    let limit = Notification { level: "warning", message: Message { text }, locations: Vec::new() };
    let limit = (left_out > 0).then_some(limit);
    input.report.errors.iter().map(unread).chain(limit).collect()
}

fn result<'r>(input: &Input<'r>, finding: &'r Diagnostic, rule_index: usize, hash: Option<String>) -> SarifResult<'r> {
    let related: Vec<Location> = finding
        .related
        .iter()
        .take(MOST_RELATED)
        .enumerate()
        .map(|(at, note)| location(input, note.span, Some(at + 1), Some(&note.message)))
        .collect();
    SarifResult {
        rule_id: finding.rule,
        rule_index,
        level: level(finding.severity),
        message: Message { text: message(finding) },
        locations: [location(input, finding.span, None, (!finding.label.is_empty()).then_some(&finding.label))],
        related_locations: related,
        code_flows: flow::of(input, finding),
        partial_fingerprints: order::gather(hash.map(|hash| ("primaryLocationLineHash", hash))),
        fixes: finding.fixes.iter().filter_map(|one| fix(input, one)).collect(),
        properties: Properties { confidence: finding.confidence },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Message, help, and links to the related places.
fn message(finding: &Diagnostic) -> String {
    let mut text = escaped(&finding.message);
    if !finding.help.is_empty() {
        text.push('\n');
        text.push_str(&escaped(&finding.help));
    }
    let linked = finding.related.iter().take(MOST_LINKED).enumerate();
    let links: Vec<String> = linked.map(|(at, note)| format!("[{}]({})", link_text(&note.message), at + 1)).collect();
    if !links.is_empty() {
        text.push_str("\nSee ");
        text.push_str(&links.join(", "));
        text.push('.');
    }
    text
}

/// A message in which nothing is taken for a link.
fn escaped(text: &str) -> String {
    if text.contains("](") { link_text(text) } else { printable(text) }
}

fn link_text(text: &str) -> String {
    let text = if text.is_empty() { "here" } else { text };
    printable(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// Where a span begins, to its end or the end of the line: services mark lines.
fn location(input: &Input<'_>, span: Span, id: Option<usize>, message: Option<&String>) -> Location {
    let Place { path, start, end } = place(input.report, span);
    let end = if start.line == end.line { Some(end) } else { line_end(input, span) };
    Location {
        id,
        physical: PhysicalLocation {
            artifact_location: artifact(input, path),
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: None,
                end_column: end.map(|end| end.column),
            },
        },
        message: message.map(|text| Message { text: escaped(text) }),
    }
}

/// The end of the line that a span begins on.
fn line_end(input: &Input<'_>, span: Span) -> Option<Position> {
    let source = (input.text)(span.file)?;
    let line = line_range(input, span.file, span.range.start)?;
    let line = TextRange::new(line.start, line.end.min(to_offset(source.text().len())));
    let length = line.slice(source.text()).trim_end_matches(['\r', '\n']).len();
    let end = line.start + to_offset(length);
    Some(place_in(input.report.files.get(span.file.0 as usize)?, TextRange::empty(end)).start)
}

fn artifact(input: &Input<'_>, path: &str) -> ArtifactLocation {
    if path.starts_with('/') {
        return ArtifactLocation { uri: format!("file://{}", utf8_percent_encode(path, PATH)), uri_base_id: None };
    }
    let path = format!("{}{path}", input.folder);
    ArtifactLocation { uri: utf8_percent_encode(&path, PATH).to_string(), uri_base_id: Some(ROOT) }
}

/// A fix that edits; commands are for people, and stand in the rule's help.
fn fix(input: &Input<'_>, fix: &Fix) -> Option<SarifFix> {
    let Change::Edits(edits) = &fix.change else { return None };
    let mut changes: BTreeMap<FileId, Vec<Replacement>> = BTreeMap::new();
    for (file, edit) in edits {
        let Place { start, end, .. } = place_in(input.report.files.get(file.0 as usize)?, edit.range);
        let deleted_region = Region {
            start_line: start.line,
            start_column: start.column,
            end_line: Some(end.line),
            end_column: Some(end.column),
        };
        let inserted_content = Message { text: edit.text.clone() };
        changes.entry(*file).or_default().push(Replacement { deleted_region, inserted_content });
    }
    let change = |(file, replacements): (FileId, _)| {
        let path = &input.report.files.get(file.0 as usize)?.path;
        Some(ArtifactChange { artifact_location: artifact(input, path), replacements })
    };
    let unsafe_ = if fix.applicability == Applicability::Safe { "" } else { " (changes what is granted or used)" };
    let description = Message { text: escaped(&format!("{}{unsafe_}", fix.title)) };
    Some(SarifFix { description, artifact_changes: changes.into_iter().filter_map(change).collect() })
}

/// Line hashes of the file of the last finding: findings are in order of files.
#[derive(Default)]
struct Hashes {
    last: Option<(FileId, Vec<Option<String>>)>,
}

impl Hashes {
    fn of(&mut self, input: &Input<'_>, span: Span) -> Option<String> {
        if self.last.as_ref().is_none_or(|(file, _)| *file != span.file) {
            let lines = &input.report.files.get(span.file.0 as usize)?.lines;
            let hashes = (input.text)(span.file).map(|source| line_hashes(&source, lines.starts()));
            self.last = Some((span.file, hashes.unwrap_or_default()));
        }
        let line = place(input.report, span).start.line as usize;
        self.last.as_ref()?.1.get(line.checked_sub(1)?)?.clone()
    }
}
