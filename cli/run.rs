//! One analysis: the files found, read and parsed in parallel, joined, judged.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use canpull_core::baseline::Baseline;
use canpull_core::config::{Config, ConfigError};
use canpull_core::fact::FileFacts;
use canpull_core::fix;
use canpull_core::report::change::keep_new;
use canpull_core::report::{ConfigText, ReadError, judge};
use canpull_core::{Options, Report, analyze, read_config};
use canpull_syntax::{FileId, LineIndex, text};
use rayon::prelude::*;

use crate::args::InputArgs;
use crate::git::Git;
use crate::progress::Progress;
use crate::root;
use crate::staged::{Parent, Staged};
use crate::walk::{self, Found, Wanted};

/// Larger files are reported, not read.
pub(crate) const MAX_BYTES: u64 = canpull_core::MAX_BYTES as u64;

/// The name of standard input where none is given.
const STDIN: &str = "-";

/// Where a file's bytes come from.
#[derive(Clone)]
enum Origin {
    Disk(PathBuf),
    /// Standard input, a file as fixes leave it, or as it is staged.
    Memory(Arc<[u8]>),
    /// It is no more; what was known of it is held against what is.
    Gone,
}

/// A file that was read, to be read again for its snippets and fixes.
#[derive(Clone)]
pub(crate) struct Source {
    origin: Origin,
    stamp: u64,
}

impl Source {
    /// The bytes that were analysed; `None` where the file has changed since.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = match &self.origin {
            Origin::Disk(path) => read_bounded(path).ok()?.bytes,
            Origin::Memory(bytes) => bytes.to_vec(),
            Origin::Gone => return None,
        };
        (stamp(&bytes) == self.stamp).then_some(bytes)
    }
}

/// What is to be analysed: found once, analysed as often as fixes demand.
pub(crate) struct Project {
    /// The project's root.
    pub(crate) root: PathBuf,
    working: PathBuf,
    found: Found,
    stdin: Option<(String, Arc<[u8]>)>,
    staged: Option<Staged>,
    config: Option<ConfigSource>,
    partial: bool,
    now: Option<i64>,
    baseline: Option<Baseline>,
}

