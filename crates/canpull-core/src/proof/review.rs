//! What is wrong with a role assignment that is meant to let a cluster pull: the near misses of authorization.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::fact::Field;
use crate::fact::azure::{
    ClusterIdentityKind, PrincipalAttribute, PrincipalRef, RegistryMode, ResourceKind, ResourceRef, Statement,
};
use crate::fact::grant::{GrantOrigin, RoleAssignmentFact};
use crate::model::azure::{
    Assignment, Azure, Cluster, ClusterId, IdSort, PrincipalId, PrincipalKind, Registry, RegistryId, Role, Setting, Who,
};
use crate::model::role::Sort;
use crate::model::scope::{self, Place};
use crate::proof::Truth;
use crate::proof::authorization::{self, Grant, Mode, Puller, Target};

/// A role assignment that fails of its purpose.
#[derive(Clone, Debug)]
pub struct NearMiss<'m, 'a> {
    /// The assignment.
    pub assignment: &'m Assignment<'a>,
    /// The registry that it is on, where the sources tell of it.
    pub registry: Option<&'m Registry<'a>>,
    /// How it fails.
    pub miss: Miss<'m, 'a>,
    /// It is made for certain, and no other assignment of the sources may make up for it.
    pub certain: bool,
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

/// Role assignments, reviewed for what they are meant to do.
pub struct Review<'m, 'a> {
    azure: &'m Azure<'a>,
    /// What pulls, with the cluster in which it does.
    pullers: BTreeMap<PrincipalId, Puller>,
    /// What is asked of each registry, by its index, and of one that no source tells of.
    targets: RefCell<BTreeMap<Option<RegistryId>, Rc<Target<'m, 'a>>>>,
}

/// Whether a role of one's own, or one for other things, pulls in one mode at least: `Contributor`, `Reader`.
fn pulls_by_the_way(role: &Role<'_>) -> bool {
    match role {
        Role::BuiltIn(role) => role.sort != Sort::Registry && role.pulls_somewhere(),
        Role::Custom(_) => {
            let mut modes = [RegistryMode::Legacy, RegistryMode::Abac].into_iter().map(Mode::Seen);
            modes.any(|mode| authorization::pulls(role, mode) == Truth::Yes)
        }
        Role::Unseen(_) | Role::Open => false,
    }
}

/// Whether a role is one that people grant for pulling: made for registries, and pulling in one mode at least.
pub fn is_pull_role(role: &Role<'_>) -> bool {
    matches!(role, Role::BuiltIn(role) if role.sort == Sort::Registry && role.pulls_somewhere())
}

impl<'m, 'a> Review<'m, 'a> {
    /// A review of all role assignments.
    pub fn new(azure: &'m Azure<'a>) -> Self {
        let all = (0..).map(ClusterId).zip(&azure.clusters).flat_map(|(id, cluster)| pullers(cluster, id));
        let mut by_principal = BTreeMap::new();
        for puller in all {
            by_principal.entry(azure.principals.settled(puller.principal)).or_insert(puller);
        }
        Self { azure, pullers: by_principal, targets: RefCell::default() }
    }

    /// Every near miss, in the order of the sources.
    pub fn near_misses(&self) -> Vec<NearMiss<'m, 'a>> {
        // What a command ends may have been put right by it.
        let lasting = self.azure.assignments.iter().filter(|assignment| assignment.ended.is_none());
        let near = lasting.filter_map(|assignment| {
            let registry = self.registry_of(assignment);
            let miss = wrong_id_kind(assignment)
                .or_else(|| self.wrong_identity(assignment, registry))
                .or_else(|| self.ignored_by_mode(assignment, registry?))
                .or_else(|| self.cannot_pull(assignment, registry))
                .or_else(|| self.scope_misses(assignment))?;
            let certain = !assignment.fact.maybe && !self.may_be_made_up_for(assignment, registry);
            Some(NearMiss { assignment, registry: registry.and_then(|id| self.azure.registry(id)), miss, certain })
        });
        near.collect()
    }

