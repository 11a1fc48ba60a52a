//! `imagePullSecrets` at a level where the API server drops it.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::{DefectKind, FieldDefect};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "image-pull-secrets-misplaced",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `imagePullSecrets` in a container, in `Deployment.spec`, in a template's metadata and at other levels that have no such field.

## Why it matters
The API server drops the field (a strict client refuses it), so the pull goes without the secret.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
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
Move the field to the pod spec, beside `containers`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.defect_findings(describe, found);
}

fn describe(defect: &FieldDefect) -> Option<Diagnostic> {
    let DefectKind::Misplaced = defect.kind else { return None };
    let message =
        format!("`{}` is no field: the API server drops it, and the pull goes without the secret", defect.path);
    Some(finding(&RULE, defect.span, message, "move it to the pod spec, beside `containers`"))
}