struct ConfigSource {
    path: PathBuf,
    written: ConfigText,
    source: Source,
}

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
    /// Finds the root, the configuration and the files.
    pub(crate) fn find(input: &InputArgs) -> Result<Self, String> {
        let working = working()?;
        let piped = input.files.paths.iter().any(|path| path == Path::new(STDIN));
        if input.files.stdin_filename.is_some() && !piped {
            return Err("--stdin-filename names standard input, which is read for the path `-`".to_owned());
        }
        let (mut paths, mut pipes) = (Vec::new(), Vec::new());
        for path in input.files.paths.iter().filter(|path| *path != Path::new(STDIN)) {
            let named = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
            let kind = std::fs::metadata(path).map_err(named)?;
            if kind.is_dir() {
                paths.push(path.canonicalize().map_err(named)?);
            } else if kind.is_file() {
                paths.push(root::absolute(&working, path));
            } else {
                // Where a pipe lies tells nothing about the project.
                pipes.push(path.clone());
            }
        }
        let root = root::find(&paths, &working);
        paths.extend(pipes);
        let partial = piped || paths.iter().any(|path| *path != root);
        if paths.is_empty() && !piped {
            paths.push(root.clone());
        }
        let config = config_source(input, &root, &working, None)?;
        let excluding = excluding(config.as_ref())?;
        let wanted = wanted(input, &root, &excluding, config.as_ref());
        let mut found = walk::files(&paths, &wanted);
        let stdin = if piped { Some(stdin(input, &root, &working)?) } else { None };
        if let Some((name, _)) = &stdin {
            found.files.remove(name);
        }
        if found.files.is_empty() && found.broken.is_empty() && stdin.is_none() {
            return Err("nothing to read: no YAML or JSON file in the given paths".to_owned());
        }
        Ok(Self { root, working, found, stdin, staged: None, config, partial, now: now(input), baseline: None })
    }

    /// Finds what git's index holds, whatever the work tree has otherwise.
    pub(crate) fn staged(input: &InputArgs) -> Result<Self, String> {
        let working = working()?;
        let git = Git::open(&working)?;
        let root = root::find(&[], &working);
        let root = if root.starts_with(&git.top) { root } else { git.top.clone() };
        let mut staged = Staged::read(&git, &root, |path| walk::may_hold_source(path, &root))?;
        let config = config_source(input, &root, &working, Some(&staged))?;
        let excluding = excluding(config.as_ref())?;
        let wanted = wanted(input, &root, &excluding, config.as_ref());
        staged.keep(|name| !wanted.excludes(name));
        let mut found = Found::default();
        if !staged.is_unchanged() {
            let submodules: Vec<PathBuf> = staged.submodules.iter().filter(|path| path.is_dir()).cloned().collect();
            found = walk::files(&submodules, &wanted);
            found.files.extend(staged.files.iter().map(|(name, path)| (name.clone(), path.clone())));
            found.files.retain(|_, path| wanted.config != Some(path));
            for name in &staged.missing {
                found.files.remove(name);
                found.notes.insert((name.clone(), "git does not have its content here".to_owned()));
            }
        }
        Ok(Self {
            root,
            working,
            found,
            stdin: None,
            staged: Some(staged),
            config,
            partial: false,
            now: now(input),
            baseline: None,
        })
    }

    /// The same project, with what the baseline lists hidden.
    pub(crate) fn with_baseline(self, baseline: Option<Baseline>) -> Self {
        Self { baseline, ..self }
    }

    /// The names of the files that are read, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let stdin = self.stdin.iter().map(|(name, _)| name.as_str());
        let mut names: Vec<&str> = self.found.files.keys().map(String::as_str).chain(stdin).collect();
        names.sort_unstable();
        names
    }

    /// The way from the repository's root to the project's, which may lie deeper: empty, or with `/` at its end.
    pub(crate) fn folder(&self) -> String {
        let repository = self.root.ancestors().find(|folder| folder.join(".git").exists());
        let name = repository.map(|repository| root::name(repository, &self.root)).unwrap_or_default();
        if name.is_empty() { name } else { format!("{name}/") }
    }

    /// The configuration's name, where there is one.
    pub(crate) fn config_name(&self) -> Option<&str> {
        self.config.as_ref().map(|source| source.written.path.as_str())
    }

    /// What could not be walked: name and reason.
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found.notes.iter().map(|(name, reason)| (name.as_str(), reason.as_str()))
    }

    /// Where the file that reports name so lies on disk.
    pub(crate) fn path_of(&self, name: &str) -> Option<PathBuf> {
        if self.stdin.as_ref().is_some_and(|(piped, _)| piped == name) {
            return None;
        }
        let config = self.config.as_ref().filter(|source| source.written.path == name).map(|source| &source.path);
        self.found.files.get(name).or(config).cloned()
    }

    /// A path given on the command line, as reports name it.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        root::name(&self.root, &root::absolute(&self.working, path))
    }

    /// Reads, parses and judges. `changed` holds files as fixes leave them, by name.
    pub(crate) fn analyse(
        &self,
        options: &Options,
        changed: &BTreeMap<String, Arc<[u8]>>,
        progress: &Progress,
    ) -> Result<Analysis, String> {
        let files = self.origins(changed);
        progress.begin(files.len());
        let (mut facts, mut origins) = (Vec::new(), Vec::new());
        let read = files.into_par_iter().enumerate().map(|(index, (name, origin))| {
            let read = Self::read(FileId::at(index), name, origin);
            progress.step();
            read
        });
        read.unzip_into_vecs(&mut facts, &mut origins);
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
        let options = Options { now: self.now, partial: self.partial || options.partial, ..options.clone() };
        let mut report = match &self.staged {
            Some(staged) if !staged.parents.is_empty() => self.judge_change(staged, facts, &mut sources, &options)?,
            _ => {
                sources.extend(self.config.as_ref().map(|config| config.source.clone()));
                let config = self.config.as_ref().map(|config| &config.written);
                judge(facts, config, &options).map_err(|errors| in_lines(&errors))?
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
    fn origins(&self, changed: &BTreeMap<String, Arc<[u8]>>) -> Vec<(&str, Origin)> {
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
        mut facts: Vec<FileFacts>,
        sources: &mut Vec<Source>,
        options: &Options,
    ) -> Result<Report, String> {
        let unnarrowed = Options { min_severity: None, ..options.clone() };
        let before = facts.clone();
        let config = self.config(&mut facts, sources)?;
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

    fn config(&self, facts: &mut Vec<FileFacts>, sources: &mut Vec<Source>) -> Result<Config, String> {
        let Some(source) = &self.config else { return Ok(Config::default()) };
        let config = configuration(source, FileId::at(facts.len()))?;
        let lines = LineIndex::new(&source.written.text);
        facts.push(FileFacts { path: source.written.path.clone(), lines, ..FileFacts::default() });
        sources.push(source.source.clone());
        Ok(config)
    }

    /// A file's facts; where it comes from, and why it could not be read.
    fn read(id: FileId, name: &str, origin: Origin) -> (FileFacts, (Source, Option<ReadError>)) {
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

/// Whether all rules ran on all files, and all that they found is shown.
fn is_whole(options: &Options) -> bool {
    let narrowed = options.partial || options.min_severity.is_some();
    !narrowed && options.select.is_empty() && options.ignore.is_empty() && options.only.is_empty()
}

fn read_error(path: &str, message: &str) -> ReadError {
    ReadError { path: path.to_owned(), message: message.to_owned(), line: 1, column: 1 }
}

/// Tells two states of a file apart. It guards against accidents, not against attacks.
pub(crate) fn stamp(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// What a file holds.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    /// It can be read again; a pipe gives its content once.
    again: bool,
}

pub(crate) fn read_bounded(path: &Path) -> Result<Content, String> {
    let mut file = std::fs::File::open(path).map_err(|error| reason(&error))?;
    let (length, again) = file.metadata().map_or((0, false), |metadata| (metadata.len(), metadata.is_file()));
    if length > MAX_BYTES {
        return Err("it is larger than 64 MiB".to_owned());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // What is no regular file tells no length.
    file.by_ref().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("it is larger than 64 MiB".to_owned());
    }
    Ok(Content { bytes, again })
}

/// An error of input or output in words, without the system's number for it.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

fn stdin(input: &InputArgs, root: &Path, working: &Path) -> Result<(String, Arc<[u8]>), String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input: {}", reason(&error)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("standard input is larger than 64 MiB".to_owned());
    }
    // Nothing at all is what a failed command leaves to the next in a pipe; an editor's file may be empty.
    if input.files.paths.len() == 1 && input.files.stdin_filename.is_none() && bytes.trim_ascii().is_empty() {
        return Err("nothing to read: standard input is empty".to_owned());
    }
    let name = input.files.stdin_filename.as_ref().map(|path| root::name(root, &root::absolute(working, path)));
    Ok((name.unwrap_or_else(|| STDIN.to_owned()), bytes.into()))
}

/// The configuration that is named, or the project's own: as it is staged, where that is looked at.
fn config_source(
    input: &InputArgs,
    root: &Path,
    working: &Path,
    staged: Option<&Staged>,
) -> Result<Option<ConfigSource>, String> {
    if input.isolated {
        return Ok(None);
    }
    let path = match (&input.config, staged) {
        (Some(path), _) => Some(root::absolute(working, path)),
        (None, Some(staged)) => {
            root::config_files(root).find(|path| staged.files.contains_key(&root::name(root, path)))
        }
        (None, None) => root::config_files(root).find(|path| path.is_file()),
    };
    let Some(path) = path else { return Ok(None) };
    let name = root::name(root, &path);
    let content = staged.filter(|_| input.config.is_none()).and_then(|staged| staged.contents.get(&name));
    let (bytes, origin) = if let Some(bytes) = content {
        (bytes.to_vec(), Origin::Memory(bytes.clone()))
    } else {
        let read = read_bounded(&path).map_err(|error| format!("{name}: {error}"))?;
        (read.bytes, Origin::Disk(path.clone()))
    };
    let decoded = text::decode(&bytes).map_err(|error| format!("{name}: the file is not text: {}", error.message))?;
    let source = Source { origin, stamp: stamp(&bytes) };
    let written = ConfigText { path: name, text: decoded.into_owned() };
    Ok(Some(ConfigSource { path, written, source }))
}

/// The working directory, without symbolic links.
fn working() -> Result<PathBuf, String> {
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
    working.map_err(|error| format!("the working directory: {}", reason(&error)))
}

/// The time that is given, or the system's.
fn now(input: &InputArgs) -> Option<i64> {
    input.now.or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(now.as_secs()).ok()
    })
}

/// The configuration by which files are found.
fn excluding(config: Option<&ConfigSource>) -> Result<Config, String> {
    config.map_or_else(|| Ok(Config::default()), |source| configuration(source, FileId(0)))
}

fn wanted<'a>(
    input: &InputArgs,
    root: &'a Path,
    excluding: &'a Config,
    config: Option<&'a ConfigSource>,
) -> Wanted<'a> {
    Wanted {
        root,
        no_ignore: input.files.no_ignore,
        exclude: excluding.exclude.iter().map(|glob| glob.value.as_str()).collect(),
        config: config.map(|source| source.path.as_path()),
    }
}

fn configuration(source: &ConfigSource, id: FileId) -> Result<Config, String> {
    source.written.read(id).map_err(|errors| in_lines(&errors))
}

/// All that is wrong with a configuration.
fn in_lines(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