    /// The one registry that an assignment reaches for certain.
    pub fn registry_of(&self, assignment: &Assignment<'_>) -> Option<RegistryId> {
        let scope = assignment.fact.scope.known().filter(|scope| !scope::below_registry(scope))?;
        let reaches = |id: &RegistryId| {
            let registry = self.azure.registry(*id);
            registry.is_some_and(|registry| scope::reaches(scope, &registry.place) == Truth::Yes)
        };
        let only = |mut reached: Box<dyn Iterator<Item = RegistryId> + '_>| {
            let id = reached.next()?;
            reached.next().is_none().then_some(id)
        };
        // One that is meant itself is found by what means it.
        if scope.kind == ResourceKind::Registry {
            return only(Box::new(self.azure.registries_like(scope).into_iter().filter(reaches)));
        }
        let all = (0..).map(RegistryId).take(self.azure.registries.len());
        only(Box::new(all.filter(reaches)))
    }

    /// Whether an assignment is for what pulls in a cluster of the sources.
    pub fn is_for_puller(&self, assignment: &Assignment<'_>) -> bool {
        matches!(assignment.who, Who::Known(principal, _) if self.puller(principal).is_some())
    }

    fn puller(&self, principal: PrincipalId) -> Option<&Puller> {
        self.pullers.get(&self.azure.principals.settled(principal))
    }

    fn target(&self, registry: Option<RegistryId>) -> Rc<Target<'m, 'a>> {
        if let Some(known) = self.targets.borrow().get(&registry) {
            return Rc::clone(known);
        }
        let told = registry.and_then(|id| self.azure.registry(id));
        let place = told.map(|registry| registry.place.clone()).unwrap_or_default();
        let target = Rc::new(Target::new(self.azure, place, told));
        self.targets.borrow_mut().insert(registry, Rc::clone(&target));
        target
    }

    /// Whether the role went to an identity that pulls nothing, while what does has none.
    fn wrong_identity(&self, assignment: &Assignment<'_>, registry: Option<RegistryId>) -> Option<Miss<'m, 'a>> {
        let Who::Known(principal, _) = assignment.who else { return None };
        if !is_pull_role(&assignment.role) || self.puller(principal).is_some() {
            return None;
        }
        let mut all = (0..).map(ClusterId).zip(&self.azure.clusters);
        let (id, cluster) = all.find(|(_, cluster)| is_of(self.azure, principal, assignment, cluster))?;
        let served = pullers(cluster, id).into_iter().any(|puller| self.seems_served(puller, assignment, registry));
        (!served).then_some(Miss::WrongIdentity { cluster, principal })
    }

    /// Whether another assignment lets what pulls do so, or may.
    fn may_be_served(&self, puller: Puller, assignment: &Assignment<'_>, registry: Option<RegistryId>) -> bool {
        self.is_served(puller, assignment, registry, |_| true)
    }

    /// The same, without what is only surmised.
    fn seems_served(&self, puller: Puller, assignment: &Assignment<'_>, registry: Option<RegistryId>) -> bool {
        self.is_served(puller, assignment, registry, |grant| !grant.is_surmised())
    }

