//! May this principal pull this repository from this registry? Role assignments, modes, scopes and denials.

use canpull_syntax::Span;

use super::receiver::Receivers;
use crate::fact::Field;
use crate::fact::azure::RegistryMode;
use crate::fact::grant::GrantOrigin;
use crate::fact::grant::{Permission, RoleAssignmentFact};
use crate::model::azure::{Assignment, ClusterId, IdSort, PrincipalId, PrincipalKind, Registry, Role, Setting, Who};
use crate::model::role::{self, Allows};
use crate::model::scope::{self, Place};
use crate::model::{Azure, condition};
use crate::proof::Truth;

/// What is asked for: pulling from this registry. Made once for each registry, it holds the assignments that bear on it.
#[derive(Clone, Debug)]
pub struct Target<'m, 'a> {
    /// The registry, as far as it is known.
    pub place: Place,
    /// By what it decides.
    pub mode: Mode,
    /// The assignments whose scope reaches the registry, or may, in the order of the sources.
    reaching: Vec<Reaching<'m, 'a>>,
    /// Which of them are for whom.
    receivers: Receivers,
}

/// An assignment whose scope reaches the registry, or may.
#[derive(Clone, Debug)]
struct Reaching<'m, 'a> {
    assignment: &'m Assignment<'a>,
    scope: Truth,
    role: Truth,
    rests_on_mode: bool,
}

impl<'m, 'a> Target<'m, 'a> {
    /// A registry that is asked for, which `registry` tells of where a source does.
    pub fn new(azure: &'m Azure<'a>, place: Place, registry: Option<&Registry<'_>>) -> Self {
        let mode = Mode::of(registry);
        let near = azure.assignments_toward(&place).into_iter();
        let judged = near.map(|assignment| (assignment, reaches(assignment.fact, &place)));
        let reaching = judged.filter(|(_, scope)| *scope != Truth::No).map(|(assignment, scope)| Reaching {
            assignment,
            scope,
            role: pulls(&assignment.role, mode),
            rests_on_mode: mode.rests(|mode| pulls(&assignment.role, mode)),
        });
        let reaching: Vec<_> = reaching.collect();
        let receivers = Receivers::new(azure, reaching.iter().map(|own| own.assignment));
        Self { place, mode, reaching, receivers }
    }

    /// The assignments whose scope reaches the registry, or may.
    pub fn assignments(&self) -> impl Iterator<Item = &'m Assignment<'a>> {
        self.reaching.iter().map(|own| own.assignment)
    }

    /// Whether it matters which repository is asked for.
    pub fn depends_on_repository(&self) -> bool {
        self.assignments().any(|assignment| !assignment.fact.condition.is_absent())
    }
}

/// By what a registry decides who may pull.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Told by a source.
    Seen(RegistryMode),
    /// Told by none: legacy, the service's default.
    Assumed,
    /// Not resolvable.
    Open,
}

impl Mode {
    /// A registry's mode; of one that no source tells of, the default is assumed.
    pub fn of(registry: Option<&Registry<'_>>) -> Self {
        match registry.map(Registry::mode) {
            Some(Setting::Known(mode, _)) => Self::Seen(mode),
            Some(Setting::Open(_)) => Self::Open,
            Some(Setting::Unseen) | None => Self::Assumed,
        }
    }

    /// Whether what is judged rests on the assumption that a registry is in legacy mode.
    fn rests(self, judge: impl Fn(Self) -> Truth) -> bool {
        self == Self::Assumed && judge(Self::Seen(RegistryMode::Legacy)) != judge(Self::Seen(RegistryMode::Abac))
    }

    /// Whether what holds in one mode holds.
    fn judge(self, holds: impl Fn(RegistryMode) -> Truth) -> Truth {
        match self {
            Self::Seen(mode) => holds(mode),
            Self::Assumed => holds(RegistryMode::Legacy),
            Self::Open => {
                let (legacy, abac) = (holds(RegistryMode::Legacy), holds(RegistryMode::Abac));
                if legacy == abac { legacy } else { Truth::Unknown }
            }
        }
    }
}

/// How one role assignment bears on a pull.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The assignment.
    pub fact: &'a RoleAssignmentFact,
    /// It is for the principal that pulls.
    pub who: Truth,
    /// Its scope reaches the registry.
    pub scope: Truth,
    /// Its role pulls in the registry's mode.
    pub role: Truth,
    /// Its condition lets the repository through.
    pub condition: Truth,
    /// A command that ends it, or may.
    pub ended: Option<Span>,
    /// Were the registry's mode not the one that is assumed, its role would judge otherwise.
    pub rests_on_mode: bool,
    /// No source tells what its role gives.
    pub role_unseen: bool,
}

