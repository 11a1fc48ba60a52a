//! A key one slip away from `imagePullSecrets`.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::{DefectKind, FieldDefect};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "image-pull-secrets-misspelt",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports keys such as `imagePullSecret` or `imagepullsecrets` where `imagePullSecrets` belongs.

## Why it matters
The API server drops an unknown field (a strict client refuses it), so the pull goes without the secret.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecret:
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
Write `imagePullSecrets`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.defect_findings(describe, found);
}

fn describe(defect: &FieldDefect) -> Option<Diagnostic> {
    let DefectKind::Misspelt { written } = &defect.kind else { return None };
    let message = format!("`{written}` is no field: the API server drops it, and the pull goes without the secret");
    Some(finding(&RULE, defect.span, message, "write `imagePullSecrets`"))
}
