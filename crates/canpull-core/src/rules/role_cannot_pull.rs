//! A role meant for pulling that gives no pull.

use super::{Context, Rule, finding, role_instead};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::RegistryMode;
use crate::model::role;
use crate::proof::review::Miss;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-cannot-pull",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-rbac-custom-roles"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a role on a registry for the identity that pulls which gives no pull in any mode, such as Container Registry
Repository Catalog Lister or a custom role without the action, where that identity has no other. An error where the sources hold all assignments.

## Why it matters
Its name suggests that it pulls. Every pull is answered with 401 Unauthorized.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Catalog Lister" --scope $ACR_ID
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID
```

## How to fix
Grant AcrPull on a registry in legacy mode, Container Registry Repository Reader on one in ABAC mode.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for near in context.near_misses.iter().filter(|near| matches!(near.miss, Miss::CannotPull)) {
        let fact = near.assignment.fact;
        let mode = near.registry.and_then(|registry| registry.mode().known()).unwrap_or(RegistryMode::Legacy);
        let written = fact.role.written.text().unwrap_or_default();
        let name = role::BuiltIn::find(written).map_or(written, |role| role.name);
        let pulls = context.pulls_from(near.registry);
        let is_all = near.certain && context.is_refused(&pulls);
        let message = if is_all {
            format!("role `{name}` is all that the identity that pulls is granted, and it does not pull")
        } else {
            format!("role `{name}` does not pull, and no source grants another to the identity that pulls")
        };
        let help = format!("grant `{}`", role::to_grant(mode));
        let mut diagnostic = finding(&RULE, fact.role.written.span(), message, &help);
        diagnostic.severity = if is_all { Severity::Error } else { Severity::Warning };
        diagnostic.pulls = pulls;
        diagnostic.fixes.extend(role_instead(fact, mode));
        found.push(diagnostic);
    }
}
