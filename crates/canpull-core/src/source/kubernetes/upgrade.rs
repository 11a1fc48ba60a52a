//! The edits that take a workload to the API version in place of one that was removed.

use canpull_syntax::edit::Edit;
use canpull_syntax::{Kind, Node, TextRange};

use super::super::retype::quoted_as;
use super::object::Reader;
use crate::fact::RemovedApi;

/// The labels that a workload's pods carry.
const LABELS: [&str; 4] = ["spec", "template", "metadata", "labels"];

/// Writes the version that took the place of a removed one, and the selector that `apps/v1` asks for. Empty where the
/// version is not the object's own: a list implies it, or an alias or a merge key brings it.
pub(super) fn edits(reader: &Reader<'_>, object: Node<'_>, removed: RemovedApi) -> Vec<Edit> {
    let is_own = |version: &Node<'_>| !version.is_alias() && object.range().contains(version.range());
    let own = object.get("apiVersion").filter(is_own);
    let Some(version) = own else { return Vec::new() };
    let Some(text) = quoted_as(version.raw(), removed.replacement) else { return Vec::new() };
    let selector = (removed.replacement == "apps/v1").then(|| selector(reader, object)).flatten();
    [Edit { range: version.range(), text }].into_iter().chain(selector).collect()
}

/// The edit that selects the pods of a workload by all their labels, as the older versions did by themselves; `None` where
/// a selector is written, or no place for it or no labels are certain.
fn selector(reader: &Reader<'_>, object: Node<'_>) -> Option<Edit> {
    let spec = object.get("spec").filter(|spec| spec.entry("selector").is_none())?;
    let labels = object.at(&LABELS).filter(|labels| labels.kind() == Kind::Map && !labels.is_alias())?;
    let pair = |key: Node<'_>, value: Node<'_>| {
        let plain = value.as_str().is_some() && !value.is_alias() && !value.raw().contains('\n');
        plain.then(|| format!("{}: {}", key.raw(), value.raw()))
    };
    let pairs = labels.written_entries().map(|entry| pair(entry.key, entry.value)).collect::<Option<Vec<_>>>()?;
    let (at, separator) = reader.layout.place(spec, &["template"]).filter(|_| !pairs.is_empty())?;
    let text = if spec.is_flow() {
        format!("\"selector\": {{\"matchLabels\": {{{}}}}}{separator}", pairs.join(", "))
    } else {
        let indent = reader.layout.column(at)?;
        let line =
            |deeper: usize, text: &str| format!("{}{}{text}", reader.layout.newline, " ".repeat(indent + deeper));
        let labels: String = pairs.iter().map(|pair| line(4, pair)).collect();
        format!("selector:{}{labels}{separator}", line(2, "matchLabels:"))
    };
    Some(Edit { range: TextRange::empty(at), text })
}
