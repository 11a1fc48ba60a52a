//! What is wrong with the form of a configuration, found by holding the tree against the schema.

use std::collections::BTreeSet;

use canpull_syntax::{Kind, Node};
use serde_json::{Map, Value};

use super::Errors;

/// Reports whatever the schema does not allow; an unknown key with the nearest that it knows.
pub(super) fn check(node: Node<'_>, schema: &Value, errors: &mut Errors<'_>) {
    Form { whole: schema, errors }.walk(node, schema, "");
}

struct Form<'v, 'e, 'a> {
    whole: &'v Value,
    errors: &'e mut Errors<'a>,
}

impl<'v> Form<'v, '_, '_> {
    /// Holds what stands under a key against its part of the schema.
    fn walk(&mut self, node: Node<'_>, part: &'v Value, key: &str) {
        let part = self.resolved(part);
        let is_nothing = node.is_null();
        match part.get("type").and_then(Value::as_str) {
            Some("object") if is_nothing || node.kind() == Kind::Map => self.map(node, part, key),
            Some("object") => self.expected("a map", node, key),
            Some("array") if is_nothing || node.kind() == Kind::List => {
                let items = part.get("items").unwrap_or(&Value::Null);
                node.items().for_each(|item| self.walk(item, items, key));
            }
            Some("array") => self.expected("a list", node, key),
            Some("boolean") if node.as_bool().is_none() => self.expected("true or false", node, key),
            Some("boolean") => {}
            _ => self.scalar(node, part, key),
        }
    }

    fn map(&mut self, node: Node<'_>, part: &'v Value, key: &str) {
        let Some(properties) = part.get("properties").and_then(Value::as_object) else {
            let values = part.get("additionalProperties").unwrap_or(&Value::Null);
            return node.written_entries().for_each(|entry| self.walk(entry.value, values, &entry.name()));
        };
        self.properties(node, properties, key);
        // An unknown key may be the one that is missing.
        let required = part.get("required").filter(|_| self.errors.found.is_empty());
        let required = required.and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| node.get(name).is_none()) {
            self.errors.add(node.range(), format!("the key `{name}` is missing{}", within(key)));
        }
    }

    fn properties(&mut self, node: Node<'_>, properties: &'v Map<String, Value>, key: &str) {
        let mut seen = BTreeSet::new();
        for entry in node.written_entries() {
            let name = entry.name();
            if let Some(property) = properties.get(&*name) {
                self.walk(entry.value, property, &name);
            } else {
                let hint = hint(&name, properties.keys().map(String::as_str));
                self.errors.add(entry.key.range(), format!("unknown key `{name}`{}{hint}", within(key)));
            }
            if let Some(name) = seen.replace(name) {
                self.errors.add(entry.key.range(), format!("the key `{name}` stands here twice"));
            }
        }
    }

    fn scalar(&mut self, node: Node<'_>, part: &'v Value, key: &str) {
        let Some(text) = node.text() else { return self.expected("text", node, key) };
        let Some(choices) = part.get("oneOf").and_then(Value::as_array) else { return };
        let known = || choices.iter().filter_map(|choice| choice.get("const")?.as_str());
        if !known().any(|known| known == text) {
            let hint = hint(&text, known());
            self.errors.add(node.range(), format!("unknown value `{text}`{}{hint}", within(key)));
        }
    }

    fn expected(&mut self, what: &str, node: Node<'_>, key: &str) {
        self.errors.add(node.range(), format!("expected {what}{}", within(key)));
    }

    fn resolved(&self, part: &'v Value) -> &'v Value {
        let target = part.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        target.and_then(|pointer| self.whole.pointer(pointer)).unwrap_or(part)
    }
}

fn within(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(" under `{key}`") }
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
