//! A pod on a virtual node whose private image no pull secret leads to.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding, name_secret};
use crate::diagnostic::{Annotation, Diagnostic, Fix, Severity};
use crate::fact::SecretList;
use crate::model::{ImageUse, Pod, PullSecret};
use crate::proof::{Claim, Link, PullProof, Route, Truth, needs_credentials};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "virtual-node-needs-pull-secret",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/aks/virtual-nodes"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports pods that run on virtual nodes (Azure Container Instances) and name no pull secret for a private image, or one whose key carries a scheme. A warning where the pod merely may run there.

## Why it matters
A virtual node has no identity that pulls, and takes the secret's key for a bare host.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeSelector: {type: virtual-kubelet}
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

Reported beside it: `pull-secret-not-referenced`.

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeSelector: {type: virtual-kubelet}
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
Name a pull secret whose key is the bare login server.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (index, proof, image, pod) in context.pulls() {
        let private = needs_credentials(&proof.routes);
        let Some(span) = pod.fact.virtual_node.filter(|_| private && image.parsed().is_some()) else { continue };
        let certain = pod.fact.virtual_node_certain;
        let through_secret = proof
            .routes
            .iter()
            .filter(|route| route.secret_name.is_some())
            .fold(Truth::No, |truth, route| truth.or(route.truth()));
        // What no node may pull fails for another reason.
        let refused = !certain && proof.verdict() == Truth::No;
        if refused || through_secret != Truth::No || matches!(pod.pull_secrets, SecretList::Unknown(..)) {
            continue;
        }
        let diagnostic = by_place.entry(span).or_insert_with(|| {
            let hidden = has_hidden_account(context, pod, proof);
            let place = if certain { "runs" } else { "may run" };
            let severity = if certain && !hidden { Severity::Error } else { Severity::Warning };
            let account = if hidden { "; what its service account names is not visible" } else { "" };
            let message = format!(
                "{} {place} on a virtual node, which has no identity that pulls, and names no secret that fits `{}`{account}",
                pod.describe(),
                image.text
            );
            let help = "name a pull secret whose key is the bare login server, without a scheme";
            let fixes = the_one_that_fits(context, image, pod).into_iter().collect();
            Diagnostic { severity, fixes, ..finding(&RULE, span, message, help) }
        });
        if !diagnostic.pulls.is_empty() {
            let message = "nor does it name one that fits this image".to_owned();
            diagnostic.related.push(Annotation { span: image.span, message });
        }
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values());
}

/// Whether an account that no source shows gives the pod its secrets: one that it names, or that is declared to be made
/// elsewhere. The default account has none unless somebody sees to it.
fn has_hidden_account(context: &Context<'_>, pod: &Pod<'_>, proof: &PullProof) -> bool {
    let named = pod.service_account.text().filter(|name| !name.is_empty()).unwrap_or("default");
    let declared = pod.namespace.declared(&context.model.config.external_service_accounts, named).is_some();
    let open = |link: &Link| link.claim == Claim::ServiceAccountNames && link.truth == Truth::Unknown;
    let hidden = |route: &Route| route.truth() == Truth::Unknown && route.links.iter().any(open);
    (declared || named != "default") && proof.routes.iter().any(hidden)
}

/// Names the one secret whose key is the image's host and nothing else.
fn the_one_that_fits<'a>(context: &Context<'a>, image: &ImageUse<'_>, pod: &Pod<'a>) -> Option<Fix> {
    let reference = image.parsed().filter(|_| !context.has_defect(pod))?;
    let bare = |secret: &&PullSecret<'_>| secret.credentials().iter().any(|own| own.registry_key == reference.registry);
    let mut fitting = context.fitting_secrets(pod, reference).filter(bare);
    let secret = fitting.next().filter(|_| fitting.next().is_none())?;
    name_secret(pod, secret.name.as_deref()?)
}
