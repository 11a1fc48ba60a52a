//! Pod specs that the API server refuses for their shape: a text or a map where a list of maps belongs, and the like.

use canpull_syntax::{Kind, Node, Span};

use super::object::{Reader, is_placeholder};
use crate::fact::{FileFacts, SourceProblem};

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

fn fault<'t>(node: Node<'t>, path: &[&str]) -> Option<(Node<'t>, String)> {
    let mut spec = node;
    for key in path {
        spec = spec.get(key)?;
        if is_other(spec, Kind::Map) {
            return Some((spec, format!("`{key}` must be a map")));
        }
    }
    LISTS.iter().find_map(|key| {
        let list = spec.get(key)?;
        if is_other(list, Kind::List) {
            return Some((list, format!("`{key}` must be a list")));
        }
        let item = list.items().find(|item| is_other(*item, Kind::Map))?;
        Some((item, format!("each item of `{key}` must be a map")))
    })
}

/// Whether something else is written where a kind belongs, and nothing that is filled in or left out.
fn is_other(node: Node<'_>, kind: Kind) -> bool {
    let elided = || node.text().is_some_and(|text| text.chars().all(|c| matches!(c, '.' | '…')));
    !matches!(node.kind(), Kind::Opaque) && node.kind() != kind && !node.is_null() && !is_placeholder(node) && !elided()
}
