//! Objects that the API server refuses for their shape: a text or a map where a list of maps belongs, and the like.

use canpull_syntax::{Kind, Node, Span, Value};

use super::object::{Reader, is_placeholder};
use crate::fact::{Field, FileFacts, ObjectMeta, SourceProblem, Why};

/// Lists of maps below a pod spec.
const LISTS: [&str; 4] = ["containers", "initContainers", "ephemeralContainers", "volumes"];

/// Notes the first place at which an object of a built-in kind misses the shape of a pod, on the way to its spec or in it, and
/// tells of it.
pub(super) fn check(
    reader: &Reader<'_>,
    node: Node<'_>,
    path: &[&str],
    facts: &mut FileFacts,
) -> Option<(String, Span)> {
    let (at, wanted) = fault(node, path)?;
    let span = reader.span(at);
    let message = format!("{wanted}, or the API server refuses the object");
    facts.problems.push(SourceProblem { range: span.range, message, fatal: true, kubectl_only: false });
    Some((wanted, span))
}

/// Whether the API server refuses an object for its name: one that is no text, of which it tells, or none. What wraps an object
/// may name it.
pub(super) fn is_nameless(meta: &ObjectMeta, depth: u8, facts: &mut FileFacts) -> bool {
    let Field::Unknown(Why::NotText, span) = meta.name else { return meta.name.is_absent() && depth == 0 };
    let message = "`name` must be a text, or the API server refuses the object".to_owned();
    facts.problems.push(SourceProblem { range: span.range, message, fatal: true, kubectl_only: false });
    true
}

fn fault<'t>(node: Node<'t>, path: &[&str]) -> Option<(Node<'t>, String)> {
    let mut spec = node;
    for key in path {
        spec = spec.get(key)?;
        if is_other(spec, Kind::Map) {
            return Some((spec, format!("`{key}` must be a map")));
        }
    }
    let account = ["serviceAccountName", "serviceAccount"].iter().find_map(|key| not_text(spec, key));
    account.or_else(|| LISTS.iter().find_map(|key| list_fault(spec, key))).or_else(|| {
        let entries = spec.get("imagePullSecrets")?;
        entries.items().find_map(|entry| not_text(entry, "name"))
    })
}

fn list_fault<'t>(spec: Node<'t>, key: &str) -> Option<(Node<'t>, String)> {
    let list = spec.get(key)?;
    if is_other(list, Kind::List) {
        return Some((list, format!("`{key}` must be a list")));
    }
    if let Some(item) = list.items().find(|item| is_other(*item, Kind::Map)) {
        return Some((item, format!("each item of `{key}` must be a map")));
    }
    list.items().find_map(|item| not_text(item, "image"))
}

/// A number or a truth value in place of a text: no client makes a text of it.
fn not_text<'t>(map: Node<'t>, key: &str) -> Option<(Node<'t>, String)> {
    let value = map.get(key)?;
    let is_other = matches!(value.value(), Some(Value::Int(_) | Value::Float(_) | Value::Bool(_)));
    is_other.then(|| (value, format!("`{key}` must be a text, in quotes")))
}

/// The image for which the API server refuses a pod, whatever its other containers run; a template may be filled in later.
pub(super) fn refused_image(reader: &Reader<'_>, pod: Node<'_>) -> Option<(String, Span)> {
    let spec = pod.get("spec")?;
    let containers = LISTS.iter().filter_map(|key| spec.get(key)).flat_map(Node::items);
    let image = containers
        .filter_map(|container| container.get("image"))
        .find(|image| image.text().is_some_and(|text| text.trim() != text || text.is_empty()) && !image.is_null())?;
    Some(("a container's image must not be empty, or begin or end in a blank".to_owned(), reader.span(image)))
}

/// Whether something else is written where a kind belongs, and nothing that is filled in or left out.
fn is_other(node: Node<'_>, kind: Kind) -> bool {
    let elided = || node.text().is_some_and(|text| text.chars().all(|c| matches!(c, '.' | '…')));
    !matches!(node.kind(), Kind::Opaque) && node.kind() != kind && !node.is_null() && !is_placeholder(node) && !elided()
}
