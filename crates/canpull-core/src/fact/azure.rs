//! What a single file states of Azure: registries, clusters, identities, and who may do what.

use canpull_syntax::Span;

use super::{Field, Why};

/// What sort of thing a reference means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ResourceKind {
    /// `Microsoft.ContainerRegistry/registries`.
    Registry,
    /// `Microsoft.ContainerService/managedClusters`.
    Cluster,
    /// `Microsoft.ManagedIdentity/userAssignedIdentities`.
    Identity,
    /// A service principal in the directory.
    ServicePrincipal,
    /// The application that a service principal stands for.
    Application,
    /// A resource group.
    ResourceGroup,
    /// The resource group that AKS makes for a cluster's nodes, under a name that the sources do not tell.
    NodeGroup,
    /// What follows a registry's name in a scope, `…/repositories/web`: Azure knows no scopes there.
    BelowRegistry,
    /// A subscription.
    Subscription,
    /// A management group.
    ManagementGroup,
    /// Any other resource.
    Other,
}

/// A resource, as its source tells which one is meant. Parts that the source leaves open are `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceRef {
    /// Its sort.
    pub kind: ResourceKind,
    /// `/subscriptions/…`, as written; of a service principal its client id or object id.
    pub id: Option<String>,
    /// Its name; of a service principal its display name, of a subscription its id.
    pub name: Option<String>,
    /// The resource group, where told.
    pub group: Option<String>,
    /// What stands for the resource group where its name is not known, unique to it among all sources.
    pub group_symbol: Option<String>,
    /// The subscription's id or name, where told.
    pub subscription: Option<String>,
    /// What stands for the subscription where its id is not known, unique to it among all sources.
    pub subscription_symbol: Option<String>,
    /// What stands for it where its name may not be known, unique to it among all sources: a Terraform address with
    /// its module, a Bicep symbol with its file, a shell variable with its file.
    pub symbol: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl ResourceRef {
    /// A reference of which nothing is known yet but its sort and place.
    pub const fn unknown(kind: ResourceKind, span: Span) -> Self {
        Self {
            kind,
            id: None,
            name: None,
            group: None,
            group_symbol: None,
            subscription: None,
            subscription_symbol: None,
            symbol: None,
            span,
        }
    }

    /// By its name alone.
    pub fn named(kind: ResourceKind, name: impl Into<String>, span: Span) -> Self {
        Self { name: Some(name.into()), ..Self::unknown(kind, span) }
    }

    /// By its id, whose segments tell sort, name, group and subscription.
    pub fn from_id(id: &str, span: Span) -> Self {
        let segments: Vec<&str> = id.split('/').filter(|segment| !segment.is_empty()).collect();
        let after = |key: &str| {
            let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case(key))?;
            segments.get(at + 1).map(|segment| (*segment).to_owned())
        };
        let group = after("resourceGroups");
        let subscription = after("subscriptions");
        let provider = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
        let of_type = provider.map(|at| segments.get(at + 1..).unwrap_or_default()).unwrap_or_default();
        let (kind, name) = match of_type {
            [namespace, resource, name, ..] => (kind_of(&format!("{namespace}/{resource}")), Some((*name).to_owned())),
            _ if group.is_some() => (ResourceKind::ResourceGroup, group.clone()),
            _ => (ResourceKind::Subscription, subscription.clone()),
        };
        Self { id: Some(id.to_owned()), name, group, subscription, ..Self::unknown(kind, span) }
    }

    /// Whether nothing tells which resource is meant.
    pub const fn is_open(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.symbol.is_none()
    }
}

/// A resource's name for people, or what stands for it where that is not known.
pub fn label(name: Option<&str>, symbol: Option<&str>) -> String {
    match name.or_else(|| symbol.map(name_in)) {
        // A command stands for what it prints.
        Some(command) if name.is_none() && command.starts_with("az ") => format!("that `{command}` shows"),
        Some(known) => format!("`{known}`"),
        None => "of unknown name".into(),
    }
}

/// What a symbol says to people: without what makes it unique among all sources.
pub fn name_in(symbol: &str) -> &str {
    symbol.split_once('#').map_or(symbol, |(_, name)| name)
}

/// The sort of a resource by its type, `Microsoft.ContainerRegistry/registries`, in any case of letters.
pub fn kind_of(resource_type: &str) -> ResourceKind {
    const KINDS: [(&str, ResourceKind); 8] = [
        ("Microsoft.ContainerRegistry/registries", ResourceKind::Registry),
        ("Microsoft.ContainerService/managedClusters", ResourceKind::Cluster),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", ResourceKind::Identity),
        ("Microsoft.Management/managementGroups", ResourceKind::ManagementGroup),
        ("Microsoft.Resources/resourceGroups", ResourceKind::ResourceGroup),
        ("Microsoft.Resources/subscriptions", ResourceKind::Subscription),
        ("Microsoft.Graph/servicePrincipals", ResourceKind::ServicePrincipal),
        ("Microsoft.Graph/applications", ResourceKind::Application),
    ];
    let found = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(resource_type));
    found.map_or(ResourceKind::Other, |(_, kind)| *kind)
}

