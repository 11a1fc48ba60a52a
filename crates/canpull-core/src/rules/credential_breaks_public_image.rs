//! A bad credential that matches a public image.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::{Claim, RouteKind, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "credential-breaks-public-image",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/concepts/containers/images/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports credentials that cannot be good and match an image that everyone may pull.

## Why it matters
Where a credential matches, the kubelet does not try without one: the pull of a public image fails with 401.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: mcr.microsoft.com/dotnet/aspnet:8.0
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"mcr.microsoft.com": {"username": "pull", "password": "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjcyMjU2MDB9.c2ln"}}}'
```

Reported beside it: `pull-credential-expired`, `pull-credential-short-lived`.

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
      image: mcr.microsoft.com/dotnet/aspnet:8.0
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"mcr.microsoft.com": {"username": "pull", "password": "example"}}}'
```

## How to fix
Remove the entry, or give its key the path of the private repositories.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, proof, image, _) in context.pulls() {
        let open =
            proof.routes.iter().filter(|route| route.kind == RouteKind::Anonymous).flat_map(|route| &route.links);
        let public = open.clone().any(|link| link.claim == Claim::ServesAnonymously && link.truth == Truth::Yes);
        let barred = open.clone().any(|link| link.claim == Claim::NoCredentialMatches && link.truth == Truth::No);
        let bad = proof.routes.iter().flat_map(|route| &route.links);
        let bad = bad.into_iter().find(|link| link.claim == Claim::CredentialGood && link.truth == Truth::No);
        let Some(bad) = bad.filter(|_| public && barred && proof.verdict() != Truth::Yes) else { continue };
        let Some(span) = bad.because.first() else { continue };
        let message = format!("`{}` is public, but {}, and the kubelet tries nothing else", image.text, bad.text);
        let help = "remove the entry, or give its key the path of the private repositories";
        found.push(Diagnostic { pulls: vec![index], ..finding(&RULE, *span, message, help) });
    }
}