    fn is_served(
        &self,
        puller: Puller,
        assignment: &Assignment<'_>,
        registry: Option<RegistryId>,
        counts: impl Fn(&Grant<'_>) -> bool,
    ) -> bool {
        let target = self.target(registry);
        let mut grants = authorization::grants(self.azure, puller, &target, "");
        grants.any(|grant| {
            // A choice of whom it is for makes several of one that is written.
            let other = !std::ptr::eq(grant.fact, assignment.fact);
            other && counts(&grant) && grant.who.and(grant.scope).and(grant.role) != Truth::No
        })
    }

    /// Whether another assignment lets what pulls do so, or may: from the registry, or from any where this one is on none;
    /// of all that pull, where this one is for none of them.
    fn may_be_made_up_for(&self, assignment: &Assignment<'_>, registry: Option<RegistryId>) -> bool {
        let own = match assignment.who {
            Who::Known(principal, _) => self.puller(principal),
            _ => None,
        };
        let pullers: Vec<Puller> = own.map_or_else(|| self.pullers.values().copied().collect(), |own| vec![*own]);
        let all = (0..).map(RegistryId).zip(&self.azure.registries).map(|(id, _)| id);
        let registries: Vec<RegistryId> = registry.map_or_else(|| all.collect(), |own| vec![own]);
        registries
            .into_iter()
            .any(|registry| pullers.iter().any(|puller| self.may_be_served(*puller, assignment, Some(registry))))
    }

    /// Whether the registry decides by the other kind of permissions than the role has, and nothing else lets the
    /// principal pull.
    fn ignored_by_mode(&self, assignment: &Assignment<'_>, registry: RegistryId) -> Option<Miss<'m, 'a>> {
        let own = self.azure.registry(registry)?;
        let mode = Mode::of(Some(own));
        if own.changes_mode_back() {
            return None;
        }
        let meant =
            is_pull_role(&assignment.role) || (pulls_by_the_way(&assignment.role) && self.is_for_puller(assignment));
        if !meant || authorization::pulls(&assignment.role, mode) != Truth::No {
            return None;
        }
        let served = match assignment.who {
            Who::Known(principal, _) => {
                let cluster = self.puller(principal).and_then(|puller| puller.cluster);
                self.seems_served(Puller { principal, cluster, open: false }, assignment, Some(registry))
            }
            _ => false,
        };
        (!served).then_some(Miss::IgnoredByMode)
    }

    /// Whether what pulls in a cluster is given a role for registries that does not pull, and no other.
    fn cannot_pull(&self, assignment: &Assignment<'_>, registry: Option<RegistryId>) -> Option<Miss<'m, 'a>> {
        let scope = assignment.fact.scope.known()?;
        let Who::Known(principal, _) = assignment.who else { return None };
        if scope.kind != ResourceKind::Registry || !is_powerless(&assignment.role) {
            return None;
        }
        let puller = Puller { open: false, ..*self.puller(principal)? };
        (!self.seems_served(puller, assignment, registry)).then_some(Miss::CannotPull)
    }

    /// Whether a pull role is given where no registry is: at another resource, below a registry, or at a group that none
    /// of the registries is in.
    fn scope_misses(&self, assignment: &Assignment<'_>) -> Option<Miss<'m, 'a>> {
        let scope = assignment.fact.scope.known().filter(|_| is_pull_role(&assignment.role))?;
        let (misses, certain) = match scope.kind {
            ResourceKind::Cluster | ResourceKind::Identity | ResourceKind::BelowRegistry => (true, true),
            ResourceKind::Registry => (scope::below_registry(scope), true),
            ResourceKind::ResourceGroup | ResourceKind::NodeGroup | ResourceKind::Subscription => {
                let mut all = self.azure.registries.iter();
                let none = all.all(|registry| scope::reaches(scope, &registry.place) == Truth::No);
                (!self.azure.registries.is_empty() && none, false)
            }
            _ => (false, false),
        };
        misses.then_some(Miss::ScopeMisses { certain })
    }

    /// The assignment that lets nothing but its condition stand in the way of this repository, where no other lets it
    /// through.
    pub fn excluded_by_condition(&self, registry: RegistryId, repository: &str) -> Option<&'a RoleAssignmentFact> {
        let target = self.target(Some(registry));
        if !target.depends_on_repository() {
            return None;
        }
        self.pullers.values().find_map(|&puller| {
            let grants: Vec<_> = authorization::grants(self.azure, puller, &target, repository).collect();
            if grants.iter().any(|grant| grant.truth() != Truth::No && !grant.is_surmised()) {
                return None;
            }
            let but_condition = |grant: &&authorization::Grant<'a>| {
                grant.who.and(grant.scope).and(grant.role) == Truth::Yes && grant.condition == Truth::No
            };
            grants.iter().find(but_condition).map(|grant| grant.fact)
        })
    }
}

