//! The Azure side of the model: registries, clusters, principals and rights, joined over all sources.

mod agent_pool;
pub mod cluster;
mod index;
pub mod principal;
pub mod registry;
pub mod setting;

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{Span, order, to_offset};

use crate::acr_host::{AcrHostKind, acr_host, near_acr};
use crate::fact::azure::{
    ClusterFact, PrincipalAttribute, PrincipalRef, PrivateEndpointFact, ResourceKind, ResourceRef, ScopeMapFact,
    ServicePrincipalFact, Statement, TokenFact, label,
};
use crate::fact::grant::{
    DenyAssignmentFact, GrantOrigin, ListingFact, RevocationFact, RoleAssignmentFact, RoleDefinitionFact, RoleRef,
};
use crate::fact::{Field, FileFacts};
use crate::model::role::{BuiltIn, last_segment};
use crate::model::scope::Place;
use crate::proof::Truth;

use index::{Hosts, Index, Scopes};
use principal::{Key, id_keys, identity_keys, resource_keys, sort_of};

pub use cluster::{Cluster, ClusterId};
pub use principal::{IdSort, Principal, PrincipalId, PrincipalKind, Principals, Who};
pub use registry::{Registry, RegistryId};
pub use setting::Setting;

/// A role assignment with whom it is for.
#[derive(Clone, Debug)]
pub struct Assignment<'a> {
    /// As stated.
    pub fact: &'a RoleAssignmentFact,
    /// Whom it is for.
    pub who: Who,
    /// Its role.
    pub role: Role<'a>,
    /// A command that ends it, or may.
    pub ended: Option<Span>,
}

