//! What the identity that pulls in a cluster may do: from the cluster over its principal to the role assignment.

use std::collections::BTreeSet;
use std::rc::Rc;

use canpull_syntax::{Span, order};

use crate::config::CompleteKind;
use crate::fact::azure::{ClusterIdentityKind, RegistryMode};
use crate::fact::grant::{GrantOrigin, ListingReach};
use crate::model::azure::{Cluster, ClusterId, Registry, RegistryId, Setting};
use crate::model::registry::acr_host;
use crate::model::role;
use crate::model::scope::Place;
use crate::proof::authorization::{self, Grant, Mode, Puller, Target};
use crate::proof::case::{Case, assumed, link};
use crate::proof::{Claim, Link, Truth};

/// The registry that an image comes from, as far as the sources know it.
pub(super) struct Found<'m, 'a> {
    /// Where a source tells of it.
    pub(super) registry: Option<&'m Registry<'a>>,
    /// Where none does: one of its name, in a cloud that no source tells.
    namesake: Option<&'m Registry<'a>>,
    /// What is asked of it.
    pub(super) target: Target<'m, 'a>,
}

impl<'m, 'a> Case<'_, 'm, 'a> {
    /// The registry that a host is, found once. One that no source tells of is known by its name at least.
    pub(super) fn registry_at(&self, host: &str) -> Rc<Found<'m, 'a>> {
        if let Some(found) = self.memo.registries.borrow().get(host) {
            return Rc::clone(found);
        }
        let azure = &self.model.azure;
        let candidates: Vec<(RegistryId, Truth)> = azure.registries_at(host);
        let certain = candidates.iter().find(|(_, truth)| *truth == Truth::Yes);
        let registry = certain.and_then(|(id, _)| azure.registry(*id));
        let by_name = || {
            let name = acr_host(host).map(|acr| acr.name_and_label().0.to_owned());
            Place { name, ..Place::default() }
        };
        let place = registry.map_or_else(by_name, |registry| registry.place.clone());
        let own = candidates.iter().filter_map(|(id, _)| azure.registry(*id));
        let mut own = own.filter(|own| registry.is_none() && own.place.name.is_some() && own.place.name == place.name);
        let found = Rc::new(Found { registry, namesake: own.next(), target: Target::new(azure, place, registry) });
        self.memo.registries.borrow_mut().insert(host.to_owned(), Rc::clone(&found));
        found
    }

    fn registry_link(&self, host: &str, found: &Found<'m, 'a>) -> Link {
        if let Some(namesake) = found.namesake {
            let text = format!("no source tells whether registry {} is in the cloud of `{host}`", namesake.label());
            let because = [self.image_span(), namesake.spans().into_iter().take(1).collect()].concat();
            return link(Claim::RegistryKnown, Truth::Unknown, text, because);
        }
        let Some(registry) = found.registry else {
            let text = format!("`{host}` is a registry that no source tells more of");
            return assumed(Claim::RegistryKnown, Truth::Yes, text, self.image_span());
        };
        let text = format!("`{host}` is registry {}", registry.label());
        let because = [self.image_span(), registry.spans().into_iter().take(1).collect()].concat();
        link(Claim::RegistryKnown, Truth::Yes, text, because)
    }

    /// The clusters of the sources that may run the pod: those that the configuration names for it, else all.
    pub(super) fn candidates(&self) -> Vec<(ClusterId, &'m Cluster<'a>)> {
        let clusters = &self.model.azure.clusters;
        let all = || (0..).map(ClusterId).zip(clusters);
        let declared: Vec<&str> = self.clusters().map(|cluster| cluster.name.value.as_str()).collect();
        let is_declared = |cluster: &Cluster<'_>| {
            let own = cluster.place.name.as_deref();
            own.is_some_and(|own| declared.iter().any(|name| name.eq_ignore_ascii_case(own)))
        };
        let named: Vec<_> = all().filter(|(_, cluster)| is_declared(cluster)).collect();
        if named.is_empty() { all().collect() } else { named }
    }

    /// Whether the node's identity may pull: for every cluster that may run the pod. `None` where the sources tell
    /// nothing of clusters and rights.
    pub(super) fn node_access(&self, host: &str, repository: &str) -> Option<Vec<Link>> {
        let azure = &self.model.azure;
        let mut stated = azure.assignments.iter().filter(|own| own.fact.origin != GrantOrigin::Unread);
        let told = !azure.clusters.is_empty() || stated.next().is_some();
        if !told && self.complete(CompleteKind::RoleAssignments).is_none() {
            return None;
        }
        let found = self.registry_at(host);
        let mut links = vec![self.registry_link(host, &found)];
        let told_apart = if found.target.depends_on_repository() { repository } else { "" };
        let key = (self.pod.world, host.to_owned(), told_apart.to_owned());
        if let Some(known) = self.memo.accesses.borrow().get(&key) {
            links.extend(known.iter().cloned());
            return Some(links);
        }
        let access = self.cluster_access(&found, repository);
        links.extend(access.iter().cloned());
        self.memo.accesses.borrow_mut().insert(key, access);
        Some(links)
    }

    /// What the pod's clusters may pull, whatever the pod: worked out once for each repository and world.
    fn cluster_access(&self, found: &Found<'m, 'a>, repository: &str) -> Vec<Link> {
        let candidates = self.candidates();
        if candidates.is_empty() {
            if let Some(refused) = self.nobody_granted(found, repository) {
                return refused;
            }
            let text = "which cluster runs the pod, and so which identity pulls, is in no source";
            let because = found.target.assignments().map(|assignment| assignment.fact.span).take(3).collect();
            let may_be = authorization::may_be_for_nodes(&self.model.azure, &found.target, repository);
            let claim = if may_be { Claim::GrantOpen } else { Claim::IdentityPulls };
            return vec![link(claim, Truth::Unknown, text, because)];
        }
        let judged: Vec<(&Cluster<'_>, Vec<Link>)> = candidates
            .into_iter()
            .map(|(id, cluster)| (cluster, self.cluster_links(id, cluster, found, repository)))
            .collect();
        agreement(judged)
    }

    fn cluster_links(
        &self,
        id: ClusterId,
        cluster: &Cluster<'_>,
        found: &Found<'m, 'a>,
        repository: &str,
    ) -> Vec<Link> {
        if let Some(link) = kubelets_do_not_pull(cluster) {
            return vec![link];
        }
        let label = cluster.label();
        let spans = || cluster.spans().into_iter().take(2).collect::<Vec<_>>();
        let kubelet = Puller { principal: cluster.kubelet, cluster: Some(id), open: cluster.kubelet_open };
        let by_kubelet = || {
            let text = format!("cluster {label} pulls with its kubelet identity");
            let pulls = link(Claim::IdentityPulls, Truth::Yes, text, spans());
            self.granted(kubelet, pulls, found, repository)
        };
        let by_principal = |truth: Truth| {
            let principal = cluster.service_principal?;
            let puller = Puller { principal, cluster: Some(id), open: false };
            let text = match truth {
                Truth::Yes => format!("cluster {label} pulls with its service principal"),
                _ => format!("cluster {label} pulls with its service principal, unless it has managed identities"),
            };
            let mut links = self.granted(puller, link(Claim::IdentityPulls, truth, text, spans()), found, repository);
            if let Some(ends) = self.secrets_ended(principal) {
                let text = "every secret of the cluster's service principal that a source tells of has ended";
                links.push(link(Claim::HolderIsCurrent, Truth::No, text, ends));
            }
            Some(links)
        };
        match cluster.identity_kind() {
            Setting::Known(ClusterIdentityKind::Managed, _) => by_kubelet(),
            Setting::Known(ClusterIdentityKind::ServicePrincipal, _) => by_principal(Truth::Yes).unwrap_or_else(|| {
                let text = format!("which service principal cluster {label} pulls with is not known");
                vec![link(Claim::IdentityPulls, Truth::Unknown, text, spans())]
            }),
            Setting::Open(_) | Setting::Unseen => {
                let kubelet = by_kubelet();
                let truth = |links: &[Link]| links.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
                match by_principal(Truth::Unknown) {
                    Some(principal) if truth(&principal) > truth(&kubelet).min(Truth::Unknown) => principal,
                    Some(principal) if truth(&kubelet) != Truth::Yes && mentions_grant(&principal) => principal,
                    _ => kubelet,
                }
            }
        }
    }

    /// The links from a principal to a role that lets it pull.
    pub(super) fn granted(&self, puller: Puller, pulls: Link, found: &Found<'m, 'a>, repository: &str) -> Vec<Link> {
        let azure = &self.model.azure;
        let mut links = vec![pulls];
        let complete = self.all_listed(&found.target.place, puller.cluster.is_some());
        let grants = authorization::grants(azure, puller, &found.target, repository);
        // Where other assignments may exist, what hardly bears on the pull settles no more than they do.
        let best = best(grants.filter(|grant| complete.is_some() || !grant.is_far_fetched()));
        if let Some(grant) = best.filter(|grant| grant.truth() != Truth::No) {
            links.extend(mode_link(found));
            links.push(grant_link(&grant, found));
        } else {
            let mut grants = authorization::grants(azure, puller, &found.target, repository);
            let assumed = grants.any(|grant| grant.fails_by_assumption());
            links.extend(mode_link(found).filter(|_| assumed));
            links.push(no_grant(best, complete, assumed, found));
        }
        if let Some(denial) = authorization::denial(azure, puller, &found.target) {
            let (truth, text) = match denial.truth {
                Truth::Yes => (Truth::No, "a deny assignment takes the pull away, whatever role is granted"),
                _ => (Truth::Unknown, "a deny assignment may take the pull away"),
            };
            let denied = link(Claim::NotDenied, truth, text, vec![denial.span]);
            links.push(Link { assumed: denial.assumed, ..denied });
        }
        links
    }

    /// Whatever pulls is granted nothing, where these are all assignments and none of them lets anyone pull.
    fn nobody_granted(&self, found: &Found<'m, 'a>, repository: &str) -> Option<Vec<Link>> {
        let complete = self.all_listed(&found.target.place, true)?;
        let grants: Vec<Grant<'_>> = authorization::grants_to_anyone(&found.target, repository).collect();
        if grants.iter().any(|grant| grant.truth() != Truth::No) {
            return None;
        }
        let assumed = grants.iter().any(Grant::fails_by_assumption);
        let refused = no_grant(None, Some(complete), assumed, found);
        Some(mode_link(found).filter(|_| assumed).into_iter().chain([refused]).collect())
    }

    /// What makes the role assignments in the sources all that there are for a registry: the configuration, or a
    /// command that lists its whole chain of scopes. For the nodes, also that the registries are declared that they may
    /// pull from.
    fn all_listed(&self, registry: &Place, to_nodes: bool) -> Option<Vec<Span>> {
        let attached = || self.complete(CompleteKind::Attached).filter(|_| to_nodes);
        let declared = self.complete(CompleteKind::RoleAssignments).or_else(attached);
        declared.or_else(|| {
            let listed = |output: &str| self.model.files.iter().any(|file| file.path == output);
            let covers = |reach: &ListingReach| match reach {
                ListingReach::Scope { scope, inherited } => *inherited && registry.is(scope) == Truth::Yes,
                ListingReach::Subscription | ListingReach::SubscriptionOnly => false,
            };
            let listings = self.model.azure.listings.iter();
            let found = listings
                .into_iter()
                .find(|fact| fact.assignee.is_none() && covers(&fact.reach) && listed(&fact.output))?;
            Some(vec![found.span])
        })
    }
}

