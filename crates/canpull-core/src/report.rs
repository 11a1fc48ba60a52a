//! The face of the analysis: options in, facts in, one report out.

pub mod change;
pub mod estate;

use std::collections::BTreeSet;

use canpull_syntax::edit::Edit;
use canpull_syntax::{FileId, LineIndex, Span, TextRange, order, to_offset};

use crate::config::{self, CONFIG_PATHS, Config, ConfigError, Level, did_you_mean};
use crate::deployment;
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, RuleInfo, Severity};
use crate::fact::{FileFacts, Role};
use crate::model::{AccessModel, generated};
use crate::proof::review::Review;
use crate::proof::{self, Link, PullProof, Route, Truth};
use crate::rules::{self, Rule};
use crate::suppress;
use estate::{ClusterInfo, CoverageInfo, RegistryInfo};

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
    /// Only a part of the project was read: the configuration's ignores may be for the rest and are not called unused.
    pub partial: bool,
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

impl Pull {
    /// The workload as `Kind/namespace/name`, or `Kind/name` where no namespace is written.
    pub fn workload(&self) -> String {
        let namespace = self.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        format!("{}/{namespace}{}", self.kind, self.name)
    }
}

/// What a baseline did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BaselineUse {
    /// Findings that it hides.
    pub hidden: usize,
    /// Its entries that no finding is left of, or not as many as it says.
    pub stale: Vec<String>,
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
    /// Registries that the sources tell of.
    pub registries: Vec<RegistryInfo>,
    /// Clusters that the sources tell of.
    pub clusters: Vec<ClusterInfo>,
    /// What the sources hold all of.
    pub coverage: Vec<CoverageInfo>,
    /// Files that could not be read.
    pub errors: Vec<ReadError>,
    /// What the baseline did, where there is one.
    pub baseline: Option<BaselineUse>,
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
pub fn analyze(mut files: Vec<FileFacts>, config: &Config, options: &Options) -> Report {
    let mut report = Report::default();
    generated::fill(&mut files);
    deployment::resolve(&mut files);
    {
        let model = AccessModel::new(&files, config);
        let proofs = proof::prove_all(&model, options.now);
        let review = Review::new(&model.azure);
        let near_misses = review.near_misses();
        let context = rules::Context { model: &model, proofs: &proofs, review, near_misses, now: options.now };
        for rule in rules::ALL.iter().filter(|rule| runs(rule.id, config, options)) {
            (rule.check)(&context, &mut report.diagnostics);
        }
        rules::temper_traps(&mut report.diagnostics, &proofs);
        set_levels(&mut report.diagnostics, config);
        rules::silence_named_causes(&mut report.diagnostics);
        let joined: Vec<_> = proofs.into_iter().filter_map(|proof| pull(&model, proof)).collect();
        let places: Vec<_> = joined.iter().map(|(pull, object)| suppress::PullPlace::new(pull.span, *object)).collect();
        report.registries = estate::registries(&model);
        report.clusters = estate::clusters(&model);
        report.coverage = estate::coverage(&model);
        report.pulls = joined.into_iter().map(|(pull, _)| pull).collect();
        suppressed(&mut report, &files, config, options, &places);
    }
    by_place(&mut report.diagnostics, &files);
    rules::gather_named_causes(&mut report.diagnostics);
    suppress::name_objects(&mut report.diagnostics, &files);
    narrow(&mut report.diagnostics, &files, options);
    let recognised = || files.iter().filter(|file| file.recognised);
    report.file_count = recognised().count() as u64;
    report.byte_count = recognised().map(|file| file.bytes).sum();
    report.document_count = recognised().map(|file| u64::from(file.documents)).sum();
    report.files =
        files.into_iter().map(|file| ReportFile { path: file.path, lines: file.lines, masked: file.masked }).collect();
    report
}

/// A configuration file as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigText {
    /// Path relative to the project root.
    pub path: String,
    /// Its text, decoded.
    pub text: String,
}

impl ConfigText {
    /// The configuration, whose places are in the file with this id.
    ///
    /// # Errors
    /// Names each place that is wrong.
    pub fn read(&self, file: FileId) -> Result<Config, Vec<ConfigError>> {
        let (config, errors) = read_config(&self.path, file, &self.text);
        if errors.is_empty() { Ok(config) } else { Err(errors) }
    }
}

/// As [`analyze`], with the configuration read and set behind the facts of the sources.
///
/// # Errors
/// Those of the configuration.
pub fn judge(
    mut files: Vec<FileFacts>,
    config: Option<&ConfigText>,
    options: &Options,
) -> Result<Report, Vec<ConfigError>> {
    let Some(written) = config else { return Ok(analyze(files, &Config::default(), options)) };
    let config = written.read(FileId::at(files.len()))?;
    let lines = LineIndex::new(&written.text);
    files.push(FileFacts { path: written.path.clone(), lines, ..FileFacts::default() });
    Ok(analyze(files, &config, options))
}

/// Reads a configuration and checks it against the rules that exist. With errors, it is not to be used.
pub fn read_config(path: &str, file: FileId, text: &str) -> (Config, Vec<ConfigError>) {
    let ids: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    config::parse(path, file, text, &ids)
}

/// All rules by id, for renderers: they know no rule.
pub fn rule_infos() -> Vec<RuleInfo> {
    rules::ALL.iter().map(rules::Rule::info).collect()
}

/// Seconds since 1970 of a time as RFC 3339 writes it.
///
/// # Errors
/// Says how it is written.
pub fn time(text: &str) -> Result<i64, String> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map(time::OffsetDateTime::unix_timestamp)
        .map_err(|_| "not a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z".to_owned())
}

