//! What the report tells of the estate beside pulls: registries, clusters, and what the sources hold all of.

use std::collections::BTreeMap;

use canpull_syntax::{Span, order};

use crate::config::CompleteKind;
use crate::fact::Field;
use crate::fact::azure::{ClusterIdentityKind, RegistryMode};
use crate::model::azure::{Cluster, Registry, Setting};
use crate::model::{AccessModel, WorldId};

/// A registry that the sources tell of.
#[derive(Clone, Debug)]
pub struct RegistryInfo {
    /// Its name, where known.
    pub name: Option<String>,
    /// Its login server, where told or known by its name.
    pub host: Option<String>,
    /// By what it decides, where told.
    pub mode: Option<RegistryMode>,
    /// Whether everyone may pull, where told.
    pub anonymous_pull: Option<bool>,
    /// Whether the admin user is on, where told.
    pub admin_user: Option<bool>,
    /// Whether it answers on public addresses, where told.
    pub public_network: Option<bool>,
    /// Where the sources speak of it.
    pub spans: Vec<Span>,
}

/// A cluster that the sources tell of.
#[derive(Clone, Debug)]
pub struct ClusterInfo {
    /// Its name, where known.
    pub name: Option<String>,
    /// Its resource group, where known.
    pub group: Option<String>,
    /// Managed identities or a service principal, where told.
    pub identity: Option<ClusterIdentityKind>,
    /// The object id of its kubelet identity, where told.
    pub kubelet_object_id: Option<String>,
    /// The client id of its kubelet identity, where told.
    pub kubelet_client_id: Option<String>,
    /// Where the sources speak of it.
    pub spans: Vec<Span>,
}

/// Whether the sources of a world hold all objects of a kind.
#[derive(Clone, Debug)]
pub struct CoverageInfo {
    /// The world's name.
    pub world: String,
    /// The kind.
    pub kind: CompleteKind,
    /// Where it is declared; `None` where it is not, so that absence proves nothing.
    pub declared: Option<Vec<Span>>,
}

pub(super) fn registries(model: &AccessModel<'_>) -> Vec<RegistryInfo> {
    model.azure.registries.iter().map(registry).collect()
}

fn registry(registry: &Registry<'_>) -> RegistryInfo {
    RegistryInfo {
        name: registry.place.name.clone(),
        host: registry.host(),
        mode: registry.mode().known(),
        anonymous_pull: registry.anonymous_pull().known(),
        admin_user: registry.admin_enabled().known(),
        public_network: registry.public_network().known(),
        spans: registry.spans(),
    }
}

pub(super) fn clusters(model: &AccessModel<'_>) -> Vec<ClusterInfo> {
    model.azure.clusters.iter().map(cluster).collect()
}

fn cluster(cluster: &Cluster<'_>) -> ClusterInfo {
    let told = |field: fn(&crate::fact::azure::IdentityIds) -> &Field<String>| {
        cluster.facts.iter().find_map(|fact| field(&fact.kubelet).text().map(str::to_owned))
    };
    let identity = match cluster.identity_kind() {
        Setting::Known(kind, _) => Some(kind),
        Setting::Open(_) | Setting::Unseen => None,
    };
    ClusterInfo {
        name: cluster.place.name.clone(),
        group: cluster.place.group.clone(),
        identity,
        kubelet_object_id: told(|ids| &ids.object_id),
        kubelet_client_id: told(|ids| &ids.client_id),
        spans: cluster.spans(),
    }
}

/// For every world that runs pods, each kind with whether absence proves anything.
pub(super) fn coverage(model: &AccessModel<'_>) -> Vec<CoverageInfo> {
    let worlds: BTreeMap<WorldId, &str> =
        order::gather(model.pods.iter().filter_map(|pod| Some((pod.world, model.world(pod.world)?.name.as_str()))));
    let kinds =
        [CompleteKind::Secrets, CompleteKind::ServiceAccounts, CompleteKind::Attached, CompleteKind::RoleAssignments];
    let of = |(id, name): (WorldId, &str)| {
        kinds.map(|kind| CoverageInfo { world: name.to_owned(), kind, declared: model.complete(id, kind) })
    };
    worlds.into_iter().flat_map(of).collect()
}