/// Several clusters: the pull holds only if it holds for all of them.
pub(super) fn agreement(judged: Vec<(&Cluster<'_>, Vec<Link>)>) -> Vec<Link> {
    let truth = |links: &[Link]| links.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
    let agree = judged.iter().map(|(_, links)| truth(links)).is_sorted_by(|one, other| one == other);
    if agree {
        // What only an assumption refutes for one cluster, the others do not refute.
        let by_assumption = |links: &[Link]| {
            let mut refuting = links.iter().filter(|link| link.truth == Truth::No).peekable();
            refuting.peek().is_some() && refuting.all(|link| link.assumed)
        };
        return match judged.iter().find(|(_, links)| by_assumption(links)) {
            Some((_, links)) => links.clone(),
            None => judged.into_iter().flat_map(|(_, links)| links).collect(),
        };
    }
    let those = |wanted: Truth| -> Vec<&Cluster<'_>> {
        judged.iter().filter(|(_, links)| truth(links) == wanted).map(|(cluster, _)| *cluster).collect()
    };
    let says = [(Truth::Yes, "may pull"), (Truth::No, "may not"), (Truth::Unknown, "may or may not")];
    let each = says.into_iter().map(|(wanted, says)| (those(wanted), says)).filter(|(own, _)| !own.is_empty());
    let each: Vec<String> = each.map(|(own, says)| format!("{} {says}", names(&own))).collect();
    let clusters = judged.len();
    let text = format!("the sources tell of {clusters} clusters, and not which runs this: {}", each.join("; "));
    // Those that may pull first: they show what the others lack.
    let told = [Truth::Yes, Truth::No, Truth::Unknown].into_iter().flat_map(those);
    let because = told.flat_map(|cluster| cluster.spans().into_iter().take(1)).take(4).collect();
    let some_may = judged.iter().any(|(_, links)| truth(links) == Truth::Yes);
    let claim = if some_may { Claim::ClusterKnown } else { Claim::IdentityPulls };
    vec![link(claim, Truth::Unknown, text, because)]
}

