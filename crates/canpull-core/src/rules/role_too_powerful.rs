//! An identity that pulls through a role that gives far more.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::RegistryMode;
use crate::model::azure::Role;
use crate::model::role::{self, Sort};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-too-powerful",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-rbac-custom-roles"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports an identity that pulls through a role that gives more: AcrPush, Contributor, Owner, or one that pulls by accident of
`*/read`.

## Why it matters
It works. Whoever gets hold of a node may push images, or worse, with the same identity.

## Wrong
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role Contributor --scope $ACR_ID
```

## Right
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $ACR_ID
```

## How to fix
Grant AcrPull, or Container Registry Repository Reader on a registry in ABAC mode.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let azure = &context.model.azure;
    for assignment in azure.assignments.iter().filter(|assignment| context.review.is_for_puller(assignment)) {
        let Role::BuiltIn(role) = assignment.role else { continue };
        let least = [RegistryMode::Legacy, RegistryMode::Abac].map(role::to_grant).contains(&role.name);
        let registry = context.review.registry_of(assignment).and_then(|id| azure.registry(id));
        let mode = registry.and_then(|registry| registry.mode().known()).unwrap_or(RegistryMode::Legacy);
        if least || registry.is_none() || !role.pulls(mode) {
            continue;
        }
        let how = match role.sort {
            Sort::Accidental => "lets it pull by accident of a wildcard",
            _ => "lets it pull, and do far more",
        };
        let message = format!("role `{}` {how}", role.name);
        let help = format!("grant `{}` instead", role::to_grant(mode));
        found.push(finding(&RULE, assignment.fact.role.written.span(), message, &help));
    }
}
