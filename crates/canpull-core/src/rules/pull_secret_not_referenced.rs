//! A secret that fits an image, and a pod that names none.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding, name_secret};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::fact::SecretList;
use crate::proof::{Claim, Truth, needs_credentials};

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
Reports pods whose private image a secret of their namespace fits, while neither the pod nor its service account names it.

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
    let mut by_pod: BTreeMap<(Span, &str, &str), Diagnostic> = BTreeMap::new();
    for (index, proof, image, pod) in context.pulls() {
        let private = needs_credentials(&proof.routes);
        let named = proof.routes.iter().any(|route| route.secret_name.is_some() && route.truth() != Truth::No);
        // What hands out secrets at run time may well hand out this one.
        let handed_out = proof.routes.iter().flat_map(|route| &route.links).any(|link| link.claim == Claim::HandedOut);
        let empty = matches!(pod.pull_secrets, SecretList::Empty(_));
        let Some(reference) = image.parsed().filter(|_| private && !named && !handed_out && empty) else { continue };
        // A field that went wrong names the secret already: that is the cause to tell.
        if proof.verdict() == Truth::Yes || pod.fact.is_static || context.has_defect(pod) {
            continue;
        }
        // Whether there are more than one is all that matters of the others.
        let fitting: Vec<_> = context.fitting_secrets(pod, reference).take(2).collect();
        let Some(secret) = fitting.first() else { continue };
        let name = secret.name.as_deref().unwrap_or_default();
        let key = (pod.fact.object.span, pod.fact.path.as_str(), reference.registry.as_str());
        let diagnostic = by_pod.entry(key).or_insert_with(|| {
            let message = format!(
                "secret `{name}` fits `{}`, but neither {} nor its service account names it",
                reference.registry,
                pod.describe()
            );
            let mut diagnostic = finding(&RULE, image.span, message, "add it to the pod's `imagePullSecrets`");
            diagnostic.related.push(Annotation { span: secret.span, message: "the secret that fits".to_owned() });
            if let [only] = fitting.as_slice() {
                diagnostic.fixes.extend(only.name.as_deref().and_then(|name| name_secret(pod, name)));
            }
            diagnostic
        });
        if diagnostic.span != image.span {
            diagnostic.related.push(Annotation { span: image.span, message: "and this image".to_owned() });
        }
        diagnostic.pulls.push(index);
    }
    found.extend(by_pod.into_values());
}
