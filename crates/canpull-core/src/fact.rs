//! What a single file states, with the places it was read from. Facts know text, not the model.

pub mod azure;
pub mod grant;
mod kustomize;
pub mod script;
pub mod template;

use canpull_syntax::edit::Edit;
use canpull_syntax::{LineIndex, Problem, Span, TextRange};

pub(crate) use kustomize::split_image;
pub use kustomize::{
    DeployerFact, GeneratedFile, GeneratorFact, ImageOverride, KustomizationFact, NameReferenceFact, PatchBody,
    PatchFact, PatchTarget, StepChange, StepFact, Touches,
};

/// Why a value cannot be known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// A placeholder that somebody fills in before deploying: `<ACR_NAME>`, `${REGISTRY}`, `__IMAGE__`.
    Placeholder,
    /// Encrypted in the repository (SOPS, sealed).
    Encrypted,
    /// Not text where text belongs, or an alias that leads nowhere.
    NotText,
    /// A kustomization changes it in a way that is not evaluated.
    PartlyEvaluated,
    /// Filled in by a controller, operator or pipeline at run time.
    FilledAtRunTime,
    /// Base64 of what is not evaluated.
    Encoded,
}

/// A value with the place it was read from, or where it would stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field<T> {
    /// Written out.
    Known(T, Span),
    /// Written, but not resolvable.
    Unknown(Why, Span),
    /// Not written; the span is where it would go.
    Absent(Span),
}

impl<T> Field<T> {
    /// The value, where known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value, _) => Some(value),
            _ => None,
        }
    }

    /// Where the value stands or would stand.
    pub const fn span(&self) -> Span {
        match self {
            Self::Known(_, span) | Self::Unknown(_, span) | Self::Absent(span) => *span,
        }
    }

    /// Whether nothing is written.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent(_))
    }
}

impl Field<String> {
    /// The text, where known.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

/// A value that must not reach any output. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(String);

impl Sensitive {
    /// Takes a value out of sight.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for decoding only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[masked]")
    }
}

/// Where and how a name can be added to a list: `before` + the name + `after` in place of `range`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Insertion {
    /// What is replaced; empty where nothing is, and never more than an empty list or `null`.
    pub range: TextRange,
    /// Text in front of the name: line break, indentation, the key where it is missing.
    pub before: String,
    /// Text behind the name.
    pub after: String,
}

/// An API version that the server no longer has, with what took its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RemovedApi {
    /// The version to write instead, such as `apps/v1`.
    pub replacement: &'static str,
    /// The Kubernetes release without it, such as `1.16`.
    pub removed_in: &'static str,
}

/// Which object a fact belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectMeta {
    /// `apps/v1`.
    pub api_version: String,
    /// Where `apiVersion`'s value stands.
    pub api_version_span: Span,
    /// Set where the server no longer has this version of the kind.
    pub removed_api: Option<RemovedApi>,
    /// The edits that write the version that took its place, with the selector that it asks for.
    pub upgrade: Vec<Edit>,
    /// `Deployment`.
    pub kind: String,
    /// `metadata.name`; `generateName` counts as Unknown.
    pub name: Field<String>,
    /// `metadata.namespace`.
    pub namespace: Field<String>,
    /// The whole object, for suppression by object.
    pub span: Span,
    /// Carries `resourceVersion` or `uid`: read from a live cluster.
    pub live: bool,
    /// The rules in the `canpull/ignore` annotation of the object or its pod template.
    pub ignores: Vec<IgnoredRule>,
    /// The file's `# Source:` comment in force, from `helm template`.
    pub helm_source: Option<String>,
}

/// What a container is to its pod.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `containers`.
    Container,
    /// `initContainers`.
    Init,
    /// `ephemeralContainers`.
    Ephemeral,
    /// `volumes[].image`.
    Volume,
}