/// The rule with this id.
///
/// # Errors
/// Names the nearest that there is.
pub fn rule(id: &str) -> Result<&'static Rule, String> {
    let ids = || rules::ALL.iter().map(|rule| rule.id);
    rules::find(id).ok_or_else(|| format!("no rule is called `{id}`{}", did_you_mean(id, ids())))
}

impl Options {
    /// Whether the rules that are named exist.
    ///
    /// # Errors
    /// Names one that does not, and the nearest that does.
    pub fn check(&self) -> Result<(), String> {
        self.select.iter().chain(&self.ignore).try_for_each(|id| rule(id).map(drop))
    }
}

impl Report {
    /// Whether it holds a finding of at least this severity.
    pub fn has(&self, least: Severity) -> bool {
        self.diagnostics.iter().any(|finding| finding.severity >= least)
    }
}

fn level(id: &str, config: &Config) -> Option<Level> {
    config.rules.iter().find(|(rule, _)| rule.value == id).map(|(_, level)| *level)
}

/// Whether the options do not narrow the rules to others.
fn selected(id: &str, options: &Options) -> bool {
    options.select.is_empty() || options.select.iter().any(|own| own == id)
}

/// A rule that the options select by name runs even where the configuration turns it off.
fn runs(id: &str, config: &Config, options: &Options) -> bool {
    let off = options.select.is_empty() && level(id, config) == Some(Level::Off);
    selected(id, options) && !off && !options.ignore.iter().any(|own| own == id)
}

fn set_levels(diagnostics: &mut [Diagnostic], config: &Config) {
    for diagnostic in diagnostics {
        if let Some(Level::At(severity)) = level(diagnostic.rule, config) {
            diagnostic.severity = severity;
        }
    }
}

fn suppressed(
    report: &mut Report,
    files: &[FileFacts],
    config: &Config,
    options: &Options,
    places: &[suppress::PullPlace],
) {
    let rule = rules::UNUSED_SUPPRESSION;
    let known = |id: &str| rules::find(id).is_some();
    let ran = |id: &str| runs(id, config, options);
    let all = std::mem::take(&mut report.diagnostics);
    let (kept, unused) = suppress::apply(all, files, config, places, &suppress::Rules { known: &known, ran: &ran });
    report.diagnostics = kept;
    if !ran(rule.id) {
        return;
    }
    let unused = unused.into_iter().filter(|unused| !(options.partial && unused.declared));
    let mut found: Vec<Diagnostic> = unused
        .map(|unused| {
            let fix = suppression_fix(&unused, files, options);
            Diagnostic { fixes: fix.into_iter().collect(), ..rules::unused_suppression(unused.span, unused.message) }
        })
        .collect();
    set_levels(&mut found, config);
    report.diagnostics.extend(found);
}

/// Takes a suppression away that silenced nothing, where all that it could silence was looked for, or writes the rule's id
/// as it is spelt.
fn suppression_fix(unused: &suppress::UnusedSuppression, files: &[FileFacts], options: &Options) -> Option<Fix> {
    let file = unused.span.file;
    // Another project may share a configuration that is not this one's own.
    let shared = |facts: &FileFacts| unused.declared && !CONFIG_PATHS.contains(&facts.path.as_str());
    let (title, applicability, edit) = if let Some(written) = &unused.misspelt {
        let near = config::nearest(written, rules::ALL.iter().map(|rule| rule.id))?;
        let range = unused.span.range;
        // Quotes stay.
        let quotes = (range.end - range.start).checked_sub(to_offset(written.len()))?;
        let inner =
            matches!(quotes, 0 | 2).then(|| TextRange::new(range.start + quotes / 2, range.end - quotes / 2))?;
        (format!("suppress `{near}`"), Applicability::Unsafe, Edit { range: inner, text: near.to_owned() })
    } else {
        ("remove it".to_owned(), Applicability::Safe, unused.removal.clone().filter(|_| !options.partial)?)
    };
    let change = Change::Edits(vec![(file, edit)]);
    (!files.get(file.0 as usize).is_none_or(shared)).then_some(Fix { title, applicability, change })
}

/// Keeps what the caller asked to see.
fn narrow(diagnostics: &mut Vec<Diagnostic>, files: &[FileFacts], options: &Options) {
    if let Some(least) = options.min_severity {
        diagnostics.retain(|diagnostic| diagnostic.severity >= least);
    }
    if !options.only.is_empty() {
        let only: BTreeSet<&str> = order::gather(options.only.iter().map(String::as_str));
        let touches =
            |span: Span| files.get(span.file.0 as usize).is_some_and(|file| only.contains(file.path.as_str()));
        diagnostics.retain(|diagnostic| {
            touches(diagnostic.span) || diagnostic.related.iter().any(|annotation| touches(annotation.span))
        });
    }
}

/// Orders by path, offset and rule. Files are sorted by path already, but for the configuration at their end.
fn by_place(diagnostics: &mut Vec<Diagnostic>, files: &[FileFacts]) {
    let path = |span: Span| files.get(span.file.0 as usize).map(|file| file.path.as_str());
    order::sort_by(diagnostics, |a, b| {
        let by_place = path(a.span).cmp(&path(b.span)).then(a.span.cmp(&b.span));
        by_place.then_with(|| (a.rule, &a.message).cmp(&(b.rule, &b.message)))
    });
    diagnostics.dedup_by(|a, b| (a.span, a.rule, &a.message) == (b.span, b.rule, &b.message));
}

/// A pull for the report, with the span of the object that wants it.
fn pull(model: &AccessModel<'_>, proof: PullProof) -> Option<(Pull, Span)> {
    let image = model.image_use(proof.image_use)?;
    let pod = model.pod(image.pod)?;
    let reference = image.parsed();
    let pull = Pull {
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
        common: proof.common,
        routes: proof.routes,
    };
    Some((pull, pod.fact.object.span))
}
