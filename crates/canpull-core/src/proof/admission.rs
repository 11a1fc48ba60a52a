//! What the API server refuses: pods of another shape, and those that name pull secrets which their service account does not
//! let them name.

use std::collections::BTreeSet;

use canpull_syntax::Span;

use crate::config::CompleteKind;
use crate::fact::{Field, SecretList};
use crate::model::ServiceAccount;
use crate::proof::case::{Case, assumed, link};
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

    /// A pod whose service account does not exist is refused. `default` is made with its namespace; others that no source
    /// makes are taken to exist, unless the sources are declared to hold all of them.
    pub(super) fn account_exists(&self) -> Option<Link> {
        let name = self.account_name();
        if self.pod.fact.is_static || name == Some("default") {
            return None;
        }
        let span = self.pod.service_account.span();
        let taken = |text: String| Some(assumed(Claim::PodAdmitted, Truth::Yes, text, vec![span]));
        let Some(name) = name else {
            return taken("the service account that is filled in is taken to exist".to_owned());
        };
        let accounts = self.accounts();
        let is_written = accounts.iter().any(|(_, uncertain)| !uncertain);
        // What a script patches is there.
        let patched = self.patches_of(name).map(|(_, here)| here).max();
        if is_written
            || patched == Some(Truth::Yes)
            || self.external(&self.model.config.external_service_accounts, name).is_some()
        {
            return None;
        }
        let kind = CompleteKind::ServiceAccounts;
        let complete = self.clusters().flat_map(|cluster| &cluster.complete).find(|declared| declared.value == kind);
        let Some(complete) = complete else {
            return taken(format!("service account `{name}`, which no source makes, is taken to exist"));
        };
        let (truth, text) = if accounts.is_empty() && patched.is_none() && self.complete(kind).is_some() {
            let refused = "the API server refuses the pod: service account";
            (Truth::No, format!("{refused} `{name}` is in no source, and the configuration says that these are all"))
        } else {
            let text =
                format!("whether service account `{name}` exists, without which the pod is refused, is not known");
            (Truth::Unknown, text)
        };
        Some(link(Claim::PodAdmitted, truth, text, vec![span, complete.span]))
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