/// One image of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageFact {
    /// The container's or volume's name; empty where none is written.
    pub container: String,
    /// What uses the image.
    pub role: Role,
    /// Its place in its list.
    pub place: usize,
    /// The reference.
    pub image: Field<String>,
    /// The reference where known, else as written, placeholders and all.
    pub text: String,
    /// `imagePullPolicy` or a volume's `pullPolicy`.
    pub pull_policy: Field<String>,
}

/// One entry of an `imagePullSecrets` list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretRef {
    /// The secret's name; an empty name is Known and skipped by the kubelet.
    pub name: Field<String>,
    /// The whole entry.
    pub span: Span,
}

/// A list of pull secrets, of a pod or a service account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretList {
    /// No such key, `null`, or an empty list: all the same to the API server.
    Empty(Span),
    /// Entries, at least one.
    Entries(Vec<SecretRef>, Span),
    /// Shaped so that the API server refuses the object (a string, a map, a list of strings), with what
    /// names could be read.
    Refused(Vec<SecretRef>, Span),
    /// Not resolvable.
    Unknown(Why, Span),
}

impl SecretList {
    /// Where the list stands or would stand.
    pub const fn span(&self) -> Span {
        match self {
            Self::Empty(span) | Self::Entries(_, span) | Self::Refused(_, span) | Self::Unknown(_, span) => *span,
        }
    }

    /// The entries, where there are any.
    pub fn entries(&self) -> &[SecretRef] {
        match self {
            Self::Entries(entries, _) | Self::Refused(entries, _) => entries,
            _ => &[],
        }
    }
}

/// A pod template, or a pod: what runs images.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkloadFact {
    /// The object.
    pub object: ObjectMeta,
    /// Path from the object to the pod spec, such as `spec.template.spec`.
    pub path: String,
    /// The images, in order of writing.
    pub images: Vec<ImageFact>,
    /// The pod's own list.
    pub pull_secrets: SecretList,
    /// `serviceAccountName`, else the deprecated `serviceAccount`; empty counts as absent.
    pub service_account: Field<String>,
    /// A node selector or toleration that puts the pod on a virtual node (ACI).
    pub virtual_node: Option<Span>,
    /// The pod is certain to run there (a selector), not merely allowed to (a toleration).
    pub virtual_node_certain: bool,
    /// What puts the pod on a Windows node.
    pub windows: Option<Span>,
    /// A built-in kind, whose fields are exactly known; else a custom resource.
    pub built_in: bool,
    /// A mirror or static pod, which has no service account.
    pub is_static: bool,
    /// Why the API server refuses the object for the shape of its pod, and where.
    pub refused: Option<(String, Span)>,
    /// How to add a pull secret to the pod's list.
    pub insertion: Option<Insertion>,
    /// Names of `SecretProviderClass`es mounted through the CSI driver.
    pub mounted_classes: Vec<String>,
}

/// A service account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceAccountFact {
    /// The object.
    pub object: ObjectMeta,
    /// `imagePullSecrets`.
    pub pull_secrets: SecretList,
    /// `secrets[]`, which plays no part in pulling.
    pub secrets: Vec<SecretRef>,
    /// The annotation `kubernetes.azure.com/acr-client-id`: the identity that pulls from ACR for it.
    pub acr_client_id: Field<String>,
    /// Where the annotation `kubernetes.io/enforce-mountable-secrets` is true: its pods may name no other pull secrets than
    /// its own.
    pub enforces: Option<Span>,
    /// How to add a pull secret.
    pub insertion: Option<Insertion>,
}

/// A value under a Secret's `data` or `stringData`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretValue {
    /// `.dockerconfigjson`.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value, still base64 where `encoded`. Unknown for placeholders, `ENC[…]` and the like.
    pub value: Field<Sensitive>,
    /// From `data`, thus base64.
    pub encoded: bool,
}

/// How to give a secret the type that the key of its docker config is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retype {
    /// The type.
    pub secret_type: &'static str,
    /// What writes it.
    pub edit: Edit,
}

