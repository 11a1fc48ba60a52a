//! A credential that looks live, committed in clear.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::PullSecret;

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
    let gone = |expires: Option<i64>| expires.is_some_and(|expires| context.now.is_some_and(|now| expires <= now));
    let help = "revoke it; keep the secret in a vault or sealed, or use the cluster's own access";
    let is_live = |secret: &PullSecret<'_>| secret.manifest().is_some_and(|fact| fact.object.live);
    for secret in context.model.secrets.iter().filter(|secret| !is_live(secret)) {
        let name = secret.name.as_deref().unwrap_or_default();
        if let Some(span) = secret.made_by_command().and_then(|fact| fact.live_password) {
            let message = format!("the command that makes secret `{name}` holds a password in clear that looks live");
            found.push(finding(&RULE, span, message, help));
        }
        let credentials = secret.written_credentials();
        let live = credentials.iter().find(|(credential, _)| credential.looks_live && !gone(credential.expires));
        let Some((credential, span)) = live else { continue };
        let key = &credential.registry_key;
        let message = format!("secret `{name}` holds a credential for `{key}` in clear that looks live");
        found.push(finding(&RULE, *span, message, help));
    }
}
