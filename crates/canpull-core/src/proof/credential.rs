//! Whether a decoded credential that matches an image is good, as far as its own text tells.

use canpull_syntax::Span;

use crate::model::docker_config::{Credential, UserKind};
use crate::model::keyring;
use crate::proof::{Claim, Link, Route, RouteKind, Truth};

/// The credentials that the kubelet offers for an image, in the order in which it tries them.
pub(crate) fn matching<'c>(credentials: &'c [Credential], lookup_name: &str) -> Vec<&'c Credential> {
    let keys: Vec<Option<&str>> = credentials.iter().map(|credential| credential.index_key.as_deref()).collect();
    keyring::lookup(&keys, lookup_name).into_iter().filter_map(|index| credentials.get(index)).collect()
}

/// Whether only the entry that stands for Docker Hub matches an image.
pub(crate) fn by_hub_entry(matching: &[&Credential], lookup_name: &str) -> bool {
    let is_direct = |key: &str| key != keyring::DOCKER_HUB || keyring::matches(key, lookup_name);
    !matching.iter().filter_map(|credential| credential.index_key.as_deref()).any(is_direct)
}

/// All pull secrets of a pod are one keyring to the kubelet: the entry for Docker Hub counts only where no key of any of
/// them matches. Those that no source shows are taken not to.
pub(crate) fn settle_hub_entries(routes: &mut [Route]) {
    if !routes.iter().any(Route::is_by_hub_entry) {
        return;
    }
    let direct = routes.iter().filter_map(Route::direct_match).max_by_key(|(truth, _)| *truth);
    let unseen = routes.iter().filter(|route| route.through_secret() && !route.is_by_hub_entry());
    let unseen: Vec<Span> = unseen.filter(|route| route.may_be_unseen()).filter_map(Route::place).collect();
    let settled = direct.map(|(truth, because)| {
        let text =
            "a key of another pull secret matches, so the kubelet leaves out the entry for Docker Hub".to_owned();
        Link { claim: Claim::HubEntryTaken, text, truth: truth.not(), assumed: false, because }
    });
    let text = "no pull secret is known to match before the entry for Docker Hub";
    let Some(settled) = settled.or_else(|| granted(Claim::HubEntryTaken, text, unseen)) else { return };
    let all = routes.iter_mut().flat_map(|route| &mut route.links);
    for link in all.filter(|link| link.claim == Claim::HubEntryTaken) {
        *link = settled.clone();
    }
}

/// The kubelet tries one credential after the other until one serves: the best of them decides. `holder` tells whether
/// whose credential it is may pull, where the sources tell.
pub(crate) fn best(
    matching: &[&Credential],
    now: Option<i64>,
    anonymous: &Link,
    span: Span,
    holder: impl Fn(&Credential) -> Option<Link>,
) -> Vec<Link> {
    let truth = |links: &[Link]| links.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
    let judged = matching.iter().map(|credential| {
        let good = judge(credential, now, anonymous, span);
        // A credential that is bad in itself needs no holder.
        let holder = if good.truth == Truth::No { None } else { holder(credential) };
        std::iter::once(good).chain(holder).collect::<Vec<Link>>()
    });
    let best = judged.reduce(|best, links| if truth(&links) > truth(&best) { links } else { best });
    best.unwrap_or_else(|| vec![good(Truth::No, false, "no credential matches", span)])
}

fn good(truth: Truth, assumed: bool, text: impl Into<String>, span: Span) -> Link {
    Link { claim: Claim::CredentialGood, text: text.into(), truth, assumed, because: vec![span] }
}

fn judge(credential: &Credential, now: Option<i64>, anonymous: &Link, span: Span) -> Link {
    let key = &credential.registry_key;
    if let Some(lacks) = credential.lacks().filter(|_| !credential.newline) {
        let text = format!("the entry for `{key}` {lacks}, and is tried without credentials");
        return Link { claim: Claim::CredentialGood, text, because: vec![span], ..anonymous.clone() };
    }
    if credential.newline {
        let text =
            format!("the credential for `{key}` ends in a line break, which the registry takes for a part of it");
        return good(Truth::No, false, text, span);
    }
    match (credential.expires, now) {
        (Some(expires), Some(now)) if expires <= now => {
            good(Truth::No, false, format!("the token for `{key}` has expired"), span)
        }
        (Some(_), None) => {
            let text = format!("the token for `{key}` expires; the time to hold it against is not given");
            good(Truth::Unknown, false, text, span)
        }
        (None, _) if credential.user_kind == UserKind::ZeroGuid => {
            let text = format!(
                "the credential for `{key}` is a token that lives for about three hours, from when is not known"
            );
            good(Truth::Unknown, false, text, span)
        }
        _ => good(Truth::Yes, true, format!("the credential for `{key}` is taken as good"), span),
    }
}

