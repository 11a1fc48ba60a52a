//! Secrets: type and the values that can hold a docker config. Every value is masked in all output.

use std::collections::BTreeMap;

use canpull_syntax::{FileId, Node, Span};

use super::{field, why_no_text};
use crate::fact::{Field, FileFacts, ObjectMeta, SecretFact, SecretValue, Sensitive, Why};
use crate::placeholder;

/// The keys whose values are kept for decoding.
const KEPT: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// Reads a Secret; `stringData` wins over `data`, as the API server merges them.
pub(super) fn read(file: FileId, node: Node<'_>, object: ObjectMeta, facts: &mut FileFacts) {
    let mut values: BTreeMap<String, SecretValue> = BTreeMap::new();
    for (key, encoded) in [("data", true), ("stringData", false)] {
        for entry in node.get(key).into_iter().flat_map(Node::entries) {
            facts.masked.push(entry.value.range());
            let name = entry.name().into_owned();
            let span = Span::new(file, entry.value.range());
            let value = if KEPT.contains(&name.as_str()) { value(entry.value, span) } else { Field::Absent(span) };
            let key_span = Span::new(file, entry.key.range());
            values.insert(name.clone(), SecretValue { key: name, key_span, value, encoded });
        }
    }
    let values = values.into_values().collect();
    let hidden = node.get("sops").map(|_| Why::Encrypted);
    facts.secrets.push(SecretFact { secret_type: field(file, node, "type"), object, values, hidden });
}

fn value(node: Node<'_>, span: Span) -> Field<Sensitive> {
    match node.text() {
        None => Field::Unknown(why_no_text(node), span),
        Some(text) if text.starts_with("ENC[") => Field::Unknown(Why::Encrypted, span),
        Some(text) if placeholder::is_whole(&text) => Field::Unknown(Why::Placeholder, span),
        Some(text) => Field::Known(Sensitive::new(text), span),
    }
}
