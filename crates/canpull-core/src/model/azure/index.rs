//! Where resources, and what is granted on registries, are found by what means them: so that nobody looks through all.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::order;

use crate::acr_host::acr_host;
use crate::fact::azure::{ResourceKind, ResourceRef};
use crate::model::azure::{Assignment, Registry};
use crate::model::scope::Place;
use crate::proof::Truth;

/// What means a resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    Id(String),
    Symbol(String),
    Name(String),
}

fn keys<'r>(
    id: Option<&'r String>,
    symbols: impl IntoIterator<Item = &'r String>,
    name: Option<&'r String>,
) -> impl Iterator<Item = Key> {
    let id = id.map(|id| Key::Id(id.trim_end_matches('/').to_ascii_lowercase()));
    let symbols = symbols.into_iter().map(|symbol| Key::Symbol(symbol.clone()));
    let name = name.map(|name| Key::Name(name.to_ascii_lowercase()));
    id.into_iter().chain(symbols).chain(name)
}

fn keys_of(resource: &ResourceRef) -> impl Iterator<Item = Key> {
    keys(resource.id.as_ref(), resource.symbol.as_ref(), resource.name.as_ref())
}

/// Where resources of one sort are found by what means them.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(BTreeMap<Key, Vec<u32>>);

impl Index {
    pub(super) fn add(&mut self, resource: &ResourceRef, index: u32) {
        for key in keys_of(resource) {
            let entries = self.0.entry(key).or_default();
            if !entries.contains(&index) {
                entries.push(index);
            }
        }
    }

    /// The resource that a reference means.
    pub(super) fn find<'p>(&self, resource: &ResourceRef, place: impl Fn(u32) -> Option<&'p Place>) -> Option<u32> {
        self.like(keys_of(resource)).find(|&index| place(index).is_some_and(|place| place.is(resource) == Truth::Yes))
    }

    /// The resources that share an id, a symbol or a name with a reference.
    pub(super) fn sharing(&self, resource: &ResourceRef) -> BTreeSet<u32> {
        order::gather(self.like(keys_of(resource)))
    }

    fn like(&self, keys: impl Iterator<Item = Key>) -> impl Iterator<Item = u32> {
        keys.flat_map(|key| self.0.get(&key).into_iter().flatten().copied())
    }
}

/// Role assignments by where they are given, each by its place among all.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    /// Those at a registry whose name is told.
    at_registries: Index,
    /// Those at anything else.
    elsewhere: BTreeSet<u32>,
}

impl Scopes {
    pub(super) fn new(assignments: &[Assignment<'_>]) -> Self {
        let mut scopes = Self::default();
        for (index, assignment) in (0..).zip(assignments) {
            let at_registry = |scope: &&ResourceRef| scope.kind == ResourceKind::Registry && scope.name.is_some();
            match assignment.fact.scope.known().filter(at_registry) {
                Some(scope) => scopes.at_registries.add(scope, index),
                None => drop(scopes.elsewhere.insert(index)),
            }
        }
        scopes
    }

    /// Those that may reach a registry, in order; `None` where each of them may, because its name is not known.
    pub(super) fn toward(&self, registry: &Place) -> Option<BTreeSet<u32>> {
        registry.name.as_ref()?;
        let at_it = self.at_registries.like(keys(registry.id.as_ref(), &registry.symbols, registry.name.as_ref()));
        Some(order::gather(at_it.chain(self.elsewhere.iter().copied())))
    }
}

/// Registries by the hosts that they may answer under.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// By login servers, and by the names in the hosts of Azure's registries.
    told: BTreeMap<String, BTreeSet<u32>>,
    /// Those of which neither is known.
    open: Vec<u32>,
}

impl Hosts {
    pub(super) fn new(registries: &[Registry<'_>]) -> Self {
        let mut hosts = Self::default();
        for (index, registry) in (0..).zip(registries) {
            let told = [registry.login_server(), registry.place.name.as_deref()];
            if told == [None, None] {
                hosts.open.push(index);
            }
            for told in told.into_iter().flatten() {
                hosts.told.entry(told.to_ascii_lowercase()).or_default().insert(index);
            }
        }
        hosts
    }

    /// The registries that a host may be, in order.
    pub(super) fn of(&self, host: &str) -> BTreeSet<u32> {
        let bare = host.split(':').next().unwrap_or(host);
        let name = acr_host(bare).map(|acr| acr.name_and_label().0);
        let told =
            [Some(bare), name].into_iter().flatten().filter_map(|told| self.told.get(&told.to_ascii_lowercase()));
        order::gather(told.flatten().chain(&self.open).copied())
    }
}