/// A Secret, of whatever type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretFact {
    /// The object.
    pub object: ObjectMeta,
    /// `type`; absent is Opaque.
    pub secret_type: Field<String>,
    /// `data` and `stringData`, merged as the API server does. Values are kept only for keys that can hold a
    /// docker config; of other keys only the name is of interest.
    pub values: Vec<SecretValue>,
    /// What stands under `data` besides `values`: the API server decodes it all the same.
    pub others: Vec<SecretValue>,
    /// The first value that is no text: the API server refuses the whole.
    pub not_text: Option<Span>,
    /// Contents are filled in later (an annotation says so) or encrypted.
    pub hidden: Option<Why>,
    /// How to give it the type that its key is for.
    pub retype: Option<Retype>,
    /// What makes `stringData` of `data` where there is none, for values that are not encoded.
    pub to_clear: Option<Edit>,
}

/// The namespaces a producer makes its secret in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// The producer's own namespace, or the one it names.
    Namespace(Field<String>),
    /// All namespaces, or some that cannot be listed.
    Cluster,
}

/// An object that makes or copies a Secret at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProducerFact {
    /// The producing object.
    pub object: ObjectMeta,
    /// The Secret's name.
    pub name: Field<String>,
    /// Where it is made.
    pub reach: Reach,
    /// The Secret's type, as far as the producer tells. Absent where it does not.
    pub secret_type: Field<String>,
    /// Keys of the Secret, where the producer lists them all.
    pub keys: Option<Vec<String>>,
    /// The registry host that the credential is for, where a templated docker config tells.
    pub registry: Option<Field<String>>,
    /// The `ACRAccessToken` whose token is the credential, where that is all that it is made of.
    pub generator: Option<String>,
    /// Where it says that it renews the credential more rarely than such a token lives.
    pub rarely_renewed: Option<Span>,
    /// Made only while a pod of the namespace mounts this `SecretProviderClass`.
    pub needs_mount: Option<String>,
    /// How to give the Secret the type that its key is for.
    pub retype: Option<Retype>,
}

/// An object that mints tokens of a registry for the objects that make secrets of them (`ACRAccessToken`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenGeneratorFact {
    /// The object.
    pub object: ObjectMeta,
    /// The login server of the registry.
    pub registry: Field<String>,
    /// What the token is good for, such as `repository:web:pull`; everything that its identity may do where absent.
    pub scope: Field<String>,
}

/// Something that adds pull secrets to pods or service accounts behind the manifests' back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatcherFact {
    /// The object: a patching operator's Deployment, a mutating policy, a pull-secret operator's resource.
    pub object: ObjectMeta,
    /// The name of the secret that it hands out, where told.
    pub secret: Option<String>,
    /// Whether it patches pods directly, not (only) service accounts.
    pub patches_pods: bool,
    /// The one service account that it patches, where it names one; otherwise any may be patched.
    pub service_account: Option<String>,
}

/// How a field went wrong, with the edit that rights it where one is certain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldDefect {
    /// The object.
    pub object: ObjectMeta,
    /// What is wrong.
    pub kind: DefectKind,
    /// The bytes at fault.
    pub span: Span,
    /// Where the field is, such as `spec.template.spec.containers[0].imagePullSecrets`.
    pub path: String,
    /// Where it belongs, such as `spec.template.spec.imagePullSecrets`.
    pub belongs: String,
    /// The edits that right it.
    pub edits: Vec<Edit>,
}

/// The ways in which a pull-secret field goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DefectKind {
    /// At a level where the API server drops it.
    Misplaced,
    /// A near miss of the key `imagePullSecrets`.
    Misspelt {
        /// The key as written.
        written: String,
    },
    /// A list of strings, or a string, or a single map: refused.
    WrongShape {
        /// What stands there: `a string`, `a map`, `a list of strings`.
        found: &'static str,
    },
    /// `namespace:` or another key in an entry: dropped (or refused by a strict client).
    ExtraKey {
        /// The key.
        key: String,
    },
    /// An entry with an empty or missing name.
    EmptyName,
    /// A name that is a printed Go map, `map[name:regcred]`.
    MapInName,
    /// The same name twice.
    DuplicateName {
        /// The name.
        name: String,
    },
}

