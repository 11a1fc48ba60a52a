//! The file of known findings: read, written, and what is left of it told.

use std::path::{Path, PathBuf};

use canpull_core::baseline::Baseline;
use canpull_core::render::count;
use canpull_core::report::BaselineUse;
use canpull_core::{Options, Report};

use crate::args::CheckArgs;
use crate::bytes::read_bounded;
use crate::codes;
use crate::output::{self, Sink};
use crate::progress::Progress;
use crate::project::Project;

/// Its name where none is given.
const NAME: &str = "canpull-baseline.json";
/// Stale entries that are named; of more only the count is told.
const MOST_NAMED: usize = 10;

/// Reads the baseline that the arguments name.
pub(crate) fn read(path: Option<&Path>) -> Result<Option<Baseline>, String> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display();
    let bytes = read_bounded(path).map_err(|reason| format!("{name}: {reason}"))?.bytes;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: not a baseline: invalid UTF-8"))?;
    Baseline::parse(&text).map(Some).map_err(|reason| format!("{name}: {reason}"))
}

/// Writes all findings to the baseline, and says how it changed.
pub(crate) fn write(args: &CheckArgs, project: &Project, progress: &Progress) -> Result<u8, String> {
    let path = args.baseline.clone().unwrap_or_else(|| project.root.join(NAME));
    let before = if path.is_file() { read(Some(&path))? } else { None };
    let report = project.analyse(&Options::default(), &std::collections::BTreeMap::new(), progress)?.report;
    let baseline = Baseline::of(&report);
    let mut sink = Sink::open(Some(&path))?;
    sink.write(&baseline.text())?;
    sink.close()?;
    let entries = if baseline.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", baseline.len()) };
    let change = before.map(|before| change(&before, &baseline)).unwrap_or_default();
    output::note(&format!("wrote {entries} to {}{change}", path.display()));
    Ok(codes::CLEAN)
}

fn change(before: &Baseline, now: &Baseline) -> String {
    match (before.len(), now.len()) {
        (before, now) if before > now => format!(", {} fewer than before", before - now),
        (before, now) if before < now => format!(", {} more than before", now - before),
        _ => String::new(),
    }
}

/// Says which entries nothing is left of: a baseline should shrink.
pub(crate) fn tell_stale(report: &Report) {
    let Some(BaselineUse { stale, .. }) = report.baseline.as_ref().filter(|used| !used.stale.is_empty()) else {
        return;
    };
    let named: Vec<String> = stale.iter().take(MOST_NAMED).map(|entry| format!("\n  {entry}")).collect();
    let rest = stale.len().saturating_sub(MOST_NAMED);
    let rest = if rest > 0 { format!("\n  and {rest} more") } else { String::new() };
    let what = count(stale.len(), "finding");
    output::note(&format!(
        "{what} of the baseline no longer there; --write-baseline makes it smaller:{}{rest}",
        named.concat()
    ));
}

/// Where the baseline is, for those who watch files.
pub(crate) fn path(args: &CheckArgs) -> Option<PathBuf> {
    args.baseline.as_ref().and_then(|path| path.canonicalize().ok())
}