/// The kubelet tries without credentials only where none matches. A secret that is in no source is taken not to stand
/// in the way: either it does not match, or it is as good as any that does.
pub(crate) fn in_the_way(routes: &[Route]) -> Option<Link> {
    let mut worst: Option<Link> = None;
    let mut harmless = Vec::new();
    for route in routes.iter().filter(|route| route.through_secret()) {
        let (good, others): (Vec<&Link>, Vec<&Link>) =
            route.links.iter().partition(|link| link.claim.is_of_credential());
        let others = others.into_iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        if others == Truth::No {
            continue;
        }
        harmless.extend(route.place());
        let serves = good.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        let Some(good) = good.first() else { continue };
        let truth = match (others, serves) {
            (Truth::Yes, Truth::Yes | Truth::No) => Truth::No,
            (_, Truth::Yes) => continue,
            _ => Truth::Unknown,
        };
        if worst.as_ref().is_none_or(|link| truth < link.truth) {
            let text = "a pull secret matches, so the kubelet does not try without credentials".to_owned();
            let because = good.because.clone();
            worst = Some(Link { claim: Claim::NoCredentialMatches, text, truth, assumed: false, because });
        }
    }
    let text = "no pull secret is known to stand in the way of a pull without credentials";
    worst.or_else(|| granted(Claim::NoCredentialMatches, text, harmless))
}

/// The kubelet decodes every secret that it finds: those that no source shows for certain are taken to decode.
pub(crate) fn unseen_decode(routes: &[Route]) -> Option<Link> {
    let unseen = routes.iter().filter(|route| route.through_secret() && route.may_be_unseen());
    granted(
        Claim::UnseenDecode,
        "pull secrets that no source shows are taken to decode",
        unseen.filter_map(Route::place).collect(),
    )
}

/// What is taken for granted of the secrets at these places; nothing where there are none.
fn granted(claim: Claim, text: &str, because: Vec<Span>) -> Option<Link> {
    let text = text.to_owned();
    (!because.is_empty()).then_some(Link { claim, text, truth: Truth::Yes, assumed: true, because })
}

impl Route {
    fn through_secret(&self) -> bool {
        matches!(self.kind, RouteKind::PodPullSecret | RouteKind::ServiceAccountPullSecret)
    }

    fn is_by_hub_entry(&self) -> bool {
        self.links.iter().any(|link| link.claim == Claim::HubEntryTaken)
    }

    /// Whether a secret with a key that matches the image itself is in the keyring, and where.
    fn direct_match(&self) -> Option<(Truth, Vec<Span>)> {
        let key = self.links.iter().find(|link| link.claim == Claim::KeyMatches && link.truth == Truth::Yes)?;
        let others = self.links.iter().filter(|link| !link.claim.is_of_credential());
        let truth = others.fold(Truth::Yes, |truth, link| truth.and(link.truth));
        (truth != Truth::No && !self.is_by_hub_entry()).then(|| (truth, key.because.clone()))
    }

    /// Where the secret is named, or else what the route ends at.
    fn place(&self) -> Option<Span> {
        self.named_at.or_else(|| self.links.last()?.because.first().copied())
    }

    /// Whether it may lead through a secret that no source shows.
    fn may_be_unseen(&self) -> bool {
        let leads = |link: &&Link| {
            matches!(
                link.claim,
                Claim::PodListEmpty
                    | Claim::PodNames
                    | Claim::ServiceAccountNames
                    | Claim::NamesOpen
                    | Claim::HandedOut
                    | Claim::SecretExists
            )
        };
        let reached = self.links.iter().filter(leads).fold(Truth::Yes, |truth, link| truth.and(link.truth));
        reached == Truth::Unknown || (reached == Truth::Yes && self.secrets.is_empty())
    }
}
