//! One analysis: the files read and parsed in parallel, joined, judged.

use std::collections::{BTreeMap, BTreeSet};

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::fix::{self, Changed};
use canpull_core::report::change::keep_new;
use canpull_core::report::{ReadError, judge};
use canpull_core::{Options, Report, analyze, read_config, source};
use canpull_syntax::{FileId, LineIndex, text};
use rayon::prelude::*;

use crate::bytes::{Content, Origin, Source, read_bounded, stamp};
use crate::config_file::{ConfigSource, configuration, in_lines};
use crate::progress::Progress;
use crate::project::Project;
use crate::staged::{Parent, Staged};

/// Where a file's bytes come from, and why they could not be read.
type Provenance = (Source, Option<ReadError>);

/// A report with what it was made from.
pub(crate) struct Analysis {
    pub(crate) report: Report,
    /// By `FileId`, like the report's files.
    pub(crate) sources: Vec<Source>,
}

impl fix::Analysis for Analysis {
    fn report(&self) -> &Report {
        &self.report
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        self.sources.get(file.0 as usize)?.bytes()
    }
}

impl Project {
    /// Reads, parses and judges. `changed` holds files as fixes leave them, by name.
    pub(crate) fn analyse(
        &self,
        options: &Options,
        changed: &Changed,
        progress: &Progress,
    ) -> Result<Analysis, String> {
        let files = self.origins(changed);
        progress.begin(files.len());
        let (facts, origins): (Vec<_>, Vec<_>) = Self::read_all(files, progress).into_iter().unzip();
        progress.end();
        let mut sources = Vec::with_capacity(origins.len());
        let mut errors: Vec<ReadError> = self.notes().map(|(path, message)| read_error(path, message)).collect();
        for (source, error) in origins {
            match error {
                // A file that was asked for by name must be readable; one that the walk found may vanish or be locked.
                Some(error) if self.found.named.contains(&error.path) => {
                    return Err(format!("{}: {}", error.path, error.message));
                }
                error => errors.extend(error),
            }
            sources.push(source);
        }
        let config = self.config_with(changed)?;
        let options = Options { now: self.now, partial: self.partial || options.partial, ..options.clone() };
        let mut report = match &self.staged {
            Some(staged) if !staged.parents.is_empty() => {
                self.judge_change(staged, config.as_ref(), (facts, &mut sources), &options)?
            }
            _ => {
                sources.extend(config.as_ref().map(|config| config.source.clone()));
                judge(facts, config.as_ref().map(|config| &config.written), &options)
                    .map_err(|errors| in_lines(&errors))?
            }
        };
        if let Some(baseline) = &self.baseline {
            baseline.apply(&mut report, self.staged.is_none() && is_whole(&options));
        }
        errors.sort();
        report.errors.append(&mut errors);
        Ok(Analysis { report, sources })
    }

    /// Where each file's bytes come from, by name and in order.
    fn origins(&self, changed: &Changed) -> Vec<(&str, Origin)> {
        let mut files: BTreeMap<&str, Origin> =
            self.found.all().map(|(name, path)| (name, Origin::Disk(path.to_owned()))).collect();
        if let Some((name, bytes)) = &self.stdin {
            files.insert(name, Origin::Memory(bytes.clone()));
        }
        if let Some(staged) = &self.staged {
            let differing = staged.contents.iter().filter(|(name, _)| self.found.files.contains_key(*name));
            for (name, bytes) in differing {
                files.insert(name, Origin::Memory(bytes.clone()));
            }
            let config = self.config_name();
            files.extend(staged.gone().filter(|name| Some(*name) != config).map(|name| (name, Origin::Gone)));
        }
        for (name, bytes) in changed {
            if let Some((name, _)) = files.get_key_value(name.as_str()) {
                files.insert(name, Origin::Memory(bytes.clone()));
            }
        }
        files.into_iter().collect()
    }

    /// Judges what is staged and keeps what it brings. The commits that it is held against are judged only where there
    /// is a finding that might be theirs.
    fn judge_change(
        &self,
        staged: &Staged,
        config: Option<&ConfigSource>,
        (mut facts, sources): (Vec<FileFacts>, &mut Vec<Source>),
        options: &Options,
    ) -> Result<Report, String> {
        let unnarrowed = Options { min_severity: None, ..options.clone() };
        let before = facts.clone();
        let config = added(config, &mut facts, sources)?;
        let mut report = analyze(facts, &config, &unnarrowed);
        for parent in &staged.parents {
            if report.diagnostics.is_empty() {
                break;
            }
            let earlier = self.judge_parent(staged, parent, before.clone(), &unnarrowed);
            let names = report.files.iter().map(|file| file.path.clone());
            let changed: BTreeSet<String> = names.filter(|name| parent.differs(name)).collect();
            keep_new(&mut report, &earlier, &changed.iter().map(String::as_str).collect(), &config);
        }
        report.diagnostics.retain(|finding| options.min_severity.is_none_or(|least| finding.severity >= least));
        Ok(report)
    }