/// Whether a path in what Azure shows of a cluster ends at the name of its nodes' resource group.
pub(crate) fn names_node_group(key: &str) -> bool {
    ["nodeResourceGroup", "node_resource_group"].iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// Which of a resource's ids is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PrincipalAttribute {
    /// A cluster's `identityProfile.kubeletidentity.objectId`: what pulls.
    KubeletObjectId,
    /// A cluster's `identityProfile.kubeletidentity.clientId`.
    KubeletClientId,
    /// A cluster's `identityProfile.kubeletidentity.resourceId`.
    KubeletResourceId,
    /// A cluster's `identity.principalId`: the control plane's own identity, which never pulls.
    ControlPlanePrincipalId,
    /// The `principalId` of a user-assigned identity that a cluster's control plane is given. Its kubelets may have the
    /// same.
    GivenPrincipalId,
    /// A cluster's `servicePrincipalProfile.clientId`: an application id, or the text `msi` on a cluster with a
    /// managed identity.
    ClusterServicePrincipalClientId,
    /// The object id of that service principal: `az ad sp show --id` with its client id.
    ClusterServicePrincipalObjectId,
    /// The identity of one of the cluster's add-ons, named.
    AddOn(String),
    /// A managed identity's `principalId`.
    PrincipalId,
    /// A managed identity's `clientId`.
    ClientId,
    /// A managed identity's `id`.
    ResourceId,
    /// A service principal's object id (`id`).
    ObjectId,
    /// A service principal's or application's `appId`, the client id.
    AppId,
    /// An application's own object id, which is no principal.
    ApplicationObjectId,
    /// A registry's admin user, whose password pulls without any role.
    AdminUser,
    /// An attribute that the resource does not have, as written.
    Missing(String),
}

impl PrincipalAttribute {
    /// The id that stands at the end of a path of keys in what Azure shows of a resource; `None` where none does.
    pub fn at(kind: ResourceKind, path: &[&str]) -> Option<Self> {
        Some(match (kind, path) {
            (ResourceKind::Cluster, path) => Self::of_cluster(path)?,
            (ResourceKind::Registry, ["adminUsername"]) => Self::AdminUser,
            (ResourceKind::Identity, ["principalId"]) => Self::PrincipalId,
            (ResourceKind::Identity, ["clientId"]) => Self::ClientId,
            (ResourceKind::Identity, ["id"]) => Self::ResourceId,
            (ResourceKind::ServicePrincipal, ["id" | "objectId"]) => Self::ObjectId,
            (ResourceKind::ServicePrincipal | ResourceKind::Application, ["appId"]) => Self::AppId,
            (ResourceKind::Application, ["id" | "objectId"]) => Self::ApplicationObjectId,
            _ => return None,
        })
    }

    /// Keys count in any case of letters, as in Azure's own languages: `identityProfile.kubeletIdentity`.
    fn of_cluster(path: &[&str]) -> Option<Self> {
        let lower: Vec<String> = path.iter().map(|key| key.to_ascii_lowercase()).collect();
        let keys: Vec<&str> = lower.iter().map(String::as_str).collect();
        Some(match keys.as_slice() {
            ["identityprofile", "kubeletidentity", "objectid"] => Self::KubeletObjectId,
            ["identityprofile", "kubeletidentity", "clientid"] => Self::KubeletClientId,
            ["identityprofile", "kubeletidentity", "resourceid"] => Self::KubeletResourceId,
            ["identity", "principalid"] => Self::ControlPlanePrincipalId,
            ["identity", "userassignedidentities", _, "principalid"] => Self::GivenPrincipalId,
            ["serviceprincipalprofile", "clientid"] => Self::ClusterServicePrincipalClientId,
            ["addonprofiles", name, "identity", "objectid" | "clientid"] => {
                Self::AddOn(path.get(1).unwrap_or(name).to_string())
            }
            ["ingressprofile", "webapprouting", "identity", "objectid" | "clientid"] => {
                Self::AddOn("webAppRouting".to_owned())
            }
            // These objects have no other ids.
            ["identityprofile", "kubeletidentity", "principalid" | "id"]
            | ["identity", "objectid" | "clientid"]
            | ["serviceprincipalprofile", "objectid"] => Self::Missing(path.join(".")),
            _ => return None,
        })
    }
}

