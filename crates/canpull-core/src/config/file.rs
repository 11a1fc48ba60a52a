//! The form in which `canpull.yaml` is written: its schema, and what the values mean that the schema allows.

use canpull_syntax::order;

use super::{ClusterDecl, CompleteKind, Config, Declared, IgnoreDecl, Level, Places, RegistryDecl};
use crate::diagnostic::Severity;

/// The JSON schema of `canpull.yaml`.
pub fn schema() -> serde_json::Value {
    serde_json::from_str(include_str!("schema.json")).unwrap_or_default()
}

/// Reads a configuration in which the schema finds no fault.
pub(super) fn read(root: Places<'_>) -> Config {
    let external = root.get("external");
    Config {
        clusters: root.get("clusters").items().map(cluster).collect(),
        registries: root.get("registries").items().map(registry).collect(),
        external_secrets: external.get("secrets").texts(),
        external_service_accounts: external.get("service-accounts").texts(),
        rules: rules(root.get("rules")),
        ignore: root.get("ignore").items().map(ignore).collect(),
        without_ignore: None,
        exclude: root.get("exclude").texts(),
    }
}

fn cluster(at: Places<'_>) -> ClusterDecl {
    let complete = at.get("complete").items();
    ClusterDecl {
        name: at.get("name").text(),
        paths: at.get("paths").texts(),
        attached: at.get("attached").texts(),
        complete: complete.filter_map(|kind| Some(kind.declared(complete_kind(&kind.text().value)?))).collect(),
    }
}

fn complete_kind(name: &str) -> Option<CompleteKind> {
    Some(match name {
        "secrets" => CompleteKind::Secrets,
        "service-accounts" => CompleteKind::ServiceAccounts,
        "attached" => CompleteKind::Attached,
        "role-assignments" => CompleteKind::RoleAssignments,
        _ => return None,
    })
}

fn registry(at: Places<'_>) -> RegistryDecl {
    RegistryDecl { host: at.get("host").text(), public: at.get("public").flag(), private: at.get("private").flag() }
}

fn ignore(at: Places<'_>) -> IgnoreDecl {
    IgnoreDecl {
        rule: at.get("rule").text(),
        object: at.get("object").optional_text(),
        path: at.get("path").optional_text(),
        reason: at.get("reason").optional_text().map(|reason| reason.value),
        span: at.span(),
        removal: None,
    }
}

/// The levels by rule, in the order of the rules' ids.
fn rules(at: Places<'_>) -> Vec<(Declared<String>, Level)> {
    let mut rules: Vec<_> = at.entries().filter_map(|(id, own)| Some((id, level(&own.text().value)?))).collect();
    order::sort_by(&mut rules, |(a, _), (b, _)| a.value.cmp(&b.value));
    rules
}

fn level(name: &str) -> Option<Level> {
    Some(match name {
        "off" => Level::Off,
        "info" => Level::At(Severity::Info),
        "warning" => Level::At(Severity::Warning),
        "error" => Level::At(Severity::Error),
        _ => return None,
    })
}
