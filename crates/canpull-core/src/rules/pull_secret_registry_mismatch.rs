//! A pull secret none of whose keys matches an image of the pods that name it.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Content, ImageUse};
use crate::proof::{Claim, Truth, matching};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-registry-mismatch",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/concepts/containers/images/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pull secrets that decode, but have no key for any image of the workloads that name them.

## Why it matters
The kubelet never offers the credential.

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
  .dockerconfigjson: '{"auths": {"contoso": {"username": "pull", "password": "example"}}}'
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
Use the registry's login server, as it stands in the image, as the key.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, (bool, Diagnostic)> = BTreeMap::new();
    for (index, proof, route, secret) in context.named_secrets() {
        // A payload in the wrong layout has no right keys either: that is the cause to tell.
        if matches!(&secret.content, Content::Credentials { defects, .. } if !defects.is_empty()) {
            continue;
        }
        let Some(link) = route.links.iter().find(|link| link.claim == Claim::KeyMatches) else { continue };
        // A key that is for the image, but for its scheme: `virtual-node-needs-pull-secret` tells.
        let image = context.model.image_use(proof.image_use).and_then(ImageUse::parsed);
        let fits = image.is_some_and(|image| !matching(secret.credentials(), &image.lookup_name()).is_empty());
        if fits && link.truth == Truth::No {
            continue;
        }
        let (fits, diagnostic) = by_place.entry(secret.span).or_insert_with(|| {
            let name = secret.name.as_deref().unwrap_or_default();
            let message = format!("pull secret `{name}` is never offered: {}", link.text);
            let help = "use the registry's host, exactly as it stands in the image, as the key of the secret";
            let span = link.because.first().copied().unwrap_or(secret.span);
            (false, finding(&RULE, span, message, help))
        });
        *fits |= link.truth != Truth::No;
        if proof.verdict() == Truth::No {
            diagnostic.severity = Severity::Error;
        }
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values().filter(|(fits, _)| !fits).map(|(_, diagnostic)| diagnostic));
}
