//! What the node itself brings to a pull: its identity, what the configuration declares of it, and no credential at all.

use canpull_syntax::Span;

use crate::config::CompleteKind;
use crate::fact::Field;
use crate::model::azure::{Cluster, Setting};
use crate::model::image::ImageReference;
use crate::model::{Reference, registry};
use crate::proof::case::{Case, assumed, link};
use crate::proof::credential;
use crate::proof::{Claim, Link, Route, RouteKind, Truth};

impl Case<'_, '_, '_> {
    /// The node's credential provider, or a docker config file on the node.
    pub(super) fn node_identity(&self) -> Option<Route> {
        let Some(reference) = self.image.parsed() else {
            let text = "which registry the image comes from is not known, so neither is the node's access to it";
            let unknown = link(Claim::NodeMayPull, Truth::Unknown, text, self.image_span());
            let open = matches!(self.image.reference, Reference::Unresolved(_));
            return open.then(|| Route::new(RouteKind::NodeIdentity, vec![unknown]));
        };
        let host = reference.registry.as_str();
        let mut links: Vec<Link> = self.virtual_node().into_iter().collect();
        links.extend(self.provider_serves(reference));
        links.extend(self.windows_node(host));
        links.extend(self.old_nodes(host));
        match self.node_access(host, &reference.repository).filter(|_| registry::acr_host(host).is_some()) {
            Some(access) => links.extend(access),
            None => links.push(self.node_may_pull(reference)),
        }
        Some(Route::new(RouteKind::NodeIdentity, links))
    }

    /// That the node's credential provider is not asked for this host of Azure; a docker config file may be for it.
    fn provider_serves(&self, reference: &ImageReference) -> Option<Link> {
        let (claim, host) = (Claim::NodeServesHost, reference.registry.as_str());
        if registry::acr_host(host).is_none() || registry::node_provider_serves(&reference.lookup_name()) {
            return None;
        }
        if let Some(complete) = self.all_attached_but(host) {
            let text = format!(
                "the node's credential provider does not serve `{host}`, which the configuration does not list among the \
                 registries that the nodes may pull from"
            );
            return Some(link(claim, Truth::No, text, complete));
        }
        let text = format!(
            "the node's credential provider does not serve `{host}`; only a docker config file on the node could"
        );
        Some(link(claim, Truth::Unknown, text, self.image_span()))
    }

    /// Virtual nodes (ACI) have no kubelet identity.
    fn virtual_node(&self) -> Option<Link> {
        let span = self.pod.fact.virtual_node?;
        let (truth, text) = if self.pod.fact.virtual_node_certain {
            (Truth::No, "the pod runs on a virtual node, which has no identity that pulls")
        } else {
            (Truth::Unknown, "the pod may run on a virtual node, which has no identity that pulls")
        };
        Some(link(Claim::NodeServesHost, truth, text, vec![span]))
    }

    /// How the credential provider of Windows nodes is set up is not documented.
    fn windows_node(&self, host: &str) -> Option<Link> {
        let span = self.pod.fact.windows.filter(|_| registry::acr_host(host).is_some())?;
        let text = "the pod runs on a Windows node, of whose credential provider nothing is documented";
        Some(link(Claim::NodeServesHost, Truth::Unknown, text, vec![span]))
    }

    /// Node images from before regional endpoints came do not ask the provider for these; of what image the nodes are, a source
    /// must tell.
    fn old_nodes(&self, host: &str) -> Option<Link> {
        registry::acr_host(host).filter(|acr| acr.kind == registry::AcrHostKind::Regional)?;
        let candidates = self.candidates();
        let mut pools = candidates.iter().flat_map(|(_, cluster)| &cluster.facts).flat_map(|fact| &fact.node_images);
        let is_old = |image: &&Field<String>| image.text().is_some_and(registry::lacks_regional_endpoints);
        let Some(image) = pools.find(is_old) else {
            let is_told = |cluster: &Cluster<'_>| cluster.facts.iter().any(|fact| !fact.node_images.is_empty());
            let told = !candidates.is_empty() && candidates.iter().all(|(_, cluster)| is_told(cluster));
            let text = format!(
                "whether the nodes' image is new enough to ask the credential provider for `{host}`, a regional endpoint, is not known"
            );
            return (!told).then(|| link(Claim::NodeServesHost, Truth::Unknown, text, self.image_span()));
        };
        let text = format!(
            "nodes of image `{}` do not ask their credential provider for `{host}`, a regional endpoint",
            image.text().unwrap_or_default()
        );
        Some(link(Claim::NodeServesHost, Truth::Unknown, text, vec![image.span()]))
    }

    fn node_may_pull(&self, reference: &ImageReference) -> Link {
        let (claim, host) = (Claim::NodeMayPull, reference.registry.as_str());
        if let Some(complete) = self.all_attached_but(host) {
            let text = format!(
                "the configuration lists every registry that the nodes may pull from, and `{host}` is not among them"
            );
            return link(claim, Truth::No, text, complete);
        }
        if registry::acr_host(host).is_some() {
            let text = format!("no source tells whether the nodes' identity may pull from `{host}`");
            return link(claim, Truth::Unknown, text, self.image_span());
        }
        let open = self.serves_anonymously(reference);
        if open.truth == Truth::Yes {
            let text = format!("the nodes are taken to hold no credentials for `{host}`, which is public");
            return assumed(claim, Truth::No, text, open.because);
        }
        let text = format!("no source tells whether a docker config file on the nodes is for `{host}`");
        link(claim, Truth::Unknown, text, open.because)
    }

    /// Where the configuration lists all registries that the nodes may pull from, and not this host.
    fn all_attached_but(&self, host: &str) -> Option<Vec<Span>> {
        self.complete(CompleteKind::Attached).filter(|_| self.attached_to(host).is_empty())
    }

    /// Where clusters of the world are declared to have this registry attached.
    fn attached_to(&self, host: &str) -> Vec<Span> {
        self.clusters().filter_map(|cluster| cluster.attached_at(host)).collect()
    }

    /// `clusters[].attached` in the configuration; it must hold for every cluster that the world is deployed to.
    pub(super) fn attached(&self) -> Option<Route> {
        let host = self.image.parsed()?.registry.as_str();
        let spans = self.attached_to(host);
        if spans.is_empty() {
            return None;
        }
        let mut links: Vec<Link> = self.virtual_node().into_iter().collect();
        let clusters = self.clusters().count();
        let (truth, text) = if spans.len() == clusters {
            (Truth::Yes, format!("the configuration says that the nodes may pull from `{host}`"))
        } else {
            let some = spans.len();
            let text = format!("the configuration says so of {some} of {clusters} clusters that this is deployed to");
            (Truth::Unknown, text)
        };
        links.push(link(Claim::Declared, truth, text, spans));
        Some(Route::new(RouteKind::Declared, links))
    }

    /// Whether the registry answers without credentials.
    pub(super) fn serves_anonymously(&self, reference: &ImageReference) -> Link {
        let host = reference.registry.as_str();
        let claim = Claim::ServesAnonymously;
        match self.model.config.registry(host) {
            Some(registry) if registry.public => {
                let text = format!("the configuration says that `{host}` is public");
                return link(claim, Truth::Yes, text, vec![registry.host.span]);
            }
            Some(registry) if registry.private => {
                let text = format!("the configuration says that `{host}` is private");
                return link(claim, Truth::No, text, vec![registry.host.span]);
            }
            _ => {}
        }
        let because = self.image_span();
        if registry::acr_host(host).is_some() {
            if let Some(told) = self.anonymous_setting(host) {
                return told;
            }
            let text =
                format!("`{host}` answers without credentials only where anonymous pull is on; by default it is off");
            return assumed(claim, Truth::No, text, because);
        }
        if registry::known_public(host, &reference.repository) {
            return assumed(claim, Truth::Yes, format!("`{host}` serves this image without credentials"), because);
        }
        let text = format!("whether `{host}` serves this image without credentials is not known");
        link(claim, Truth::Unknown, text, because)
    }

    /// Whether anonymous pull is on, where a source tells.
    fn anonymous_setting(&self, host: &str) -> Option<Link> {
        let claim = Claim::ServesAnonymously;
        let registry = self.registry_at(host).registry?;
        let label = registry.label();
        match registry.anonymous_pull() {
            Setting::Known(true, spans) => Some(match registry.is_basic() {
                Some(basic) => {
                    let text = format!("registry {label} is of SKU Basic, which has no anonymous pull");
                    link(claim, Truth::No, text, [spans, basic].concat())
                }
                None => link(claim, Truth::Yes, format!("registry {label} lets everyone pull"), spans),
            }),
            Setting::Known(false, spans) => {
                Some(link(claim, Truth::No, format!("registry {label} answers only with credentials"), spans))
            }
            Setting::Open(spans) => {
                let text = format!("whether registry {label} lets everyone pull is not known");
                Some(link(claim, Truth::Unknown, text, spans))
            }
            Setting::Unseen => None,
        }
    }

    /// The pull without credentials: where none matches, and on ACR where the node's provider adds it.
    pub(super) fn anonymous(&self, routes: &[Route]) -> Route {
        let Some(reference) = self.image.parsed() else {
            let invalid = matches!(self.image.reference, Reference::Invalid(_));
            let truth = if invalid { Truth::No } else { Truth::Unknown };
            let text = "which registry the image comes from is not known";
            let open = link(Claim::ServesAnonymously, truth, text, self.image_span());
            return Route::new(RouteKind::Anonymous, vec![open]);
        };
        let mut links = vec![self.serves_anonymously(reference)];
        let provider_adds = registry::acr_host(&reference.registry).is_some()
            && registry::node_provider_serves(&reference.lookup_name())
            && !self.pod.fact.virtual_node_certain;
        if !provider_adds {
            links.extend(credential::in_the_way(routes));
        }
        Route::new(RouteKind::Anonymous, links)
    }
}
