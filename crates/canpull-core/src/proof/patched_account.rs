//! Service accounts whose pull secrets scripts change.

use crate::fact::SecretList;
use crate::model::{AccountPatch, ServiceAccount};
use crate::proof::case::{Case, NamedList};
use crate::proof::{Link, RouteKind, Truth};

/// Of more patches of one account than these, it is not told which is the last.
const MANY: usize = 32;

impl<'m> Case<'_, 'm, '_> {
    /// Pull secrets that scripts give to the pod's service account. Where others may have taken their place, what the
    /// account names in the end is not known.
    pub(super) fn patched_accounts(
        &self,
        account: &str,
        written: &[(&ServiceAccount<'_>, bool)],
        condition: &Link,
    ) -> Vec<NamedList<'m>> {
        let reached: Vec<_> = self.patches_of(account).collect();
        let resetting: Vec<_> = reached.iter().map(|(patch, _)| *patch).filter(|patch| patch.resets).collect();
        let disputed = |patch: &AccountPatch| {
            resetting.len() > MANY
                || resetting.iter().any(|other| other.may_undo(patch))
                || written.iter().any(|(account, _)| patch.is_disputed_by(&account.pull_secrets))
        };
        let lists = reached.iter().map(|(patch, here)| NamedList {
            kind: RouteKind::ServiceAccountPullSecret,
            list: &patch.list,
            condition: vec![condition.clone()],
            uncertain: *here == Truth::Unknown,
            disputed: disputed(patch),
            added: true,
            follows_names: Truth::No,
        });
        lists.collect()
    }

    /// Whether a script may give the account others instead of those that it is written to name.
    pub(super) fn may_be_replaced(&self, account: &str, list: &SecretList) -> bool {
        self.patches_of(account).any(|(patch, _)| patch.disputes(list))
    }

    /// The patches of an account of this name in the pod's namespace, with whether they are certainly of it.
    pub(super) fn patches_of(&self, account: &str) -> impl Iterator<Item = (&'m AccountPatch, Truth)> {
        let namespace = &self.pod.namespace;
        let reached = self.model.account_patches.iter().map(move |patch| (patch, patch.reaches(account, namespace)));
        reached.filter(|(_, here)| *here != Truth::No)
    }
}
