//! Templates that something renders before Kubernetes reads them: Helm's, Go's, Jinja's.

use canpull_syntax::{TextRange, to_offset};

use crate::fact::{FileFacts, UnresolvedFact};

/// Marks that open a template's action.
const MARKS: [&str; 2] = ["{{", "{%"];

/// The first template mark in a text, as an offset.
pub(super) fn mark(text: &str) -> Option<usize> {
    MARKS.iter().filter_map(|mark| text.find(mark)).min()
}

/// Whether the file is one of a chart's templates: it is read once the chart is rendered.
pub(super) fn in_chart(path: &str, text: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| folder == "templates") && mark(text).is_some()
}

/// Notes a template that is not read. Only what would be Kubernetes objects is worth a word.
pub(super) fn pass_over(text: &str, facts: &mut FileFacts) {
    if !claims_kubernetes(text) {
        return;
    }
    facts.recognised = true;
    let start = to_offset(mark(text).unwrap_or(0));
    let what = if text.contains("{%") { "template" } else { "Helm template" };
    let range = TextRange::new(start, start.saturating_add(2));
    facts.unresolved.push(UnresolvedFact { range, what });
}

/// Whether a document's text says that it is a Kubernetes object: both keys at the left edge, or in JSON.
pub(super) fn claims_kubernetes(text: &str) -> bool {
    let block = |key: &str| text.lines().any(|line| line.starts_with(key));
    (block("apiVersion:") && block("kind:")) || (text.contains("\"apiVersion\"") && text.contains("\"kind\""))
}
