//! `canpull graph`: who pulls what from where, and by which routes.

use std::collections::BTreeMap;

use canpull_core::Options;
use canpull_core::render::graph::GraphFormat;

use crate::args::InputArgs;
use crate::codes;
use crate::output;
use crate::progress::Progress;
use crate::project::Project;

/// Runs `graph`.
pub(crate) fn print(format: &str, input: &InputArgs) -> Result<u8, String> {
    let format = GraphFormat::find(format).ok_or("there is no such form of the graph")?;
    let project = Project::find(input)?;
    let progress = Progress::new(!input.files.no_progress && !input.files.quiet);
    let report = project.analyse(&Options::default(), &BTreeMap::new(), &progress)?.report;
    output::print(&(format.render)(&report)).map(|()| codes::CLEAN)
}
