//! A credential whose holder may not pull.

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::Claim;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-credential-powerless",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-auth-kubernetes"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pull secrets that hold a service principal, a repository token or an admin account which may not pull this
repository: no role, a role that the registry ignores, a scope map without the repository, a disabled token.

## Why it matters
The credential is right and matches the host, so the kubelet offers it. The registry knows its holder and refuses.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard
az acr token create --name pull --registry contoso --repository backend content/read
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/frontend:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

Reported beside it: `pull-unproven`.

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard
az acr token create --name pull --registry contoso --repository frontend content/read
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/frontend:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Give the holder what it lacks: the role, the repository in its scope map, or a token that is enabled.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let help = "give the holder the role or the repository that it lacks";
    context.holder_findings(&RULE, &Claim::HolderMayPull, help, found);
}