/// Who is granted something, or whose password it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrincipalRef {
    /// An id, a user name or a name as written; what sort it is shows only by what it equals.
    Written(String, Span),
    /// An attribute of a resource.
    Of {
        /// The resource.
        resource: ResourceRef,
        /// Which of its ids.
        attribute: PrincipalAttribute,
        /// Where it is granted, or where the password is used.
        span: Span,
    },
    /// Not resolvable.
    Unknown(Why, Span),
    /// Not written; the span is where it would go.
    Absent(Span),
}

impl PrincipalRef {
    /// Where it stands or would stand.
    pub const fn span(&self) -> Span {
        match self {
            Self::Written(_, span) | Self::Of { span, .. } | Self::Unknown(_, span) | Self::Absent(span) => *span,
        }
    }
}

/// How a source comes to state something of a resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Statement {
    /// It mentions the resource: `az acr show` in a script, `existing` in Bicep, `data` in Terraform.
    Mentions,
    /// It makes the resource: `az acr create`, a resource in a template.
    Makes,
    /// It changes the resource: `az acr update`.
    Changes,
    /// It was read from Azure: the output of `az acr show`.
    Shows,
}

/// How a registry decides who may pull.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistryMode {
    /// `LegacyRegistryPermissions`, `rbac`: by the actions of roles such as `AcrPull`.
    Legacy,
    /// `AbacRepositoryPermissions`, `rbac-abac`: by data actions and conditions on repositories.
    Abac,
}

/// A registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryFact {
    /// Which one.
    pub resource: ResourceRef,
    /// How the source comes to state this.
    pub statement: Statement,
    /// `loginServer`.
    pub login_server: Field<String>,
    /// `roleAssignmentMode`.
    pub mode: Field<RegistryMode>,
    /// `anonymousPullEnabled`.
    pub anonymous_pull: Field<bool>,
    /// `adminUserEnabled`.
    pub admin_enabled: Field<bool>,
    /// `sku.name`.
    pub sku: Field<String>,
    /// `publicNetworkAccess` is `Enabled`.
    pub public_network: Field<bool>,
    /// `networkRuleSet` lets some addresses in: by default, or ones that it lists.
    pub lets_in: Field<bool>,
    /// `policies.quarantinePolicy.status` is `enabled`.
    pub quarantine: Field<bool>,
    /// `policies.azureADAuthenticationAsArmPolicy.status` is `enabled`.
    pub arm_tokens: Field<bool>,
    /// A domain name label scope other than `Unsecure`: the login server carries a hash that only Azure knows.
    pub domain_name_label: Field<bool>,
    /// What the login servers of its cloud end with, where a source tells which cloud it is in.
    pub suffix: Option<&'static str>,
    /// Where the whole is written.
    pub span: Span,
}

impl RegistryFact {
    /// A registry of which nothing is stated but that it is meant.
    pub const fn new(resource: ResourceRef, statement: Statement, span: Span) -> Self {
        Self {
            resource,
            statement,
            login_server: Field::Absent(span),
            mode: Field::Absent(span),
            anonymous_pull: Field::Absent(span),
            admin_enabled: Field::Absent(span),
            sku: Field::Absent(span),
            public_network: Field::Absent(span),
            lets_in: Field::Absent(span),
            quarantine: Field::Absent(span),
            arm_tokens: Field::Absent(span),
            domain_name_label: Field::Absent(span),
            suffix: None,
            span,
        }
    }

    /// A change that may not be made tells of no setting what it is.
    pub(crate) fn leave_open(&mut self) {
        fn open<T>(field: &mut Field<T>) {
            if !field.is_absent() {
                *field = Field::Unknown(Why::FilledAtRunTime, field.span());
            }
        }
        open(&mut self.admin_enabled);
        open(&mut self.anonymous_pull);
        open(&mut self.public_network);
        open(&mut self.sku);
        open(&mut self.lets_in);
        open(&mut self.mode);
    }
}

/// Whose credentials a cluster acts with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterIdentityKind {
    /// Managed identities: one for the control plane, one for the kubelets.
    Managed,
    /// A service principal for both.
    ServicePrincipal,
}

/// A managed identity's ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityIds {
    /// `objectId` or `principalId`: what roles are granted to.
    pub object_id: Field<String>,
    /// `clientId`.
    pub client_id: Field<String>,
    /// The user-assigned identity, where told.
    pub resource: Option<ResourceRef>,
}

impl IdentityIds {
    /// Nothing is told.
    pub const fn absent(span: Span) -> Self {
        Self { object_id: Field::Absent(span), client_id: Field::Absent(span), resource: None }
    }
}

