//! Pull proofs: the only place that knows how a node gets credentials.

mod account_identity;
mod admission;
pub mod authorization;
mod case;
mod credential;
pub mod evidence;
mod holder;
mod identity;
mod node;
mod patched_account;
mod receiver;
pub mod review;
mod secret;

use canpull_syntax::Span;

use crate::model::{ImageUseId, SecretId};

pub use case::prove_all;
pub(crate) use credential::matching;

/// Kleene's three truth values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// Refuted.
    No,
    /// Open.
    Unknown,
    /// Proven.
    Yes,
}

impl Truth {
    /// All must hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One must hold.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; what is open stays open.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// As JSON says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// What a link claims. Rules read this; people read its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// The kubelet accepts the image reference.
    ReferenceParses,
    /// The host of the image is one that images are pulled from.
    HostServes,
    /// The API server accepts the pod's pull-secret list.
    ListAccepted,
    /// The API server takes the pod, with the pull secrets that it names.
    PodAdmitted,
    /// A named, existing secret decodes: otherwise every pull of the pod fails.
    SecretDecodes(SecretId),
    /// So do those that no source shows.
    UnseenDecode,
    /// The image is on the node already.
    ImagePresent,
    /// The registry answers without credentials.
    ServesAnonymously,
    /// No credential matches, so the kubelet tries without.
    NoCredentialMatches,
    /// The pod's own list is empty, so the service account's is copied.
    PodListEmpty,
    /// The service account's list holds the secret.
    ServiceAccountNames,
    /// Pull secrets are named, but which ones the sources leave open.
    NamesOpen,
    /// An operator or a policy hands the secret out at run time.
    HandedOut,
    /// The pod's list holds the secret.
    PodNames,
    /// The secret exists in the pod's namespace.
    SecretExists,
    /// The API server accepts the secret.
    SecretAccepted,
    /// The kubelet uses secrets of this type and key.
    SecretUsed,
    /// One of its keys matches the image.
    KeyMatches,
    /// The kubelet takes the entry for Docker Hub, because no key of any secret matches.
    HubEntryTaken,
    /// The credential is good.
    CredentialGood,
    /// The service principal or token whose credential it is may pull.
    HolderMayPull,
    /// The admin user whose credential it is is switched on.
    HolderIsOn,
    /// The secrets of the service principal, or the passwords of the token, whose credential it is have not all ended.
    HolderIsCurrent,
    /// The node's credential provider serves this host.
    NodeServesHost,
    /// The node's identity may pull from the registry.
    NodeMayPull,
    /// Which registry the host is.
    RegistryKnown,
    /// The service account brings an identity.
    AccountIdentity,
    /// Which identity pulls.
    IdentityPulls,
    /// Which of several clusters runs the pod, where some of them may pull and others are not known to.
    ClusterKnown,
    /// The registry decides by roles in this mode.
    ModeKnown,
    /// A role that pulls is granted to the identity.
    RoleGranted,
    /// A grant of the sources may be the one that lets the identity pull.
    GrantOpen,
    /// No deny assignment stands in the way.
    NotDenied,
    /// The configuration says so.
    Declared,
}

impl Claim {
    /// Whether it is of a matching credential: that it is good, and its holder may pull.
    pub(crate) const fn is_of_credential(&self) -> bool {
        matches!(self, Self::CredentialGood | Self::HolderMayPull | Self::HolderIsOn | Self::HolderIsCurrent)
    }
}

/// One step of a route, with what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// What is claimed, for rules.
    pub claim: Claim,
    /// What is claimed, for people. No credential ever stands here.
    pub text: String,
    /// Whether it holds.
    pub truth: Truth,
    /// Taken for granted until a source shows otherwise.
    pub assumed: bool,
    /// Where it was read.
    pub because: Vec<Span>,
}

/// The ways to an image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// The image is on the node.
    NoPullNeeded,
    /// Without credentials.
    Anonymous,
    /// A secret that the pod names.
    PodPullSecret,
    /// A secret that the pod's service account names.
    ServiceAccountPullSecret,
    /// The node's own identity.
    NodeIdentity,
    /// An identity of the service account.
    ServiceAccountIdentity,
    /// The configuration says so.
    Declared,
}

impl RouteKind {
    /// As JSON says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPullNeeded => "no-pull-needed",
            Self::Anonymous => "anonymous",
            Self::PodPullSecret => "pod-pull-secret",
            Self::ServiceAccountPullSecret => "service-account-pull-secret",
            Self::NodeIdentity => "node-identity",
            Self::ServiceAccountIdentity => "service-account-identity",
            Self::Declared => "declared",
        }
    }
}

/// One way to the image: holds if all its links hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// Which way.
    pub kind: RouteKind,
    /// Its links, in the order in which the kubelet would come to them.
    pub links: Vec<Link>,
    /// For secret routes: the name in the list.
    pub secret_name: Option<String>,
    /// For secret routes: where the name stands.
    pub named_at: Option<Span>,
    /// For secret routes: the secrets that the name may stand for.
    pub secrets: Vec<SecretId>,
}

impl Route {
    /// Whether the route holds.
    pub fn truth(&self) -> Truth {
        self.links.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth))
    }
}

/// Whether the registry is one that does not answer without credentials.
pub fn needs_credentials(routes: &[Route]) -> bool {
    let mut links = routes.iter().flat_map(|route| &route.links);
    links.any(|link| link.claim == Claim::ServesAnonymously && link.truth == Truth::No)
}

/// Whether one image of one workload can be pulled, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PullProof {
    /// The image's use.
    pub image_use: ImageUseId,
    /// What every pull of the pod needs.
    pub common: Vec<Link>,
    /// All ways, those that fail included.
    pub routes: Vec<Route>,
}

impl PullProof {
    /// The common links.
    pub fn common_truth(&self) -> Truth {
        self.common.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth))
    }

    /// The verdict: common links and any route.
    pub fn verdict(&self) -> Truth {
        let routes = self.routes.iter().fold(Truth::No, |truth, route| truth.or(route.truth()));
        self.common_truth().and(routes)
    }
}
