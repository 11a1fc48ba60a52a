//! A pull role granted where no registry is.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::scope;
use crate::proof::review::Miss;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-scope-misses-registry",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role whose scope is not the registry or above it: another resource, something below the registry, or a
resource group that none of the sources' registries is in (a warning: another registry may be there).

## Why it matters
A role counts at its scope and below. Elsewhere it gives nothing, and every pull is answered with 401 Unauthorized.

## Wrong
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
AKS_ID=$(az aks show --resource-group shop --name prod --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $AKS_ID
```

## Right
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $ACR_ID
```

## How to fix
Use the registry's id as the scope. To let only some repositories through, use a registry in ABAC mode and a condition.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for near in &context.near_misses {
        let Miss::ScopeMisses { certain } = near.miss else { continue };
        let fact = near.assignment.fact;
        let below = fact.scope.known().is_some_and(scope::below_registry);
        let why = match (below, certain) {
            (true, _) => "it goes on behind the registry's name, where Azure knows no scope",
            (false, true) => "no registry is there",
            (false, false) => "none of the registries in the sources is there",
        };
        let message = format!("the pull role is granted at a scope that reaches no registry: {why}");
        let mut diagnostic = finding(&RULE, fact.scope.span(), message, "use the registry's id as the scope");
        diagnostic.severity = if certain { Context::severity_of(near) } else { Severity::Warning };
        if context.review.is_for_puller(near.assignment) {
            diagnostic.pulls = context.pulls_unproven();
        }
        found.push(diagnostic);
    }
}
