//! `canpull.yaml`: what lives outside the repository, said once. serde for the types, the spanned tree for the places.

use canpull_syntax::Span;

use crate::diagnostic::Severity;

/// A configured value with its place in the configuration file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared<T> {
    /// The value.
    pub value: T,
    /// Where it is declared.
    pub span: Span,
}

/// What the sources hold completely, so that absence is No.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CompleteKind {
    /// Every Secret is in the sources or declared external.
    Secrets,
    /// Every service account is.
    ServiceAccounts,
    /// `attached` lists every registry that the nodes may pull from.
    Attached,
    /// Every role assignment is.
    RoleAssignments,
}

/// A declared cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterDecl {
    /// Its name.
    pub name: Declared<String>,
    /// Globs of the files deployed to it; none means all.
    pub paths: Vec<Declared<String>>,
    /// Registry hosts that its nodes may pull from.
    pub attached: Vec<Declared<String>>,
    /// What is complete.
    pub complete: Vec<Declared<CompleteKind>>,
}

/// A declared registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryDecl {
    /// Host, with a port where it has one.
    pub host: Declared<String>,
    /// Everyone may pull.
    pub public: bool,
    /// Credentials are needed.
    pub private: bool,
}

/// What a rule is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Not run.
    Off,
    /// Run, at this severity.
    At(Severity),
}

/// An `ignore` entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoreDecl {
    /// The rule's id, or `*`.
    pub rule: Declared<String>,
    /// `Kind/namespace/name` or `Kind/name`, globs allowed.
    pub object: Option<Declared<String>>,
    /// A path glob.
    pub path: Option<Declared<String>>,
    /// Why.
    pub reason: Option<String>,
    /// The entry.
    pub span: Span,
}

/// The configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Clusters.
    pub clusters: Vec<ClusterDecl>,
    /// Registries.
    pub registries: Vec<RegistryDecl>,
    /// Globs `namespace/name` of secrets made elsewhere.
    pub external_secrets: Vec<Declared<String>>,
    /// Globs `namespace/name` of service accounts made elsewhere.
    pub external_service_accounts: Vec<Declared<String>>,
    /// Rule levels.
    pub rules: Vec<(Declared<String>, Level)>,
    /// Suppressions.
    pub ignore: Vec<IgnoreDecl>,
    /// Globs of paths that are not read.
    pub exclude: Vec<Declared<String>>,
}
