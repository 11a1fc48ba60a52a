//! Which role assignments may be for whom: so that for each that pulls only those are looked at.

use std::collections::BTreeMap;

use crate::model::Azure;
use crate::model::azure::{Assignment, PrincipalId, PrincipalKind, Who};
use crate::proof::authorization::Puller;

/// Assignments by whom they are for, each by its place among those that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Receivers {
    /// By principals of the sources.
    known: BTreeMap<PrincipalId, Vec<usize>>,
    /// Those that may be for anyone: groups, ids and values that no source explains.
    open: Vec<usize>,
    /// Those for identities, of which one may turn out to be that of a cluster whose identity no source tells.
    identities: Vec<usize>,
}

impl Receivers {
    pub(super) fn new<'m, 'a: 'm>(azure: &Azure<'a>, all: impl Iterator<Item = &'m Assignment<'a>>) -> Self {
        let mut found = Self::default();
        for (index, assignment) in all.enumerate() {
            // No node acts as a person.
            let may_be_another = !assignment.fact.is_for_person();
            let Who::Known(principal, _) = assignment.who else {
                if may_be_another {
                    found.open.push(index);
                }
                continue;
            };
            found.known.entry(azure.principals.settled(principal)).or_default().push(index);
            match azure.principals.get(principal).map(|principal| principal.kind) {
                _ if !may_be_another => {}
                _ if assignment.fact.is_for_group() => found.open.push(index),
                Some(PrincipalKind::Unknown) | None => found.open.push(index),
                Some(PrincipalKind::Identity | PrincipalKind::ServicePrincipal) => found.identities.push(index),
                Some(
                    PrincipalKind::Owned | PrincipalKind::ControlPlane | PrincipalKind::AddOn | PrincipalKind::Kubelet,
                ) => {}
            }
        }
        found
    }

    /// The assignments that are for what pulls, or may be, in order.
    pub(super) fn of(&self, azure: &Azure<'_>, puller: Puller) -> impl Iterator<Item = usize> {
        let cluster = puller.cluster.and_then(|id| azure.clusters.get(id.0 as usize));
        let of_cluster = cluster.into_iter().flat_map(|own| [Some(own.kubelet), own.service_principal]).flatten();
        let own = of_cluster.chain([puller.principal]).filter_map(|id| self.known.get(&azure.principals.settled(id)));
        let identities = puller.open.then_some(&self.identities);
        in_order(own.chain([&self.open]).chain(identities).map(Vec::as_slice).collect())
    }
}

/// What stands in several lists that are in order, each once.
fn in_order(mut lists: Vec<&[usize]>) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = lists.iter().filter_map(|list| list.first().copied()).min()?;
        for list in &mut lists {
            if let Some((first, rest)) = list.split_first()
                && *first == next
            {
                *list = rest;
            }
        }
        Some(next)
    })
}
