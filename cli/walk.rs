//! Finds the files to read, in a stable order.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use canpull_core::glob;
use canpull_core::source::{is_candidate, is_skipped};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::WalkDir;

use crate::git_index::Tracked;
use crate::root;

/// Endings of files that are sources or mean to be.
const SURE_EXTENSIONS: [&str; 7] = ["yaml", "yml", "json", "bicep", "bicepparam", "tf", "tfvars"];

/// Which files to look for.
pub(crate) struct Wanted<'a> {
    /// The project's root, absolute.
    pub(crate) root: &'a Path,
    /// Read what `.gitignore` leaves out, too.
    pub(crate) no_ignore: bool,
    /// Globs of paths, relative to the root, that are not read.
    pub(crate) exclude: Vec<&'a str>,
    /// The configuration file, which is no source.
    pub(crate) config: Option<&'a Path>,
}

impl Wanted<'_> {
    /// Whether the configuration leaves the path out, by its name.
    pub(crate) fn excludes(&self, name: &str) -> bool {
        self.exclude.iter().any(|pattern| glob::matches_path(pattern, name))
    }
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// Files by the name that reports show.
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// Names of the files that were asked for by name.
    pub(crate) named: BTreeSet<String>,
    /// Links that lead nowhere though their names promise YAML or JSON, by name.
    pub(crate) broken: BTreeMap<String, PathBuf>,
    /// What could not be walked: name and reason.
    pub(crate) notes: BTreeSet<(String, String)>,
}

impl Found {
    /// All that is to be read, though links that lead nowhere cannot be.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.files.iter().chain(&self.broken).map(|(name, path)| (name.as_str(), path.as_path()))
    }
}

/// The files below the given absolute paths; a file that is named is always read.
pub(crate) fn files(paths: &[PathBuf], wanted: &Wanted<'_>) -> Found {
    let mut found = Found::default();
    let ignores = RefCell::new(Ignores::new(wanted.root));
    for path in paths {
        if path.is_dir() {
            walk(path, wanted, &ignores, &mut found);
        } else {
            let name = root::name(wanted.root, path);
            found.named.insert(name.clone());
            found.files.insert(name, path.clone());
        }
    }
    found
}

fn walk(folder: &Path, wanted: &Wanted<'_>, ignores: &RefCell<Ignores>, found: &mut Found) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let links = RefCell::new(Vec::new());
    let leaves_out = |path: &Path, is_dir: bool| {
        (!wanted.exclude.is_empty() && wanted.excludes(&root::name(wanted.root, path)))
            || (!wanted.no_ignore && ignores.borrow_mut().leaves_out(path, is_dir))
    };
    let entries = WalkDir::new(&folder).follow_links(true).into_iter().filter_entry(|entry| {
        if entry.depth() == 0 {
            return true;
        }
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(is_skipped) {
            return false;
        }
        if entry.path_is_symlink() {
            match path.canonicalize() {
                Ok(target) if target.starts_with(wanted.root) => links.borrow_mut().push(path.to_owned()),
                _ => return false,
            }
        }
        let is_dir = entry.file_type().is_dir();
        if !is_dir && !is_source(path) {
            return false;
        }
        !leaves_out(path, is_dir)
    });
    let mut linked = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let path = entry.into_path();
                if links.borrow().iter().any(|link| path.starts_with(link)) {
                    linked.push(path);
                } else if wanted.config != Some(&path) {
                    found.files.insert(root::name(wanted.root, &path), path);
                }
            }
            Ok(_) => {}
            Err(error) => {
                match error.path().filter(|path| error.loop_ancestor().is_none() && promises_source(path, wanted.root))
                {
                    Some(path) if leaves_out(path, false) => {}
                    Some(path) => {
                        found.broken.insert(root::name(wanted.root, path), path.to_owned());
                    }
                    None => note(&error, wanted, found),
                }
            }
        }
    }
    add_linked(linked, wanted, found);
}

/// A file that is reached both directly and through links is read once, under its own name where it has one here.
fn add_linked(mut linked: Vec<PathBuf>, wanted: &Wanted<'_>, found: &mut Found) {
    if linked.is_empty() {
        return;
    }
    linked.sort();
    let mut known: BTreeSet<PathBuf> = found.files.values().filter_map(|path| path.canonicalize().ok()).collect();
    for path in linked {
        if path.canonicalize().is_ok_and(|target| known.insert(target)) && wanted.config != Some(&path) {
            found.files.insert(root::name(wanted.root, &path), path);
        }
    }
}

