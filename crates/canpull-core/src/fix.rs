//! Applies the edits that findings offer, in memory, until nothing more changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use canpull_syntax::edit::{self, Edit};
use canpull_syntax::{FileId, order, yaml};

use crate::diagnostic::{Applicability, Change, Diagnostic};
use crate::report::Report;

/// One mended defect may uncover the next; this many rounds settle any sane file.
const MOST_ROUNDS: usize = 50;

/// Which fixes may be applied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Allowed {
    /// Those that keep what the author meant.
    #[default]
    Safe,
    /// Also those that change what is granted or used.
    Unsafe,
    /// One fix of each of these findings, as an editor or a person chose them, whether safe or not. They are applied
    /// once: what they uncover is for the next choice.
    Chosen(Vec<Choice>),
}

/// A fix that somebody chose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Choice {
    /// Index of the finding in the report.
    pub diagnostic: usize,
    /// Index of the fix in the finding.
    pub fix: usize,
}

impl Allowed {
    const fn covers(&self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => matches!(self, Self::Unsafe),
            Applicability::DisplayOnly => false,
        }
    }

    /// Whether what was chosen is there and can be applied.
    ///
    /// # Errors
    /// Says what is not.
    pub fn check(&self, report: &Report) -> Result<(), String> {
        let Self::Chosen(choices) = self else { return Ok(()) };
        choices.iter().try_for_each(|choice| {
            let finding = report.diagnostics.get(choice.diagnostic);
            let finding = finding.ok_or_else(|| format!("there is no finding {}", choice.diagnostic))?;
            match finding.fixes.get(choice.fix).map(|fix| &fix.change) {
                Some(Change::Edits(_)) => Ok(()),
                Some(Change::Command(_)) => Err("it is a command that a person has to run".to_owned()),
                None => Err(format!("finding {} has no fix {}", choice.diagnostic, choice.fix)),
            }
        })
    }

    /// The edits of each fix that is to be applied, in order.
    fn fixes<'r>(&self, report: &'r Report) -> Vec<&'r [(FileId, Edit)]> {
        let edits = |change: &'r Change| match change {
            Change::Edits(edits) if !edits.is_empty() => Some(edits.as_slice()),
            _ => None,
        };
        let first = |finding: &'r Diagnostic| {
            let mut usable = finding.fixes.iter().filter(|fix| self.covers(fix.applicability));
            usable.find_map(|fix| edits(&fix.change))
        };
        match self {
            Self::Safe | Self::Unsafe => report.diagnostics.iter().filter_map(first).collect(),
            Self::Chosen(choices) => {
                let fix = |choice: &Choice| report.diagnostics.get(choice.diagnostic)?.fixes.get(choice.fix);
                choices.iter().filter_map(fix).filter_map(|fix| edits(&fix.change)).collect()
            }
        }
    }
}

/// A file before and after.
pub struct Mended {
    /// As it was analysed.
    pub before: Vec<u8>,
    /// With the fixes.
    pub after: Arc<[u8]>,
}

/// Files as fixes leave them, by name.
pub type Changed = BTreeMap<String, Arc<[u8]>>;

/// A report, and the files that it was made from.
pub trait Analysis {
    /// What was found.
    fn report(&self) -> &Report;
    /// The bytes that were analysed; `None` where they can no longer be had.
    fn bytes(&self, file: FileId) -> Option<Vec<u8>>;
}

/// What fixing comes to; nothing is written yet.
pub struct Outcome<A> {
    /// Changed files by name.
    pub files: BTreeMap<String, Mended>,
    /// Fixes applied.
    pub applied: usize,
    /// Why fixes were left out.
    pub skipped: Vec<String>,
    /// The analysis of the files as they are then.
    pub analysis: A,
}

/// Applies the fixes of an analysis in memory and analyses anew until the files are stable. `analyse` is told what has
/// changed so far.
///
/// # Errors
/// Those of `analyse`.
pub fn mend<A: Analysis, E>(
    mut analysis: A,
    allowed: &Allowed,
    mut analyse: impl FnMut(&Changed) -> Result<A, E>,
) -> Result<Outcome<A>, E> {
    let mut files: BTreeMap<String, Mended> = BTreeMap::new();
    let (mut applied, mut skipped) = (0, Vec::new());
    let rounds = if matches!(allowed, Allowed::Chosen(_)) { 1 } else { MOST_ROUNDS };
    for _ in 0..rounds {
        let (edits, count) = chosen(analysis.report(), allowed);
        let mut changed = false;
        for (id, edits) in edits {
            match edited(&analysis, id, &edits) {
                Ok(Some((name, before, after))) => {
                    changed = true;
                    match files.get_mut(&name) {
                        Some(mended) => mended.after = after,
                        None => {
                            files.insert(name, Mended { before, after });
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
        analysis = analyse(&order::gather(files.iter().map(|(name, file)| (name.clone(), file.after.clone()))))?;
    }
    files.retain(|_, file| *file.before != *file.after);
    Ok(Outcome { files, applied, skipped, analysis })
}

/// The edits of this round, by file and in order. Fixes that overlap an earlier one wait for the next round, whole.
fn chosen(report: &Report, allowed: &Allowed) -> (BTreeMap<FileId, Vec<Edit>>, usize) {
    let mut taken: BTreeMap<FileId, BTreeMap<(u32, u32), Edit>> = BTreeMap::new();
    let mut fixes = 0;
    for edits in allowed.fixes(report) {
        if edits.iter().all(|(file, edit)| taken.get(file).is_none_or(|taken| is_free(taken, edit))) {
            for (file, edit) in edits {
                let key = (edit.range.start, edit.range.end);
                taken.entry(*file).or_default().insert(key, edit.clone());
            }
            fixes += 1;
        }
    }
    let in_order = taken.into_iter().map(|(file, edits)| (file, edits.into_values().collect()));
    (order::gather(in_order), fixes)
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
fn edited(analysis: &impl Analysis, id: FileId, edits: &[Edit]) -> Result<Edited, String> {
    let Some(file) = analysis.report().files.get(id.0 as usize) else { return Ok(None) };
    let name = file.path.clone();
    let bytes =
        analysis.bytes(id).ok_or_else(|| format!("{name}: not fixed: the file has changed since it was read"))?;
    let (mark, text) = match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return Err(format!("{name}: not fixed: fixes are written in UTF-8 only"));
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => ("\u{FEFF}", rest),
        rest => ("", rest),
    };
    let Ok(text) = std::str::from_utf8(text) else { return Ok(None) };
    let Some(after) = edit::apply(text, edits) else { return Ok(None) };
    if breaks(&name, text, &after) {
        return Err(format!("{name}: not fixed: it would be read otherwise elsewhere"));
    }
    Ok(Some((name, bytes.clone(), format!("{mark}{after}").into_bytes().into())))
}

/// Whether a manifest would no longer be read as it was where nothing was meant to change.
fn breaks(name: &str, before: &str, after: &str) -> bool {
    let manifest = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    let shape = |text: &str| {
        let parsed = yaml::parse(text);
        (parsed.problems.len(), parsed.documents.len())
    };
    manifest && shape(before) != shape(after)
}

#[cfg(test)]
mod tests {
    use canpull_syntax::TextRange;

    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { range: TextRange::new(start, end), text: text.to_owned() }
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
}