impl Grant<'_> {
    /// Whether it lets the principal pull.
    pub fn truth(&self) -> Truth {
        let made = if self.fact.maybe || self.ended.is_some() || self.fact.misjudges_application() {
            Truth::Unknown
        } else {
            Truth::Yes
        };
        self.who.and(self.scope).and(self.role).and(self.condition).and(made)
    }

    /// Whether there is little to say that it bears on the pull: a role of which no source tells, for somebody or somewhere
    /// else perhaps; a module that no source tells of, and that is handed neither the principal nor the registry.
    pub fn is_far_fetched(&self) -> bool {
        let is_anywhere = self.fact.origin == GrantOrigin::Unread && self.who.or(self.scope) != Truth::Yes;
        is_anywhere || (self.role_unseen && self.who.and(self.scope) != Truth::Yes)
    }

    /// Whether nothing but a module that no source tells of, and that is not even handed the principal, may make it.
    pub fn is_surmised(&self) -> bool {
        self.fact.origin == GrantOrigin::Unread && self.who != Truth::Yes
    }

    /// Whether only the assumed mode of the registry keeps it from letting the principal pull.
    pub fn fails_by_assumption(&self) -> bool {
        self.rests_on_mode && self.role == Truth::No && self.who.and(self.scope).and(self.condition) != Truth::No
    }
}

/// Whom one asks for: what pulls, and the cluster that it pulls in.
#[derive(Clone, Copy)]
pub struct Puller {
    /// The principal.
    pub principal: PrincipalId,
    /// Its cluster, where it is what pulls in one.
    pub cluster: Option<ClusterId>,
    /// Whether another identity of the sources may be this very one, without their telling.
    pub open: bool,
}

/// How the assignments that bear on the registry bear on a pull of this repository by this principal, in the order of the
/// sources. Those that are for somebody else for certain are left out.
pub fn grants<'t, 'a>(
    azure: &'t Azure<'a>,
    puller: Puller,
    target: &'t Target<'_, 'a>,
    repository: &'t str,
) -> impl Iterator<Item = Grant<'a>> + use<'t, 'a> {
    let all = target.receivers.of(azure, puller).filter_map(|index| target.reaching.get(index));
    let judged = all.map(move |own| own.judged(is_for(azure, own.assignment, puller), target.mode, repository));
    judged.filter(|grant| grant.who != Truth::No)
}

/// How every assignment that bears on the registry bears on a pull of this repository by whoever it may be.
pub fn grants_to_anyone<'t, 'a>(
    target: &'t Target<'_, 'a>,
    repository: &'t str,
) -> impl Iterator<Item = Grant<'a>> + use<'t, 'a> {
    target.reaching.iter().map(move |own| own.judged(somebody(own.assignment), target.mode, repository))
}

fn somebody(assignment: &Assignment<'_>) -> Truth {
    match assignment.who {
        _ if assignment.fact.is_for_person() => Truth::No,
        Who::Nobody(_) | Who::Admin => Truth::No,
        Who::Known(..) | Who::Stranger(_) | Who::Open => Truth::Unknown,
    }
}

/// Whether an assignment may well be what lets the nodes of a cluster pull that no source tells of. One for a service
/// principal of the sources is rather for whoever pulls with its credential, one for an identity of something else for that.
pub fn may_be_for_nodes(azure: &Azure<'_>, target: &Target<'_, '_>, repository: &str) -> bool {
    let for_nodes = |own: &&Reaching<'_, '_>| match own.assignment.who {
        Who::Known(principal, _) => azure.principals.get(principal).is_none_or(|known| match known.kind {
            PrincipalKind::Kubelet | PrincipalKind::Identity | PrincipalKind::Unknown => true,
            PrincipalKind::ServicePrincipal
            | PrincipalKind::Owned
            | PrincipalKind::ControlPlane
            | PrincipalKind::AddOn => false,
        }),
        _ => true,
    };
    let mut grants = target
        .reaching
        .iter()
        .filter(for_nodes)
        .map(|own| own.judged(somebody(own.assignment), target.mode, repository));
    grants.any(|grant| grant.truth() != Truth::No && !grant.is_far_fetched())
}

