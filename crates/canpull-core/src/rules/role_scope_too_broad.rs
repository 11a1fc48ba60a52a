//! A pull role granted above the registry.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::ResourceKind;
use crate::proof::review::{self, Miss, NearMiss};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-scope-too-broad",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-auth-kubernetes"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role that is granted on a resource group, a subscription or a management group.

## Why it matters
It works, and lets the identity pull from every registry there, those to come included.

## Wrong
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope /subscriptions/11111111-1111-1111-1111-111111111111
```

## Right
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $ACR_ID
```

## How to fix
Grant it on the registry, unless all of them are meant.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in context.model.azure.assignments.iter().filter(|own| review::is_pull_role(&own.role)) {
        let Some(scope) = assignment.fact.scope.known() else { continue };
        let place = match scope.kind {
            ResourceKind::ResourceGroup => "resource group",
            ResourceKind::Subscription => "subscription",
            ResourceKind::ManagementGroup => "management group",
            _ => continue,
        };
        let misses = |near: &&NearMiss<'_, '_>| {
            near.assignment.fact.span == assignment.fact.span && matches!(near.miss, Miss::ScopeMisses { .. })
        };
        if context.near_misses.iter().any(|near| misses(&near)) {
            continue;
        }
        let message = format!("the pull role is granted on a whole {place}: it counts for every registry there");
        found.push(finding(&RULE, assignment.fact.scope.span(), message, "grant it on the registry"));
    }
}
