//! Service accounts and the pull secrets that admission copies from them.

use crate::fact::{SecretList, ServiceAccountFact};
use crate::model::kustomize::Layers;
use crate::model::namespace::Namespace;
use crate::model::world::WorldId;

/// Index of a service account in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServiceAccountId(pub u32);

/// A written service account in one world.
#[derive(Clone, Debug)]
pub struct ServiceAccount<'a> {
    /// The world.
    pub world: WorldId,
    /// What is written.
    pub fact: &'a ServiceAccountFact,
    /// Its namespace, after kustomize.
    pub namespace: Namespace,
    /// Its list, Unknown where a kustomization changes it in a way that is not evaluated.
    pub pull_secrets: SecretList,
    /// A kustomization gives it another name, as it does to those who name it; `default` is then no longer the default.
    pub renamed: bool,
}

pub(crate) fn from_fact<'a>(
    world: WorldId,
    fact: &'a ServiceAccountFact,
    layers: &Layers<'_, 'a>,
) -> ServiceAccount<'a> {
    let pull_secrets = layers.account_secrets(fact);
    ServiceAccount { world, fact, namespace: layers.namespace(&fact.object), pull_secrets, renamed: layers.renames() }
}
