//! The facts of scripts and pipelines as text.

use std::fmt::Write as _;

use canpull_core::fact::script::SlipKind;

use super::azure::{at, principal, resource};
use super::{Source, field};

pub(super) fn print(source: &Source<'_>, out: &mut String) {
    let script = &source.facts.script;
    for fact in &script.secrets {
        let (name, namespace) = (field(&fact.name), field(&fact.namespace));
        writeln!(out, "script-secret{} {namespace}/{name} type {}", at(source, fact.span), field(&fact.secret_type))
            .unwrap();
        let registry = fact.registry.as_ref().map(|own| format!(" of {}", resource(own))).unwrap_or_default();
        writeln!(out, "  server {}{registry} user {}", field(&fact.server), principal(&fact.user)).unwrap();
        if let Some(keys) = &fact.keys {
            writeln!(out, "  keys {}", keys.join(",")).unwrap();
        }
        if fact.short_lived.is_some() {
            writeln!(out, "  short-lived").unwrap();
        }
    }
    for fact in &script.account_patches {
        let (name, namespace) = (field(&fact.name), field(&fact.namespace));
        let secrets: Vec<String> = fact.secrets.iter().map(field).collect();
        let how = match (fact.deletes, fact.resets) {
            (true, _) => "deletes",
            (_, true) => "replaces",
            _ => "adds",
        };
        let how = if fact.merge.is_some() { "merge " } else { "" }.to_owned() + how;
        writeln!(out, "account-patch{} {namespace}/{name} {how} [{}]", at(source, fact.span), secrets.join(", "))
            .unwrap();
    }
    for fact in &script.injections {
        let secrets: Vec<String> = fact.secrets.iter().map(field).collect();
        let namespace = field(&fact.namespace);
        writeln!(out, "injection{} [{}] into {namespace}", at(source, fact.span), secrets.join(", ")).unwrap();
        writeln!(out, "  manifests {:?}", fact.manifests).unwrap();
        if let Some(workload) = &fact.workload {
            writeln!(out, "  workload {}/{}", workload.kind, field(&workload.name)).unwrap();
        }
    }
    for fact in &script.slips {
        let kind = match &fact.kind {
            SlipKind::MsiClientId { cluster } => format!("MsiClientId of {}", resource(cluster)),
            kind => format!("{kind:?}"),
        };
        writeln!(out, "slip{} {kind} at {:?}", at(source, fact.span), source.slice(fact.span.range)).unwrap();
        for edit in &fact.edits {
            let line = source.line(edit.range);
            writeln!(out, "  line {line} {:?} => {:?}", source.slice(edit.range), edit.text).unwrap();
        }
    }
}
