//! A deny assignment takes the pull away.

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::proof::{Claim, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-denied",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/deny-assignments"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a deny assignment that hits the identity that pulls, at the registry or above it.

## Why it matters
A deny assignment wins over every role. The pull is refused, whatever is granted.

## Wrong
```json cluster.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/shop/providers/Microsoft.ContainerService/managedClusters/prod",
  "name": "prod",
  "type": "Microsoft.ContainerService/ManagedClusters",
  "identityProfile": {"kubeletidentity": {"objectId": "22222222-2222-2222-2222-222222222222", "clientId": "33333333-3333-3333-3333-333333333333"}},
  "servicePrincipalProfile": {"clientId": "msi"}
}
```
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io"
}
```
```json denials.json
{
  "value": [
    {
      "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/denyAssignments/44444444-4444-4444-4444-444444444444",
      "type": "Microsoft.Authorization/denyAssignments",
      "properties": {
        "denyAssignmentName": "no data",
        "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}],
        "scope": "/subscriptions/11111111-1111-1111-1111-111111111111",
        "doNotApplyToChildScopes": false,
        "principals": [{"id": "22222222-2222-2222-2222-222222222222", "type": "ServicePrincipal"}],
        "excludePrincipals": [],
        "isSystemProtected": true
      }
    }
  ]
}
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

Reported beside it: `pull-unproven`.

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic
az aks create --resource-group shop --name prod --enable-managed-identity --attach-acr contoso
```

## How to fix
Take the identity out of the deny assignment, or add it to those that it spares.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut denied: Vec<Diagnostic> = Vec::new();
    for (index, proof, image, _) in context.pulls() {
        let links = proof.routes.iter().flat_map(|route| &route.links);
        let denials = links.filter(|link| link.claim == Claim::NotDenied && link.truth == Truth::No);
        // Where another route proves the pull, the denial is a trap at most.
        let severity = if proof.verdict() == Truth::Yes { Severity::Warning } else { Severity::Error };
        for span in denials.flat_map(|link| link.because.iter().copied()) {
            if let Some(known) = denied.iter_mut().find(|diagnostic| diagnostic.span == span) {
                known.pulls.push(index);
                known.severity = known.severity.max(severity);
                continue;
            }
            let message = "this deny assignment takes the pull away from the identity that pulls, whatever role it has";
            let help = "take the identity out of it, or spare it";
            let mut diagnostic = finding(&RULE, span, message.to_owned(), help);
            diagnostic.severity = severity;
            diagnostic.related.push(Annotation { span: image.span, message: "pulled from here".to_owned() });
            diagnostic.pulls.push(index);
            denied.push(diagnostic);
        }
    }
    found.append(&mut denied);
}