    /// The report of a commit, whose files are numbered like those that are staged.
    fn judge_parent(&self, staged: &Staged, parent: &Parent, mut facts: Vec<FileFacts>, options: &Options) -> Report {
        facts.par_iter_mut().enumerate().filter(|(_, facts)| parent.differs(&facts.path)).for_each(|(index, facts)| {
            let name = std::mem::take(&mut facts.path);
            *facts = match staged.bytes_before(parent, &name) {
                Some(bytes) => canpull_core::read(FileId::at(index), &name, &bytes),
                None => FileFacts { path: name, ..FileFacts::default() },
            };
        });
        let mut config = Config::default();
        if let Some(name) = self.config_name()
            && let Some(bytes) = staged.bytes_before(parent, name)
            && let Ok(text) = text::decode(&bytes)
        {
            let (own, errors) = read_config(name, FileId::at(facts.len()), &text);
            if errors.is_empty() {
                config = own;
                let lines = LineIndex::new(&text);
                facts.push(FileFacts { path: name.to_owned(), lines, ..FileFacts::default() });
            }
        }
        analyze(facts, &config, options)
    }

    /// The configuration as fixes leave it.
    fn config_with(&self, changed: &Changed) -> Result<Option<ConfigSource>, String> {
        let Some(source) = &self.config else { return Ok(None) };
        let changed = changed.get(&source.written.path);
        changed.map_or_else(|| Ok(source.clone()), |bytes| source.with(bytes)).map(Some)
    }

    /// Reads files in parallel, those first that load others: of the rest, only what is loaded is kept.
    fn read_all(files: Vec<(&str, Origin)>, progress: &Progress) -> Vec<(FileFacts, Provenance)> {
        let numbered = files.into_iter().enumerate().map(|(index, (name, origin))| (FileId::at(index), name, origin));
        let (loading, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, name, _)| source::loads_files(name));
        let read = |(id, name, origin)| {
            progress.step();
            (id, Self::read(id, name, origin))
        };
        let mut all: Vec<_> = loading.into_par_iter().map(read).collect();
        let loaded: BTreeSet<Box<str>> = all.iter().flat_map(|(_, (facts, _))| &facts.loads).cloned().collect();
        all.par_extend(others.into_par_iter().map(read).map(|(id, (mut facts, from))| {
            if !loaded.contains(facts.path.rsplit('/').next().unwrap_or_default()) {
                facts.content = None;
            }
            (id, (facts, from))
        }));
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, read)| read).collect()
    }

    /// A file's facts, and where they are from.
    fn read(id: FileId, name: &str, origin: Origin) -> (FileFacts, Provenance) {
        let read = match &origin {
            Origin::Disk(path) => read_bounded(path),
            Origin::Memory(bytes) => Ok(Content { bytes: bytes.to_vec(), again: true }),
            Origin::Gone => {
                let facts = FileFacts { path: name.to_owned(), ..FileFacts::default() };
                return (facts, (Source { origin, stamp: 0 }, None));
            }
        };
        match read {
            Ok(Content { bytes, again }) => {
                let origin = if again { origin } else { Origin::Memory(bytes.as_slice().into()) };
                let source = Source { origin, stamp: stamp(&bytes) };
                (canpull_core::read(id, name, &bytes), (source, None))
            }
            Err(error) => {
                let facts = FileFacts::unreadable(name.to_owned(), &error);
                (facts, (Source { origin, stamp: 0 }, Some(read_error(name, &error))))
            }
        }
    }
}

/// What a configuration says, which is added to the files that were read.
fn added(
    source: Option<&ConfigSource>,
    facts: &mut Vec<FileFacts>,
    sources: &mut Vec<Source>,
) -> Result<Config, String> {
    let Some(source) = source else { return Ok(Config::default()) };
    let config = configuration(source, FileId::at(facts.len()))?;
    let lines = LineIndex::new(&source.written.text);
    facts.push(FileFacts { path: source.written.path.clone(), lines, ..FileFacts::default() });
    sources.push(source.source.clone());
    Ok(config)
}

/// Whether all rules ran on all files, and all that they found is shown.
fn is_whole(options: &Options) -> bool {
    let narrowed = options.partial || options.min_severity.is_some();
    !narrowed && options.select.is_empty() && options.ignore.is_empty() && options.only.is_empty()
}

fn read_error(path: &str, message: &str) -> ReadError {
    ReadError { path: path.to_owned(), message: message.to_owned(), line: 1, column: 1 }
}
