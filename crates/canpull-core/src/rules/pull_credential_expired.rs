//! A token whose expiry has passed.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::docker_config::Credential;
use crate::model::{Content, PullSecret};
use crate::proof::{Claim, Link, RouteKind, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-credential-expired",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cannot-pull-image-from-acr-to-aks-cluster",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports passwords that are JSON web tokens whose `exp` lies before the time of the run, and credentials of service principals
and repository tokens all of whose secrets, as the sources list or make them, have ended by then; the service principal that
a cluster pulls as among them.

## Why it matters
The registry refuses the token with 401.

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
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjcyMjU2MDB9.c2ln"}}}'
```

Reported beside it: `pull-credential-short-lived`, `pull-unproven`.

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
Renew the credential, or use the cluster's own access.
"#;

const HELP: &str = "renew the credential, or use the cluster's own access";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(now) = context.now else { return };
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for secret in &context.model.secrets {
        let Some((credential, span)) = expired(secret, now) else { continue };
        by_place.entry(span).or_insert_with(|| {
            let name = secret.name.as_deref().unwrap_or_default();
            let message = format!("pull secret `{name}`: its token for `{}` has expired", credential.registry_key);
            finding(&RULE, span, message, HELP)
        });
    }
    for (index, _, _, secret) in context.named_secrets() {
        let diagnostic = expired(secret, now).and_then(|(_, span)| by_place.get_mut(&span));
        if let Some(diagnostic) = diagnostic {
            diagnostic.pulls.push(index);
        }
    }
    found.extend(by_place.into_values());
    context.holder_findings(&RULE, &Claim::HolderIsCurrent, HELP, found);
    of_clusters(context, found);
}

/// A credential of a secret that has expired by now, and the secret's payload.
fn expired<'s>(secret: &'s PullSecret<'_>, now: i64) -> Option<(&'s Credential, Span)> {
    let Content::Credentials { credentials, span, .. } = &secret.content else { return None };
    let expired = |credential: &&Credential| credential.expires.is_some_and(|expires| expires <= now);
    Some((credentials.iter().find(expired)?, *span))
}

/// Clusters that pull as a service principal: one finding for each.
fn of_clusters(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (index, proof, ..) in context.pulls() {
        let links = proof.routes.iter().filter(|route| route.kind == RouteKind::NodeIdentity);
        let ended = |link: &&Link| link.claim == Claim::HolderIsCurrent && link.truth == Truth::No;
        let Some(link) = links.flat_map(|route| &route.links).find(ended) else { continue };
        let Some(&span) = link.because.first() else { continue };
        let message = format!("the nodes cannot pull: {}", link.text);
        let help = "reset the secret, and give it to the cluster with `az aks update-credentials`";
        let diagnostic = by_place.entry(span).or_insert_with(|| {
            let severity = if proof.verdict() == Truth::Yes { Severity::Warning } else { Severity::Error };
            Diagnostic { severity, ..finding(&RULE, span, message, help) }
        });
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values());
}
