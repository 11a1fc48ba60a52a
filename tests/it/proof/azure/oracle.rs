//! The oracle: Azure's own decision, in two values, on every completion of what an estate leaves open.

use std::collections::BTreeMap;

use canpull_core::proof::Truth;

use super::estate::{Assignment, Cluster, Condition, Denial, Estate, Id, Mode, Role, Scope, User};
use crate::proof::oracle::{Choices, Reading};

/// Proven if every completion pulls, refuted if none does.
pub(crate) fn verdict(estate: &Estate, reading: Reading) -> Truth {
    of_every_completion(estate, reading, pulls)
}

fn of_every_completion(estate: &Estate, reading: Reading, holds: fn(&mut Completion<'_>) -> bool) -> Truth {
    let (mut some, mut all) = (false, true);
    let mut choices = Choices::default();
    loop {
        let mut completion = Completion { estate, reading, choices: &mut choices, chosen: BTreeMap::new() };
        let held = holds(&mut completion);
        some |= held;
        all &= held;
        if !choices.next() {
            break;
        }
    }
    match (some, all) {
        (true, true) => Truth::Yes,
        (false, _) => Truth::No,
        _ => Truth::Unknown,
    }
}

/// What is open, and stays as it is chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Open {
    Cluster,
    KubeletId(usize),
    IsPrincipal(usize),
    AppObjectId,
    Mode,
    Anonymous,
    Group,
    Subscription,
    AboveSubscription,
    Member(Puller),
    Means(usize),
    Made(usize),
    Default(usize),
    Condition(usize),
    CustomRole,
    Hidden(Puller),
    Password,
}

/// Who pulls: an id of the sources, or one that is in none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Puller {
    Id(Id),
    Unseen(usize),
}

struct Completion<'e> {
    estate: &'e Estate,
    reading: Reading,
    choices: &'e mut Choices,
    chosen: BTreeMap<Open, usize>,
}

fn pulls(completion: &mut Completion<'_>) -> bool {
    if completion.anonymous() || completion.secret_serves() {
        return true;
    }
    let clusters = completion.estate.clusters.len();
    let at = completion.choose(Open::Cluster, clusters.max(1));
    let puller = completion.puller(at);
    completion.may_pull(puller)
}

fn app_may_pull(completion: &mut Completion<'_>) -> bool {
    let app = completion.app();
    completion.may_pull(app)
}

