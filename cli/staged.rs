//! The project as git's index holds it, and the commits that it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::{self, Entry, Git, Kind};
use crate::root;

/// A file's bytes.
pub(crate) type Bytes = Arc<[u8]>;

/// What is staged.
#[derive(Default)]
pub(crate) struct Staged {
    /// The files that the index lists, by name; where they lie in the work tree, if they are there.
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// What the index holds of those that the work tree lacks or has otherwise.
    pub(crate) contents: BTreeMap<String, Bytes>,
    /// Folders that are submodules.
    pub(crate) submodules: Vec<PathBuf>,
    /// The commits that it is held against; without any, all of it is looked at.
    pub(crate) parents: Vec<Parent>,
    /// Names of files whose content git does not have here.
    pub(crate) missing: BTreeSet<String>,
}

/// A commit that what is staged is held against.
pub(crate) struct Parent {
    /// What it holds where the index differs, by name; `None` where it holds no file.
    pub(crate) changed: BTreeMap<String, Option<Bytes>>,
    /// Names of changed submodules, each with a slash at its end.
    pub(crate) submodules: Vec<String>,
}

impl Parent {
    /// Whether the file differs.
    pub(crate) fn differs(&self, name: &str) -> bool {
        self.changed.contains_key(name) || self.submodules.iter().any(|folder| name.starts_with(folder))
    }
}

/// Bytes that are to be fetched from git: for a file of the index, or of the parent of that number.
struct Wanted {
    id: String,
    name: String,
    parent: Option<usize>,
}

impl Staged {
    /// Reads the index of the repository, as far as it lies below `root` and `is_source` wants it.
    pub(crate) fn read(git: &Git, root: &Path, is_source: impl Fn(&Path) -> bool) -> Result<Self, String> {
        let name = |path: &[u8]| {
            let path = git::path(&git.top, path);
            (path.starts_with(root) && is_source(&path)).then(|| (root::name(root, &path), path))
        };
        let mut staged = Self::default();
        let mut wanted = Vec::new();
        let differing: BTreeSet<Vec<u8>> = git.unstaged()?.into_iter().collect();
        for own in git.index()? {
            let path = git::path(&git.top, &own.entry.path);
            if own.entry.kind == Kind::Submodule && path.starts_with(root) {
                staged.submodules.push(path);
            } else if own.entry.kind == Kind::File
                && let Some((name, path)) = name(&own.entry.path)
            {
                if !own.checked_out || differing.contains(&own.entry.path) {
                    wanted.push(Wanted { id: own.entry.id, name: name.clone(), parent: None });
                }
                staged.files.insert(name, path);
            }
        }
        let changes = changes(git)?;
        for (number, entries) in changes.into_iter().enumerate() {
            let mut parent = Parent { changed: BTreeMap::new(), submodules: Vec::new() };
            for entry in entries {
                let path = git::path(&git.top, &entry.path);
                if staged.submodules.contains(&path) {
                    parent.submodules.push(root::name(root, &path) + "/");
                } else if let Some((name, _)) = name(&entry.path) {
                    parent.changed.insert(name.clone(), None);
                    if entry.kind == Kind::File {
                        wanted.push(Wanted { id: entry.id, name, parent: Some(number) });
                    }
                }
            }
            staged.parents.push(parent);
        }
        staged.fetch(git, &wanted)?;
        Ok(staged)
    }

    fn fetch(&mut self, git: &Git, wanted: &[Wanted]) -> Result<(), String> {
        let ids: Vec<&str> = wanted.iter().map(|wanted| wanted.id.as_str()).collect();
        for (content, Wanted { name, parent, .. }) in git.contents(&ids)?.into_iter().zip(wanted) {
            let content = content.map(Bytes::from);
            match (parent.map(|number| self.parents.get_mut(number)), content) {
                (Some(Some(parent)), content) => drop(parent.changed.insert(name.clone(), content)),
                (_, Some(content)) => drop(self.contents.insert(name.clone(), content)),
                (_, None) => drop(self.missing.insert(name.clone())),
            }
        }
        Ok(())
    }

    /// Leaves out the files whose names are not wanted.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.files.retain(|name, _| wanted(name));
        for parent in &mut self.parents {
            parent.changed.retain(|name, _| wanted(name));
        }
    }

    /// Whether it is held against commits and differs from one in nothing that is looked at.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.parents.iter().any(|parent| parent.changed.is_empty() && parent.submodules.is_empty())
    }

    /// The names of the files that a parent holds and the index does not.
    pub(crate) fn gone(&self) -> impl Iterator<Item = &str> {
        let changed = self.parents.iter().flat_map(|parent| parent.changed.keys());
        changed.map(String::as_str).filter(|name| !self.files.contains_key(*name))
    }

    /// The index's bytes of a file, from the work tree where that has the same.
    pub(crate) fn bytes(&self, name: &str) -> Option<Bytes> {
        let file = self.files.get(name)?;
        self.contents.get(name).cloned().or_else(|| std::fs::read(file).ok().map(Bytes::from))
    }

    /// A parent's bytes of a file.
    pub(crate) fn bytes_before(&self, parent: &Parent, name: &str) -> Option<Bytes> {
        parent.changed.get(name).map_or_else(|| self.bytes(name), Clone::clone)
    }
}

/// In what the index differs from each commit that it is held against: the last one, that of the branch being merged,
/// or where pre-commit looks at commits made earlier, the one in front of them. Where nothing differs and no commit is
/// being made, there is nothing to hold it against.
fn changes(git: &Git) -> Result<Vec<Vec<Entry>>, String> {
    let earlier = std::env::var("PRE_COMMIT_FROM_REF").ok().filter(|name| !name.is_empty());
    let parents: Vec<String> = match earlier {
        Some(name) => vec![git.fork_point(&name).unwrap_or(name)],
        None => git.commit("HEAD").into_iter().chain(git.merging.clone()).collect(),
    };
    let changes: Vec<_> = parents.iter().map(|parent| git.changed_since(parent)).collect::<Result<_, _>>()?;
    let committing = std::env::var_os("GIT_INDEX_FILE").is_some();
    Ok(if changes.iter().all(Vec::is_empty) && !committing { Vec::new() } else { changes })
}
