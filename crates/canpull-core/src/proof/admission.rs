//! What the API server refuses: pods of another shape, and those that name pull secrets which their service account does not
//! let them name.

use std::collections::BTreeSet;

use canpull_syntax::Span;

use crate::fact::{Field, SecretList};
use crate::model::ServiceAccount;
use crate::proof::case::{Case, link};
use crate::proof::{Claim, Link, Truth};

/// Pull secrets of a pod that may be none of its service account's.
struct Foreign<'m> {
    /// The first of them, where its name is known.
    name: Option<&'m str>,
    at: Span,
    truth: Truth,
}

impl<'m> Case<'_, 'm, '_> {
    /// An object whose pod has not the shape of one never comes to be.
    pub(super) fn well_formed(&self) -> Option<Link> {
        let (wanted, span) = self.pod.fact.refused.as_ref()?;
        let text = format!("the API server refuses the object: {wanted}");
        Some(link(Claim::PodAdmitted, Truth::No, text, vec![*span]))
    }

    /// A service account with `kubernetes.io/enforce-mountable-secrets` lets its pods name no pull secrets but its own.
    pub(super) fn admitted(&self) -> Option<Link> {
        let accounts = self.accounts();
        let (account, uncertain) = accounts.iter().find(|(account, _)| account.fact.enforces.is_some())?;
        let annotation = account.fact.enforces?;
        let foreign = self.foreign(account)?;
        // What a script or an operator adds to the account's list is not told apart.
        let may_be_more = !self.model.account_patches.is_empty() || !self.model.patchers.is_empty();
        let sure = accounts.len() == 1 && !uncertain && !may_be_more;
        let truth = if sure { foreign.truth } else { Truth::Unknown };
        let account = account.fact.object.name.text().unwrap_or_default();
        let secret = foreign.name.map_or_else(|| "what it names".to_owned(), |name| format!("`{name}`"));
        let (accepts, is) = match truth {
            Truth::No => ("the API server refuses the pod", "is none"),
            _ => ("whether the API server accepts the pod is not known", "may be none"),
        };
        let text = format!(
            "{accepts}: service account `{account}` lets it name the account's own pull secrets only, and {secret} {is} of them"
        );
        Some(link(Claim::PodAdmitted, truth, text, vec![foreign.at, annotation]))
    }

    /// What the pod's own list names that its account's does not; the account's own list is copied where that is empty.
    fn foreign(&self, account: &ServiceAccount<'_>) -> Option<Foreign<'m>> {
        let own = match &self.pod.pull_secrets {
            SecretList::Empty(_) => return None,
            SecretList::Unknown(_, span) => return Some(Foreign { name: None, at: *span, truth: Truth::Unknown }),
            list => list.entries(),
        };
        let listed: Option<BTreeSet<&str>> = match &account.pull_secrets {
            SecretList::Unknown(..) => None,
            list => list.entries().iter().map(|entry| entry.name.text()).collect(),
        };
        let foreign = |entry: &&'m crate::fact::SecretRef| match (&entry.name, &listed) {
            (Field::Known(name, _), Some(listed)) => !listed.contains(name.as_str()),
            _ => true,
        };
        let first = own.iter().find(foreign)?;
        let name = first.name.text();
        let truth = if name.is_some() && listed.is_some() { Truth::No } else { Truth::Unknown };
        Some(Foreign { name, at: first.span, truth })
    }
}