impl<'a> Reaching<'_, 'a> {
    fn judged(&self, who: Truth, mode: Mode, repository: &str) -> Grant<'a> {
        Grant {
            fact: self.assignment.fact,
            who,
            scope: self.scope,
            role: self.role,
            condition: lets_through(self.assignment, mode, repository),
            ended: self.assignment.ended,
            rests_on_mode: self.rests_on_mode,
            role_unseen: matches!(self.assignment.role, Role::Unseen(_)),
        }
    }
}

/// Whether an assignment is for what pulls; never where [`Receivers`] leaves it out.
fn is_for(azure: &Azure<'_>, assignment: &Assignment<'_>, puller: Puller) -> Truth {
    let fact = assignment.fact;
    if fact.is_for_group() {
        // Who is in a group, no source tells.
        return Truth::Unknown;
    }
    match &assignment.who {
        Who::Nobody(_) | Who::Admin => Truth::No,
        Who::Open => Truth::Unknown,
        Who::Stranger(id) => match azure.principals.get(puller.principal) {
            // An id that is not the one that pulls, where that is known; a name may be anybody's.
            Some(principal) if role::is_guid(id) && !principal.object_ids.is_empty() => match fact.origin {
                GrantOrigin::Command if !fact.unchecked && principal.client_ids.is_empty() => Truth::Unknown,
                _ => Truth::No,
            },
            _ => Truth::Unknown,
        },
        Who::Known(who, sort) => {
            let same = azure.principals.same(*who, puller.principal);
            let attached = fact.origin == GrantOrigin::Attach && in_cluster(azure, *who, puller.cluster);
            if !same && !attached {
                return may_be(azure, *who, puller);
            }
            match sort {
                IdSort::Object if is_in_dispute(azure, *who) => Truth::Unknown,
                IdSort::Object => Truth::Yes,
                // The command line asks the directory for the object behind a client id.
                IdSort::Client => (fact.origin == GrantOrigin::Command && !fact.unchecked).into(),
                IdSort::Resource => Truth::No,
            }
        }
    }
}

/// Whether sources tell of one kubelet identity by several ids, as where they were taken before and after it was replaced.
fn is_in_dispute(azure: &Azure<'_>, who: PrincipalId) -> bool {
    azure.principals.get(who).is_some_and(|own| own.kind == PrincipalKind::Kubelet && own.object_ids.len() > 1)
}

fn in_cluster(azure: &Azure<'_>, who: PrincipalId, cluster: Option<ClusterId>) -> bool {
    let cluster = cluster.and_then(|id| azure.clusters.get(id.0 as usize));
    cluster.is_some_and(|cluster| {
        azure.principals.same(cluster.kubelet, who)
            || cluster.service_principal.is_some_and(|own| azure.principals.same(own, who))
    })
}

/// Whether two principals of the sources that nothing joins are the same all the same.
fn may_be(azure: &Azure<'_>, who: PrincipalId, puller: Puller) -> Truth {
    let (Some(one), Some(other)) = (azure.principals.get(who), azure.principals.get(puller.principal)) else {
        return Truth::Unknown;
    };
    let told_apart = |one: &std::collections::BTreeSet<String>, other: &std::collections::BTreeSet<String>| {
        !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
    };
    if told_apart(&one.object_ids, &other.object_ids) || told_apart(&one.client_ids, &other.client_ids) {
        return Truth::No;
    }
    let may_have = match one.kind {
        PrincipalKind::Identity | PrincipalKind::Unknown => true,
        PrincipalKind::ServicePrincipal => may_have_a_service_principal(azure, puller.cluster),
        PrincipalKind::Owned | PrincipalKind::ControlPlane | PrincipalKind::AddOn | PrincipalKind::Kubelet => false,
    };
    if puller.open && may_have {
        return Truth::Unknown;
    }
    let all_told = !other.object_ids.is_empty() && !other.client_ids.is_empty();
    if one.kind == PrincipalKind::Unknown && !all_told { Truth::Unknown } else { Truth::No }
}

/// Whether the sources leave it open that a cluster acts as a service principal, and as which.
fn may_have_a_service_principal(azure: &Azure<'_>, cluster: Option<ClusterId>) -> bool {
    let cluster = cluster.and_then(|id| azure.clusters.get(id.0 as usize));
    cluster.is_some_and(|cluster| cluster.service_principal.is_none() && cluster.identity_kind().known().is_none())
}

/// Whether an assignment's scope reaches the registry. Without a scope, what makes it decides.
fn reaches(fact: &RoleAssignmentFact, place: &Place) -> Truth {
    match &fact.scope {
        Field::Known(scope, _) => scope::reaches(scope, place),
        Field::Unknown(..) | Field::Absent(_) => Truth::Unknown,
    }
}

