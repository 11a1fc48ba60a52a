//! A pull secret that the API server refuses or the kubelet cannot decode.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, Severity};
use crate::model::docker_config::LayoutDefect;
use crate::model::{Content, PullSecret};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-undecodable",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/concepts/configuration/secret/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pull secrets whose payload the API server refuses, or accepts and the kubelet cannot decode.

## Why it matters
A refused secret never comes to be. One that does not decode stops every pull of the pod, the node's own access included.

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
data:
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
Create the secret with `kubectl create secret docker-registry`. Where a payload is right and stands under `data` without being
encoded, `--fix` moves it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, mend, found);
}

fn mend(secret: &PullSecret<'_>) -> Option<Fix> {
    let title = "put it under `stringData`, where it is not encoded".to_owned();
    let change = Change::Edits(vec![secret.move_to_clear()?]);
    Some(Fix { title, applicability: Applicability::Safe, change })
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let help = "create it with `kubectl create secret docker-registry`, which writes the payload right";
    match content {
        // `pull-secret-wrong-layout` tells of it.
        Content::Refused { defects, .. } if defects.contains(&LayoutDefect::WrongKey) => None,
        Content::Refused { reason, span, defects } => {
            let doubled = defects.contains(&LayoutDefect::DoubleBase64);
            let help = if doubled { "encode the payload once, not twice" } else { help };
            Some((format!("the API server refuses it, so it never comes to be: {reason}"), help, *span))
        }
        Content::Undecodable { reason, span, .. } => {
            Some((format!("the kubelet cannot decode it and gives up every pull of the pod: {reason}"), help, *span))
        }
        _ => None,
    }
}