/// What a role assignment's role is.
#[derive(Clone, Copy, Debug)]
pub enum Role<'a> {
    /// A built-in role that pulls, or that is mistaken for one that does.
    BuiltIn(&'static BuiltIn),
    /// A role that the sources define.
    Custom(&'a RoleDefinitionFact),
    /// A role that no source defines, by name or GUID.
    Unseen(&'a str),
    /// Not resolvable.
    Open,
}

/// A host that looks like a registry's, and that no images are pulled from.
pub struct WrongHost {
    /// What it is instead.
    pub reason: &'static str,
    /// The login server that is likely meant, where it is known.
    pub meant: Option<String>,
}

/// All that the sources tell of Azure.
#[derive(Clone, Debug, Default)]
pub struct Azure<'a> {
    /// Registries.
    pub registries: Vec<Registry<'a>>,
    /// Clusters.
    pub clusters: Vec<Cluster<'a>>,
    /// Identities.
    pub principals: Principals,
    /// Managed identities that something other than a cluster is given.
    pub identity_uses: Vec<&'a ResourceRef>,
    /// Role assignments.
    pub assignments: Vec<Assignment<'a>>,
    /// Deny assignments.
    pub denials: Vec<&'a DenyAssignmentFact>,
    /// Commands that list role assignments.
    pub listings: Vec<&'a ListingFact>,
    /// Service principals.
    pub service_principals: Vec<(&'a ServicePrincipalFact, PrincipalId)>,
    /// Repository-scoped tokens.
    pub tokens: Vec<&'a TokenFact>,
    /// Scope maps.
    pub scope_maps: Vec<&'a ScopeMapFact>,
    /// Private endpoint connections.
    pub private_endpoints: Vec<&'a PrivateEndpointFact>,
    definitions: Vec<&'a RoleDefinitionFact>,
    registry_index: Index,
    cluster_index: Index,
    scopes: Scopes,
    hosts: Hosts,
}

impl<'a> Azure<'a> {
    /// The name and the resource group of the only cluster that the sources tell of, where there is one.
    pub fn only_cluster(&self) -> Option<(&str, &str)> {
        let [only] = self.clusters.as_slice() else { return None };
        only.place.name.as_deref().zip(only.place.group.as_deref())
    }

    /// Joins the facts of all files.
    pub fn new(files: &'a [FileFacts]) -> Self {
        let mut azure = Self::default();
        let facts = || files.iter().map(|file| &file.azure);
        for fact in facts().flat_map(|facts| &facts.registries) {
            let id = azure.registry_for(&fact.resource);
            if let Some(registry) = azure.registries.get_mut(id.0 as usize) {
                registry.facts.push(fact);
            }
        }
        azure.definitions = facts().flat_map(|facts| &facts.role_definitions).collect();
        azure.denials = facts().flat_map(|facts| &facts.deny_assignments).collect();
        azure.identity_uses = facts().flat_map(|facts| &facts.identity_uses).collect();
        azure.listings = facts().flat_map(|facts| &facts.listings).collect();
        azure.tokens = facts().flat_map(|facts| &facts.tokens).collect();
        azure.scope_maps = facts().flat_map(|facts| &facts.scope_maps).collect();
        azure.private_endpoints = facts().flat_map(|facts| &facts.private_endpoints).collect();
        azure.join_principals(files);
        for fact in facts().flat_map(|facts| &facts.assignments) {
            let told = fact.scope.known().filter(|_| fact.origin != GrantOrigin::Unread);
            if let Some(scope) = told.filter(|scope| scope.kind == ResourceKind::Registry) {
                azure.registry_for(scope);
            }
            let (who, role) = (azure.who(&fact.principal), azure.role(&fact.role));
            let assignment = Assignment { fact, who, role, ended: None };
            azure.assignments.push(assignment);
        }
        for fact in facts().flat_map(|facts| &facts.revocations) {
            azure.end(fact);
        }
        azure.scopes = Scopes::new(&azure.assignments);
        azure.hosts = Hosts::new(&azure.registries);
        azure
    }

    /// Marks the assignments that a command ends, or may: of the same file, only those above it.
    fn end(&mut self, fact: &RevocationFact) {
        let who = self.who(&fact.principal);
        let principals = &self.principals;
        for assignment in &mut self.assignments {
            let own = assignment.fact;
            let later = own.span.file != fact.span.file || own.span < fact.span;
            let principal = match (&who, &assignment.who) {
                (Who::Known(one, _), Who::Known(other, _)) => principals.same(*one, *other),
                (Who::Stranger(one), Who::Stranger(other)) => one.eq_ignore_ascii_case(other),
                (Who::Open, _) | (_, Who::Open) => true,
                _ => false,
            };
            let role = match (fact.role.written.text(), own.role.written.text()) {
                (Some(one), Some(other)) => same_role(one, other),
                _ => true,
            };
            let scope = match (fact.scope.known(), own.scope.known()) {
                (Some(one), Some(other)) => {
                    let mut place = Place::default();
                    place.learn(one);
                    place.is(other) != Truth::No
                }
                _ => true,
            };
            if later && principal && role && scope {
                assignment.ended = Some(fact.span);
            }
        }
    }

    /// The registry that a reference means, made where none is known yet.
    fn registry_for(&mut self, resource: &ResourceRef) -> RegistryId {
        let place = |index: u32| self.registries.get(index as usize).map(|registry| &registry.place);
        let index = self.registry_index.find(resource, place).unwrap_or_else(|| {
            self.registries.push(Registry { place: Place::default(), facts: Vec::new() });
            to_offset(self.registries.len() - 1)
        });
        self.registry_index.add(resource, index);
        if let Some(registry) = self.registries.get_mut(index as usize) {
            registry.place.learn(resource);
        }
        RegistryId(index)
    }

    /// The cluster that a reference means, made where none is known yet.
    fn cluster_for(&mut self, resource: &ResourceRef) -> ClusterId {
        if let Some(id) = self.cluster(resource) {
            self.cluster_index.add(resource, id.0);
            if let Some(cluster) = self.clusters.get_mut(id.0 as usize) {
                cluster.place.learn(resource);
            }
            return id;
        }
        let id = ClusterId(to_offset(self.clusters.len()));
        let mut place = Place::default();
        place.learn(resource);
        self.cluster_index.add(resource, id.0);
        let name = place.name.as_deref().map_or_else(|| "of unknown name".to_owned(), |name| format!("`{name}`"));
        let label = format!("the kubelet identity of cluster {name}");
        let kubelet = self.principals.join(PrincipalKind::Kubelet, label, vec![Key::Kubelet(id)], resource.span);
        self.clusters.push(Cluster {
            place,
            facts: Vec::new(),
            kubelet,
            kubelet_open: true,
            service_principal: None,
            control_plane: Vec::new(),
        });
        id
    }

    fn cluster(&self, resource: &ResourceRef) -> Option<ClusterId> {
        let place = |index: u32| self.clusters.get(index as usize).map(|cluster| &cluster.place);
        self.cluster_index.find(resource, place).map(ClusterId)
    }

    fn join_principals(&mut self, files: &'a [FileFacts]) {
        for fact in files.iter().flat_map(|file| &file.azure.clusters) {
            let id = self.cluster_for(&fact.resource);
            if let Some(cluster) = self.clusters.get_mut(id.0 as usize) {
                cluster.facts.push(fact);
            }
            self.join_cluster(id, fact);
        }
        let identities: Vec<_> = files.iter().flat_map(|file| &file.azure.identities).collect();
        for (id, key) in agent_pool::keys(&self.clusters, &identities) {
            let Some(cluster) = self.clusters.get(id.0 as usize) else { continue };
            let Some(fact) = cluster.facts.first() else { continue };
            let label = format!("the kubelet identity of cluster {}", cluster.label());
            self.principals.join(PrincipalKind::Kubelet, label, vec![Key::Kubelet(id), key], fact.span);
        }
        for fact in identities {
            let keys = [resource_keys(&fact.resource), id_keys(&fact.principal_id, &fact.client_id)].concat();
            let label = format!("identity {}", label_of(&fact.resource));
            self.principals.join(PrincipalKind::Identity, label, keys, fact.span);
        }
        for fact in files.iter().flat_map(|file| &file.azure.service_principals) {
            let keys = [id_keys(&fact.object_id, &fact.app_id), resource_keys(&fact.resource)].concat();
            let label = format!("service principal {}", label_of(&fact.resource));
            let id = self.principals.join(PrincipalKind::ServicePrincipal, label, keys, fact.span);
            self.service_principals.push((fact, id));
        }
        self.join_secret_listings(files);
        for alias in files.iter().flat_map(|file| &file.azure.aliases) {
            let keys = id_keys(&alias.object_id, &alias.client_id);
            let label = format!("principal `{}`", alias.object_id.text().unwrap_or_default());
            self.principals.join(PrincipalKind::Unknown, label, keys, alias.span);
        }
        self.complete_clusters();
    }

    /// Whose secrets a file lists, the command tells that writes it.
    fn join_secret_listings(&mut self, files: &'a [FileFacts]) {
        let paths: BTreeMap<&str, &FileFacts> = files.iter().map(|file| (file.path.as_str(), file)).collect();
        for listing in files.iter().flat_map(|file| &file.azure.secret_listings) {
            let written = paths.get(listing.output.as_str()).into_iter();
            let lists = |fact: &&ServicePrincipalFact| fact.resource.is_open() && fact.app_id.known().is_none();
            for fact in written.flat_map(|file| &file.azure.service_principals).filter(lists) {
                let id = if let Who::Known(id, _) = self.principals.written(&listing.id) {
                    id
                } else {
                    let key = Key::Client(listing.id.to_ascii_lowercase());
                    let label = format!("service principal `{}`", listing.id);
                    self.principals.join(PrincipalKind::ServicePrincipal, label, vec![key], listing.span)
                };
                self.service_principals.push((fact, id));
            }
        }
    }

    fn join_cluster(&mut self, id: ClusterId, fact: &ClusterFact) {
        let label = self.clusters.get(id.0 as usize).map(Cluster::label).unwrap_or_default();
        let kubelet = [vec![Key::Kubelet(id)], identity_keys(&fact.kubelet)].concat();
        self.principals.join(
            PrincipalKind::Kubelet,
            format!("the kubelet identity of cluster {label}"),
            kubelet,
            fact.span,
        );
        for identity in &fact.control_plane {
            let mut keys = identity_keys(identity);
            if identity.resource.is_none() {
                keys.insert(0, Key::ControlPlane(id));
            }
            let label = format!("the control-plane identity of cluster {label}");
            let principal = self.principals.join(PrincipalKind::ControlPlane, label, keys, fact.span);
            if let Some(cluster) = self.clusters.get_mut(id.0 as usize) {
                cluster.control_plane.push(principal);
            }
        }
        for (name, identity) in &fact.add_ons {
            let keys = [vec![Key::AddOn(id, name.clone())], identity_keys(identity)].concat();
            let label = format!("the identity of add-on `{name}` of cluster {label}");
            self.principals.join(PrincipalKind::AddOn, label, keys, fact.span);
        }
        if let Some(principal) = &fact.service_principal {
            let mut keys = vec![Key::ClusterServicePrincipal(id)];
            match principal {
                PrincipalRef::Written(written, _) => keys.push(Key::Client(written.to_ascii_lowercase())),
                PrincipalRef::Of { resource, .. } => keys.extend(resource_keys(resource)),
                PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => {}
            }
            let label = format!("the service principal of cluster {label}");
            self.principals.join(PrincipalKind::Kubelet, label, keys, principal.span());
        }
    }

    /// What can be told of clusters only once all principals are joined.
    fn complete_clusters(&mut self) {
        for (index, cluster) in self.clusters.iter_mut().enumerate() {
            let id = ClusterId(to_offset(index));
            cluster.service_principal = self.principals.find(&Key::ClusterServicePrincipal(id));
            cluster.control_plane.extend(self.principals.find(&Key::ControlPlane(id)));
            let settled = |fact: &&ClusterFact| {
                let resource = fact.kubelet.resource.as_ref();
                let named = resource.is_some_and(|resource| !resource.is_open());
                fact.kubelet.object_id.known().is_some()
                    || named
                    || (resource.is_none() && fact.statement == Statement::Makes)
            };
            cluster.kubelet_open = !cluster.facts.iter().copied().any(|fact| settled(&fact));
        }
    }

    /// Whom a reference means.
    pub fn who(&mut self, principal: &PrincipalRef) -> Who {
        match principal {
            PrincipalRef::Written(written, _) => self.principals.written(written),
            PrincipalRef::Of { resource, attribute, .. } => self.who_of(resource, attribute),
            PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => Who::Open,
        }
    }

    fn who_of(&mut self, resource: &ResourceRef, attribute: &PrincipalAttribute) -> Who {
        if let PrincipalAttribute::Missing(written) = attribute {
            return Who::Nobody(format!("`{written}` is nothing that such a resource has"));
        }
        if *attribute == PrincipalAttribute::AdminUser {
            return Who::Admin;
        }
        if *attribute == PrincipalAttribute::ApplicationObjectId {
            return Who::Nobody(
                "an application's own object id is no principal; its service principal has another".into(),
            );
        }
        let sort = sort_of(attribute);
        if resource.kind == ResourceKind::Cluster {
            return self.who_of_cluster(resource, attribute, sort);
        }
        if resource.is_open() {
            return Who::Open;
        }
        let by_id = resource.id.as_deref().filter(|_| resource.kind == ResourceKind::ServicePrincipal);
        if let Some(Who::Known(found, _)) = by_id.map(|id| self.principals.written(id)) {
            return Who::Known(found, sort);
        }
        let known = self.principals.resource(resource);
        let found = known.unwrap_or_else(|| {
            let kind = match resource.kind {
                ResourceKind::Identity => PrincipalKind::Identity,
                // The directory calls the entry of a managed identity a service principal, too.
                ResourceKind::ServicePrincipal if by_id.is_some() => PrincipalKind::Unknown,
                ResourceKind::ServicePrincipal | ResourceKind::Application => PrincipalKind::ServicePrincipal,
                _ if *attribute == PrincipalAttribute::PrincipalId => PrincipalKind::Owned,
                _ => PrincipalKind::Unknown,
            };
            let label = match kind {
                PrincipalKind::ServicePrincipal => format!("service principal {}", label_of(resource)),
                _ => format!("identity {}", label_of(resource)),
            };
            self.principals.join(kind, label, resource_keys(resource), resource.span)
        });
        Who::Known(found, sort)
    }

    fn who_of_cluster(&mut self, resource: &ResourceRef, attribute: &PrincipalAttribute, sort: IdSort) -> Who {
        if resource.is_open() {
            return Who::Open;
        }
        let id = self.cluster_for(resource);
        let label = self.clusters.get(id.0 as usize).map(Cluster::label).unwrap_or_default();
        let (kind, key, what) = match attribute {
            PrincipalAttribute::ControlPlanePrincipalId | PrincipalAttribute::GivenPrincipalId => {
                (PrincipalKind::ControlPlane, Key::ControlPlane(id), "the control-plane identity".to_owned())
            }
            PrincipalAttribute::ClusterServicePrincipalClientId
            | PrincipalAttribute::ClusterServicePrincipalObjectId => {
                (PrincipalKind::Kubelet, Key::ClusterServicePrincipal(id), "the service principal".to_owned())
            }
            PrincipalAttribute::AddOn(name) => {
                (PrincipalKind::AddOn, Key::AddOn(id, name.clone()), format!("the identity of add-on `{name}`"))
            }
            _ => (PrincipalKind::Kubelet, Key::Kubelet(id), "the kubelet identity".to_owned()),
        };
        let principal =
            self.principals.join(kind, format!("{what} of cluster {label}"), vec![key.clone()], resource.span);
        let cluster = self.clusters.get_mut(id.0 as usize);
        match (key, cluster) {
            (Key::ClusterServicePrincipal(_), Some(cluster)) => cluster.service_principal = Some(principal),
            (Key::ControlPlane(_), Some(cluster)) => cluster.control_plane.push(principal),
            _ => {}
        }
        Who::Known(principal, sort)
    }

    /// What a role reference means. A GUID wins over a name; a role of the sources over a built-in one of its name.
    fn role(&self, role: &'a RoleRef) -> Role<'a> {
        let by_symbol = |fact: &&&RoleDefinitionFact| role.symbol.is_some() && fact.symbol == role.symbol;
        if let Some(fact) = self.definitions.iter().find(by_symbol) {
            return Role::Custom(fact);
        }
        let Field::Known(written, _) = &role.written else { return Role::Open };
        let last = last_segment(written);
        let defines = |fact: &&&RoleDefinitionFact| {
            let named = |field: &Field<String>| field.text().is_some_and(|text| text.eq_ignore_ascii_case(last));
            named(&fact.guid) || named(&fact.name)
        };
        match (BuiltIn::find(written), self.definitions.iter().find(defines)) {
            (Some(role), _) => Role::BuiltIn(role),
            (None, Some(fact)) => Role::Custom(fact),
            (None, None) => Role::Unseen(last),
        }
    }

    /// The login server of the registry that a reference means, where its name is known.
    pub fn login_server(&self, resource: &ResourceRef) -> Option<String> {
        let place = |index: u32| self.registries.get(index as usize).map(|registry| &registry.place);
        let found = self.registry_index.find(resource, place).and_then(|index| self.registries.get(index as usize));
        match found {
            Some(registry) => registry.host(),
            None => resource.name.as_ref().map(|name| format!("{}.azurecr.io", name.to_ascii_lowercase())),
        }
    }

    /// The registries that share an id, a symbol or a name with a reference.
    pub fn registries_like(&self, resource: &ResourceRef) -> BTreeSet<RegistryId> {
        order::gather(self.registry_index.sharing(resource).into_iter().map(RegistryId))
    }

    /// The registries that an image's host may be, each with whether it is.
    pub fn registries_at(&self, host: &str) -> Vec<(RegistryId, Truth)> {
        let candidates = self.hosts.of(host).into_iter().map(RegistryId);
        let judged = candidates.filter_map(|id| Some((id, self.registry(id)?.answers(host))));
        judged.filter(|(_, truth)| *truth != Truth::No).collect()
    }

    /// Why no images are pulled from a host that looks like a registry's, where that is so.
    pub fn wrong_host(&self, host: &str) -> Option<WrongHost> {
        let Some(acr) = acr_host(host) else {
            let meant = Some(near_acr(host)?);
            return Some(WrongHost { reason: "no host of Azure Container Registry", meant });
        };
        let meant = Some(format!("{}.{}", acr.name, acr.suffix));
        match acr.kind {
            AcrHostKind::Data => Some(WrongHost { reason: "only ever the target of a redirect", meant }),
            AcrHostKind::PrivateLink => Some(WrongHost { reason: "only an alias in DNS", meant }),
            AcrHostKind::LoginServer => {
                let own = self.named_after(host, acr.name_and_label().0)?;
                let reason = "not the login server that the registry of this name has";
                Some(WrongHost { reason, meant: own.host() })
            }
            AcrHostKind::Regional | AcrHostKind::Other => None,
        }
    }

    /// The registry that a host is named after, where none of its name answers there: a hash is missing, or one too many,
    /// or the cloud's suffix is another's.
    fn named_after(&self, host: &str, name: &str) -> Option<&Registry<'a>> {
        let named = self.hosts.of(host).into_iter().filter_map(|index| self.registry(RegistryId(index)));
        let own =
            |registry: &&Registry<'_>| registry.place.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let mut named = named.filter(own).peekable();
        let first = *named.peek()?;
        named.all(|registry| registry.answers(host) == Truth::No).then_some(first)
    }

    /// The role assignments that may reach a registry, in the order of the sources.
    pub fn assignments_toward(&self, registry: &Place) -> Vec<&Assignment<'a>> {
        match self.scopes.toward(registry) {
            Some(some) => some.into_iter().filter_map(|index| self.assignments.get(index as usize)).collect(),
            None => self.assignments.iter().collect(),
        }
    }

    /// Whether a registry has a private endpoint that is approved, or may be.
    pub fn has_private_endpoint(&self, registry: &Registry<'_>) -> bool {
        self.private_endpoints.iter().any(|endpoint| {
            registry.place.is(&endpoint.registry) != Truth::No && endpoint.approved.known() != Some(&false)
        })
    }

    /// A registry.
    pub fn registry(&self, id: RegistryId) -> Option<&Registry<'a>> {
        self.registries.get(id.0 as usize)
    }
}

/// Whether two spellings name one role.
fn same_role(one: &str, other: &str) -> bool {
    match (BuiltIn::find(one), BuiltIn::find(other)) {
        (Some(one), Some(other)) => one.guid == other.guid,
        _ => last_segment(one).eq_ignore_ascii_case(last_segment(other)),
    }
}

fn label_of(resource: &ResourceRef) -> String {
    label(resource.name.as_deref(), resource.symbol.as_deref())
}