fn note(error: &walkdir::Error, wanted: &Wanted<'_>, found: &mut Found) {
    let Some(path) = error.path() else { return };
    let name = root::name(wanted.root, path);
    let reason = match (error.loop_ancestor(), error.io_error()) {
        (Some(ancestor), _) => {
            let up = root::name(wanted.root, ancestor);
            format!("a symbolic link back to {}, not walked", if up.is_empty() { "the root" } else { &up })
        }
        // A link that leads nowhere matters only where a source may have been meant.
        (None, Some(io)) if io.kind() == std::io::ErrorKind::NotFound && !is_source(path) => return,
        (None, Some(io)) => crate::bytes::reason(io),
        (None, None) => "it could not be walked".to_owned(),
    };
    found.notes.insert((name, reason));
}

/// Whether a path is a link that leads nowhere, within the project, and is named like YAML or JSON.
fn promises_source(path: &Path, root: &Path) -> bool {
    let named = path.extension().is_some_and(|ending| SURE_EXTENSIONS.iter().any(|own| ending == *own));
    let Some(folder) = path.parent().filter(|_| named) else { return false };
    path.read_link().is_ok_and(|target| root::absolute(folder, &target).starts_with(root))
}

/// Whether a file below `root` may be a source, by its name and its folders.
pub(crate) fn may_hold_source(path: &Path, root: &Path) -> bool {
    let skipped = |path: &Path| path.iter().any(|part| part.to_str().is_some_and(is_skipped));
    is_source(path) && path.strip_prefix(root).is_ok_and(|path| !skipped(path))
}

fn is_source(path: &Path) -> bool {
    // What is no Unicode in a name is of no ending that counts, but the ending itself may well be.
    path.file_name().is_some_and(|name| is_candidate(&name.to_string_lossy()))
}

/// The `.gitignore` files that speak of a folder's entries, the nearest first.
type Chain = Rc<[Rc<Gitignore>]>;

/// The `.gitignore` files from the repository's root down, each read once. As in git, they say nothing of what is
/// tracked.
struct Ignores {
    top: PathBuf,
    by_folder: BTreeMap<OsString, Chain>,
    /// Read when the first file is left out.
    tracked: OnceCell<Tracked>,
    /// Folders that are left out and walked all the same, for the tracked files in them.
    passed: BTreeSet<PathBuf>,
}

impl Ignores {
    fn new(project: &Path) -> Self {
        let repository = project.ancestors().find(|folder| folder.join(".git").exists());
        Self {
            top: repository.unwrap_or(project).to_owned(),
            by_folder: BTreeMap::new(),
            tracked: OnceCell::new(),
            passed: BTreeSet::new(),
        }
    }

    fn leaves_out(&mut self, path: &Path, is_dir: bool) -> bool {
        let inside = !self.passed.is_empty() && path.ancestors().any(|folder| self.passed.contains(folder));
        if !inside && !self.covers(path, is_dir) {
            return false;
        }
        let tracked = self.tracked.get_or_init(|| Tracked::read(&self.top));
        let name = root::name(&self.top, path);
        if is_dir && tracked.has_folder(&name) {
            self.passed.insert(path.to_owned());
            return false;
        }
        is_dir || !tracked.has_file(&name)
    }

    /// Whether the nearest `.gitignore` that speaks of the path leaves it out. Folders above it are judged on the way
    /// down, so a path that is asked for inside an ignored folder is read.
    fn covers(&mut self, path: &Path, is_dir: bool) -> bool {
        let Some(folder) = path.parent() else { return false };
        let chain = self.chain(folder);
        let nearest = chain.iter().map(|ignore| ignore.matched(path, is_dir)).find(|matched| !matched.is_none());
        nearest.is_some_and(|matched| matched.is_ignore())
    }

    fn chain(&mut self, folder: &Path) -> Chain {
        if let Some(chain) = self.by_folder.get(folder.as_os_str()) {
            return Rc::clone(chain);
        }
        let above = match folder.parent() {
            Some(parent) if folder != self.top => self.chain(parent),
            _ => Rc::default(),
        };
        let chain = match gitignore(folder) {
            Some(own) => std::iter::once(Rc::new(own)).chain(above.iter().cloned()).collect(),
            None => above,
        };
        self.by_folder.insert(folder.as_os_str().to_owned(), Rc::clone(&chain));
        chain
    }
}

/// A folder's own `.gitignore`.
fn gitignore(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    // Lines that are no globs are passed over, as git does.
    let _ = builder.add(&file);
    builder.build().ok()
}
