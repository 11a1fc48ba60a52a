//! A host that is not the registry's login server.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::registry::{self, AcrHostKind};

/// The rule.
pub(super) const RULE: Rule =
    Rule { id: "login-server-mismatch", severity: Severity::Error, since: "0.1.0", fixable: false, page: PAGE, check };

const PAGE: &str = r#"## What it does
Reports images on an ACR host that serves no pulls (`.data.`, `.privatelink.`) and hosts with a misspelt suffix.

## Why it matters
The name does not resolve, or answers for something else, and no credential matches it.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.privatelink.azurecr.io/web:1
```

Reported beside it: `pull-unproven`.

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
        let (reason, meant) = match registry::acr_host(host) {
            Some(acr) => match acr.kind {
                AcrHostKind::Data => ("only ever the target of a redirect", format!("{}.{}", acr.name, acr.suffix)),
                AcrHostKind::PrivateLink => ("only an alias in DNS", format!("{}.{}", acr.name, acr.suffix)),
                AcrHostKind::LoginServer | AcrHostKind::Regional | AcrHostKind::Other => continue,
            },
            None => match registry::near_acr(host) {
                Some(meant) => ("no host of Azure Container Registry", meant),
                None => continue,
            },
        };
        let message = format!("`{host}` is {reason}: images are not pulled from it");
        let help = format!("use the login server, likely `{meant}`");
        found.push(Diagnostic { pulls: vec![index], ..finding(&RULE, image.span, message, &help) });
    }
}
