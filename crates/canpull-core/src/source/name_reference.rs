//! Files of a kustomization's `configurations`, which tell kustomize in which fields to follow its changes of names.

use std::borrow::Cow;

use canpull_syntax::Node;

use super::{Format, Input};
use crate::fact::{FileFacts, NameReferenceFact};

/// A list of references, which is no object: it has no API version.
pub(super) struct NameReferences;

impl Format for NameReferences {
    fn detect(&self, _path: &str, text: &str) -> bool {
        text.contains("nameReference") && !text.contains("apiVersion")
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        for (_, root) in input.parsed.roots() {
            let Some(list) = root.get("nameReference") else { continue };
            facts.recognised = true;
            facts.documents += 1;
            facts.name_references.extend(list.items().flat_map(references));
        }
    }
}

/// The fields in which objects of one kind are referred to.
fn references(referred: Node<'_>) -> Vec<NameReferenceFact> {
    let text = |map: Node<'_>, key: &str| map.get(key).and_then(Node::text).map(Cow::into_owned);
    let Some(kind) = text(referred, "kind") else { return Vec::new() };
    let fields = referred.get("fieldSpecs").into_iter().flat_map(Node::items).filter_map(|field| {
        Some(NameReferenceFact {
            referred: kind.clone(),
            group: text(field, "group"),
            kind: text(field, "kind"),
            path: text(field, "path")?,
        })
    });
    fields.collect()
}
