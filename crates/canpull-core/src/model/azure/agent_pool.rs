//! The identity that AKS makes for a cluster's kubelets where none is brought: `<cluster>-agentpool`.

use std::collections::BTreeMap;

use canpull_syntax::to_offset;

use super::cluster::{Cluster, ClusterId};
use super::principal::Key;
use crate::fact::azure::{IdentityFact, ResourceKind, Statement};

const SUFFIX: &str = "-agentpool";

/// What means the kubelet identity of each cluster by the name that AKS gives it. Names that several clusters share, or
/// that the sources give an identity of their own, mean none.
pub(super) fn keys(clusters: &[Cluster<'_>], identities: &[&IdentityFact]) -> Vec<(ClusterId, Key)> {
    let mut owners: BTreeMap<Key, Vec<ClusterId>> = BTreeMap::new();
    for (index, cluster) in clusters.iter().enumerate() {
        if cluster.facts.iter().any(|fact| fact.kubelet.resource.is_some()) {
            continue;
        }
        let name = cluster.place.name.iter().map(|name| by_name(&format!("{name}{SUFFIX}")));
        let symbols = cluster.place.symbols.iter().flat_map(|symbol| by_symbol(symbol));
        for key in name.chain(symbols) {
            owners.entry(key).or_default().push(ClusterId(to_offset(index)));
        }
    }
    for made in identities.iter().filter(|fact| fact.statement == Statement::Makes) {
        let name = made.resource.name.iter().map(|name| by_name(name));
        let symbol = made.resource.symbol.iter().map(|symbol| Key::Symbol(symbol.clone()));
        for key in name.chain(symbol) {
            owners.entry(key).and_modify(Vec::clear);
        }
    }
    let only = |(key, owners): (Key, Vec<ClusterId>)| match owners.as_slice() {
        [only] => Some((*only, key)),
        _ => None,
    };
    owners.into_iter().filter_map(only).collect()
}

fn by_name(name: &str) -> Key {
    Key::Name(ResourceKind::Identity, name.to_ascii_lowercase(), None)
}

/// As a template writes it whose cluster has an open name: `${var.name}-agentpool`.
fn by_symbol(cluster: &str) -> Vec<Key> {
    let Some((root, name)) = cluster.split_once(":managedclusters#") else { return Vec::new() };
    let symbol = |name: &str| Key::Symbol(format!("{root}:userassignedidentities#{name}{SUFFIX}"));
    vec![symbol(name), symbol(&format!("${{{name}}}"))]
}
