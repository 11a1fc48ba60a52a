//! Finds objects by world, name and namespace without looking at any other.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::model::namespace::Namespace;
use crate::model::world::WorldId;
use crate::proof::Truth;

/// Ids of objects of one sort.
pub(crate) struct ByName<Id> {
    by_name: BTreeMap<(WorldId, String), Namesakes<Id>>,
}

/// The objects of one name, in order of their ids.
struct Namesakes<Id> {
    all: Vec<Id>,
    by_namespace: BTreeMap<Namespace, Vec<Id>>,
}

impl<Id: Copy + Ord> ByName<Id> {
    pub(crate) const fn new() -> Self {
        Self { by_name: BTreeMap::new() }
    }

    /// Adds an object; ids come in ascending order.
    pub(crate) fn add(&mut self, world: WorldId, name: &str, namespace: &Namespace, id: Id) {
        let new = || Namesakes { all: Vec::new(), by_namespace: BTreeMap::new() };
        let namesakes = self.by_name.entry((world, name.to_owned())).or_insert_with(new);
        namesakes.all.push(id);
        namesakes.by_namespace.entry(namespace.clone()).or_default().push(id);
    }

    /// The objects of a name, in every namespace.
    pub(crate) fn named(&self, world: WorldId, name: &str) -> impl Iterator<Item = Id> {
        self.by_name.get(&(world, name.to_owned())).into_iter().flat_map(|namesakes| &namesakes.all).copied()
    }

    /// The objects of a name that are certain to be in a namespace.
    pub(crate) fn here(&self, world: WorldId, name: &str, namespace: &Namespace) -> &[Id] {
        let sure = namespace.same(namespace) == Truth::Yes;
        let namesakes = self.by_name.get(&(world, name.to_owned())).filter(|_| sure);
        namesakes.and_then(|namesakes| namesakes.by_namespace.get(namespace)).map_or(&[], Vec::as_slice)
    }

    /// The objects of a name that may be in a namespace, and may be in another.
    pub(crate) fn maybe_here<'i>(
        &'i self,
        world: WorldId,
        name: &str,
        namespace: &'i Namespace,
    ) -> impl Iterator<Item = Id> + use<'i, Id> {
        let namesakes = self.by_name.get(&(world, name.to_owned()));
        // Of the written namespaces, which may be many and come first, none is open to a written one.
        let from = match namespace {
            Namespace::Written(_) => Bound::Included(&Namespace::LeftOut),
            Namespace::LeftOut | Namespace::Unknown => Bound::Unbounded,
        };
        let places =
            namesakes.into_iter().flat_map(move |namesakes| namesakes.by_namespace.range((from, Bound::Unbounded)));
        places.filter(|(own, _)| own.same(namespace) == Truth::Unknown).flat_map(|(_, ids)| ids).copied()
    }
}
