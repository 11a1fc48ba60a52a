//! A token of a few hours in a secret that stays.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;
use crate::model::docker_config::UserKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-credential-short-lived",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-authentication"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports credentials with the user name of a registry token (the zero GUID), passwords that are JSON web tokens with an expiry,
and tokens of an `ACRAccessToken` that an `ExternalSecret` renews less often than every three hours.

## Why it matters
Such a token lives about three hours; afterwards every new pull is refused with 401.

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
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "00000000-0000-0000-0000-000000000000", "password": "example"}}}'
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
Use the cluster's own access, a repository token, or something that renews the secret.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, |_| None, found);
    rarely_renewed(context, found);
}

/// Secrets of tokens that something renews, but too late: one finding each.
fn rarely_renewed(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (index, _, _, secret) in context.named_secrets() {
        let Some(span) = secret.rarely_renewed() else { continue };
        let diagnostic = by_place.entry(span).or_insert_with(|| {
            let name = secret.name.as_deref().unwrap_or_default();
            let message = format!("pull secret `{name}`: its token lives for three hours, and is not renewed by then");
            finding(&RULE, span, message, "renew it every hour: `refreshInterval: 1h`")
        });
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values());
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let Content::Credentials { credentials, span, .. } = content else { return None };
    let short = credentials.iter().find(|credential| {
        credential.has_password && (credential.user_kind == UserKind::ZeroGuid || credential.expires.is_some())
    })?;
    let reason = format!("its credential for `{}` is a token that lives for a few hours only", short.registry_key);
    Some((reason, "use the cluster's own access, a repository token, or something that renews the secret", *span))
}
