//! A pull secret that exists only in another namespace.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Diagnostic, Severity};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-in-other-namespace",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports names of pull secrets that exist in the sources only in another, written-out namespace.

## Why it matters
A pod names secrets of its own namespace only; the kubelet goes on without.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth, namespace: build}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth, namespace: shop}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Make the secret in the pod's namespace too, by hand or by something that copies it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for named in context.unseen_names() {
        let Some(elsewhere) = context.elsewhere(&named) else { continue };
        // A policy that copies the secrets of a namespace may put it there.
        if context.model.may_copy_to(named.pod.world, &named.pod.namespace) {
            continue;
        }
        let diagnostic = by_place.entry(named.at).or_insert_with(|| {
            let message = format!(
                "pull secret `{}` exists only in {}, but the pod is in {}",
                named.name,
                elsewhere.namespace.describe(),
                named.pod.namespace.describe()
            );
            let help = "make the secret in the pod's namespace too: a pod names secrets of its own namespace only";
            let mut diagnostic = finding(&RULE, named.at, message, help);
            diagnostic.related.push(Annotation { span: elsewhere.span, message: "the secret".to_owned() });
            diagnostic
        });
        diagnostic.pulls.push(named.pull);
    }
    found.extend(by_place.into_values());
}
