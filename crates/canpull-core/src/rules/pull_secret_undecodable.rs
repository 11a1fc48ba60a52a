//! A pull secret that the API server refuses or the kubelet cannot decode.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-undecodable",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
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
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"auth": "pull:example"}}}'
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
Create the secret with `kubectl create secret docker-registry`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, found);
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let help = "create it with `kubectl create secret docker-registry`, which writes the payload right";
    match content {
        Content::Refused { reason, span, .. } => {
            Some((format!("the API server refuses it, so it never comes to be: {reason}"), help, *span))
        }
        Content::Undecodable { reason, span, .. } => {
            Some((format!("the kubelet cannot decode it and gives up every pull of the pod: {reason}"), help, *span))
        }
        _ => None,
    }
}
