//! The registry's admin user in a pull secret.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;
use crate::model::azure::Who;
use crate::model::registry;
use crate::proof::Claim;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-credential-admin",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-authentication"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports credentials whose user name is the name of the registry itself: its admin account.

## Why it matters
The account may push and delete too, cannot be limited to repositories, and everyone shares it.

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
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "contoso", "password": "example"}}}'
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
Use a repository token with `content/read`, a service principal, or the cluster's own access.
"#;

const HELP: &str = "use a repository token, a service principal, or the cluster's own access";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, |_| None, found);
    of_scripts(context, found);
    let mut switched_off = Vec::new();
    context.holder_findings(&RULE, &Claim::HolderIsOn, HELP, &mut switched_off);
    // That it is switched off says more than that it is the admin's.
    found.retain(|known| known.rule != RULE.id || !switched_off.iter().any(|own| own.pulls == known.pulls));
    found.extend(switched_off);
}

/// Secrets of scripts whose user is the one that the registry calls its admin: one finding each.
fn of_scripts(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (index, _, _, secret) in context.named_secrets().filter(|(.., secret)| secret.user == Some(Who::Admin)) {
        let name = secret.name.as_deref().unwrap_or_default();
        let message =
            format!("pull secret `{name}`: it holds the registry's admin account, which may push and delete too");
        let diagnostic = by_place.entry(secret.span).or_insert_with(|| finding(&RULE, secret.span, message, HELP));
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values());
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let Content::Credentials { credentials, span, .. } = content else { return None };
    let admin = credentials.iter().find(|credential| {
        let host = credential.index_key.as_deref().and_then(|key| key.split('/').next());
        host.and_then(registry::acr_host).is_some_and(|host| host.name == credential.user)
    })?;
    let reason = format!("it holds the admin account of `{}`, which may push and delete too", admin.registry_key);
    Some((reason, HELP, *span))
}
