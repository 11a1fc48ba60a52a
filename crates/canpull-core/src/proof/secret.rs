//! Routes through pull secrets: what a name stands for, and what its content gives the kubelet.

use canpull_syntax::Span;

use crate::config::CompleteKind;
use crate::fact::{Field, SecretRef};
use crate::model::azure::Who;
use crate::model::docker_config::Credential;
use crate::model::image::ImageReference;
use crate::model::{Content, Origin, PullSecret, SecretId};
use crate::proof::case::{Case, NamedList, assumed, link, weakened};
use crate::proof::credential;
use crate::proof::{Claim, Link, Route, Truth};

/// The secrets that a name stands for.
struct Named<'m, 'a> {
    exists: Link,
    candidates: Vec<(SecretId, &'m PullSecret<'a>)>,
    /// Whether the name stands for one of the candidates, if for anything.
    closed: bool,
    /// Only the configuration says that it exists.
    declared: bool,
}

impl<'m, 'a> Case<'_, 'm, 'a> {
    /// The common links: the kubelet decodes every named secret before it pulls anything.
    pub(super) fn secrets_decode(&self, lists: &[NamedList<'m>]) -> Vec<Link> {
        let mut links = Vec::new();
        for list in lists.iter().filter(|list| list.applies() != Truth::No) {
            for entry in list.list.entries() {
                let Some(name) = entry.name.text().filter(|name| !name.is_empty()) else { continue };
                let named = self.named(name, entry, list.follows_names);
                let sure =
                    named.exists.truth == Truth::Yes && named.candidates.len() == 1 && list.applies() == Truth::Yes;
                let decodes = named.candidates.iter().filter_map(|(id, secret)| decodes(*id, secret, entry.span));
                links.extend(decodes.map(|link| if sure { link } else { weakened(link) }));
            }
        }
        links
    }

    /// The route through one entry of a list; the kubelet skips an empty name.
    pub(super) fn secret_route(&self, list: &NamedList<'m>, entry: &SecretRef) -> Option<Route> {
        let mut links = list.condition.clone();
        let (claim, owner) = list.owner();
        let name = match &entry.name {
            Field::Known(name, _) if !name.is_empty() => name,
            Field::Unknown(why, span) => {
                let text = format!("{owner} names a pull secret that is not known: {}", why.describe());
                links.push(link(Claim::NamesOpen, Truth::Unknown, text, vec![*span]));
                return Some(Route { named_at: Some(entry.span), ..Route::new(list.kind, links) });
            }
            Field::Known(..) | Field::Absent(_) => return None,
        };
        let names = if list.is_open() { Truth::Unknown } else { Truth::Yes };
        links.push(link(claim, names, format!("{owner} names pull secret `{name}`"), vec![entry.name.span()]));
        let named = self.named(name, entry, list.follows_names);
        let secrets = named.candidates.iter().map(|(id, _)| *id).collect();
        links.extend(self.secret_links(named));
        let named_at = Some(entry.name.span());
        Some(Route { secret_name: Some(name.clone()), named_at, secrets, ..Route::new(list.kind, links) })
    }

    /// What a name stands for in the pod's namespace, in a list that kustomize may write the names of generated secrets into.
    fn named(&self, name: &str, entry: &SecretRef, follows: Truth) -> Named<'m, 'a> {
        let (world, namespace) = (self.pod.world, &self.pod.namespace);
        let place = namespace.describe();
        let counts = |(_, secret): &(SecretId, &PullSecret<'_>)| follows != Truth::No || !secret.is_hashed();
        let same: Vec<_> = self.model.secrets_here(world, name, namespace).filter(counts).collect();
        if !same.is_empty() {
            let exists = self.exists(name, &place, &same, follows);
            return Named { exists, candidates: same, closed: true, declared: false };
        }
        let external = self.external(&self.model.config.external_secrets, name);
        if let Some((Truth::Yes, span)) = external {
            let text = format!("secret `{name}` is made elsewhere, so says the configuration");
            let exists = link(Claim::SecretExists, Truth::Yes, text, vec![span]);
            return Named { exists, candidates: Vec::new(), closed: true, declared: true };
        }
        let (mut maybe, are_all) = self.model.secrets_maybe_here(world, name, namespace);
        maybe.retain(counts);
        if !maybe.is_empty() {
            let text = format!("secret `{name}` may be in {place}");
            let exists = link(Claim::SecretExists, Truth::Unknown, text, spans(&maybe));
            let closed = are_all && self.complete_secrets().is_some();
            return Named { exists, candidates: maybe, closed, declared: false };
        }
        if let Some((_, span)) = external {
            let text =
                format!("secret `{name}` is made elsewhere, so says the configuration, but perhaps not in {place}");
            let exists = link(Claim::SecretExists, Truth::Unknown, text, vec![span]);
            return Named { exists, candidates: Vec::new(), closed: false, declared: false };
        }
        let renamed = follows == Truth::No && self.model.secrets_named(world, name).any(PullSecret::is_hashed);
        let exists = self.unseen(name, entry, renamed);
        Named { exists, candidates: Vec::new(), closed: false, declared: false }
    }

    fn exists(&self, name: &str, place: &str, candidates: &[(SecretId, &PullSecret<'a>)], follows: Truth) -> Link {
        let because = spans(candidates);
        if follows == Truth::Unknown && candidates.iter().any(|(_, secret)| secret.is_hashed()) {
            let text = format!("whether kustomize writes the name that it makes of `{name}` here is not known");
            return link(Claim::SecretExists, Truth::Unknown, text, because);
        }
        let printed = |secret: &PullSecret<'_>| matches!(secret.origin, Origin::Script(fact) if fact.printed);
        if candidates.iter().all(|(_, secret)| printed(secret)) {
            let text =
                format!("secret `{name}` is printed by a command, and no source shows that it is made in {place}");
            return link(Claim::SecretExists, Truth::Unknown, text, because);
        }
        let deleted = |secret: &PullSecret<'_>| matches!(secret.origin, Origin::Script(fact) if fact.deleted.is_some());
        if candidates.iter().all(|(_, secret)| deleted(secret)) {
            let text = format!("secret `{name}` is deleted by the script that makes it");
            return link(Claim::SecretExists, Truth::Unknown, text, because);
        }
        match candidates.iter().find_map(|(_, secret)| self.unmounted(secret)) {
            Some(class) => {
                let text = format!("secret `{name}` is made only while a pod mounts SecretProviderClass `{class}`");
                link(Claim::SecretExists, Truth::Unknown, text, because)
            }
            None => link(Claim::SecretExists, Truth::Yes, format!("secret `{name}` exists in {place}"), because),
        }
    }

    /// Where the sources are declared to hold all secrets, and canpull reads all of them: nothing makes others, of what name
    /// no source tells.
    fn complete_secrets(&self) -> Option<Vec<Span>> {
        let may_be_any = !self.model.patchers.is_empty() || self.model.nameless_secrets.contains(&self.pod.world);
        self.complete(CompleteKind::Secrets).filter(|_| !may_be_any)
    }

    /// A secret that no source makes: secrets are rarely committed, so it is Unknown unless all are in the sources.
    fn unseen(&self, name: &str, entry: &SecretRef, renamed: bool) -> Link {
        let absent = if renamed {
            format!("secret `{name}` is generated with a hash behind its name, and no source makes one of this name")
        } else {
            format!("secret `{name}` is in no source")
        };
        if let Some(complete) = self.complete_secrets() {
            let text = format!("{absent}, and the configuration says that these are all");
            return link(Claim::SecretExists, Truth::No, text, [vec![entry.span], complete].concat());
        }
        let text = format!("{absent}, so whether it exists is not known");
        link(Claim::SecretExists, Truth::Unknown, text, vec![entry.span])
    }

    /// The SecretProviderClass that makes this secret, where no pod of the namespace mounts it.
    fn unmounted(&self, secret: &PullSecret<'a>) -> Option<&'a str> {
        let Origin::Producer(fact) = secret.origin else { return None };
        let class = fact.needs_mount.as_deref()?;
        let mounted = self.model.mounts(self.pod.world, class, &secret.namespace);
        (!mounted).then_some(class)
    }

    fn secret_links(&self, named: Named<'m, 'a>) -> Vec<Link> {
        let mut links = vec![named.exists.clone()];
        if named.declared {
            let text = "its content is not visible; it is taken to fit the image";
            links.push(assumed(Claim::CredentialGood, Truth::Yes, text, named.exists.because));
            return links;
        }
        let contents: Vec<Vec<Link>> = named.candidates.iter().map(|(_, secret)| self.content_links(secret)).collect();
        let truth_of = |links: &[Link]| links.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        let good =
            |links: &[Link]| links.iter().find(|link| link.claim == Claim::CredentialGood).map(|link| link.truth);
        let agree = contents.iter().map(|links| (truth_of(links), good(links))).is_sorted_by(|a, b| a == b);
        // Of several that differ, the one that could keep the kubelet from pulling without credentials.
        let worst = contents.into_iter().min_by_key(|links| good(links).unwrap_or(Truth::Yes));
        let Some(worst) = worst else { return links };
        links.extend(if named.closed && agree { worst } else { worst.into_iter().map(weakened).collect() });
        if !agree {
            let text = "several secrets of this name are written, and they differ";
            links.push(link(Claim::SecretExists, Truth::Unknown, text, spans(&named.candidates)));
        }
        links
    }

    fn content_links(&self, secret: &PullSecret<'a>) -> Vec<Link> {
        let refuted = |claim, text, span| vec![link(claim, Truth::No, text, vec![span])];
        match &secret.content {
            Content::Refused { reason, span, .. } => {
                refuted(Claim::SecretAccepted, format!("the API server refuses the secret: {reason}"), *span)
            }
            Content::Ignored { secret_type, span } => {
                let text = format!("the kubelet ignores secrets of type `{secret_type}` when it pulls");
                refuted(Claim::SecretUsed, text, *span)
            }
            Content::Undecodable { reason, span, .. } => {
                refuted(Claim::SecretUsed, format!("the kubelet cannot decode the secret: {reason}"), *span)
            }
            Content::Hidden(why) => {
                let text = format!("which registries the secret is for is not visible: {}", why.describe());
                vec![link(Claim::KeyMatches, Truth::Unknown, text, vec![secret.span])]
            }
            Content::Credentials { credentials, span, .. } => {
                let links = self.credential_links(credentials, secret.user.as_ref(), *span);
                let fits = links.iter().all(|link| link.truth != Truth::No);
                let minted = secret.minted_by.filter(|_| fits).and_then(|token| self.minted(token));
                links.into_iter().chain(minted).collect()
            }
        }
    }

    fn credential_links(&self, credentials: &[Credential], user: Option<&Who>, span: Span) -> Vec<Link> {
        let Some(reference) = self.image.parsed() else {
            let text = "whether the secret fits the image is not known while the image is not";
            return vec![link(Claim::KeyMatches, Truth::Unknown, text, vec![span])];
        };
        let matching = self.matching(credentials, reference);
        if matching.is_empty() {
            let text = format!("no key of the secret matches `{}`: {}", reference.lookup_name(), keys(credentials));
            return vec![link(Claim::KeyMatches, Truth::No, text, vec![span])];
        }
        let shown: Vec<String> = matching.iter().map(|credential| format!("`{}`", credential.registry_key)).collect();
        let text = format!("its key {} matches `{}`", shown.join(", "), reference.lookup_name());
        let matches = link(Claim::KeyMatches, Truth::Yes, text, vec![span]);
        let hub = credential::by_hub_entry(&matching, &reference.lookup_name()).then(|| {
            let text = "no key matches before it, so the kubelet takes the entry for Docker Hub";
            link(Claim::HubEntryTaken, Truth::Yes, text, vec![span])
        });
        let open = self.serves_anonymously(reference);
        let holder = |credential: &Credential| self.holder(credential, user, reference);
        let best = credential::best(&matching, self.now, &open, span, holder);
        std::iter::once(matches).chain(hub).chain(best).collect()
    }

    fn matching<'c>(&self, credentials: &'c [Credential], reference: &ImageReference) -> Vec<&'c Credential> {
        // The kubelet strips a scheme; ACI takes the key for a bare host.
        let bare_only = self.pod.fact.virtual_node_certain;
        let matching = credential::matching(credentials, &reference.lookup_name()).into_iter();
        matching.filter(|credential| !(bare_only && credential.registry_key.contains("://"))).collect()
    }
}

fn spans(candidates: &[(SecretId, &PullSecret<'_>)]) -> Vec<Span> {
    candidates.iter().map(|(_, secret)| secret.span).collect()
}

/// What keys a secret has, for messages. A key is a registry's address, never a credential.
fn keys(credentials: &[Credential]) -> String {
    if credentials.is_empty() {
        return "it has none".into();
    }
    let shown: Vec<String> =
        credentials.iter().take(5).map(|credential| format!("`{}`", credential.registry_key)).collect();
    let more = if credentials.len() > 5 { " and more" } else { "" };
    format!("it has {}{more}", shown.join(", "))
}

/// Whether a secret decodes; one that the kubelet never reads vetoes nothing.
fn decodes(id: SecretId, secret: &PullSecret<'_>, named: Span) -> Option<Link> {
    let name = secret.name.as_deref().unwrap_or_default();
    let claim = Claim::SecretDecodes(id);
    match &secret.content {
        Content::Undecodable { reason, span, .. } => {
            let text =
                format!("the kubelet cannot decode secret `{name}` ({reason}), and gives up every pull of the pod");
            Some(link(claim, Truth::No, text, vec![*span, named]))
        }
        Content::Credentials { span, .. } if secret.is_written() => {
            Some(link(claim, Truth::Yes, format!("secret `{name}` decodes"), vec![*span]))
        }
        Content::Credentials { .. } | Content::Hidden(_) => {
            Some(assumed(claim, Truth::Yes, format!("secret `{name}` is taken to decode"), vec![secret.span]))
        }
        Content::Ignored { .. } | Content::Refused { .. } => None,
    }
}
