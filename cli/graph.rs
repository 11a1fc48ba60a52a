//! `canpull graph`: who pulls what from where, and by which routes.

use std::collections::BTreeMap;

use canpull_core::Options;
use canpull_core::render::graph;

use crate::args::{GraphFormat, InputArgs};
use crate::codes;
use crate::output;
use crate::progress::Progress;
use crate::run::Project;

/// Runs `graph`.
pub(crate) fn print(format: GraphFormat, input: &InputArgs) -> Result<u8, String> {
    let project = Project::find(input)?;
    let progress = Progress::new(!input.files.no_progress && !input.files.quiet);
    let options = Options::default();
    let report = project.analyse(&options, &BTreeMap::new(), &progress)?.report;
    let text = match format {
        GraphFormat::Dot => graph::dot(&report),
        GraphFormat::Mermaid => graph::mermaid(&report),
        GraphFormat::Json => graph::graph_json(&report),
        GraphFormat::Svg => graph::svg(&report),
    };
    output::print(&text).map(|()| codes::CLEAN)
}
