//! Resources of Azure that stand in objects, for an operator to make.

mod aso;
mod crossplane;
mod value;

use canpull_syntax::Node;

use super::object::Reader;
use crate::fact::template::{Named, TemplateFact};
use crate::fact::{Field, FileFacts, ObjectMeta, ProducerFact, Reach};
use value::Writer;

/// Reads a custom resource that stands for a resource of Azure.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    aso::read(reader, group, node, meta, facts);
    crossplane::read(reader, group, node, meta, facts);
}

/// What a `ConfigMap` holds that may be the id of an identity.
pub(super) fn config_map(reader: &Reader<'_>, node: Node<'_>, facts: &mut FileFacts) {
    let writer = Writer::new(reader, node);
    let entries = node.get("data").into_iter().flat_map(Node::written_entries);
    let ids = entries.filter(|entry| entry.value.text().is_some_and(|text| is_guid(&text)));
    let held = ids.map(|entry| Named {
        name: writer.config_key(&writer.name, &entry.name()).into(),
        value: writer.value(entry.value),
    });
    let held: Vec<Named> = held.collect();
    if !held.is_empty() {
        objects(facts).variables.extend(held);
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn objects(facts: &mut FileFacts) -> &mut TemplateFact {
    facts.objects.get_or_insert_default()
}

/// A secret of a certain type that an operator fills, at the place that it is told: `{name, namespace}`.
fn secret_of_type(reader: &Reader<'_>, place: Node<'_>, secret_type: &str, meta: &ObjectMeta) -> ProducerFact {
    let name = reader.field(place, "name");
    let namespace = reader.field(place, "namespace");
    ProducerFact {
        object: meta.clone(),
        reach: Reach::Namespace(if namespace.is_absent() { meta.namespace.clone() } else { namespace }),
        secret_type: Field::Known(secret_type.to_owned(), name.span()),
        keys: None,
        registry: None,
        generator: None,
        rarely_renewed: None,
        needs_mount: None,
        retype: None,
        name,
    }
}
