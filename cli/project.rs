//! What is to be analysed: the root, the configuration and the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use canpull_core::baseline::Baseline;
use canpull_core::config::Config;

use crate::args::InputArgs;
use crate::bytes::{STDIN, reason, stdin};
use crate::config_file::{ConfigSource, config_source, excluding};
use crate::git::Git;
use crate::root;
use crate::staged::Staged;
use crate::walk::{self, Found, Wanted};

/// What is to be analysed: found once, analysed as often as fixes demand.
pub(crate) struct Project {
    /// The project's root.
    pub(crate) root: PathBuf,
    pub(crate) working: PathBuf,
    pub(crate) found: Found,
    pub(crate) stdin: Option<(String, Arc<[u8]>)>,
    pub(crate) staged: Option<Staged>,
    pub(crate) config: Option<ConfigSource>,
    pub(crate) partial: bool,
    pub(crate) now: Option<i64>,
    pub(crate) baseline: Option<Baseline>,
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

    /// Whether there is no file to read, as where nothing of interest is staged.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.files.is_empty() && self.stdin.is_none()
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

/// What the walk is to find.
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
