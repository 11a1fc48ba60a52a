//! Applies the edits that findings offer, until nothing more changes, and writes them or shows them as a diff.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use canpull_core::Options;
use canpull_core::diagnostic::{Applicability, Change};
use canpull_syntax::edit::{self, Edit};
use canpull_syntax::{FileId, LineIndex};

use crate::output;
use crate::progress::Progress;
use crate::run::{Analysis, Project, Source, stamp};

/// One mended defect may uncover the next; this many rounds settle any sane file.
const MOST_ROUNDS: usize = 10;

/// Which fixes may be applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Allowed {
    /// Those that keep what the author meant.
    Safe,
    /// Also those that change what is granted or used.
    Unsafe,
}

impl Allowed {
    const fn covers(self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => matches!(self, Self::Unsafe),
            Applicability::DisplayOnly => false,
        }
    }
}

/// A file before and after.
pub(crate) struct Mended {
    path: Option<PathBuf>,
    before: Vec<u8>,
    after: Arc<[u8]>,
}

/// What fixing comes to; nothing is written yet.
pub(crate) struct Outcome {
    /// Changed files by name.
    pub(crate) files: BTreeMap<String, Mended>,
    /// Fixes applied.
    pub(crate) applied: usize,
    /// Why fixes were left out.
    pub(crate) skipped: Vec<String>,
    /// The analysis of the files as they are then.
    pub(crate) analysis: Analysis,
}