impl Completion<'_> {
    fn choose(&mut self, what: Open, of: usize) -> usize {
        if let Some(chosen) = self.chosen.get(&what) {
            return *chosen;
        }
        let chosen = self.choices.choose(of);
        self.chosen.insert(what, chosen);
        chosen
    }

    fn flip(&mut self, what: Open) -> bool {
        self.choose(what, 2) == 1
    }

    fn anonymous(&mut self) -> bool {
        match self.estate.registry.and_then(|registry| registry.anonymous) {
            Some(on) => on,
            None => self.reading == Reading::Strict && self.flip(Open::Anonymous),
        }
    }

    /// A credential is taken as good until the sources refute it.
    fn secret_serves(&mut self) -> bool {
        let estate = self.estate;
        let told = estate.principal_shown || estate.clusters.contains(&Cluster::Principal);
        let refuted = match estate.user {
            None => return false,
            Some(User::Admin) => estate.registry.and_then(|registry| registry.admin) == Some(false),
            Some(User::Token) => estate.token.is_some_and(|token| !token.enabled || !token.reads),
            Some(User::App) => told && of_every_completion(estate, self.reading, app_may_pull) == Truth::No,
        };
        !refuted && (self.reading == Reading::Granting || self.flip(Open::Password))
    }

    /// What the kubelets of a cluster pull as.
    fn puller(&mut self, at: usize) -> Puller {
        match self.estate.clusters.get(at) {
            Some(Cluster::Managed | Cluster::OwnKubelet) => Puller::Id(Id::Kubelet(at)),
            Some(Cluster::Principal) => self.app(),
            Some(Cluster::Unknown) | None if self.flip(Open::IsPrincipal(at)) => self.app_or_another(at),
            Some(Cluster::Hidden | Cluster::Unknown) | None => self.hidden_kubelet(at),
        }
    }

    /// The ids of the sources that nothing explains.
    fn unexplained(&self) -> Vec<Id> {
        let estate = self.estate;
        let app_is_told = estate.principal_shown || estate.clusters.contains(&Cluster::Principal);
        let mut ids = vec![Id::Stranger];
        ids.extend((!app_is_told).then_some(Id::App));
        ids.extend((!estate.principal_shown).then_some(Id::AppObject));
        ids
    }

    fn hidden_kubelet(&mut self, at: usize) -> Puller {
        let ids = self.unexplained();
        let chosen = self.choose(Open::KubeletId(at), ids.len() + 1);
        ids.get(chosen).map_or(Puller::Unseen(at), |id| Puller::Id(*id))
    }

    /// The service principal of the sources, or one that they do not tell of.
    fn app_or_another(&mut self, at: usize) -> Puller {
        if self.flip(Open::KubeletId(at)) { self.app() } else { Puller::Unseen(at) }
    }

    fn app(&mut self) -> Puller {
        if self.estate.principal_shown {
            return Puller::Id(Id::AppObject);
        }
        let ids = self.unexplained();
        let chosen = self.choose(Open::AppObjectId, ids.len() + 1);
        ids.get(chosen).map_or(Puller::Unseen(9), |id| Puller::Id(*id))
    }

    fn mode(&mut self) -> Mode {
        match self.estate.registry.and_then(|registry| registry.mode) {
            Some(mode) => mode,
            None if self.reading == Reading::Strict && self.flip(Open::Mode) => Mode::Abac,
            None => Mode::Legacy,
        }
    }

    /// Azure's decision.
    fn may_pull(&mut self, puller: Puller) -> bool {
        let mode = self.mode();
        let estate = self.estate;
        for denial in &estate.denials {
            if self.denies(denial, puller, mode) {
                return false;
            }
        }
        for (at, assignment) in estate.assignments.iter().enumerate() {
            if self.grants(at, assignment, puller, mode) {
                return true;
            }
        }
        !estate.complete && self.flip(Open::Hidden(puller))
    }

    fn grants(&mut self, at: usize, own: &Assignment, puller: Puller, mode: Mode) -> bool {
        let is = match own.to {
            Id::Open => self.flip(Open::Means(at)),
            id => self.is(id, puller),
        };
        let reaches = is
            && match own.scope {
                Scope::Absent => self.flip(Open::Default(at)),
                scope => self.reaches(scope),
            };
        let made = reaches && (!own.maybe || self.flip(Open::Made(at)));
        let role = made && self.pulls_by(own.role, mode);
        role && match own.condition {
            Condition::None => true,
            // What a condition does to actions is not documented.
            _ if mode == Mode::Legacy => self.flip(Open::Condition(at)),
            Condition::ThisRepository => true,
            Condition::AnotherRepository => false,
            Condition::Unparsable => self.flip(Open::Condition(at)),
        }
    }

    fn is(&mut self, id: Id, puller: Puller) -> bool {
        match id {
            Id::Team => self.flip(Open::Member(puller)),
            id => puller == Puller::Id(id),
        }
    }

    fn pulls_by(&mut self, role: Role, mode: Mode) -> bool {
        match (role, self.estate.custom) {
            (Role::AcrPull | Role::Owner, _) => mode == Mode::Legacy,
            (Role::RepositoryReader, _) => mode == Mode::Abac,
            (Role::CatalogLister, _) => false,
            (Role::Importer, _) => true,
            (Role::Custom, Some((actions, data_actions))) => match mode {
                Mode::Legacy => actions,
                Mode::Abac => data_actions,
            },
            (Role::Custom, None) => self.flip(Open::CustomRole),
        }
    }

    /// Whether where the registry is can be told: from itself, or from an id in which it stands.
    fn is_placed(&self) -> bool {
        let listed = self.estate.assignments.iter().any(|own| own.scope == Scope::Registry);
        let denied = self.estate.denials.iter().any(|own| own.scope == Scope::Registry);
        self.estate.registry.is_some() || listed || denied
    }

    fn reaches(&mut self, scope: Scope) -> bool {
        // Its own place is the first of each.
        let subscription = if self.is_placed() { 0 } else { self.choose(Open::Subscription, 3) };
        let group = if self.is_placed() { 0 } else { self.choose(Open::Group, 3) };
        match scope {
            Scope::Registry | Scope::Root => true,
            Scope::OtherRegistry | Scope::Absent => false,
            Scope::Group => (subscription, group) == (0, 0),
            Scope::OtherGroup => (subscription, group) == (0, 1),
            Scope::Subscription => subscription == 0,
            Scope::OtherSubscription => subscription == 1,
            Scope::ManagementGroup => self.flip(Open::AboveSubscription),
        }
    }

    fn denies(&mut self, own: &Denial, puller: Puller, mode: Mode) -> bool {
        own.to.is_none_or(|id| self.is(id, puller))
            && !own.spares.is_some_and(|id| self.is(id, puller))
            && self.reaches(own.scope)
            && (!own.only_at_scope || own.scope == Scope::Registry)
            && own.actions == (mode == Mode::Legacy)
    }
}
