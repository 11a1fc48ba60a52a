//! Small random estates of Azure: one pod that pulls from one registry, clusters, rights, and what the sources leave out.

use std::fmt::Write as _;

use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report, analyze, read, read_config};
use canpull_syntax::FileId;
use serde_json::{Value, json};

use crate::proof::estate::Random;

const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
const OTHER_SUBSCRIPTION: &str = "22222222-2222-4222-8222-222222222222";
const CUSTOM_ROLE: &str = "55555555-5555-4555-8555-555555555555";
const NAMES: [&str; 2] = ["prod", "test"];

/// What `az aks show` tells of a cluster's identities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cluster {
    /// Managed identities; the kubelets' is shown.
    Managed,
    /// The same, with a user-assigned identity for the kubelets.
    OwnKubelet,
    /// Managed identities; the kubelets' is not shown.
    Hidden,
    /// A service principal.
    Principal,
    /// Nothing.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Legacy,
    Abac,
}

/// What `az acr show` tells of the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Registry {
    pub(crate) mode: Option<Mode>,
    pub(crate) anonymous: Option<bool>,
    pub(crate) admin: Option<bool>,
}

/// An id that rights can be given to, or that is mistaken for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Id {
    Kubelet(usize),
    KubeletClient(usize),
    ControlPlane(usize),
    /// The service principal's `appId`.
    App,
    /// The service principal's object id.
    AppObject,
    Stranger,
    Team,
    /// A variable that nothing sets.
    Open,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    AcrPull,
    RepositoryReader,
    CatalogLister,
    Owner,
    Importer,
    Custom,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    Registry,
    OtherRegistry,
    Group,
    /// Its name goes on where the registry's group's ends.
    OtherGroup,
    Subscription,
    OtherSubscription,
    ManagementGroup,
    Root,
    Absent,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    None,
    ThisRepository,
    AnotherRepository,
    Unparsable,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Assignment {
    pub(crate) to: Id,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    pub(crate) condition: Condition,
    /// Only if a test of the script holds.
    pub(crate) maybe: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Denial {
    /// `None` is everybody.
    pub(crate) to: Option<Id>,
    pub(crate) spares: Option<Id>,
    pub(crate) scope: Scope,
    pub(crate) only_at_scope: bool,
    /// What it denies: `actions`, else `dataActions`.
    pub(crate) actions: bool,
}

/// Whose credential the pod's pull secret holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum User {
    App,
    Token,
    Admin,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) enabled: bool,
    pub(crate) reads: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Estate {
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) registry: Option<Registry>,
    pub(crate) other_registry: bool,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) denials: Vec<Denial>,
    /// Whether the custom role pulls by actions, and by data actions, where its definition is shown.
    pub(crate) custom: Option<(bool, bool)>,
    /// Whether `az ad sp show` is among the sources.
    pub(crate) principal_shown: bool,
    pub(crate) token: Option<Token>,
    pub(crate) user: Option<User>,
    /// `complete: [role-assignments]`.
    pub(crate) complete: bool,
}

impl Random {
    fn id(&mut self, clusters: &[Cluster]) -> Id {
        if !clusters.is_empty() && self.below(5) < 3 {
            let at = self.below(clusters.len());
            let shown = matches!(clusters[at], Cluster::Managed | Cluster::OwnKubelet);
            let managed = shown || clusters[at] == Cluster::Hidden;
            match self.below(5) {
                0..3 if shown => return Id::Kubelet(at),
                3 if shown => return Id::KubeletClient(at),
                4 if managed => return Id::ControlPlane(at),
                0..3 if clusters[at] == Cluster::Principal => return Id::AppObject,
                _ => {}
            }
        }
        self.pick(&[Id::App, Id::AppObject, Id::Stranger, Id::Team, Id::Open])
    }

    pub(crate) fn assignment(&mut self, clusters: &[Cluster]) -> Assignment {
        use Role::{AcrPull, CatalogLister, Custom, Importer, Owner, RepositoryReader};
        let role = self.pick(&[
            AcrPull,
            AcrPull,
            AcrPull,
            RepositoryReader,
            RepositoryReader,
            CatalogLister,
            Owner,
            Importer,
            Custom,
        ]);
        let condition = match self.below(8) {
            0 => Condition::ThisRepository,
            1 => Condition::AnotherRepository,
            2 => Condition::Unparsable,
            _ => Condition::None,
        };
        Assignment { to: self.id(clusters), role, scope: self.scope(), condition, maybe: self.once_in(8) }
    }

