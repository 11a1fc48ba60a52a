//! Nothing grants the pull, and the sources hold all assignments.

use std::collections::BTreeMap;

use super::{Context, Rule, finding, grant_fix};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::proof::{Claim, RouteKind, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "cluster-without-pull-role",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/aks/cluster-container-registry-integration"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry that images are pulled from where no assignment lets the cluster's identity pull, and the sources are
known to hold all assignments.

## Why it matters
Without a role that pulls, the nodes' own access fails with 401 Unauthorized; only a pull secret could save the pull.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic
az aks create --resource-group shop --name prod --enable-managed-identity
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: web
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
```
```yaml canpull.yaml
clusters:
  - name: prod
    complete: [role-assignments]
```

Reported beside it: `pull-denied`.

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic
az aks create --resource-group shop --name prod --enable-managed-identity --attach-acr contoso
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
```
```yaml canpull.yaml
clusters:
  - name: prod
    complete: [role-assignments]
```

## How to fix
Attach the registry, `az aks update --attach-acr`, or grant the role to the kubelet identity.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_host: BTreeMap<&str, Diagnostic> = BTreeMap::new();
    for (index, proof, image, _) in context.pulls() {
        let Some(reference) = image.parsed() else { continue };
        let missing = proof.routes.iter().filter(|route| route.kind == RouteKind::NodeIdentity).find_map(|route| {
            let granted = |wanted: Claim| route.links.iter().find(|link| link.claim == wanted);
            let pulls = granted(Claim::IdentityPulls).filter(|link| link.truth == Truth::Yes)?;
            Some((pulls, granted(Claim::RoleGranted).filter(|link| link.truth == Truth::No)?))
        });
        let Some((pulls, missing)) = missing else { continue };
        let host = reference.registry.as_str();
        // A condition that keeps the repository out is told of by itself.
        let registry = context.registry_at(host).map(|(id, _)| id);
        if registry.is_some_and(|id| context.review.excluded_by_condition(id, &reference.repository).is_some()) {
            continue;
        }
        let diagnostic = by_host.entry(host).or_insert_with(|| {
            let message = format!("{}, but {}", pulls.text, missing.text);
            let help = "attach the registry to the cluster, or grant the role to its kubelet identity";
            let mut diagnostic = finding(&RULE, image.span, message, help);
            let notes = pulls.because.iter().map(|&span| Annotation { span, message: "the cluster".to_owned() });
            diagnostic.related.extend(notes);
            if let [cluster] = context.model.azure.clusters.as_slice() {
                let registry = context.registry_at(host).map(|(_, registry)| registry);
                diagnostic.fixes.push(grant_fix(cluster, registry, Some(host)));
            }
            diagnostic
        });
        diagnostic.pulls.push(index);
    }
    found.extend(by_host.into_values());
}
