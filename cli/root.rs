//! The project's root, and names of files relative to it.

use std::path::{Component, Path, PathBuf};

/// What marks a project's root, by falling weight on one level.
const MARKS: [&str; 3] = ["canpull.yaml", ".github/canpull.yaml", ".git"];

/// The nearest folder at or above what the paths have in common that bears a mark; else the working directory, or
/// where the paths lie outside of it, what they have in common. All paths are absolute, without symbolic links.
pub(crate) fn find(paths: &[PathBuf], working: &Path) -> PathBuf {
    let common = common(paths).unwrap_or_else(|| working.to_owned());
    let marked = common.ancestors().find(|folder| MARKS.iter().any(|mark| folder.join(mark).exists()));
    match marked {
        Some(root) => root.to_owned(),
        None if common.starts_with(working) => working.to_owned(),
        None => common,
    }
}

/// Where the project's configuration file may lie.
pub(crate) fn config_files(root: &Path) -> impl Iterator<Item = PathBuf> {
    ["canpull.yaml", ".github/canpull.yaml"].iter().map(|name| root.join(name))
}

/// The folder that a path is, or lies in.
pub(crate) fn folder(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { path.parent().map_or_else(PathBuf::new, Path::to_owned) }
}

fn common(paths: &[PathBuf]) -> Option<PathBuf> {
    let (first, rest) = paths.split_first()?;
    let mut common = folder(first);
    for path in rest {
        while !path.starts_with(&common) {
            if !common.pop() {
                return None;
            }
        }
    }
    Some(common)
}

/// The path as reports show it: relative to the root, with `/`; in full where it lies elsewhere.
pub(crate) fn name(root: &Path, path: &Path) -> String {
    let Ok(relative) = path.strip_prefix(root) else { return path.display().to_string() };
    if std::path::MAIN_SEPARATOR == '/'
        && let Some(relative) = relative.to_str()
    {
        return relative.to_owned();
    }
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// The path made absolute: its folder without symbolic links, its last part as written. It need not exist.
pub(crate) fn absolute(working: &Path, path: &Path) -> PathBuf {
    let joined = working.join(path);
    let mut plain = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                // Above a symbolic link, `..` leads to the target's parent.
                plain = plain.canonicalize().unwrap_or(plain);
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    match (plain.parent().map(Path::canonicalize), plain.file_name()) {
        (Some(Ok(folder)), Some(file)) => folder.join(file),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_with_slashes() {
        assert_eq!(name(Path::new("/p"), Path::new("/p/a/b.yaml")), "a/b.yaml");
        assert_eq!(common(&["/p/a/x".into(), "/p/b".into()]), Some(PathBuf::from("/p")));
        assert_eq!(absolute(Path::new("/no/where"), Path::new("./a/../b.yaml")), PathBuf::from("/no/where/b.yaml"));
    }
}
