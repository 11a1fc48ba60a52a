//! A host that is not the registry's login server.

use super::{Context, Rule, finding, image_fix};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::azure::Registry;
use crate::model::registry::{self, AcrHostKind};
use crate::proof::Truth;

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
named after a registry whose login server the sources tell to be another: with a hash behind its name, in another cloud.

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
                AcrHostKind::LoginServer => match another_server(context, host) {
                    Some(server) => ("not the login server that the registry of this name has", server),
                    None => continue,
                },
                AcrHostKind::Regional | AcrHostKind::Other => continue,
            },
            None => match registry::near_acr(host) {
                Some(meant) => ("no host of Azure Container Registry", meant),
                None => continue,
            },
        };
        let message = format!("`{host}` is {reason}: images are not pulled from it");
        let help = format!("use the login server, likely `{meant}`");
        let fixes = image_fix(image, host, &meant).into_iter().collect();
        found.push(Diagnostic { pulls: vec![index], fixes, ..finding(&RULE, image.span, message, &help) });
    }
}

/// The login server of the registry that a host is named after, where it is another: a hash is missing, or the cloud's
/// suffix is another's.
fn another_server(context: &Context<'_>, host: &str) -> Option<String> {
    let (name, _) = registry::acr_host(host)?.name_and_label();
    let named = |registry: &&Registry<'_>| {
        let own = registry.place.name.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(name)) && registry.login_server().is_some()
    };
    let known = context.model.azure.registries.iter().find(named)?;
    let server = known.login_server().filter(|_| known.answers(host) == Truth::No)?;
    Some(server.to_owned())
}
