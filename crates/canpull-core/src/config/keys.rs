//! Unknown keys of a configuration, found by holding the tree against the schema.

use canpull_syntax::{Kind, Node};
use serde_json::Value;

use super::Errors;

/// Reports every key that the schema does not know, with the nearest that it does.
pub(super) fn check(node: Node<'_>, schema: &Value, errors: &mut Errors<'_>) {
    walk(node, schema, schema, "", errors);
}

fn walk(node: Node<'_>, part: &Value, whole: &Value, path: &str, errors: &mut Errors<'_>) {
    let part = resolved(part, whole);
    match node.kind() {
        Kind::Map => {
            let Some(properties) = part.get("properties").and_then(Value::as_object) else { return };
            for entry in node.written_entries() {
                let name = entry.name();
                if let Some(property) = properties.get(&*name) {
                    walk(entry.value, property, whole, &name, errors);
                } else {
                    let hint = hint(&name, properties.keys().map(String::as_str));
                    let within = if path.is_empty() { String::new() } else { format!(" under `{path}`") };
                    errors.add(entry.key.range(), format!("unknown key `{name}`{within}{hint}"));
                }
            }
        }
        Kind::List => {
            if let Some(items) = part.get("items") {
                node.items().for_each(|item| walk(item, items, whole, path, errors));
            }
        }
        _ => {}
    }
}

fn resolved<'v>(part: &'v Value, whole: &'v Value) -> &'v Value {
    let target = part.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
    target.and_then(|pointer| whole.pointer(pointer)).unwrap_or(part)
}

/// `; did you mean …?` where a known name is near, else all the known names where they are few.
pub(super) fn hint<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(written, known.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if known.len() <= 8 => format!("; known are {}", known.join(", ")),
        None => String::new(),
    }
}

/// The known name that is a slip of the hand away from `written`.
pub fn nearest<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = |name: &'n str| Some((strsim::damerau_levenshtein(written, name), name));
    let most = (written.chars().count() / 3).max(1);
    known.filter_map(near).filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// `; did you mean …?` where one of the known names is near.
pub fn did_you_mean<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> String {
    nearest(written, known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