/// A rule that a comment or an annotation suppresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoredRule {
    /// Its id as written.
    pub id: String,
    /// Where that stands.
    pub range: TextRange,
    /// What to delete so that the rule is no longer suppressed; `None` where that is not certain.
    pub removal: Option<TextRange>,
}

/// An inline comment `# canpull: ignore[rule-id] reason`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlineIgnore {
    /// The rules.
    pub rules: Vec<IgnoredRule>,
    /// The reason behind the bracket.
    pub reason: String,
    /// The comment.
    pub range: TextRange,
    /// The lines it covers, from 1: its own, and the next line where it stands alone.
    pub first_line: u32,
    /// See `first_line`.
    pub last_line: u32,
}

/// A file, or a part of one, that was not read as what it seems to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceProblem {
    /// Where.
    pub range: TextRange,
    /// What, in a sentence.
    pub message: String,
    /// An error (`unparsable-source`), or worth knowing only.
    pub fatal: bool,
    /// Only where kubectl itself reads the file: kustomize reads it.
    pub kubectl_only: bool,
}

impl From<&Problem> for SourceProblem {
    fn from(problem: &Problem) -> Self {
        let Problem { range, message, fatal } = problem;
        Self { range: *range, message: message.clone(), fatal: *fatal, kubectl_only: false }
    }
}

/// What [`UnresolvedFact::what`] calls a template of a chart.
pub const HELM_TEMPLATE: &str = "Helm template";

/// What [`UnresolvedFact::what`] calls a template of Crossplane's.
pub const COMPOSITION: &str = "Composition";

/// A part of the sources that keeps verdicts open: a template, a placeholder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnresolvedFact {
    /// Where.
    pub range: TextRange,
    /// What it is: `template`, `Helm template`.
    pub what: &'static str,
}

/// `base/path` with `.` and `..` resolved; `None` where it leaves the project or is no local path.
pub(crate) fn join(base: &str, path: &str) -> Option<String> {
    if path.contains("://") || path.starts_with("git@") || path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Everything that one file states.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// Path relative to the project root, with `/`.
    pub path: String,
    /// Positions.
    pub lines: LineIndex,
    /// Size in bytes as read.
    pub bytes: u64,
    /// Documents read.
    pub documents: u32,
    /// A source of some format; other files are passed over.
    pub recognised: bool,
    /// What the text may change where it is a patch.
    pub touches: Touches,
    /// The operations of a JSON patch.
    pub steps: Vec<StepFact>,
    /// Workloads.
    pub workloads: Vec<WorkloadFact>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccountFact>,
    /// Secrets.
    pub secrets: Vec<SecretFact>,
    /// Producers of secrets.
    pub producers: Vec<ProducerFact>,
    /// What mints tokens for them.
    pub generators: Vec<TokenGeneratorFact>,
    /// Patchers.
    pub patchers: Vec<PatcherFact>,
    /// Fields that went wrong.
    pub defects: Vec<FieldDefect>,
    /// The kustomization, where the file is one.
    pub kustomization: Option<KustomizationFact>,
    /// What deploys folders, with changes of its own.
    pub deployers: Vec<DeployerFact>,
    /// References that kustomize is told to follow.
    pub name_references: Vec<NameReferenceFact>,
    /// Inline suppressions.
    pub ignores: Vec<InlineIgnore>,
    /// Problems.
    pub problems: Vec<SourceProblem>,
    /// A part of the file that is not read may make secrets.
    pub may_make_secrets: bool,
    /// What could not be resolved.
    pub unresolved: Vec<UnresolvedFact>,
    /// Bytes that no output may show: secret values.
    pub masked: Vec<TextRange>,
    /// Registries, clusters, identities and rights in Azure.
    pub azure: AzureFacts,
    /// Templates: the file's own first, then those within it.
    pub templates: Vec<template::TemplateFact>,
    /// Resources of Azure that stand in objects of Kubernetes for an operator to make, and as variables, by
    /// `namespace/name/key`, what `ConfigMap`s hold of them.
    pub objects: Option<template::TemplateFact>,
    /// Parameters for a template, where the file holds such.
    pub arguments: Option<template::ArgumentsFact>,
    /// What scripts and pipelines do to the cluster, and how they do it wrong.
    pub script: ScriptFacts,
    /// The names, without folders, of the files that the file loads.
    pub loads: Vec<Box<str>>,
    /// The text of a small file that says nothing by itself, for the template that loads it.
    pub content: Option<Content>,
}

