//! One analysis: the files found, read and parsed in parallel, joined, judged.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::report::ReadError;
use canpull_core::{Options, Report, analyze, read_config};
use canpull_syntax::{FileId, LineIndex, text};
use rayon::prelude::*;

use crate::args::InputArgs;
use crate::progress::Progress;
use crate::root;
use crate::walk::{self, Found, Wanted};

/// Larger files are reported, not read.
const MAX_BYTES: u64 = canpull_core::MAX_BYTES as u64;

/// The name of standard input where none is given.
const STDIN: &str = "-";

/// Where a file's bytes come from.
#[derive(Clone)]
enum Origin {
    Disk(PathBuf),
    /// Standard input, or a file as fixes leave it, not yet written.
    Memory(std::sync::Arc<[u8]>),
}

/// A file that was read, to be read again for its snippets and fixes.
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
        };
        (stamp(&bytes) == self.stamp).then_some(bytes)
    }

    /// The file on disk.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Disk(path) => Some(path),
            Origin::Memory(_) => None,
        }
    }
}

/// What is to be analysed: found once, analysed as often as fixes demand.
pub(crate) struct Project {
    /// The project's root.
    pub(crate) root: PathBuf,
    working: PathBuf,
    found: Found,
    stdin: Option<(String, std::sync::Arc<[u8]>)>,
    config: Option<ConfigSource>,
    partial: bool,
    now: Option<i64>,
}

struct ConfigSource {
    path: PathBuf,
    name: String,
    text: String,
    bytes_stamp: u64,
}

/// A report with what it was made from.
pub(crate) struct Analysis {
    pub(crate) report: Report,
    /// By `FileId`, like the report's files.
    pub(crate) sources: Vec<Source>,
}

impl Project {
    /// Finds the root, the configuration and the files.
    pub(crate) fn find(input: &InputArgs) -> Result<Self, String> {
        let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
        let working = working.map_err(|error| format!("the working directory: {}", reason(&error)))?;
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
        let config = config_source(input, &root, &working)?;
        let excluding = match &config {
            Some(source) => configuration(source, FileId(0))?,
            None => Config::default(),
        };
        let wanted = Wanted {
            root: &root,
            no_ignore: input.files.no_ignore,
            exclude: excluding.exclude.iter().map(|glob| glob.value.as_str()).collect(),
            config: config.as_ref().map(|source| source.path.as_path()),
        };
        let mut found = walk::files(&paths, &wanted);
        let stdin = if piped { Some(stdin(input, &root, &working)?) } else { None };
        if let Some((name, _)) = &stdin {
            found.files.remove(name);
        }
        if found.files.is_empty() && found.broken.is_empty() && stdin.is_none() {
            return Err("nothing to read: no YAML or JSON file in the given paths".to_owned());
        }
        let now = input.now.or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(now.as_secs()).ok()
        });
        Ok(Self { root, working, found, stdin, config, partial, now })
    }

    /// The names of the files that are read, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let stdin = self.stdin.iter().map(|(name, _)| name.as_str());
        let mut names: Vec<&str> = self.found.files.keys().map(String::as_str).chain(stdin).collect();
        names.sort_unstable();
        names
    }

    /// The configuration's name, where there is one.
    pub(crate) fn config_name(&self) -> Option<&str> {
        self.config.as_ref().map(|source| source.name.as_str())
    }

    /// What could not be walked: name and reason.
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found.notes.iter().map(|(name, reason)| (name.as_str(), reason.as_str()))
    }

    /// A path given on the command line, as reports name it.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        root::name(&self.root, &root::absolute(&self.working, path))
    }

    /// Reads, parses and judges. `changed` holds files as fixes leave them, by name.
    pub(crate) fn analyse(
        &self,
        options: &Options,
        changed: &BTreeMap<String, std::sync::Arc<[u8]>>,
        progress: &Progress,
    ) -> Result<Analysis, String> {
        let mut files: BTreeMap<&str, Origin> =
            self.found.all().map(|(name, path)| (name, Origin::Disk(path.to_owned()))).collect();
        if let Some((name, bytes)) = &self.stdin {
            files.insert(name, Origin::Memory(bytes.clone()));
        }
        for (name, bytes) in changed {
            files.insert(name, Origin::Memory(bytes.clone()));
        }
        progress.begin(files.len());
        let files: Vec<(&str, Origin)> = files.into_iter().collect();
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
        let config = self.config(&mut facts, &mut sources)?;
        let options = Options { now: self.now, partial: self.partial || options.partial, ..options.clone() };
        let mut report = analyze(facts, &config, &options);
        errors.sort();
        report.errors.append(&mut errors);
        Ok(Analysis { report, sources })
    }

    fn config(&self, facts: &mut Vec<FileFacts>, sources: &mut Vec<Source>) -> Result<Config, String> {
        let Some(source) = &self.config else { return Ok(Config::default()) };
        let config = configuration(source, FileId::at(facts.len()))?;
        let lines = LineIndex::new(&source.text);
        facts.push(FileFacts { path: source.name.clone(), lines, ..FileFacts::default() });
        sources.push(Source { origin: Origin::Disk(source.path.clone()), stamp: source.bytes_stamp });
        Ok(config)
    }

    /// A file's facts; where it comes from, and why it could not be read.
    fn read(id: FileId, name: &str, origin: Origin) -> (FileFacts, (Source, Option<ReadError>)) {
        let read = match &origin {
            Origin::Disk(path) => read_bounded(path),
            Origin::Memory(bytes) => Ok(Content { bytes: bytes.to_vec(), again: true }),
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
struct Content {
    bytes: Vec<u8>,
    /// It can be read again; a pipe gives its content once.
    again: bool,
}

fn read_bounded(path: &Path) -> Result<Content, String> {
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

fn stdin(input: &InputArgs, root: &Path, working: &Path) -> Result<(String, std::sync::Arc<[u8]>), String> {
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

fn config_source(input: &InputArgs, root: &Path, working: &Path) -> Result<Option<ConfigSource>, String> {
    if input.isolated {
        return Ok(None);
    }
    let path = match &input.config {
        Some(path) => root::absolute(working, path),
        None => match root::config_file(root) {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let name = root::name(root, &path);
    let bytes = read_bounded(&path).map_err(|error| format!("{name}: {error}"))?.bytes;
    let decoded = text::decode(&bytes).map_err(|error| format!("{name}: the file is not text: {}", error.message))?;
    Ok(Some(ConfigSource { path, text: decoded.into_owned(), bytes_stamp: stamp(&bytes), name }))
}

fn configuration(source: &ConfigSource, id: FileId) -> Result<Config, String> {
    let (config, errors) = read_config(&source.name, id, &source.text);
    if errors.is_empty() {
        return Ok(config);
    }
    Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