    fn scope(&mut self) -> Scope {
        use Scope::{
            Absent, Group, ManagementGroup, OtherGroup, OtherRegistry, OtherSubscription, Registry, Root, Subscription,
        };
        self.pick(&[
            Registry,
            Registry,
            Registry,
            Registry,
            Registry,
            OtherRegistry,
            Group,
            OtherGroup,
            Subscription,
            OtherSubscription,
            ManagementGroup,
            Root,
            Absent,
        ])
    }

    fn denial(&mut self, clusters: &[Cluster]) -> Denial {
        let mut id = || match self.id(clusters) {
            Id::Open => Id::Stranger,
            id => id,
        };
        let (to, spares) = (id(), id());
        Denial {
            to: (!self.once_in(3)).then_some(to),
            spares: self.once_in(3).then_some(spares),
            scope: match self.scope() {
                Scope::Absent => Scope::Registry,
                scope => scope,
            },
            only_at_scope: self.once_in(3),
            actions: self.below(3) > 0,
        }
    }

    fn maybe<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!self.once_in(3)).then(|| self.pick(of))
    }

    pub(crate) fn azure(&mut self) -> Estate {
        use Cluster::{Hidden, Managed, OwnKubelet, Principal, Unknown};
        let clusters: Vec<Cluster> = (0..self.pick(&[0, 1, 1, 1, 1, 2]))
            .map(|_| self.pick(&[Managed, Managed, Managed, OwnKubelet, Hidden, Principal, Unknown]))
            .collect();
        let registry = (!self.once_in(3)).then(|| Registry {
            mode: self.maybe(&[Mode::Legacy, Mode::Abac]),
            anonymous: self.maybe(&[false, false, false, true]),
            admin: self.maybe(&[false, true]),
        });
        Estate {
            registry,
            other_registry: self.once_in(3),
            assignments: (0..self.below(4)).map(|_| self.assignment(&clusters)).collect(),
            denials: if self.once_in(5) { vec![self.denial(&clusters)] } else { Vec::new() },
            custom: self.once_in(2).then(|| (self.once_in(2), self.once_in(2))),
            principal_shown: self.once_in(2),
            token: self.once_in(2).then(|| Token { enabled: !self.once_in(3), reads: !self.once_in(3) }),
            user: if self.once_in(3) { Some(self.pick(&[User::App, User::Token, User::Admin])) } else { None },
            complete: self.once_in(2),
            clusters,
        }
    }
}

fn guid(group: usize, at: usize) -> String {
    format!("{group:08}-0000-4000-8000-{at:012}")
}

impl Id {
    fn guid(self) -> String {
        match self {
            Self::Kubelet(at) => guid(10, at),
            Self::KubeletClient(at) => guid(11, at),
            Self::ControlPlane(at) => guid(12, at),
            Self::App => guid(13, 0),
            Self::AppObject => guid(14, 0),
            Self::Stranger => guid(15, 0),
            Self::Team => guid(16, 0),
            Self::Open => "$PRINCIPAL_ID".into(),
        }
    }

    fn sort(self) -> &'static str {
        if self == Self::Team { "Group" } else { "ServicePrincipal" }
    }
}

fn registry_id(name: &str) -> String {
    format!("{}/providers/Microsoft.ContainerRegistry/registries/{name}", group_id("shop"))
}

fn group_id(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}")
}

impl Scope {
    fn id(self) -> String {
        match self {
            Self::Registry => registry_id("contoso"),
            Self::OtherRegistry => registry_id("fabrikam"),
            Self::Group => group_id("Shop"),
            Self::OtherGroup => group_id("shop2"),
            Self::Subscription => format!("/subscriptions/{SUBSCRIPTION}"),
            Self::OtherSubscription => format!("/subscriptions/{OTHER_SUBSCRIPTION}"),
            Self::ManagementGroup => "/providers/Microsoft.Management/managementGroups/all".into(),
            Self::Root | Self::Absent => "/".into(),
        }
    }
}

impl Role {
    fn guid(self) -> &'static str {
        match self {
            Self::AcrPull => "7f951dda-4ed3-4680-a7ca-43fe172d538d",
            Self::RepositoryReader => "b93aa761-3e63-49ed-ac28-beffa264f7ac",
            Self::CatalogLister => "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
            Self::Owner => "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
            Self::Importer => "577a9874-89fd-4f24-9dbd-b5034d0ad23a",
            Self::Custom => CUSTOM_ROLE,
        }
    }
}

impl Condition {
    fn text(self) -> Option<String> {
        let content = "Microsoft.ContainerRegistry/registries/repositories";
        let only = |repository: &str| {
            format!(
                "((!(ActionMatches{{'{content}/content/read'}})) OR (@Request[{content}:name] StringEqualsIgnoreCase '{repository}'))"
            )
        };
        match self {
            Self::None => None,
            Self::ThisRepository => Some(only("shop/web")),
            Self::AnotherRepository => Some(only("shop/api")),
            Self::Unparsable => Some("((!(ActionMatches".into()),
        }
    }
}

