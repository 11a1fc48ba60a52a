//! An image that no route leads to.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::proof::Truth;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-denied",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cannot-pull-image-from-acr-to-aks-cluster",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports images that cannot be pulled: every route is refuted, or something that every pull of the pod needs. Silent where an error names the cause already.

## Why it matters
The pod stays in ErrImagePull.

## Wrong
```yaml canpull.yaml
clusters:
  - name: prod
    complete: [secrets, service-accounts, attached]
registries:
  - host: registry.corp.example
    private: true
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.corp.example/web:1
```

## Right
```yaml canpull.yaml
clusters:
  - name: prod
    complete: [secrets, service-accounts, attached]
registries:
  - host: registry.corp.example
    private: true
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: corp-auth
  containers:
    - name: web
      image: registry.corp.example/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: corp-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"registry.corp.example": {"username": "pull", "password": "example"}}}'
```

## How to fix
Mend one of the links that the message names: one route is enough.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_cause: BTreeMap<(Span, &str), Diagnostic> = BTreeMap::new();
    for (index, proof, image, pod) in context.pulls().filter(|(_, proof, ..)| proof.verdict() == Truth::No) {
        let denied = |why: &str| format!("`{}` of {} cannot be pulled: {why}", image.text, pod.describe());
        // What every pull of the pod needs decides alone, once for all of them.
        if let Some(link) = proof.common.iter().find(|link| link.truth == Truth::No) {
            let at = link.because.first().copied().unwrap_or(image.span);
            let help = "no route helps before that is mended: every pull of the pod needs it";
            let first = || finding(&RULE, at, denied(&link.text), help);
            let diagnostic = by_cause.entry((at, &link.text)).or_insert_with(first);
            if at != image.span {
                diagnostic
                    .related
                    .push(Annotation { span: image.span, message: "this image is not pulled".to_owned() });
            }
            diagnostic.pulls.push(index);
            continue;
        }
        let links = proof.routes.iter().flat_map(|route| &route.links);
        let mut broken: Vec<&str> =
            links.filter(|link| link.truth == Truth::No).map(|link| link.text.as_str()).collect();
        broken.dedup();
        let help = "one route is enough: a pull secret that fits, or access of the node's identity";
        let diagnostic = finding(&RULE, image.span, denied(&broken.join("; ")), help);
        found.push(Diagnostic { pulls: vec![index], ..diagnostic });
    }
    found.extend(by_cause.into_values());
}
