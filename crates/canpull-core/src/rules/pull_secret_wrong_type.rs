//! A secret that is named for pulling, but of a type that the kubelet ignores.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, Severity};
use crate::model::{Content, PullSecret};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-wrong-type",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/concepts/configuration/secret/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pull secrets whose type is neither `kubernetes.io/dockerconfigjson` nor `kubernetes.io/dockercfg`.

## Why it matters
The kubelet ignores them silently and pulls without credentials.

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
type: Opaque
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
Write the right type, and where the secret exists already, delete it before it is made anew: a secret's type cannot be
changed. `--fix` writes the type that the secret's key is for.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, mend, found);
}

/// The type that its key is for.
fn mend(secret: &PullSecret<'_>) -> Option<Fix> {
    let retype = secret.retype()?;
    Some(Fix {
        title: format!("give it the type `{}`; one that exists has to be deleted first", retype.secret_type),
        applicability: Applicability::Safe,
        change: Change::Edits(vec![(secret.span.file, retype.edit.clone())]),
    })
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let Content::Ignored { secret_type, span } = content else { return None };
    let reason = format!("the kubelet ignores secrets of type `{secret_type}` when it pulls");
    let help = "create it anew with `type: kubernetes.io/dockerconfigjson` and the key `.dockerconfigjson`";
    Some((reason, help, *span))
}
