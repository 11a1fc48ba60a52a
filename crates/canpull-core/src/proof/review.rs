//! What is wrong with a role assignment that is meant to let a cluster pull: the near misses of authorization.

use canpull_syntax::Span;

use crate::fact::azure::{ClusterIdentityKind, ResourceKind};
use crate::fact::grant::{GrantOrigin, RoleAssignmentFact};
use crate::fact::{Field, azure::PrincipalAttribute, azure::PrincipalRef};
use crate::model::azure::{
    Assignment, Azure, Cluster, ClusterId, IdSort, PrincipalId, PrincipalKind, Registry, Role, Setting, Who,
};
use crate::model::role::Sort;
use crate::model::scope;
use crate::proof::Truth;
use crate::proof::authorization::{self, Mode, Puller, Target};

/// A role assignment that fails of its purpose.
#[derive(Clone, Debug)]
pub struct NearMiss<'m, 'a> {
    /// The assignment.
    pub assignment: &'m Assignment<'a>,
    /// The registry that it is on, where the sources tell of it.
    pub registry: Option<&'m Registry<'a>>,
    /// How it fails.
    pub miss: Miss<'m, 'a>,
}

/// How a role assignment fails of its purpose.
#[derive(Clone, Debug)]
pub enum Miss<'m, 'a> {
    /// It is for an identity that pulls nothing.
    WrongIdentity {
        /// The cluster whose pulling identity has no such role.
        cluster: &'m Cluster<'a>,
        /// Whom it is for instead.
        principal: PrincipalId,
    },
    /// It is for an id that is no principal's object id.
    WrongIdKind {
        /// What the id is.
        what: String,
    },
    /// Its role does not pull, in any mode.
    CannotPull,
    /// Its role pulls only in the registry's other mode.
    IgnoredByMode,
    /// Its scope reaches none of the registries.
    ScopeMisses {
        /// No registry can be there; otherwise one that no source tells of might.
        certain: bool,
    },
}

/// Whether a role is one that people grant for pulling: made for registries, and pulling in one mode at least.
pub fn is_pull_role(role: &Role<'_>) -> bool {
    matches!(role, Role::BuiltIn(role) if role.sort == Sort::Registry && role.pulls_somewhere())
}

/// Every near miss, in the order of the sources.
pub fn near_misses<'m, 'a>(azure: &'m Azure<'a>) -> Vec<NearMiss<'m, 'a>> {
    azure
        .assignments
        .iter()
        .filter_map(|assignment| {
            let registry = registry_of(azure, assignment);
            let miss = wrong_id_kind(assignment)
                .or_else(|| wrong_identity(azure, assignment, registry))
                .or_else(|| ignored_by_mode(azure, assignment, registry?))
                .or_else(|| cannot_pull(azure, assignment, registry))
                .or_else(|| scope_misses(azure, assignment))?;
            Some(NearMiss { assignment, registry, miss })
        })
        .collect()
}

/// The one registry that an assignment reaches for certain.
pub fn registry_of<'m, 'a>(azure: &'m Azure<'a>, assignment: &Assignment<'_>) -> Option<&'m Registry<'a>> {
    let scope = assignment.fact.scope.known()?;
    let mut reached = azure.registries.iter().filter(|registry| scope::reaches(scope, &registry.place) == Truth::Yes);
    reached.next().filter(|_| reached.next().is_none())
}

/// What pulls in a cluster: for certain, or as one of two.
pub fn pullers(cluster: &Cluster<'_>, id: ClusterId) -> Vec<Puller> {
    let of = |principal: PrincipalId, open: bool| Puller { principal, cluster: Some(id), open };
    let kubelet = of(cluster.kubelet, cluster.kubelet_open);
    let principal = cluster.service_principal.map(|principal| of(principal, false));
    match cluster.identity_kind() {
        Setting::Known(ClusterIdentityKind::Managed, _) => vec![kubelet],
        Setting::Known(ClusterIdentityKind::ServicePrincipal, _) => principal.into_iter().collect(),
        Setting::Open(_) | Setting::Unseen => std::iter::once(kubelet).chain(principal).collect(),
    }
}

