//! JSON, version 1: a form of its own, not a dump of internal types. Fields may be added, never changed.

use std::io::{self, Write};

use canpull_syntax::{Position, Span};
use schemars::JsonSchema;
use serde::Serialize;

use super::{place, place_in};
use crate::config::CompleteKind;
use crate::diagnostic::{Applicability, Change, Confidence, Diagnostic, Fix, Severity};
use crate::fact::Role;
use crate::fact::azure::{ClusterIdentityKind, RegistryMode};
use crate::proof::{Link, Route, RouteKind, Truth};
use crate::report::estate::{ClusterInfo, CoverageInfo, RegistryInfo};
use crate::report::{Pull, ReadError, Report};

/// Renders the whole report, a line break at its end.
pub fn json(report: &Report) -> String {
    let mut bytes = Vec::new();
    // A vector takes all that is written.
    let _ = write_json(report, &mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes what [`json`] renders, without ever holding all of it: a large project's is longer than its sources.
///
/// # Errors
/// Those of `out`.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &ReportForm::new(report))?;
    out.write_all(b"\n")
}

/// The JSON schema of what [`json`] renders.
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::default()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<ReportForm<'_>>()
        .to_value()
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report")]
struct ReportForm<'r> {
    version: u32,
    diagnostics: Vec<DiagnosticForm<'r>>,
    pulls: Vec<PullForm<'r>>,
    registries: Vec<RegistryForm<'r>>,
    clusters: Vec<ClusterForm<'r>>,
    coverage: Vec<CoverageForm<'r>>,
    errors: Vec<ErrorForm<'r>>,
    summary: Summary<'r>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Position")]
struct PositionForm {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize, JsonSchema)]
struct Location<'r> {
    path: &'r str,
    start: PositionForm,
    end: PositionForm,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Diagnostic")]
struct DiagnosticForm<'r> {
    rule: &'r str,
    severity: Severity,
    confidence: Confidence,
    message: &'r str,
    help: &'r str,
    location: Location<'r>,
    label: &'r str,
    object: Option<&'r str>,
    related: Vec<RelatedForm<'r>>,
    fixes: Vec<FixForm<'r>>,
    pulls: &'r [usize],
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Related")]
struct RelatedForm<'r> {
    location: Location<'r>,
    message: &'r str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct FixForm<'r> {
    title: &'r str,
    applicability: Applicability,
    #[serde(skip_serializing_if = "Option::is_none")]
    edits: Option<Vec<EditForm<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'r str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edit")]
struct EditForm<'r> {
    path: &'r str,
    start: PositionForm,
    end: PositionForm,
    text: &'r str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Pull")]
struct PullForm<'r> {
    world: &'r str,
    workload: WorkloadForm<'r>,
    container: &'r str,
    role: Role,
    image: &'r str,
    registry: Option<&'r str>,
    repository: Option<&'r str>,
    verdict: Truth,
    location: Location<'r>,
    common: Vec<LinkForm<'r>>,
    routes: Vec<RouteForm<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workload")]
struct WorkloadForm<'r> {
    kind: &'r str,
    namespace: Option<&'r str>,
    name: &'r str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Route")]
struct RouteForm<'r> {
    kind: RouteKind,
    truth: Truth,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'r str>,
    links: Vec<LinkForm<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Link")]
struct LinkForm<'r> {
    claim: &'r str,
    truth: Truth,
    assumed: bool,
    because: Vec<Location<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Registry")]
struct RegistryForm<'r> {
    name: Option<&'r str>,
    host: Option<&'r str>,
    mode: Option<RegistryMode>,
    anonymous_pull: Option<bool>,
    admin_user: Option<bool>,
    public_network: Option<bool>,
    locations: Vec<Location<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Cluster")]
struct ClusterForm<'r> {
    name: Option<&'r str>,
    resource_group: Option<&'r str>,
    identity: Option<ClusterIdentityKind>,
    kubelet_object_id: Option<&'r str>,
    kubelet_client_id: Option<&'r str>,
    locations: Vec<Location<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
struct CoverageForm<'r> {
    world: &'r str,
    kind: CompleteKind,
    complete: bool,
    because: Vec<Location<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReadError")]
struct ErrorForm<'r> {
    path: &'r str,
    message: &'r str,
    line: u32,
    column: u32,
}

#[derive(Serialize, JsonSchema)]
struct Summary<'r> {
    files: u64,
    bytes: u64,
    documents: u64,
    pulls: PullCounts,
    diagnostics: SeverityCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineForm<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaselineUse")]
struct BaselineForm<'r> {
    hidden: usize,
    stale: &'r [String],
}

#[derive(Serialize, JsonSchema)]
struct PullCounts {
    yes: usize,
    no: usize,
    unknown: usize,
}

#[derive(Serialize, JsonSchema)]
struct SeverityCounts {
    error: usize,
    warning: usize,
    info: usize,
}

impl<'r> ReportForm<'r> {
    fn new(report: &'r Report) -> Self {
        Self {
            version: 1,
            diagnostics: report.diagnostics.iter().map(|finding| diagnostic(report, finding)).collect(),
            pulls: report.pulls.iter().map(|one| pull(report, one)).collect(),
            registries: report.registries.iter().map(|one| registry(report, one)).collect(),
            clusters: report.clusters.iter().map(|one| cluster(report, one)).collect(),
            coverage: report.coverage.iter().map(|one| coverage(report, one)).collect(),
            errors: report.errors.iter().map(error).collect(),
            summary: summary(report),
        }
    }
}

