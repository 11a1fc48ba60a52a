//! The identity that a service account brings to ACR, on clusters where the kubelets' own does not pull.

use canpull_syntax::Span;

use crate::config::CompleteKind;
use crate::fact::Field;
use crate::model::azure::{Cluster, Setting};
use crate::model::image::ImageReference;
use crate::model::registry;
use crate::proof::authorization::Puller;
use crate::proof::case::{Case, link};
use crate::proof::identity::agreement;
use crate::proof::{Claim, Link, Route, RouteKind, Truth};

/// Which identity a service account names, and where.
enum Named<'m> {
    Client(&'m str, Span),
    Nobody(Span),
    Open(Span),
}

impl<'m> Case<'_, 'm, '_> {
    /// The route over an identity of the pod's service account. `None` where no cluster pulls with such.
    pub(super) fn account_identity(&self) -> Option<Route> {
        let image = self.image.parsed()?;
        registry::acr_host(&image.registry)?;
        let pulling = |cluster: &Cluster<'_>| match cluster.service_account_pull() {
            Setting::Known(true, spans) => Some((Truth::Yes, spans)),
            Setting::Open(spans) => Some((Truth::Unknown, spans)),
            Setting::Known(false, _) | Setting::Unseen => None,
        };
        let candidates = self.candidates();
        if !candidates.iter().any(|(_, cluster)| pulling(cluster).is_some()) {
            return None;
        }
        let judged = candidates.into_iter().map(|(_, cluster)| {
            let links = pulling(cluster).map_or_else(
                || {
                    let text = format!("cluster {} pulls with its kubelets' identity", cluster.label());
                    let because = cluster.spans().into_iter().take(1).collect();
                    vec![link(Claim::AccountIdentity, Truth::No, text, because)]
                },
                |(truth, spans)| self.with_account(cluster, truth, spans, image),
            );
            (cluster, links)
        });
        Some(Route::new(RouteKind::ServiceAccountIdentity, agreement(judged.collect())))
    }

    fn with_account(&self, cluster: &Cluster<'m>, truth: Truth, spans: Vec<Span>, image: &ImageReference) -> Vec<Link> {
        let text = format!("cluster {} pulls with identities of its service accounts", cluster.label());
        let mut links: Vec<Link> = vec![link(Claim::AccountIdentity, truth, text, spans)];
        let (client, at) = match self.named_identity(cluster) {
            Named::Client(client, at) => (client, at),
            Named::Nobody(at) => {
                let text = "neither the service account nor the cluster names an identity, so the pull is anonymous";
                links.push(link(Claim::AccountIdentity, Truth::No, text, vec![at]));
                return links;
            }
            Named::Open(at) => {
                let text = "which identity the service account names is not known";
                links.push(link(Claim::AccountIdentity, Truth::Unknown, text, vec![at]));
                return links;
            }
        };
        // A service account names it by its client id, a cluster its default by the resource's.
        let principals = &self.model.azure.principals;
        let Some(principal) = principals.by_client_id(client).or_else(|| principals.by_resource_id(client)) else {
            let text = format!("no source tells of the identity with id `{client}`");
            links.push(link(Claim::IdentityPulls, Truth::Unknown, text, vec![at]));
            return links;
        };
        let found = self.registry_at(&image.registry);
        let label = self.model.azure.principals.get(principal).map(|own| own.label.clone()).unwrap_or_default();
        let text = format!("the service account pulls as {label}");
        let pulls = link(Claim::IdentityPulls, Truth::Yes, text, vec![at]);
        let puller = Puller { principal, cluster: None, open: false };
        links.extend(self.granted(puller, pulls, &found, &image.repository));
        links
    }

    /// Where the configuration says that the sources hold all service accounts, this one not being declared.
    fn all_accounts(&self, name: &str) -> Option<Span> {
        let declared = self.external(&self.model.config.external_service_accounts, name);
        self.complete(CompleteKind::ServiceAccounts).filter(|_| declared.is_none())?.first().copied()
    }

    /// The identity that the pod's service account names, else the cluster's default.
    fn named_identity(&self, cluster: &Cluster<'m>) -> Named<'m> {
        let span = self.pod.service_account.span();
        let Some(name) = self.account_name() else { return Named::Open(span) };
        let mut here = self.model.accounts_here(self.pod.world, name, &self.pod.namespace);
        let written = here.next().map(|account| &account.fact.acr_client_id);
        match (written, cluster.service_account_default()) {
            (Some(Field::Known(client, at)), _) => Named::Client(client, *at),
            (Some(Field::Unknown(_, at)), _) => Named::Open(*at),
            // An account that no source shows may name one, or leave it to the default; where the sources hold all, none does.
            (None, default) => match (self.all_accounts(name), default) {
                (None, _) => Named::Open(span),
                (Some(_), Some((client, at))) => Named::Client(client, at),
                (Some(at), None) => Named::Nobody(at),
            },
            (Some(Field::Absent(_)), Some((client, at))) => Named::Client(client, at),
            (Some(Field::Absent(at)), None) => Named::Nobody(*at),
        }
    }
}
