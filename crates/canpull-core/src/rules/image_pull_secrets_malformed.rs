//! `imagePullSecrets` in a shape that the API server refuses or reads otherwise than meant.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::{DefectKind, FieldDefect};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "image-pull-secrets-malformed",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports lists of strings, strings, single maps, entries with other keys than `name`, empty names and names doubled.

## Why it matters
A wrong shape makes the API server refuse the whole object; another key is dropped; an empty name is skipped by the kubelet and still keeps the service account's secrets away.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - acr-auth
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
Write a list of `name: <secret>`; copy a secret from another namespace instead of naming it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.defect_findings(describe, found);
}

fn describe(defect: &FieldDefect) -> Option<Diagnostic> {
    let path = &defect.path;
    let (message, help) = match &defect.kind {
        DefectKind::WrongShape { found } => (
            format!(
                "`{path}` is {found}: the API server refuses the object, for it must be a list of `name: <secret>`"
            ),
            "write a list with an entry `name: <secret>` for each secret",
        ),
        DefectKind::ExtraKey { key } => (
            format!("an entry of `imagePullSecrets` takes only `name`: the API server drops `{key}`"),
            "remove it; a pod can name secrets of its own namespace only, so copy the secret there",
        ),
        DefectKind::EmptyName if is_account(defect) => {
            ("the entry names no secret: the API server only warns, and the kubelet skips it".to_owned(), "remove it")
        }
        DefectKind::EmptyName => (
            "the entry names no secret: the kubelet skips it, and it still keeps the service account's secrets away"
                .to_owned(),
            "name a secret, or remove the entry",
        ),
        DefectKind::MapInName => (
            "the name is a printed Go map: a template put an object where its name belongs".to_owned(),
            "use the name alone",
        ),
        DefectKind::DuplicateName { name } => {
            (format!("secret `{name}` is named twice: a server-side apply is refused"), "remove one of the two")
        }
        DefectKind::Misplaced | DefectKind::Misspelt { .. } => return None,
    };
    let severity = match defect.kind {
        // The API server only warns of a doubled name, and of none; in an account's list none keeps anything away.
        DefectKind::DuplicateName { .. } => Severity::Warning,
        DefectKind::EmptyName if is_account(defect) => Severity::Warning,
        _ => RULE.severity,
    };
    Some(Diagnostic { severity, ..finding(&RULE, defect.span, message, help) })
}

fn is_account(defect: &FieldDefect) -> bool {
    defect.object.kind == "ServiceAccount"
}