fn position(at: Position) -> PositionForm {
    PositionForm { line: at.line, column: at.column, offset: at.offset }
}

fn location(report: &Report, span: Span) -> Location<'_> {
    let place = place(report, span);
    Location { path: place.path, start: position(place.start), end: position(place.end) }
}

fn diagnostic<'r>(report: &'r Report, finding: &'r Diagnostic) -> DiagnosticForm<'r> {
    let related = finding
        .related
        .iter()
        .map(|note| RelatedForm { location: location(report, note.span), message: &note.message })
        .collect();
    DiagnosticForm {
        rule: finding.rule,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        help: &finding.help,
        location: location(report, finding.span),
        label: &finding.label,
        object: finding.object.as_deref(),
        related,
        fixes: finding.fixes.iter().map(|one| fix(report, one)).collect(),
        pulls: &finding.pulls,
    }
}

fn fix<'r>(report: &'r Report, fix: &'r Fix) -> FixForm<'r> {
    let (edits, command) = match &fix.change {
        Change::Command(command) => (None, Some(command.as_str())),
        Change::Edits(edits) => {
            let forms = edits.iter().filter_map(|(file, edit)| {
                let place = place_in(report.files.get(file.0 as usize)?, edit.range);
                let (start, end) = (position(place.start), position(place.end));
                Some(EditForm { path: place.path, start, end, text: &edit.text })
            });
            (Some(forms.collect()), None)
        }
    };
    FixForm { title: &fix.title, applicability: fix.applicability, edits, command }
}

fn pull<'r>(report: &'r Report, pull: &'r Pull) -> PullForm<'r> {
    PullForm {
        world: &pull.world,
        workload: WorkloadForm { kind: &pull.kind, namespace: pull.namespace.as_deref(), name: &pull.name },
        container: &pull.container,
        role: pull.role,
        image: &pull.image,
        registry: pull.registry.as_deref(),
        repository: pull.repository.as_deref(),
        verdict: pull.verdict,
        location: location(report, pull.span),
        common: links(report, &pull.common),
        routes: pull.routes.iter().map(|one| route(report, one)).collect(),
    }
}

fn route<'r>(report: &'r Report, route: &'r Route) -> RouteForm<'r> {
    RouteForm {
        kind: route.kind,
        truth: route.truth(),
        secret: route.secret_name.as_deref(),
        links: links(report, &route.links),
    }
}

fn links<'r>(report: &'r Report, links: &'r [Link]) -> Vec<LinkForm<'r>> {
    let form = |link: &'r Link| LinkForm {
        claim: &link.text,
        truth: link.truth,
        assumed: link.assumed,
        because: locations(report, &link.because),
    };
    links.iter().map(form).collect()
}

fn locations<'r>(report: &'r Report, spans: &[Span]) -> Vec<Location<'r>> {
    spans.iter().map(|&span| location(report, span)).collect()
}

fn registry<'r>(report: &'r Report, registry: &'r RegistryInfo) -> RegistryForm<'r> {
    RegistryForm {
        name: registry.name.as_deref(),
        host: registry.host.as_deref(),
        mode: registry.mode,
        anonymous_pull: registry.anonymous_pull,
        admin_user: registry.admin_user,
        public_network: registry.public_network,
        locations: locations(report, &registry.spans),
    }
}

fn cluster<'r>(report: &'r Report, cluster: &'r ClusterInfo) -> ClusterForm<'r> {
    ClusterForm {
        name: cluster.name.as_deref(),
        resource_group: cluster.group.as_deref(),
        identity: cluster.identity,
        kubelet_object_id: cluster.kubelet_object_id.as_deref(),
        kubelet_client_id: cluster.kubelet_client_id.as_deref(),
        locations: locations(report, &cluster.spans),
    }
}

fn coverage<'r>(report: &'r Report, coverage: &'r CoverageInfo) -> CoverageForm<'r> {
    CoverageForm {
        world: &coverage.world,
        kind: coverage.kind,
        complete: coverage.declared.is_some(),
        because: locations(report, coverage.declared.as_deref().unwrap_or_default()),
    }
}

fn error(error: &ReadError) -> ErrorForm<'_> {
    ErrorForm { path: &error.path, message: &error.message, line: error.line, column: error.column }
}

fn summary(report: &Report) -> Summary<'_> {
    let pulls = |verdict: Truth| report.pulls.iter().filter(|pull| pull.verdict == verdict).count();
    let findings = |severity: Severity| report.diagnostics.iter().filter(|one| one.severity == severity).count();
    Summary {
        files: report.file_count,
        bytes: report.byte_count,
        documents: report.document_count,
        pulls: PullCounts { yes: pulls(Truth::Yes), no: pulls(Truth::No), unknown: pulls(Truth::Unknown) },
        diagnostics: SeverityCounts {
            error: findings(Severity::Error),
            warning: findings(Severity::Warning),
            info: findings(Severity::Info),
        },
        baseline: report.baseline.as_ref().map(|used| BaselineForm { hidden: used.hidden, stale: &used.stale }),
    }
}
