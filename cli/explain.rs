//! `canpull explain`: the proof of each pull that matches.

use std::collections::BTreeMap;

use canpull_core::Options;
use canpull_core::render::{self, Paint};

use crate::args::InputArgs;
use crate::codes;
use crate::output;
use crate::progress::Progress;
use crate::project::Project;

/// Runs `explain`.
pub(crate) fn explain(pattern: &str, input: &InputArgs) -> Result<u8, String> {
    let project = Project::find(input)?;
    let progress = Progress::new(!input.files.no_progress && !input.files.quiet);
    let report = project.analyse(&Options::default(), &BTreeMap::new(), &progress)?.report;
    let paint = Paint { color: output::colored(input.files.color), columns: output::columns().unwrap_or(usize::MAX) };
    output::print(&render::explain(&report, pattern, &paint)?).map(|()| codes::CLEAN)
}