/// A text that no output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Box<str>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What one file states of Azure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AzureFacts {
    /// Registries.
    pub registries: Vec<azure::RegistryFact>,
    /// Clusters.
    pub clusters: Vec<azure::ClusterFact>,
    /// User-assigned identities.
    pub identities: Vec<azure::IdentityFact>,
    /// Managed identities that something other than a cluster is given: an app, a virtual machine, a pod by federation.
    pub identity_uses: Vec<azure::ResourceRef>,
    /// Service principals and applications.
    pub service_principals: Vec<azure::ServicePrincipalFact>,
    /// Repository-scoped tokens.
    pub tokens: Vec<azure::TokenFact>,
    /// Scope maps.
    pub scope_maps: Vec<azure::ScopeMapFact>,
    /// Private endpoint connections of registries.
    pub private_endpoints: Vec<azure::PrivateEndpointFact>,
    /// Object ids with the client ids that belong to them, which is all that is told of whom they mean.
    pub aliases: Vec<grant::PrincipalAlias>,
    /// Role assignments.
    pub assignments: Vec<grant::RoleAssignmentFact>,
    /// Ends of role assignments.
    pub revocations: Vec<grant::RevocationFact>,
    /// Role definitions.
    pub role_definitions: Vec<grant::RoleDefinitionFact>,
    /// Deny assignments.
    pub deny_assignments: Vec<grant::DenyAssignmentFact>,
    /// Commands that list role assignments.
    pub listings: Vec<grant::ListingFact>,
    /// Commands that list the secrets of service principals.
    pub secret_listings: Vec<azure::SecretListingFact>,
}

impl AzureFacts {
    /// Takes in more.
    pub(crate) fn append(&mut self, mut more: Self) {
        self.registries.append(&mut more.registries);
        self.clusters.append(&mut more.clusters);
        self.identities.append(&mut more.identities);
        self.identity_uses.append(&mut more.identity_uses);
        self.service_principals.append(&mut more.service_principals);
        self.tokens.append(&mut more.tokens);
        self.scope_maps.append(&mut more.scope_maps);
        self.private_endpoints.append(&mut more.private_endpoints);
        self.assignments.append(&mut more.assignments);
        self.revocations.append(&mut more.revocations);
        self.role_definitions.append(&mut more.role_definitions);
        self.deny_assignments.append(&mut more.deny_assignments);
        self.listings.append(&mut more.listings);
        self.secret_listings.append(&mut more.secret_listings);
    }
}

/// What the scripts of one file do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScriptFacts {
    /// Secrets made by commands.
    pub secrets: Vec<script::ScriptSecretFact>,
    /// Service accounts patched by commands.
    pub account_patches: Vec<script::AccountPatchFact>,
    /// Steps of pipelines that add pull secrets to what they deploy.
    pub injections: Vec<script::InjectionFact>,
    /// Commands that do not do what they are meant to.
    pub slips: Vec<script::SlipFact>,
}

impl FileFacts {
    /// A file that could not be read, with the reason.
    pub fn unreadable(path: String, reason: &str) -> Self {
        let message = reason.to_owned();
        let problem = SourceProblem { range: TextRange::default(), message, fatal: true, kubectl_only: false };
        Self { path, problems: vec![problem], ..Self::default() }
    }
}
