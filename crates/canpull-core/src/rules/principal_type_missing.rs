//! A role assignment that does not tell the type of an identity made beside it.

use super::{Context, Rule, edit, finding};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::fact::azure::{PrincipalRef, ResourceRef, Statement};
use crate::fact::grant::GrantOrigin;
use crate::model::scope::Place;
use crate::proof::{Truth, review};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "principal-type-missing",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role in a template without `principalType`, for an identity that the templates make.

## Why it matters
Without the type, Azure asks the directory for the principal, which does not yet know an identity made a moment ago: the
deployment fails with `PrincipalNotFound`.

## Wrong
```bicep main.bicep
resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'contoso'
}
resource aks 'Microsoft.ContainerService/managedClusters@2024-05-01' = {
  name: 'prod'
  identity: {
    type: 'SystemAssigned'
  }
}
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '6f0b0000-0000-4000-8000-000000000001'
  scope: acr
  properties: {
    principalId: aks.properties.identityProfile.kubeletidentity.objectId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}
```

## Right
```bicep main.bicep
resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'contoso'
}
resource aks 'Microsoft.ContainerService/managedClusters@2024-05-01' = {
  name: 'prod'
  identity: {
    type: 'SystemAssigned'
  }
}
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '6f0b0000-0000-4000-8000-000000000001'
  scope: acr
  properties: {
    principalId: aks.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}
```

## How to fix
Set `principalType: 'ServicePrincipal'`: managed identities are service principals.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in context.model.azure.assignments.iter().filter(|own| review::is_pull_role(&own.role)) {
        let fact = assignment.fact;
        let PrincipalRef::Of { resource, .. } = &fact.principal else { continue };
        if fact.origin != GrantOrigin::Resource || !fact.principal_type.is_absent() || !is_made(context, resource) {
            continue;
        }
        let message = "the type of the principal is left out: the directory may not yet know the identity, which is made beside it, and the deployment fails";
        let help = "set `principalType` to `ServicePrincipal`, which managed identities are";
        let mut diagnostic = finding(&RULE, fact.principal_type.span(), message.to_owned(), help);
        if let Some((span, text)) = &fact.with_type {
            diagnostic.fixes.push(edit("tell the principal's type", Applicability::Safe, *span, text));
        }
        found.push(diagnostic);
    }
}

/// Whether the sources make the cluster or identity.
fn is_made(context: &Context<'_>, resource: &ResourceRef) -> bool {
    let mut own = Place::default();
    own.learn(resource);
    let made = |other: &ResourceRef, statement: Statement| {
        statement == Statement::Makes && other.kind == resource.kind && own.is(other) == Truth::Yes
    };
    context.model.files.iter().any(|file| {
        file.azure.clusters.iter().any(|fact| made(&fact.resource, fact.statement))
            || file.azure.identities.iter().any(|fact| made(&fact.resource, fact.statement))
    })
}