/// What pulls in a cluster: for certain, or as one of two.
fn pullers(cluster: &Cluster<'_>, id: ClusterId) -> Vec<Puller> {
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

/// Whether a principal that pulls nothing belongs to a cluster: its control plane's, an add-on's, what it pulled with
/// before it had managed identities; or an identity that is made beside the cluster and is none of its.
fn is_of(azure: &Azure<'_>, principal: PrincipalId, assignment: &Assignment<'_>, cluster: &Cluster<'_>) -> bool {
    let Some(known) = azure.principals.get(principal) else { return false };
    let is = |other: &PrincipalId| azure.principals.same(*other, principal);
    match known.kind {
        PrincipalKind::ControlPlane => {
            let told = asks_for_control_plane(assignment) || !cluster.kubelet_open;
            cluster.control_plane.iter().any(is) && told
        }
        PrincipalKind::AddOn => asks_for_add_on(assignment, cluster) && !cluster.kubelet_open,
        PrincipalKind::Kubelet | PrincipalKind::ServicePrincipal => {
            cluster.service_principal.as_ref().is_some_and(is) && !cluster.kubelet_open
        }
        PrincipalKind::Identity => {
            // What is read from Azure is in a file for each sort of thing.
            let listed = assignment.fact.origin == GrantOrigin::Listed;
            let beside_it = cluster.facts.iter().any(|fact| {
                fact.span.file == assignment.fact.span.file || (listed && fact.statement == Statement::Shows)
            });
            // Where service accounts bring identities, it may be one of theirs.
            let is_for_nodes = matches!(cluster.service_account_pull(), Setting::Known(false, _) | Setting::Unseen);
            !cluster.kubelet_open && beside_it && is_for_nodes && !has_other_use(azure, &assignment.fact.principal)
        }
        PrincipalKind::Owned | PrincipalKind::Unknown => false,
    }
}

/// Whether something other than a cluster is given the identity, or may be: the role may be for that.
fn has_other_use(azure: &Azure<'_>, principal: &PrincipalRef) -> bool {
    let PrincipalRef::Of { resource, .. } = principal else { return false };
    let mut own = Place::default();
    own.learn(resource);
    let beside = |used: &ResourceRef| used.span.file == resource.span.file;
    azure.identity_uses.iter().any(|used| match own.is(used) {
        Truth::Yes => true,
        Truth::Unknown => beside(used),
        Truth::No => false,
    })
}

/// Whether it is the control plane's own identity that is asked for, which no kubelet can have. One that a cluster is given
/// it may be given for its kubelets too.
fn asks_for_control_plane(assignment: &Assignment<'_>) -> bool {
    matches!(assignment.fact.principal, PrincipalRef::Of { attribute: PrincipalAttribute::ControlPlanePrincipalId, .. })
}

fn asks_for_add_on(assignment: &Assignment<'_>, cluster: &Cluster<'_>) -> bool {
    match &assignment.fact.principal {
        PrincipalRef::Of { resource, attribute: PrincipalAttribute::AddOn(_), .. } => {
            cluster.place.is(resource) == Truth::Yes
        }
        _ => true,
    }
}

/// Whether a role for registries pulls in no mode.
fn is_powerless(role: &Role<'_>) -> bool {
    match role {
        Role::BuiltIn(role) => role.sort == Sort::Powerless,
        Role::Custom(fact) => {
            let modes = [RegistryMode::Legacy, RegistryMode::Abac].map(Mode::Seen);
            matches!(fact.permissions, Field::Known(..))
                && modes.iter().all(|mode| authorization::pulls(role, *mode) == Truth::No)
        }
        Role::Unseen(_) | Role::Open => false,
    }
}