/// A cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterFact {
    /// Which one.
    pub resource: ResourceRef,
    /// How the source comes to state this.
    pub statement: Statement,
    /// Managed identity or service principal.
    pub identity_kind: Field<ClusterIdentityKind>,
    /// `identityProfile.kubeletidentity`.
    pub kubelet: IdentityIds,
    /// `identity`: one principal of its own, or the user-assigned ones.
    pub control_plane: Vec<IdentityIds>,
    /// `servicePrincipalProfile.clientId`, where it is not `msi`.
    pub service_principal: Option<PrincipalRef>,
    /// The identities of add-ons, which never pull, by the add-on's name.
    pub add_ons: Vec<(String, IdentityIds)>,
    /// `securityProfile.serviceAccountImagePullProfile.enabled`.
    pub service_account_pull: Field<bool>,
    /// `securityProfile.serviceAccountImagePullProfile.defaultManagedIdentityId`.
    pub service_account_default: Field<String>,
    /// `bootstrapProfile.containerRegistryId`.
    pub bootstrap_registry: Option<ResourceRef>,
    /// `nodeResourceGroup`.
    pub node_group: Field<String>,
    /// `httpProxyConfig.noProxy`: what the nodes ask without the proxy that they are told of. Absent where they are told of
    /// none.
    pub no_proxy: Field<Vec<String>>,
    /// `agentPoolProfiles[].nodeImageVersion`.
    pub node_images: Vec<Field<String>>,
    /// Where the whole is written.
    pub span: Span,
}

impl ClusterFact {
    /// A cluster of which nothing is stated but that it is meant.
    pub const fn new(resource: ResourceRef, statement: Statement, span: Span) -> Self {
        Self {
            resource,
            statement,
            identity_kind: Field::Absent(span),
            kubelet: IdentityIds::absent(span),
            control_plane: Vec::new(),
            service_principal: None,
            add_ons: Vec::new(),
            service_account_pull: Field::Absent(span),
            service_account_default: Field::Absent(span),
            bootstrap_registry: None,
            no_proxy: Field::Absent(span),
            node_images: Vec::new(),
            node_group: Field::Absent(span),
            span,
        }
    }
}

/// A user-assigned managed identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityFact {
    /// Which one.
    pub resource: ResourceRef,
    /// How the source comes to state this.
    pub statement: Statement,
    /// `principalId`.
    pub principal_id: Field<String>,
    /// `clientId`.
    pub client_id: Field<String>,
    /// Where the whole is written.
    pub span: Span,
}

/// A service principal with its application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePrincipalFact {
    /// Which one; its name is the display name.
    pub resource: ResourceRef,
    /// How the source comes to state this.
    pub statement: Statement,
    /// The service principal's `id` (once `objectId`): what roles are granted to.
    pub object_id: Field<String>,
    /// `appId`.
    pub app_id: Field<String>,
    /// The application's own object id.
    pub application_object_id: Field<String>,
    /// When its secrets end, in seconds since 1970-01-01 UTC. Empty where none is listed.
    pub secrets_end: Vec<Field<i64>>,
    /// Where the whole is written.
    pub span: Span,
}

/// A command that lists the secrets of a service principal into a file, which does not tell whose they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretListingFact {
    /// The file that it writes, relative to the project root.
    pub output: String,
    /// The id that is asked for: a client id or an object id.
    pub id: String,
    /// The command.
    pub span: Span,
}

/// A repository-scoped token of a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenFact {
    /// The registry.
    pub registry: ResourceRef,
    /// The token's name, which is the user name.
    pub name: Field<String>,
    /// Its scope map's name.
    pub scope_map: Field<String>,
    /// `status` is `enabled`.
    pub enabled: Field<bool>,
    /// When its passwords end, in seconds since 1970-01-01 UTC; Absent never ends. Empty where none is listed.
    pub passwords_end: Vec<Field<i64>>,
    /// Where the whole is written.
    pub span: Span,
}

/// A scope map: what tokens may do in which repositories.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeMapFact {
    /// The registry.
    pub registry: ResourceRef,
    /// Its name; a token made with `--repository` has one of its own, named after it.
    pub name: Field<String>,
    /// `repositories/<repository>/<action>`; Unknown where any cannot be known.
    pub actions: Field<Vec<String>>,
    /// Where the whole is written.
    pub span: Span,
}

/// A private endpoint connection of a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrivateEndpointFact {
    /// The registry.
    pub registry: ResourceRef,
    /// `privateLinkServiceConnectionState.status` is `Approved`.
    pub approved: Field<bool>,
    /// Where the whole is written.
    pub span: Span,
}
