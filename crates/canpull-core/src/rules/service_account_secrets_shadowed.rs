//! A pod's own list that keeps its service account's secrets away.

use std::collections::BTreeMap;

use super::{Context, Rule, finding, name_secret};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::proof::{Claim, Route, RouteKind, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "service-account-secrets-shadowed",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pods whose own `imagePullSecrets` keep the service account's from being added, where one of those would be the way to the image.

## Why it matters
Admission copies the service account's secrets only into a pod that names none; there is no merge.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: other
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
imagePullSecrets: [{name: acr-auth}]
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
---
apiVersion: v1
kind: Secret
metadata: {name: other}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"fabrikam.azurecr.io": {"username": "pull", "password": "example"}}}'
```

Reported beside it: `pull-secret-registry-mismatch`, `pull-unproven`.

## Right
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
kind: ServiceAccount
metadata: {name: default}
imagePullSecrets: [{name: acr-auth}]
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Name all secrets in one place: in the pod, or in the service account.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_pod = BTreeMap::new();
    for (index, proof, _, pod) in context.pulls().filter(|(_, proof, ..)| proof.verdict() != Truth::Yes) {
        // Where the pod's own secrets do, nothing is lost.
        let leads = proof.routes.iter().any(|route| route.truth() == Truth::Yes);
        let Some(route) = proof.routes.iter().find(|route| lost(route)).filter(|_| !leads && !pod.is_made()) else {
            continue;
        };
        let diagnostic = by_pod.entry(pod.pull_secrets.span()).or_insert_with(|| {
            let name = route.secret_name.as_deref().unwrap_or_default();
            let message = format!(
                "the list of {} keeps its service account's secrets away, and with them `{name}`, which fits the image",
                pod.describe()
            );
            let help = "name all secrets in one place: in the pod, or in the service account";
            let mut diagnostic = finding(&RULE, pod.pull_secrets.span(), message, help);
            let shadowed = |span| Annotation { span, message: "not added to the pod".to_owned() };
            diagnostic.related.extend(route.named_at.map(shadowed));
            diagnostic.fixes.extend(name_secret(pod, name));
            diagnostic
        });
        diagnostic.pulls.push(index);
    }
    found.extend(by_pod.into_values());
}

/// A route through the service account on which only the pod's own list stands in the way.
fn lost(route: &Route) -> bool {
    let (own, others): (Vec<_>, Vec<_>) = route.links.iter().partition(|link| link.claim == Claim::PodListEmpty);
    route.kind == RouteKind::ServiceAccountPullSecret
        && own.iter().any(|link| link.truth == Truth::No)
        && route.secret_name.is_some()
        && others.iter().all(|link| link.truth == Truth::Yes)
}