impl Outcome {
    /// Whether nothing would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// Applies fixes in memory and analyses anew until the files are stable.
pub(crate) fn mend(
    project: &Project,
    options: &Options,
    allowed: Allowed,
    progress: &Progress,
) -> Result<Outcome, String> {
    let mut analysis = project.analyse(options, &BTreeMap::new(), progress)?;
    let mut files: BTreeMap<String, Mended> = BTreeMap::new();
    let (mut applied, mut skipped) = (0, Vec::new());
    for _ in 0..MOST_ROUNDS {
        let (edits, count) = chosen(&analysis, allowed);
        let mut changed = false;
        for (id, edits) in edits {
            match edited(&analysis, id, &edits) {
                Ok(Some((name, before, after))) => {
                    changed = true;
                    let path = analysis.sources.get(id.0 as usize).and_then(Source::path).map(PathBuf::from);
                    match files.get_mut(&name) {
                        Some(mended) => mended.after = after,
                        None => {
                            files.insert(name, Mended { path, before, after });
                        }
                    }
                }
                Ok(None) => {}
                Err(reason) => {
                    if !skipped.contains(&reason) {
                        skipped.push(reason);
                    }
                }
            }
        }
        if !changed {
            break;
        }
        applied += count;
        let now: BTreeMap<_, _> = files.iter().map(|(name, file)| (name.clone(), file.after.clone())).collect();
        analysis = project.analyse(options, &now, progress)?;
    }
    files.retain(|_, file| *file.before != *file.after);
    Ok(Outcome { files, applied, skipped, analysis })
}

/// The edits of this round, by file and in order. Fixes that overlap an earlier one wait for the next round, whole.
fn chosen(analysis: &Analysis, allowed: Allowed) -> (BTreeMap<FileId, Vec<Edit>>, usize) {
    let mut taken: BTreeMap<FileId, BTreeMap<(u32, u32), Edit>> = BTreeMap::new();
    let mut fixes = 0;
    for finding in &analysis.report.diagnostics {
        let usable = finding.fixes.iter().find_map(|fix| match &fix.change {
            Change::Edits(edits) if allowed.covers(fix.applicability) && !edits.is_empty() => Some(edits),
            _ => None,
        });
        let Some(edits) = usable else { continue };
        if edits.iter().all(|(file, edit)| taken.get(file).is_none_or(|taken| is_free(taken, edit))) {
            for (file, edit) in edits {
                let key = (edit.range.start, edit.range.end);
                taken.entry(*file).or_default().insert(key, edit.clone());
            }
            fixes += 1;
        }
    }
    let in_order = taken.into_iter().map(|(file, edits)| (file, edits.into_values().collect()));
    (in_order.collect(), fixes)
}

/// Whether an edit keeps off those that are taken; two at one place do not, for their order would be chance.
fn is_free(taken: &BTreeMap<(u32, u32), Edit>, edit: &Edit) -> bool {
    let (start, end) = (edit.range.start, edit.range.end);
    let before = taken.range(..=(start, u32::MAX)).next_back();
    let after = taken.range((start, 0)..).next();
    before.is_none_or(|(&(from, to), _)| to <= start && (from, to) != (start, end) && from != start)
        && after.is_none_or(|(&(from, _), _)| end <= from && from != start)
}

type Edited = Option<(String, Vec<u8>, Arc<[u8]>)>;

/// A file with the edits applied, its byte-order mark kept.
fn edited(analysis: &Analysis, id: FileId, edits: &[Edit]) -> Result<Edited, String> {
    let index = id.0 as usize;
    let (Some(file), Some(source)) = (analysis.report.files.get(index), analysis.sources.get(index)) else {
        return Ok(None);
    };
    let name = file.path.clone();
    let bytes = source.bytes().ok_or_else(|| format!("{name}: not fixed: the file has changed since it was read"))?;
    let (mark, text) = match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return Err(format!("{name}: not fixed: fixes are written in UTF-8 only"));
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => ("\u{FEFF}", rest),
        rest => ("", rest),
    };
    let Ok(text) = std::str::from_utf8(text) else { return Ok(None) };
    Ok(edit::apply(text, edits).map(|after| {
        let after = format!("{mark}{after}");
        (name, bytes.clone(), after.into_bytes().into())
    }))
}

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
        let lines = LineIndex::new(text);
        let line = |offset: u32| lines.position(offset).line as usize;
        let secrets = canpull_core::secrets(name, text);
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
pub(crate) fn write(files: &BTreeMap<String, Mended>) -> Result<(), String> {
    for (name, file) in files {
        match &file.path {
            Some(path) => replace(path, file).map_err(|reason| format!("{name}: not fixed: {reason}"))?,
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
    use canpull_syntax::TextRange;

    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { range: TextRange::new(start, end), text: text.to_owned() }
    }

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
            let mended = Mended { path: Some(path), before: before.into(), after: after.as_bytes().into() };
            files.insert((*name).to_owned(), mended);
        }
        let patch = folder.path().join("x.patch");
        std::fs::write(&patch, diff(&files).unwrap()).unwrap();
        let mut git = std::process::Command::new("git");
        let status = git.current_dir(&folder).env("GIT_CEILING_DIRECTORIES", "/").args(["apply", "x.patch"]).status();
        assert!(status.unwrap().success(), "{}", std::fs::read_to_string(&patch).unwrap());
        let shown = || names.map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
        assert_eq!(shown(), after);
        assert!(write(&files).unwrap_err().contains("has changed"));
        for (name, before) in names.iter().zip(before) {
            std::fs::write(folder.path().join(name), before).unwrap();
        }
        write(&files).unwrap();
        assert_eq!(shown(), after);
    }

    #[test]
    fn overlapping_edits_wait() {
        let taken: BTreeMap<_, _> =
            [edit(2, 4, ""), edit(8, 8, "x")].map(|edit| ((edit.range.start, edit.range.end), edit)).into();
        for (start, end, free) in
            [(0, 2, true), (4, 8, true), (4, 4, true), (3, 5, false), (2, 2, false), (0, 9, false), (8, 8, false)]
        {
            assert_eq!(is_free(&taken, &edit(start, end, "")), free, "{start}..{end}");
        }
    }

    #[test]
    fn paths_are_quoted_as_git_does() {
        assert_eq!(quoted("a/", "deploy/web app.yaml"), "a/deploy/web app.yaml");
        assert_eq!(quoted("b/", "a\"é"), "\"b/a\\\"\\303\\251\"");
    }
}
