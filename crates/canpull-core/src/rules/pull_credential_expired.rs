//! A token whose expiry has passed.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;
use crate::proof::Claim;

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
and repository tokens all of whose secrets, as the sources list them, have ended by then.

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
    for secret in &context.model.secrets {
        let Content::Credentials { credentials, span, .. } = &secret.content else { continue };
        let expired = credentials.iter().find(|credential| credential.expires.is_some_and(|expires| expires <= now));
        let Some(credential) = expired else { continue };
        let name = secret.name.as_deref().unwrap_or_default();
        let message = format!("pull secret `{name}`: its token for `{}` has expired", credential.registry_key);
        found.push(finding(&RULE, *span, message, HELP));
    }
    context.holder_findings(&RULE, &Claim::HolderIsCurrent, HELP, found);
}
