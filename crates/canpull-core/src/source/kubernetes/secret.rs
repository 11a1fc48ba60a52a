//! Secrets: type and the values that can hold a docker config. Every value is masked in all output.

use std::collections::BTreeSet;

use canpull_syntax::edit::Edit;
use canpull_syntax::{Kind, Node, Span, order};

use super::super::retype;
use super::object::{Reader, is_placeholder, is_template};
use super::producer;
use crate::fact::{Field, FileFacts, ObjectMeta, SecretFact, SecretValue, Sensitive, Why};
use crate::placeholder;

/// The keys whose values are kept for decoding: the two that count, and near misses that were meant to.
const KEPT: [&str; 8] = [
    ".dockerconfigjson",
    ".dockercfg",
    "dockerconfigjson",
    "dockercfg",
    "config.json",
    ".dockerconfig",
    ".dockerconfig.json",
    "dockerconfig.json",
];

/// Annotations that say that a controller fills the secret in, or copies another into it.
const FILLED: [&str; 3] = [
    "secretgen.carvel.dev/image-pull-secret",
    "replicator.v1.mittwald.de/replicate-from",
    "reflector.v1.k8s.emberstack.com/reflects",
];

/// Reads a Secret; `stringData` wins over `data`, as the API server merges them.
pub(super) fn read(reader: &Reader<'_>, node: Node<'_>, object: ObjectMeta, facts: &mut FileFacts) {
    mask(node, facts);
    let mut values: Vec<SecretValue> = Vec::new();
    let mut others: Vec<SecretValue> = Vec::new();
    let mut not_text = None;
    let secret_type = reader.field(node, "type");
    // Of other types no content matters.
    let pulls = secret_type.text().is_some_and(|own| own.starts_with("kubernetes.io/dockerc"));
    let clear = node.get("stringData").map(Node::entries).unwrap_or_default();
    let clear: BTreeSet<String> = order::gather(clear.iter().map(|entry| entry.name().into_owned()));
    for (key, encoded) in [("data", true), ("stringData", false)] {
        for entry in node.get(key).map(Node::entries).unwrap_or_default() {
            let key = entry.name().into_owned();
            let (span, key_span) = (reader.span(entry.value), reader.span(entry.key));
            if not_text.is_none() && !may_be_text(entry.value) {
                not_text = Some(span);
            }
            let (overridden, kept) = (encoded && clear.contains(&key), KEPT.contains(&key.as_str()));
            if encoded && pulls && (overridden || !kept) {
                let value = value(entry.value, span);
                others.push(SecretValue { key: key.clone(), key_span, value, encoded });
            }
            if !overridden {
                let value = if kept { value(entry.value, span) } else { Field::Absent(span) };
                values.push(SecretValue { key, key_span, value, encoded });
            }
        }
    }
    let annotations = node.at(&["metadata", "annotations"]);
    let filled = FILLED.iter().any(|key| annotations.is_some_and(|annotations| annotations.get(key).is_some()));
    let encrypted = values.iter().any(|value| matches!(value.value, Field::Unknown(Why::Encrypted, _)));
    let hidden = if node.get("sops").is_some() || encrypted {
        Some(Why::Encrypted)
    } else {
        filled.then_some(Why::FilledAtRunTime)
    };
    producer::copies(reader, node, &object, facts);
    // What is encrypted is signed as a whole, and a dump of a cluster is made anew.
    let may_edit = hidden != Some(Why::Encrypted) && !object.live;
    let keys = values.iter().map(|value| value.key.as_str());
    let retype = retype::in_map(&reader.layout, node, &["data", "stringData"], keys).filter(|_| may_edit);
    let to_clear = to_clear(node).filter(|_| may_edit);
    facts.secrets.push(SecretFact { object, secret_type, values, others, not_text, hidden, retype, to_clear });
}

/// Whether a value is a text, as each of a Secret has to be, or nothing, or may come to be one.
fn may_be_text(value: Node<'_>) -> bool {
    match value.kind() {
        Kind::Scalar => value.as_str().is_some() || value.is_null(),
        Kind::Opaque => true,
        Kind::Map | Kind::List => is_placeholder(value),
    }
}

/// Calls `data` `stringData`, where one value stands under it and no other beside it.
fn to_clear(node: Node<'_>) -> Option<Edit> {
    let entry = node.entry("data").filter(|_| node.entry("stringData").is_none())?;
    let key = entry.key.range();
    let own = node.range().contains(entry.range()) && !node.is_alias() && !entry.value.is_alias();
    let single = entry.value.written_entries().count() == 1;
    let text = entry.key.raw().replace("data", "stringData");
    (own && single).then_some(Edit { range: key, text })
}

/// Masks every value, however it is written, and the copy of the whole object that `kubectl apply` leaves behind.
pub(super) fn mask(node: Node<'_>, facts: &mut FileFacts) {
    for key in ["data", "stringData"] {
        if let Some(values) = node.get(key) {
            mask_values(values, facts);
        }
    }
    let applied = node.at(&["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"]);
    facts.masked.extend(applied.map(Node::range));
}

/// Masks all values of a map; anything else as a whole.
pub(super) fn mask_values(values: Node<'_>, facts: &mut FileFacts) {
    let mut found = false;
    // Duplicates count as well: they are as secret as the value that wins.
    for entry in values.written_entries() {
        found = true;
        facts.masked.push(entry.value.range());
    }
    for entry in values.entries() {
        facts.masked.push(entry.value.range());
    }
    if !found {
        facts.masked.push(values.range());
    }
}

fn value(node: Node<'_>, span: Span) -> Field<Sensitive> {
    match node.text() {
        _ if node.is_null() => Field::Known(Sensitive::new(""), span),
        None => Field::Unknown(if is_template(node) { Why::Placeholder } else { Why::NotText }, span),
        Some(text) if placeholder::is_encrypted(&text) => Field::Unknown(Why::Encrypted, span),
        Some(text) if placeholder::is_whole(&text) => Field::Unknown(Why::Placeholder, span),
        Some(text) => Field::Known(Sensitive::new(text), span),
    }
}
