//! A host that is not the registry's login server.

use super::{Context, Rule, finding, image_fix};
use crate::diagnostic::{Diagnostic, Severity};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "login-server-mismatch",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-get-started-azure-cli"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports images on an ACR host that serves no pulls (`.data.`, `.privatelink.`), hosts with a misspelt suffix, and hosts
named after a registry whose login server the sources tell to be another: with a hash behind its name, without one, in
another cloud.

## Why it matters
The name does not resolve, or answers for something else, and no credential matches it.

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
      image: contoso.privatelink.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

Reported beside it: `pull-secret-registry-mismatch`.

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
Use the login server: `<name>.azurecr.io`, as `az acr show --query loginServer` prints it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, _, image, _) in context.pulls() {
        let Some(host) = image.parsed().map(|reference| reference.registry.as_str()) else { continue };
        let Some(wrong) = context.model.azure.wrong_host(host) else { continue };
        let message = format!("`{host}` is {}: images are not pulled from it", wrong.reason);
        let (help, fix) = match &wrong.meant {
            Some(meant) => (format!("use the login server, likely `{meant}`"), image_fix(image, host, meant)),
            None => ("use the login server, as `az acr show --query loginServer` prints it".to_owned(), None),
        };
        let fixes = fix.into_iter().collect();
        found.push(Diagnostic { pulls: vec![index], fixes, ..finding(&RULE, image.span, message, &help) });
    }
}
