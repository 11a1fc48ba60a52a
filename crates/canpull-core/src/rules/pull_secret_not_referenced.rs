//! A secret that fits an image, and a pod that names none.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding, name_secret};
use crate::diagnostic::{Annotation, Applicability, Diagnostic, Fix, Severity};
use crate::fact::SecretList;
use crate::model::{ImageUse, Namespace, Pod, PullSecret, WorldId};
use crate::proof::{Claim, Link, Route, RouteKind, Truth, needs_credentials};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-not-referenced",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pods whose private image a secret of their namespace fits, or whose neighbours name a secret for images of the same
registry, while neither the pod nor its service account names it.

## Why it matters
The kubelet uses only secrets that the pod names, so the pull goes without one.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Add the secret to the pod's `imagePullSecrets`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let neighbours = unseen_by_host(context);
    let mut by_pod: BTreeMap<(Span, &str, &str), Diagnostic> = BTreeMap::new();
    for (index, proof, image, pod) in context.pulls() {
        let private = needs_credentials(&proof.routes);
        let named = proof.routes.iter().any(|route| route.secret_name.is_some() && route.truth() != Truth::No);
        // What hands out secrets at run time may well hand out this one, and a name that is not seen may be its own.
        let may_be_it = |link: &Link| matches!(link.claim, Claim::HandedOut | Claim::NamesOpen);
        let handed_out = proof.routes.iter().flat_map(|route| &route.links).any(may_be_it);
        let empty = matches!(pod.pull_secrets, SecretList::Empty(_));
        let Some(reference) = image.parsed().filter(|_| private && !named && !handed_out && empty) else { continue };
        // A field that went wrong names the secret already: that is the cause to tell.
        let refused = proof.routes.iter().flat_map(|route| &route.links).any(|link| link.claim == Claim::ListAccepted);
        if proof.verdict() == Truth::Yes || pod.fact.is_static || pod.is_made() || refused || context.has_defect(pod) {
            continue;
        }
        // Whether there are more than one is all that matters of the others.
        let fitting: Vec<_> = context.fitting_secrets(pod, reference).take(2).collect();
        let place = (pod.world, &pod.namespace, reference.registry.as_str());
        let key = (pod.fact.object.span, pod.fact.path.as_str(), reference.registry.as_str());
        if let Some(diagnostic) = by_pod.get_mut(&key) {
            if diagnostic.span != image.span {
                diagnostic.related.push(Annotation { span: image.span, message: "and this image".to_owned() });
            }
            diagnostic.pulls.push(index);
            continue;
        }
        let diagnostic = match fitting.as_slice() {
            [] => neighbours.get(&place).and_then(|names| by_neighbours(names, image, pod, &reference.registry)),
            [secret, others @ ..] => Some(fits(secret, others.is_empty(), image, pod, &reference.registry)),
        };
        by_pod.extend(diagnostic.map(|diagnostic| (key, Diagnostic { pulls: vec![index], ..diagnostic })));
    }
    found.extend(by_pod.into_values());
}

/// A secret of the pod's namespace that fits, perhaps the only one.
fn fits(secret: &PullSecret<'_>, only: bool, image: &ImageUse<'_>, pod: &Pod<'_>, host: &str) -> Diagnostic {
    let name = secret.name.as_deref().unwrap_or_default();
    let message =
        format!("secret `{name}` fits `{host}`, but neither {} nor its service account names it", pod.describe());
    let mut diagnostic = finding(&RULE, image.span, message, HELP);
    diagnostic.related.push(Annotation { span: secret.span, message: "the secret that fits".to_owned() });
    diagnostic.fixes.extend(name_secret(pod, name).filter(|_| only));
    diagnostic
}

const HELP: &str = "add it to the pod's `imagePullSecrets`";

/// The pull secrets that are in no source and that pods name for images of a host, with where they do.
type Unseen<'a> = BTreeMap<(WorldId, &'a Namespace, &'a str), BTreeMap<&'a str, Span>>;

fn unseen_by_host<'a>(context: &Context<'a>) -> Unseen<'a> {
    let mut unseen = Unseen::new();
    for (_, proof, image, pod) in context.pulls() {
        // Two namespaces that are not known need not be one.
        let Some(reference) = image.parsed().filter(|_| pod.namespace.same(&pod.namespace) == Truth::Yes) else {
            continue;
        };
        let open = |route: &&Route| route.kind == RouteKind::PodPullSecret && route.truth() == Truth::Unknown;
        for route in proof.routes.iter().filter(open).filter(|route| route.secrets.is_empty()) {
            if let (Some(name), Some(at)) = (route.secret_name.as_deref(), route.named_at) {
                let place = (pod.world, &pod.namespace, reference.registry.as_str());
                unseen.entry(place).or_default().entry(name).or_insert(at);
            }
        }
    }
    unseen
}

/// A secret that other pods of the namespace name for the same registry.
fn by_neighbours(names: &BTreeMap<&str, Span>, image: &ImageUse<'_>, pod: &Pod<'_>, host: &str) -> Option<Diagnostic> {
    let (name, at) = names.first_key_value()?;
    let message = format!(
        "other pods of the namespace name `{name}` for images of `{host}`; neither {} nor its service account does",
        pod.describe()
    );
    let mut diagnostic = finding(&RULE, image.span, message, HELP);
    diagnostic.related.push(Annotation { span: *at, message: "named here".to_owned() });
    // That secret itself is not seen.
    let fix = name_secret(pod, name).filter(|_| names.len() == 1);
    diagnostic.fixes.extend(fix.map(|fix| Fix { applicability: Applicability::Unsafe, ..fix }));
    Some(diagnostic)
}