impl Assignment {
    /// Whether `az role assignment list` cannot print it.
    fn is_scripted(&self) -> bool {
        self.maybe || self.to == Id::Open || self.scope == Scope::Absent
    }

    fn json(&self, at: usize) -> Value {
        let scope = self.scope.id();
        json!({
            "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", scope.trim_end_matches('/'), guid(20, at)),
            "type": "Microsoft.Authorization/roleAssignments",
            "principalId": self.to.guid(), "principalType": self.to.sort(),
            "roleDefinitionId": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{}", self.role.guid()),
            "scope": scope, "condition": self.condition.text(), "conditionVersion": self.condition.text().map(|_| "2.0"),
        })
    }

    fn command(&self) -> String {
        let (to, sort, role) = (self.to.guid(), self.to.sort(), self.role.guid());
        let mut out = format!(
            "az role assignment create --assignee-object-id {to} --assignee-principal-type {sort} --role {role}"
        );
        if self.scope != Scope::Absent {
            write!(out, " --scope {}", self.scope.id()).unwrap();
        }
        if let Some(condition) = self.condition.text() {
            write!(out, " --condition \"{condition}\" --condition-version 2.0").unwrap();
        }
        if self.maybe { format!("if [ -n \"$GRANT\" ]; then\n  {out}\nfi\n") } else { out + "\n" }
    }
}

impl Denial {
    fn json(&self, at: usize) -> Value {
        let principal = |id: &Id| json!({"id": id.guid(), "type": id.sort()});
        let everyone = || json!({"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"});
        let permission = if self.actions { json!({"actions": ["*/read"]}) } else { json!({"dataActions": ["*"]}) };
        let scope = self.scope.id();
        json!({
            "id": format!("{}/providers/Microsoft.Authorization/denyAssignments/{}", scope.trim_end_matches('/'), guid(21, at)),
            "type": "Microsoft.Authorization/denyAssignments",
            "properties": {
                "denyAssignmentName": "no", "permissions": [permission], "scope": scope,
                "doNotApplyToChildScopes": self.only_at_scope,
                "principals": [self.to.as_ref().map_or_else(everyone, principal)],
                "excludePrincipals": self.spares.iter().map(principal).collect::<Vec<_>>(),
            },
        })
    }
}

impl Cluster {
    fn json(self, at: usize) -> Value {
        let name = NAMES[at];
        let identity = |name: &str| {
            format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", group_id("shop"))
        };
        let mut shown = json!({
            "id": format!("{}/providers/Microsoft.ContainerService/managedClusters/{name}", group_id("shop")),
            "name": name, "type": "Microsoft.ContainerService/ManagedClusters", "identityProfile": null,
        });
        if matches!(self, Self::Managed | Self::OwnKubelet | Self::Hidden) {
            shown["servicePrincipalProfile"] = json!({"clientId": "msi"});
            shown["identity"] = json!({"type": "SystemAssigned", "principalId": Id::ControlPlane(at).guid()});
        }
        if matches!(self, Self::Managed | Self::OwnKubelet) {
            let (object, client) = (Id::Kubelet(at).guid(), Id::KubeletClient(at).guid());
            shown["identityProfile"] = json!({"kubeletidentity": {"objectId": object, "clientId": client}});
        }
        if self == Self::OwnKubelet {
            shown["identityProfile"]["kubeletidentity"]["resourceId"] = json!(identity(&format!("{name}-kubelet")));
            let own = json!({identity(&format!("{name}-control")): {"principalId": Id::ControlPlane(at).guid()}});
            shown["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": own});
        }
        if self == Self::Principal {
            shown["servicePrincipalProfile"] = json!({"clientId": Id::App.guid()});
        }
        shown
    }
}

impl Registry {
    fn json(self, name: &str) -> Value {
        let mode = self.mode.map(|mode| match mode {
            Mode::Legacy => "LegacyRegistryPermissions",
            Mode::Abac => "AbacRepositoryPermissions",
        });
        json!({
            "id": registry_id(name), "name": name, "type": "Microsoft.ContainerRegistry/registries",
            "loginServer": format!("{name}.azurecr.io"), "roleAssignmentMode": mode,
            "anonymousPullEnabled": self.anonymous, "adminUserEnabled": self.admin,
        })
    }
}

