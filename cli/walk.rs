//! Finds the files to read, in a stable order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Folders that hold no sources of the project.
const SKIPPED: [&str; 3] = [".git", "node_modules", ".terraform"];

/// The files below the given paths; a file that is named is always read. Symbolic links are not followed.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = BTreeSet::new();
    for path in paths {
        if !path.exists() {
            return Err(format!("{}: no such file or folder", path.display()));
        }
        if path.is_file() {
            found.insert(path.clone());
            continue;
        }
        let skipped = |name: &std::ffi::OsStr| SKIPPED.iter().any(|skipped| name == *skipped);
        let entries = WalkDir::new(path).into_iter().filter_entry(|entry| !skipped(entry.file_name()));
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry.file_type().is_file() && is_source(entry.path()) {
                found.insert(entry.into_path());
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|own| extension == *own))
        || path.file_name().is_some_and(|name| name == "Kustomization")
}

/// The path as reports show it: with `/`, without a leading `./`.
pub(crate) fn name(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or_else(|| text.clone(), str::to_owned)
}