/// Whether an id is granted to that is nobody's object id.
fn wrong_id_kind<'m, 'a>(assignment: &Assignment<'_>) -> Option<Miss<'m, 'a>> {
    if !is_pull_role(&assignment.role) {
        return None;
    }
    let asked = assignment.fact.origin == GrantOrigin::Command && !assignment.fact.unchecked;
    let what = match (&assignment.who, &assignment.fact.principal) {
        (Who::Nobody(what), PrincipalRef::Of { .. }) => what.clone(),
        (Who::Known(_, IdSort::Client), _) if !asked => "a client id is no object id".to_owned(),
        (Who::Known(_, IdSort::Resource), _) => "a resource id is no object id".to_owned(),
        _ => return None,
    };
    Some(Miss::WrongIdKind { what })
}

/// Whether the role went to an identity that pulls nothing, while what does has none.
fn wrong_identity<'m, 'a>(
    azure: &'m Azure<'a>,
    assignment: &Assignment<'_>,
    registry: Option<&Registry<'_>>,
) -> Option<Miss<'m, 'a>> {
    if !is_pull_role(&assignment.role) {
        return None;
    }
    let Who::Known(principal, _) = assignment.who else { return None };
    let all = || (0..).map(ClusterId).zip(&azure.clusters);
    let pulls = |id: ClusterId, cluster: &Cluster<'_>| {
        pullers(cluster, id).iter().any(|puller| azure.principals.same(puller.principal, principal))
    };
    if all().any(|(id, cluster)| pulls(id, cluster)) {
        return None;
    }
    let (id, cluster) = all().find(|(_, cluster)| is_of(azure, principal, assignment, cluster))?;
    let served = pullers(cluster, id).into_iter().any(|puller| may_be_served(azure, puller, assignment, registry));
    (!served).then_some(Miss::WrongIdentity { cluster, principal })
}

/// Whether a principal that pulls nothing belongs to a cluster: its control plane's, an add-on's, what it pulled with
/// before it had managed identities; or an identity that is made beside the cluster and is none of its.
fn is_of(azure: &Azure<'_>, principal: PrincipalId, assignment: &Assignment<'_>, cluster: &Cluster<'_>) -> bool {
    let Some(known) = azure.principals.get(principal) else { return false };
    let is = |other: &PrincipalId| azure.principals.same(*other, principal);
    match known.kind {
        PrincipalKind::ControlPlane => cluster.control_plane.iter().any(is) && !cluster.kubelet_open,
        PrincipalKind::AddOn => asks_for_add_on(assignment, cluster) && !cluster.kubelet_open,
        PrincipalKind::Kubelet | PrincipalKind::ServicePrincipal => {
            cluster.service_principal.as_ref().is_some_and(is) && !cluster.kubelet_open
        }
        PrincipalKind::Identity => {
            let beside = |span: &Span| span.file == assignment.fact.span.file;
            !cluster.kubelet_open && cluster.facts.iter().any(|fact| beside(&fact.span))
        }
        PrincipalKind::Unknown => false,
    }
}

fn asks_for_add_on(assignment: &Assignment<'_>, cluster: &Cluster<'_>) -> bool {
    match &assignment.fact.principal {
        PrincipalRef::Of { resource, attribute: PrincipalAttribute::AddOn(_), .. } => {
            cluster.place.is(resource) == Truth::Yes
        }
        _ => true,
    }
}

/// Whether another assignment lets what pulls do so, or may.
fn may_be_served(
    azure: &Azure<'_>,
    puller: Puller,
    assignment: &Assignment<'_>,
    registry: Option<&Registry<'_>>,
) -> bool {
    let place = registry.map(|registry| registry.place.clone()).unwrap_or_default();
    let target = Target { place: &place, mode: Mode::of(registry), repository: "" };
    let others = authorization::grants(azure, puller, target).filter(|grant| grant.fact.span != assignment.fact.span);
    let (mut others, who) = (others, |truth: Truth| truth != Truth::No);
    others.any(|grant| who(grant.who) && who(grant.scope) && who(grant.role))
}

