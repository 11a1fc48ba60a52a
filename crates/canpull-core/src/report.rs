//! The face of the analysis: options in, facts in, one report out.

use canpull_syntax::{LineIndex, Span, TextRange};

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::{FileFacts, Role};
use crate::model::AccessModel;
use crate::proof::{self, Link, PullProof, Route, Truth};
use crate::rules;

/// What the caller may choose.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Only these rules; empty means all.
    pub select: Vec<String>,
    /// Not these rules.
    pub ignore: Vec<String>,
    /// Nothing below this severity.
    pub min_severity: Option<Severity>,
    /// The time to hold expiry dates against, in seconds since 1970-01-01 UTC. Without it, expiry is Unknown.
    pub now: Option<i64>,
    /// Report only findings that touch these paths; empty means all.
    pub only: Vec<String>,
}

/// A file that positions in the report refer to.
#[derive(Clone, Debug, Default)]
pub struct ReportFile {
    /// Path relative to the project root.
    pub path: String,
    /// Its lines.
    pub lines: LineIndex,
    /// Bytes that no output may show.
    pub masked: Vec<TextRange>,
}

/// One image of one workload in one world, with its proof.
#[derive(Clone, Debug)]
pub struct Pull {
    /// The world's name: a directory, a cluster, or `.`.
    pub world: String,
    /// The workload's kind.
    pub kind: String,
    /// Its namespace, where one is written.
    pub namespace: Option<String>,
    /// Its name, empty where unknown.
    pub name: String,
    /// The container's or volume's name.
    pub container: String,
    /// What uses the image.
    pub role: Role,
    /// The reference, after kustomize.
    pub image: String,
    /// Registry host, where the reference parses.
    pub registry: Option<String>,
    /// Repository, where the reference parses.
    pub repository: Option<String>,
    /// Can it be pulled?
    pub verdict: Truth,
    /// Where the image is written.
    pub span: Span,
    /// What every pull of the pod needs.
    pub common: Vec<Link>,
    /// All ways.
    pub routes: Vec<Route>,
}

/// A file that could not be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReadError {
    /// Path relative to the project root.
    pub path: String,
    /// Why.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 units, from 1.
    pub column: u32,
}

/// Everything that an analysis found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Files by id; the configuration file, where there is one, is the last.
    pub files: Vec<ReportFile>,
    /// Findings, ordered by path, offset and rule.
    pub diagnostics: Vec<Diagnostic>,
    /// Pulls, ordered by path, offset and world.
    pub pulls: Vec<Pull>,
    /// Files that could not be read.
    pub errors: Vec<ReadError>,
    /// Recognised source files.
    pub file_count: u64,
    /// Their bytes.
    pub byte_count: u64,
    /// Their documents.
    pub document_count: u64,
}

/// Joins the facts of all files, proves every pull and runs the rules.
///
/// `files[i]` has `FileId(i)`. Where there is a configuration file, it is the last of `files`, with no facts of its
/// own but path and lines.
pub fn analyze(files: Vec<FileFacts>, config: &Config, options: &Options) -> Report {
    let mut report = Report::default();
    {
        let model = AccessModel::new(&files, config);
        let proofs = proof::prove_all(&model, options.now);
        let context = rules::Context { model: &model, proofs: &proofs, now: options.now };
        for rule in rules::ALL.iter().filter(|rule| chosen(rule.id, options)) {
            (rule.check)(&context, &mut report.diagnostics);
        }
        rules::silence_named_causes(&mut report.diagnostics);
        report.pulls = proofs.iter().filter_map(|proof| pull(&model, proof)).collect();
    }
    if let Some(least) = options.min_severity {
        report.diagnostics.retain(|diagnostic| diagnostic.severity >= least);
    }
    report.diagnostics.sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
    report.diagnostics.dedup_by(|a, b| (a.span, a.rule, &a.message) == (b.span, b.rule, &b.message));
    let recognised = || files.iter().filter(|file| file.recognised);
    report.file_count = recognised().count() as u64;
    report.byte_count = recognised().map(|file| file.bytes).sum();
    report.document_count = recognised().map(|file| u64::from(file.documents)).sum();
    report.files =
        files.into_iter().map(|file| ReportFile { path: file.path, lines: file.lines, masked: file.masked }).collect();
    report
}

fn chosen(id: &str, options: &Options) -> bool {
    let named = |list: &[String]| list.iter().any(|own| own == id);
    (options.select.is_empty() || named(&options.select)) && !named(&options.ignore)
}

fn pull(model: &AccessModel<'_>, proof: &PullProof) -> Option<Pull> {
    let image = model.image_use(proof.image_use)?;
    let pod = model.pod(image.pod)?;
    let reference = image.parsed();
    Some(Pull {
        world: model.world(pod.world)?.name.clone(),
        kind: pod.fact.object.kind.clone(),
        namespace: pod.namespace.written().map(str::to_owned),
        name: pod.fact.object.name.text().unwrap_or_default().to_owned(),
        container: image.fact.container.clone(),
        role: image.fact.role,
        image: image.text.clone(),
        registry: reference.map(|reference| reference.registry.clone()),
        repository: reference.map(|reference| reference.repository.clone()),
        verdict: proof.verdict(),
        span: image.span,
        common: proof.common.clone(),
        routes: proof.routes.clone(),
    })
}