/// A cluster's name with its group: names are unique in a group only.
fn full_name(cluster: &Cluster<'_>) -> String {
    match &cluster.place.group {
        Some(group) => format!("{} in group `{group}`", cluster.label()),
        None => cluster.label(),
    }
}

/// The first few names of clusters, each once, and how many more there are.
fn names(clusters: &[&Cluster<'_>]) -> String {
    const SHOWN: usize = 3;
    let names: BTreeSet<String> = order::gather(clusters.iter().map(|cluster| full_name(cluster)));
    let more = clusters.len().saturating_sub(names.len().min(SHOWN));
    let mut said: Vec<String> = names.into_iter().take(SHOWN).collect();
    if more > 0 {
        said.push(format!("{more} more"));
    }
    match said.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => said.concat(),
    }
}

/// Where service accounts bring identities of their own, the kubelets' identity does not pull from ACR.
fn kubelets_do_not_pull(cluster: &Cluster<'_>) -> Option<Link> {
    let label = cluster.label();
    match cluster.service_account_pull() {
        Setting::Known(true, spans) => {
            let text = format!("cluster {label} pulls with identities of its service accounts, not with its kubelets'");
            Some(link(Claim::IdentityPulls, Truth::No, text, spans))
        }
        Setting::Open(spans) => {
            let text = format!("whether cluster {label} pulls with identities of its service accounts is not known");
            Some(link(Claim::IdentityPulls, Truth::Unknown, text, spans))
        }
        Setting::Known(false, _) | Setting::Unseen => None,
    }
}

