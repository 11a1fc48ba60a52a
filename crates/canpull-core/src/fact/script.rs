//! What scripts and pipelines do to the cluster, and the ways in which their commands go wrong.

use canpull_syntax::Span;
use canpull_syntax::edit::Edit;

use super::azure::{PrincipalRef, ResourceRef};
use super::{Field, Retype, Why};

/// A Secret made by a command: `kubectl create secret docker-registry`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptSecretFact {
    /// Its name.
    pub name: Field<String>,
    /// `--namespace`; Absent is the current context's.
    pub namespace: Field<String>,
    /// Its type; Absent where `generic` leaves it to be Opaque.
    pub secret_type: Field<String>,
    /// Its keys, where the command lists them all.
    pub keys: Option<Vec<String>>,
    /// `--docker-server`; Absent is Docker Hub. Unknown for a docker config that comes from a file.
    pub server: Field<String>,
    /// The registry whose login server that is, where the command asks Azure for it.
    pub registry: Option<ResourceRef>,
    /// `--docker-username`.
    pub user: PrincipalRef,
    /// How to give it the type that its key is for.
    pub retype: Option<Retype>,
    /// The password is a token that soon ends: the output of `az acr login --expose-token`.
    pub short_lived: Option<Span>,
    /// A password that is written in the command and looks like one in use.
    pub live_password: Option<Span>,
    /// The command only prints it (`--dry-run`), and nothing that the script does with it puts it into the cluster.
    pub printed: bool,
    /// Where the script deletes it again.
    pub deleted: Option<Span>,
    /// The payload is given in base64 where plain text is asked for, which is then encoded.
    pub encoded: Option<Span>,
    /// The command.
    pub span: Span,
}

impl ScriptSecretFact {
    /// One of which nothing is known but that the command at `span` makes it.
    pub(crate) const fn open(span: Span) -> Self {
        Self {
            name: Field::Unknown(Why::FilledAtRunTime, span),
            namespace: Field::Unknown(Why::FilledAtRunTime, span),
            secret_type: Field::Unknown(Why::FilledAtRunTime, span),
            keys: None,
            server: Field::Unknown(Why::FilledAtRunTime, span),
            registry: None,
            user: PrincipalRef::Unknown(Why::FilledAtRunTime, span),
            retype: None,
            short_lived: None,
            live_password: None,
            printed: false,
            deleted: None,
            encoded: None,
            span,
        }
    }
}

/// A service account's pull secrets set by a command: `kubectl patch serviceaccount`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPatchFact {
    /// The service account.
    pub name: Field<String>,
    /// `--namespace`.
    pub namespace: Field<String>,
    /// The names of the secrets that it is given.
    pub secrets: Vec<Field<String>>,
    /// What it named before is gone; otherwise the patch adds to it.
    pub resets: bool,
    /// Where `--type merge` stands.
    pub merge: Option<Span>,
    /// The command may not run, or not where it stands.
    pub maybe: bool,
    /// The account is deleted: made anew, it names none.
    pub deletes: bool,
    /// Commands of one such number run one after the other.
    pub sequence: u32,
    /// The command.
    pub span: Span,
}

/// Pull secrets that are added to workloads: by a step of a pipeline to those that it deploys (`KubernetesManifest@1`,
/// `azure/k8s-deploy`), or by `kubectl patch`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InjectionFact {
    /// The secrets' names.
    pub secrets: Vec<Field<String>>,
    /// The manifests that it deploys, as paths or globs relative to the project root; empty where they cannot be
    /// known.
    pub manifests: Vec<String>,
    /// The one workload that it changes.
    pub workload: Option<PatchedWorkload>,
    /// The namespace that it deploys to.
    pub namespace: Field<String>,
    /// The step's entry.
    pub span: Span,
}

/// A workload that a command changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchedWorkload {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: Field<String>,
}

/// A command that does not do what it is meant to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlipFact {
    /// How.
    pub kind: SlipKind,
    /// The words at fault.
    pub span: Span,
    /// The edits that right it, where they are certain.
    pub edits: Vec<Edit>,
}

/// The ways in which a command goes wrong on its own, whatever else is deployed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SlipKind {
    /// `servicePrincipalProfile.clientId` as the assignee: on a cluster with a managed identity it is `msi`.
    MsiClientId {
        /// The cluster that is asked.
        cluster: ResourceRef,
    },
    /// A service principal named by `http://…`.
    ServicePrincipalUrl,
    /// A property that Microsoft Graph no longer has (`objectId`, `endDate`), with the one to ask for.
    RemovedProperty {
        /// As written.
        written: String,
        /// What took its place.
        replacement: &'static str,
    },
    /// `create-for-rbac` with only one of `--role` and `--scopes`.
    RoleWithoutScopes,
    /// See `RoleWithoutScopes`.
    ScopesWithoutRole,
    /// `--assignee-object-id` without `--assignee-principal-type`.
    ObjectIdWithoutType,
    /// `az role assignment create` without `--scope`.
    ScopeMissing,
    /// `--docker-server` that no image can come from, with what was likely meant.
    ServerNotLoginServer {
        /// As written; empty where the flag is missing, so that the server is Docker Hub's.
        written: String,
        /// What was likely meant.
        meant: Option<String>,
    },
}