impl Estate {
    /// Names and contents of the files.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut values: Vec<(String, Value)> = Vec::new();
        let mut add = |name: &str, value: Value| values.push((format!("{name}.json"), value));
        for (at, cluster) in self.clusters.iter().enumerate() {
            add(NAMES[at], cluster.json(at));
        }
        if let Some(registry) = self.registry {
            add("registry", registry.json("contoso"));
        }
        if self.other_registry {
            add("other-registry", Registry::default().json("fabrikam"));
        }
        let (scripted, listed): (Vec<&Assignment>, Vec<&Assignment>) =
            self.assignments.iter().partition(|own| own.is_scripted());
        if !listed.is_empty() {
            add("roles", listed.iter().enumerate().map(|(at, own)| own.json(at)).collect());
        }
        if !self.denials.is_empty() {
            let denials: Vec<Value> = self.denials.iter().enumerate().map(|(at, own)| own.json(at)).collect();
            add("denials", json!({ "value": denials }));
        }
        if let Some((actions, data_actions)) = self.custom {
            let list = |does: bool, action: &str| if does { vec![action.to_owned()] } else { Vec::new() };
            add(
                "role",
                json!([{
                    "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CUSTOM_ROLE}"),
                    "name": CUSTOM_ROLE, "roleName": "Puller", "assignableScopes": ["/"],
                    "type": "Microsoft.Authorization/roleDefinitions",
                    "permissions": [{
                        "actions": list(actions, "Microsoft.ContainerRegistry/registries/pull/read"),
                        "dataActions": list(data_actions, "Microsoft.ContainerRegistry/registries/repositories/content/read"),
                    }],
                }]),
            );
        }
        if self.principal_shown {
            add(
                "principal",
                json!({"appId": Id::App.guid(), "displayName": "puller", "id": Id::AppObject.guid(), "servicePrincipalType": "Application"}),
            );
        }
        if let Some(token) = self.token {
            let registry = registry_id("contoso");
            let map = if token.reads { "repositories/shop/*/content/read" } else { "repositories/other/content/read" };
            add(
                "tokens",
                json!([{
                    "id": format!("{registry}/tokens/puller"), "name": "puller", "scopeMapId": format!("{registry}/scopeMaps/map"),
                    "status": if token.enabled { "enabled" } else { "disabled" }, "type": "Microsoft.ContainerRegistry/registries/tokens",
                }]),
            );
            add(
                "maps",
                json!([{
                    "id": format!("{registry}/scopeMaps/map"), "name": "map", "actions": [map],
                    "type": "Microsoft.ContainerRegistry/registries/scopeMaps",
                }]),
            );
        }
        let mut files: Vec<(String, String)> =
            values.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        if !scripted.is_empty() {
            let commands: String = scripted.iter().map(|own| own.command()).collect();
            files.push(("grant.sh".into(), format!("#!/bin/bash\n{commands}")));
        }
        files.push(("web.yaml".into(), self.manifests()));
        files
    }

    fn manifests(&self) -> String {
        let mut out =
            String::from("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  serviceAccountName: web\n");
        if self.user.is_some() {
            out += "  imagePullSecrets: [{name: pull}]\n";
        }
        out += "  containers:\n    - name: web\n      image: contoso.azurecr.io/shop/web:1\n";
        out += "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n";
        let Some(user) = self.user else { return out };
        let user = match user {
            User::App => Id::App.guid(),
            User::Token => "puller".into(),
            User::Admin => "contoso".into(),
        };
        let config = json!({"auths": {"contoso.azurecr.io": {"username": user, "password": "example"}}});
        out += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: pull}\ntype: kubernetes.io/dockerconfigjson\n";
        write!(out, "stringData:\n  .dockerconfigjson: '{config}'\n").unwrap();
        out
    }

    fn config(&self) -> String {
        if !self.complete {
            return "clusters: []\n".into();
        }
        let names = if self.clusters.is_empty() { &NAMES[..1] } else { &NAMES[..self.clusters.len()] };
        let each = names.iter().map(|name| format!("  - {{name: {name}, complete: [role-assignments]}}\n"));
        format!("clusters:\n{}", each.collect::<String>())
    }

    /// What canpull makes of it.
    pub(crate) fn report(&self) -> Report {
        let files = self.files();
        let mut facts: Vec<FileFacts> =
            files.iter().enumerate().map(|(at, (name, text))| read(FileId::at(at), name, text.as_bytes())).collect();
        for own in &facts {
            assert!(own.recognised && own.problems.is_empty(), "{}: {:?}", own.path, own.problems);
        }
        let text = self.config();
        let (config, errors) = read_config("canpull.yaml", FileId::at(facts.len()), &text);
        assert_eq!(errors, [], "{text}");
        facts.push(FileFacts { path: "canpull.yaml".into(), ..FileFacts::default() });
        analyze(facts, &config, &Options::default())
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        format!("{self:#?}")
    }
}