/// Whether a role pulls from a registry that decides so.
pub fn pulls(role: &Role<'_>, mode: Mode) -> Truth {
    match role {
        Role::BuiltIn(role) => mode.judge(|mode| role.pulls(mode).into()),
        Role::Custom(fact) => match &fact.permissions {
            Field::Known(permissions, _) => {
                mode.judge(|mode| grants_pull(permissions, mode).and(is_enough(permissions, mode)))
            }
            Field::Unknown(..) | Field::Absent(_) => Truth::Unknown,
        },
        Role::Unseen(_) | Role::Open => Truth::Unknown,
    }
}

/// Whether permissions hold pulling. One that stands under a condition of its own may or may not count.
fn grants_pull(permissions: &[Permission], mode: RegistryMode) -> Truth {
    let one = |permission: &Permission| match role::allows(std::slice::from_ref(permission), mode) {
        Allows::No => Truth::No,
        _ if permission.condition.is_some() => Truth::Unknown,
        _ => Truth::Yes,
    };
    permissions.iter().map(one).fold(Truth::No, Truth::or)
}

/// Whether what a role of one's own holds is all that a pull asks for: that `content/read` does without `metadata/read` is
/// not documented.
fn is_enough(permissions: &[Permission], mode: RegistryMode) -> Truth {
    let covers = |patterns: &[String]| patterns.iter().any(|pattern| role::matches(pattern, role::METADATA_ACTION));
    let holds = |own: &Permission| covers(&own.data_actions) && !covers(&own.not_data_actions);
    if mode == RegistryMode::Legacy || permissions.iter().any(holds) { Truth::Yes } else { Truth::Unknown }
}

/// Whether an assignment's condition lets the repository through. Conditions are about data actions: what one does to
/// the actions that a registry in legacy mode asks for is not documented.
fn lets_through(assignment: &Assignment<'_>, mode: Mode, repository: &str) -> Truth {
    let text = match &assignment.fact.condition {
        Field::Absent(_) => return Truth::Yes,
        Field::Unknown(..) => return Truth::Unknown,
        Field::Known(text, _) => text,
    };
    mode.judge(|mode| match mode {
        RegistryMode::Legacy => Truth::Unknown,
        // What does not parse as far as it is known, the service judges otherwise than this does.
        RegistryMode::Abac => condition::parse(text)
            .map_or(Truth::Unknown, |condition| condition.allows(role::PULL_DATA_ACTION, Some(repository))),
    })
}

/// A deny assignment that bears on the pull: it hits the principal at the registry, or may.
#[derive(Clone, Copy, Debug)]
pub struct Denial {
    /// Whether it denies the pull.
    pub truth: Truth,
    /// In the mode that the registry is not assumed to be in, it would bear otherwise on the pull.
    pub assumed: bool,
    /// Where it is written.
    pub span: Span,
}

/// The deny assignment that bears most on a pull by this principal.
pub fn denial(azure: &Azure<'_>, puller: Puller, target: &Target<'_, '_>) -> Option<Denial> {
    let judged = azure.denials.iter().map(|fact| {
        let principal = azure.principals.get(puller.principal);
        let ids = |fields: &[Field<String>]| -> Truth {
            let own = principal.map(|principal| &principal.object_ids);
            let hits = |field: &Field<String>| match (field, own) {
                (Field::Known(id, _), Some(own)) if !own.is_empty() => own.contains(&id.to_ascii_lowercase()).into(),
                _ => Truth::Unknown,
            };
            fields.iter().map(hits).fold(Truth::No, Truth::or)
        };
        let hit = if fact.everyone { Truth::Yes } else { ids(&fact.principals) };
        let scope = match &fact.scope {
            Field::Known(scope, _) => match scope::reaches(scope, &target.place) {
                Truth::Yes if fact.only_at_scope => target.place.is(scope),
                truth => truth,
            },
            Field::Unknown(..) | Field::Absent(_) => Truth::Unknown,
        };
        let covers = |mode: Mode| match &fact.permissions {
            Field::Known(permissions, _) => mode.judge(|mode| grants_pull(permissions, mode)),
            Field::Unknown(..) | Field::Absent(_) => Truth::Unknown,
        };
        let truth = hit.and(ids(&fact.excluded).not()).and(scope).and(covers(target.mode));
        Denial { truth, assumed: target.mode.rests(covers), span: fact.span }
    });
    judged.filter(|denial| denial.truth != Truth::No).max_by_key(|denial| denial.truth)
}