/// Whether the registry decides by the other kind of permissions than the role has, and nothing else lets the principal
/// pull.
fn ignored_by_mode<'m, 'a>(
    azure: &Azure<'_>,
    assignment: &Assignment<'_>,
    registry: &Registry<'_>,
) -> Option<Miss<'m, 'a>> {
    let mode @ Mode::Seen(_) = Mode::of(Some(registry)) else { return None };
    let meant = is_pull_role(&assignment.role);
    if !meant || authorization::pulls(&assignment.role, mode) != Truth::No {
        return None;
    }
    let served = match assignment.who {
        Who::Known(principal, _) => {
            let puller = Puller { principal, cluster: cluster_of(azure, principal), open: false };
            may_be_served(azure, puller, assignment, Some(registry))
        }
        _ => false,
    };
    (!served).then_some(Miss::IgnoredByMode)
}

/// The cluster in which a principal pulls.
fn cluster_of(azure: &Azure<'_>, principal: PrincipalId) -> Option<ClusterId> {
    let pulls = |(id, cluster): &(ClusterId, &Cluster<'_>)| {
        pullers(cluster, *id).iter().any(|puller| azure.principals.same(puller.principal, principal))
    };
    (0..).map(ClusterId).zip(&azure.clusters).find(pulls).map(|(id, _)| id)
}

/// Whether an assignment is for what pulls in a cluster of the sources.
pub fn is_for_puller(azure: &Azure<'_>, assignment: &Assignment<'_>) -> bool {
    matches!(assignment.who, Who::Known(principal, _) if cluster_of(azure, principal).is_some())
}

/// Whether what pulls in a cluster is given a role for registries that does not pull, and no other.
fn cannot_pull<'m, 'a>(
    azure: &Azure<'_>,
    assignment: &Assignment<'_>,
    registry: Option<&Registry<'_>>,
) -> Option<Miss<'m, 'a>> {
    let scope = assignment.fact.scope.known()?;
    if scope.kind != ResourceKind::Registry {
        return None;
    }
    let powerless = match &assignment.role {
        Role::BuiltIn(role) => role.sort == Sort::Powerless,
        Role::Custom(fact) => {
            let either = [Mode::Assumed, Mode::Seen(crate::fact::azure::RegistryMode::Abac)];
            matches!(fact.permissions, Field::Known(..))
                && either.iter().all(|mode| authorization::pulls(&assignment.role, *mode) == Truth::No)
        }
        Role::Unseen(_) | Role::Open => false,
    };
    let Who::Known(principal, _) = assignment.who else { return None };
    let cluster = cluster_of(azure, principal).filter(|_| powerless)?;
    let puller = Puller { principal, cluster: Some(cluster), open: false };
    (!may_be_served(azure, puller, assignment, registry)).then_some(Miss::CannotPull)
}

/// Whether a pull role is given where no registry is: at another resource, below a registry, or at a group that none of
/// the registries is in.
fn scope_misses<'m, 'a>(azure: &Azure<'_>, assignment: &Assignment<'_>) -> Option<Miss<'m, 'a>> {
    let scope = assignment.fact.scope.known().filter(|_| is_pull_role(&assignment.role))?;
    let (misses, certain) = match scope.kind {
        ResourceKind::Cluster | ResourceKind::Identity => (true, true),
        ResourceKind::Registry => (scope::below_registry(scope), true),
        ResourceKind::ResourceGroup | ResourceKind::Subscription => {
            let mut all = azure.registries.iter();
            let none = all.all(|registry| scope::reaches(scope, &registry.place) == Truth::No);
            (!azure.registries.is_empty() && none, false)
        }
        _ => (false, false),
    };
    misses.then_some(Miss::ScopeMisses { certain })
}

/// The assignment that lets nothing but its condition stand in the way of this repository, where no other lets it through.
pub fn excluded_by_condition<'a>(
    azure: &Azure<'a>,
    registry: &Registry<'_>,
    repository: &str,
) -> Option<&'a RoleAssignmentFact> {
    let target = Target { place: &registry.place, mode: Mode::of(Some(registry)), repository };
    let pullers = (0..).map(ClusterId).zip(&azure.clusters).flat_map(|(id, cluster)| pullers(cluster, id));
    pullers.into_iter().find_map(|puller| {
        let grants: Vec<_> = authorization::grants(azure, puller, target).collect();
        if grants.iter().any(|grant| grant.truth() != Truth::No) {
            return None;
        }
        let but_condition = |grant: &&authorization::Grant<'a>| {
            grant.who.and(grant.scope).and(grant.role) == Truth::Yes && grant.condition == Truth::No
        };
        grants.iter().find(but_condition).map(|grant| grant.fact)
    })
}
