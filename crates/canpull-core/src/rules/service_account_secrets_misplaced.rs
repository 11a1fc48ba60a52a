//! A pull secret under a service account's `secrets`.

use super::{Context, Rule, finding, name_in_account};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "service-account-secrets-misplaced",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports docker secrets listed under `secrets` of a service account and not under its `imagePullSecrets`.

## Why it matters
`secrets` is for secrets to mount; admission copies only `imagePullSecrets` into pods.

## Wrong
```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
secrets:
  - name: acr-auth
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## Right
```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
imagePullSecrets:
  - name: acr-auth
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
List it under `imagePullSecrets`. `--fix` does, and leaves `secrets` as it is: what mounts the secret may need it there.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for account in &context.model.service_accounts {
        for entry in &account.fact.secrets {
            let Some(name) = entry.name.text() else { continue };
            let listed = account.pull_secrets.entries().iter().any(|own| own.name.text() == Some(name));
            let mut here = context.model.secrets_here(account.world, name, &account.namespace);
            let docker = here.any(|(_, secret)| matches!(secret.content, Content::Credentials { .. }));
            if docker && !listed {
                let message = format!("pull secret `{name}` stands under `secrets`, which plays no part in pulling");
                let help = "list it under `imagePullSecrets` of the service account";
                let mut diagnostic = finding(&RULE, entry.span, message, help);
                diagnostic.fixes.extend(name_in_account(account.fact, name));
                found.push(diagnostic);
            }
        }
    }
}
