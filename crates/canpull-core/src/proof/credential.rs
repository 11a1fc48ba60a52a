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
    if credential.is_empty() {
        // containerd takes an empty user name and password for no credential at all.
        let text = format!("the entry for `{key}` is empty, which is tried without credentials");
        return Link { claim: Claim::CredentialGood, text, because: vec![span], ..anonymous.clone() };
    }
    if credential.newline {
        let text =
            format!("the credential for `{key}` ends in a line break, which the registry takes for a part of it");
        return good(Truth::No, false, text, span);
    }
    if !credential.has_password {
        return good(Truth::No, false, format!("the credential for `{key}` has no password"), span);
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
