//! A credential that looks live, committed in clear.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Content, PullSecret};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-credential-plaintext",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/concepts/configuration/secret/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports Secret manifests whose docker config holds a password that looks like one in use, not like an example. The value is never shown.

## Why it matters
Whoever can read the repository can pull with it. Base64 hides nothing.

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
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "Vq7zR2mK9tL4wX8bN+a"}}}'
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
Revoke the credential; keep the secret in a vault or sealed, or use the cluster's own access.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let is_live = |secret: &PullSecret<'_>| secret.manifest().is_some_and(|fact| fact.object.live);
    for secret in context.model.secrets.iter().filter(|secret| secret.is_written() && !is_live(secret)) {
        let Content::Credentials { credentials, span, .. } = &secret.content else { continue };
        let gone = |expires: Option<i64>| expires.is_some_and(|expires| context.now.is_some_and(|now| expires <= now));
        let live = credentials.iter().find(|credential| credential.looks_live && !gone(credential.expires));
        let Some(credential) = live else { continue };
        let name = secret.name.as_deref().unwrap_or_default();
        let key = &credential.registry_key;
        let message = format!("secret `{name}` holds a credential for `{key}` in clear that looks live");
        let help = "revoke it; keep the secret in a vault or sealed, or use the cluster's own access";
        found.push(finding(&RULE, *span, message, help));
    }
}