/// What is said where nothing grants the pull: near misses, and whether these are all assignments.
/// `assumed` where it rests on the mode that the registry is assumed to be in.
fn no_grant(near: Option<Grant<'_>>, complete: Option<Vec<Span>>, assumed: bool, found: &Found<'_, '_>) -> Link {
    let miss = near.filter(|grant| grant.who == Truth::Yes && grant.scope == Truth::Yes);
    let because = miss.map(|grant| grant.fact.span);
    let registry = registry_label(found);
    match (complete, because) {
        (Some(complete), because) => {
            let text = format!("no role that pulls from {registry} is granted to it, and these are all assignments");
            let refused = link(Claim::RoleGranted, Truth::No, text, because.into_iter().chain(complete).collect());
            Link { assumed, ..refused }
        }
        (None, Some(because)) => {
            let text = format!(
                "what is granted to it does not let it pull from {registry}; no source tells of all assignments"
            );
            link(Claim::RoleGranted, Truth::Unknown, text, vec![because])
        }
        (None, None) => {
            let text =
                format!("no source grants it a role that pulls from {registry}, and none tells of all assignments");
            link(
                Claim::RoleGranted,
                Truth::Unknown,
                text,
                found.registry.map(|registry| registry.spans().into_iter().take(1).collect()).unwrap_or_default(),
            )
        }
    }
}

