//! The form in which `canpull.yaml` is written: the types that it is read with and its schema is made from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ClusterDecl, CompleteKind, Config, IgnoreDecl, Level, Places, RegistryDecl, host};
use crate::diagnostic::Severity;

/// canpull's configuration: what lives outside the repository, said once.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "canpull.yaml")]
pub(super) struct ConfigFile {
    /// Clusters, and what their nodes may pull from.
    clusters: Vec<Cluster>,
    /// Registries that everyone may pull from, or that need credentials.
    registries: Vec<Registry>,
    /// Objects that are made elsewhere.
    external: External,
    /// Rules by id, and what they are set to.
    rules: BTreeMap<String, RuleLevel>,
    /// Findings that are known and accepted.
    ignore: Vec<Ignore>,
    /// Globs of paths that are not read.
    exclude: Vec<String>,
}

/// A cluster.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Cluster {
    /// Its name.
    name: String,
    /// Globs of the files that are deployed to it; without any, all are.
    #[serde(default)]
    paths: Vec<String>,
    /// Registries that its nodes may pull from: hosts as images name them, or names of Azure Container Registries.
    #[serde(default)]
    attached: Vec<String>,
    /// What the sources, together with this file, hold all of: what is absent is then known not to exist.
    #[serde(default)]
    complete: Vec<CompleteKind>,
}

/// A registry.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Registry {
    /// Its host as images name it, with a port where it has one.
    host: String,
    /// Everyone may pull.
    #[serde(default)]
    public: bool,
    /// Credentials are needed.
    #[serde(default)]
    private: bool,
}

/// Objects that are made elsewhere.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct External {
    /// Globs `namespace/name` of pull secrets.
    secrets: Vec<String>,
    /// Globs `namespace/name` of service accounts.
    service_accounts: Vec<String>,
}

/// What a rule is set to.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RuleLevel {
    /// Not run.
    Off,
    /// Works, but should be known.
    Info,
    /// Probably fails, or a trap that will.
    Warning,
    /// Fails.
    Error,
}

/// Findings that are known and accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Ignore {
    /// The rule's id, or `*`.
    rule: String,
    /// `Kind/namespace/name` or `Kind/name`, globs allowed.
    object: Option<String>,
    /// A glob of paths.
    path: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// The JSON schema of `canpull.yaml`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ConfigFile).to_value()
}

/// Joins the values with their places.
pub(super) fn place(written: ConfigFile, root: Places<'_>) -> Config {
    let external = root.get("external");
    Config {
        clusters: join(written.clusters, root.get("clusters"), cluster),
        registries: join(written.registries, root.get("registries"), |registry, at| RegistryDecl {
            host: at.get("host").declared(registry.host),
            public: registry.public,
            private: registry.private,
        }),
        external_secrets: external.get("secrets").all(written.external.secrets),
        external_service_accounts: external.get("service-accounts").all(written.external.service_accounts),
        rules: rules(written.rules, root.get("rules")),
        ignore: join(written.ignore, root.get("ignore"), ignore),
        without_ignore: None,
        exclude: root.get("exclude").all(written.exclude),
    }
}

fn join<T, U>(values: Vec<T>, places: Places<'_>, build: impl Fn(T, Places<'_>) -> U) -> Vec<U> {
    values.into_iter().zip(places.items()).map(|(value, place)| build(value, place)).collect()
}

fn cluster(cluster: Cluster, at: Places<'_>) -> ClusterDecl {
    ClusterDecl {
        name: at.get("name").declared(cluster.name),
        paths: at.get("paths").all(cluster.paths),
        attached: at.get("attached").all(cluster.attached.into_iter().map(host::of_attached).collect()),
        complete: at.get("complete").all(cluster.complete),
    }
}

fn ignore(ignore: Ignore, at: Places<'_>) -> IgnoreDecl {
    IgnoreDecl {
        rule: at.get("rule").declared(ignore.rule),
        object: ignore.object.map(|object| at.get("object").declared(object)),
        path: ignore.path.map(|path| at.get("path").declared(path)),
        reason: ignore.reason,
        span: at.span(),
        removal: None,
    }
}

fn rules(written: BTreeMap<String, RuleLevel>, places: Places<'_>) -> Vec<(super::Declared<String>, Level)> {
    let level = |level| match level {
        RuleLevel::Off => Level::Off,
        RuleLevel::Info => Level::At(Severity::Info),
        RuleLevel::Warning => Level::At(Severity::Warning),
        RuleLevel::Error => Level::At(Severity::Error),
    };
    let declared = |id: String| super::Declared { span: places.key(&id), value: id };
    written.into_iter().map(|(id, own)| (declared(id), level(own))).collect()
}
