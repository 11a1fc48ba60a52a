//! Writes what fixes change, or shows it as a diff.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use canpull_core::fix::Mended;
use canpull_core::source;
use canpull_syntax::LineIndex;

use crate::bytes::stamp;
use crate::output;

/// The changes as `git apply` and `patch` take them.
pub(crate) fn diff(files: &BTreeMap<String, Mended>) -> Result<String, String> {
    let mut out = String::new();
    for (name, file) in files {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| format!("{name}: not text"));
        let (before, after) = (text(&file.before)?, text(&file.after)?);
        let (old, new) = (quoted("a/", name), quoted("b/", name));
        match unified(name, before, after, (&old, &new)) {
            // Writing to a string cannot fail.
            Some(shown) => drop(write!(out, "diff --git {old} {new}\n{shown}")),
            None => {
                output::note(&format!("{name}: left out of the diff, which would show a credential; --fix mends it"));
            }
        }
    }
    Ok(out)
}

/// The changes with as many unchanged lines around them as show no credential, at least one; `None` where there are
/// none such.
fn unified(name: &str, before: &str, after: &str, (old, new): (&str, &str)) -> Option<String> {
    let hidden = |text: &str| {
        let text = text.trim_start_matches('\u{feff}');
        let lines = LineIndex::new(text);
        let line = |offset: u32| lines.position(offset).line as usize;
        let secrets = source::credentials(name, text.as_bytes());
        secrets.iter().map(|range| (line(range.start), line(range.end.saturating_sub(1)))).collect::<Vec<_>>()
    };
    let (hidden_before, hidden_after) = (hidden(before), hidden(after));
    let touches = |hidden: &[(usize, usize)], lines: std::ops::Range<usize>| {
        hidden.iter().any(|&(first, last)| first <= lines.end && lines.start < last)
    };
    let diff = similar::TextDiff::configure().newline_terminated(true).diff_lines(before, after);
    (1..=3).rev().find_map(|radius| {
        let mut hunks = diff.grouped_ops(radius).into_iter().flatten();
        let shows = hunks.any(|op| touches(&hidden_before, op.old_range()) || touches(&hidden_after, op.new_range()));
        (!shows).then(|| diff.unified_diff().context_radius(radius).header(old, new).to_string())
    })
}

/// A path as git writes it: in quotes where it has characters that would mislead.
fn quoted(prefix: &str, name: &str) -> String {
    if !name.chars().any(|c| c.is_control() || c == '"' || c == '\\' || !c.is_ascii()) {
        return format!("{prefix}{name}");
    }
    let mut out = format!("\"{prefix}");
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7E => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

/// Writes the changed files, each in one step. A file that is no longer what was analysed is left alone.
pub(crate) fn write(files: &BTreeMap<String, Mended>, path_of: impl Fn(&str) -> Option<PathBuf>) -> Result<(), String> {
    for (name, file) in files {
        match path_of(name) {
            Some(path) => replace(&path, file).map_err(|reason| format!("{name}: not fixed: {reason}"))?,
            // Standard input has no place of its own: its mended text is what `--diff` shows.
            None => return Err(format!("{name}: standard input cannot be fixed in place; use --diff")),
        }
    }
    Ok(())
}

fn replace(path: &std::path::Path, file: &Mended) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    // Through a link, the file it leads to is replaced, not the link.
    let path = path.canonicalize().map_err(text)?;
    let now = std::fs::read(&path).map_err(text)?;
    if stamp(&now) != stamp(&file.before) {
        return Err("the file has changed since it was read".to_owned());
    }
    let permissions = std::fs::metadata(&path).map_err(text)?.permissions();
    if permissions.readonly() {
        return Err("the file is read-only".to_owned());
    }
    let folder = path.parent().ok_or("it lies in no folder")?;
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(text)?;
    fresh.write_all(&file.after).map_err(text)?;
    fresh.as_file().set_permissions(permissions).map_err(text)?;
    fresh.as_file().sync_all().map_err(text)?;
    fresh.persist(&path).map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn git_applies_the_diff_and_writing_gives_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["deploy/web app.yaml", "ünder.yaml", "crlf.yaml", "bare.yaml"];
        let before = ["a: 1\nb: 2\n", "x: 1\n", "a: 1\r\nb: 2\r\nc: 3\r\n", "a: 1\nb: 2"];
        let after = ["a: 1\nb: 3\n", "x: 1\ny: 2\n", "a: 1\r\nb: 5\r\nc: 3\r\n", "a: 1\nb: 9"];
        let mut files = BTreeMap::new();
        std::fs::create_dir(folder.path().join("deploy")).unwrap();
        for ((name, before), after) in names.iter().zip(before).zip(after) {
            let path = folder.path().join(name);
            std::fs::write(&path, before).unwrap();
            let mended = Mended { before: before.into(), after: after.as_bytes().into() };
            files.insert((*name).to_owned(), mended);
        }
        let path_of = |name: &str| Some(folder.path().join(name));
        let patch = folder.path().join("x.patch");
        std::fs::write(&patch, diff(&files).unwrap()).unwrap();
        let mut git = std::process::Command::new("git");
        let status = git.current_dir(&folder).env("GIT_CEILING_DIRECTORIES", "/").args(["apply", "x.patch"]).status();
        assert!(status.unwrap().success(), "{}", std::fs::read_to_string(&patch).unwrap());
        let shown = || names.map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
        assert_eq!(shown(), after);
        assert!(write(&files, path_of).unwrap_err().contains("has changed"));
        for (name, before) in names.iter().zip(before) {
            std::fs::write(folder.path().join(name), before).unwrap();
        }
        write(&files, path_of).unwrap();
        assert_eq!(shown(), after);
    }

    #[test]
    fn paths_are_quoted_as_git_does() {
        assert_eq!(quoted("a/", "deploy/web app.yaml"), "a/deploy/web app.yaml");
        assert_eq!(quoted("b/", "a\"é"), "\"b/a\\\"\\303\\251\"");
    }
}