fn mentions_grant(links: &[Link]) -> bool {
    let granted = |link: &Link| link.claim == Claim::RoleGranted && link.truth == Truth::Yes;
    links.iter().any(|link| granted(link) || link.claim == Claim::GrantOpen)
}

/// The grant that comes nearest to letting the principal pull.
fn best<'a>(grants: impl Iterator<Item = Grant<'a>>) -> Option<Grant<'a>> {
    let near = |grant: &Grant<'_>| {
        let parts = [grant.who, grant.scope, grant.role, grant.condition];
        (grant.truth(), grant.who, parts.iter().filter(|part| **part == Truth::Yes).count())
    };
    // The first of equals: `max_by_key` would take the last.
    grants.reduce(|best, grant| if near(&grant) > near(&best) { grant } else { best })
}

fn registry_label(found: &Found<'_, '_>) -> String {
    match (&found.registry, &found.target.place.name) {
        (Some(registry), _) => format!("registry {}", registry.label()),
        (None, Some(name)) => format!("registry `{name}`"),
        (None, None) => "the registry".into(),
    }
}

fn mode_link(found: &Found<'_, '_>) -> Option<Link> {
    let spans = || found.registry.map(|registry| registry.mode().spans().to_vec()).unwrap_or_default();
    match found.target.mode {
        Mode::Seen(RegistryMode::Legacy) => None,
        Mode::Seen(RegistryMode::Abac) => {
            let text = "the registry decides by repository permissions (ABAC), not by AcrPull";
            Some(link(Claim::ModeKnown, Truth::Yes, text, spans()))
        }
        Mode::Assumed => {
            let text = "no source tells the registry's role assignment mode; it is taken to be legacy, the default";
            Some(assumed(
                Claim::ModeKnown,
                Truth::Yes,
                text,
                found.registry.into_iter().flat_map(|registry| registry.spans().into_iter().take(1)).collect(),
            ))
        }
        Mode::Open => {
            let text = "the registry's role assignment mode is not known";
            Some(link(Claim::ModeKnown, Truth::Yes, text, spans()))
        }
    }
}

/// How a grant is said: role and scope where known, else what of it is open.
fn grant_link(grant: &Grant<'_>, found: &Found<'_, '_>) -> Link {
    let fact = grant.fact;
    let role = match fact.role.written.text() {
        Some(written) => format!("role `{}`", role_name(written)),
        None => "a role".to_owned(),
    };
    let registry = registry_label(found);
    let text = if grant.truth() == Truth::Yes {
        format!("{role} is granted to it, and reaches {registry}")
    } else if fact.origin == GrantOrigin::Unread {
        "a module that no source tells of may grant it a role, with what the module is handed".to_owned()
    } else {
        let open = [
            (grant.who, "to whom"),
            (grant.scope, "whether its scope reaches the registry"),
            (grant.role, "whether it pulls"),
            (grant.condition, "whether its condition lets the repository through"),
        ];
        let open: Vec<&str> =
            open.into_iter().filter(|(truth, _)| *truth == Truth::Unknown).map(|(_, text)| text).collect();
        let what = match (open.as_slice(), grant.ended) {
            ([], None) if fact.misjudges_application() => {
                "whether Azure takes it: of whom it is for it tells another type".to_owned()
            }
            ([], None) => "whether it is made".to_owned(),
            ([], Some(_)) => "whether it is there still: a command ends it".to_owned(),
            (open, _) => open.join(", and "),
        };
        format!("{role} is granted, but it is not known {what}")
    };
    let because = std::iter::once(fact.span)
        .chain(grant.ended)
        .chain(fact.role.written.known().map(|_| fact.role.written.span()));
    let claim = if grant.truth() == Truth::Yes { Claim::RoleGranted } else { Claim::GrantOpen };
    link(claim, grant.truth(), text, because.collect())
}

/// A role's name, where it is given by GUID or id.
fn role_name(written: &str) -> &str {
    role::BuiltIn::find(written).map_or_else(|| role::last_segment(written), |role| role.name)
}
