//! The name of a role assignment leaves out whom it is for.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::review;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "assignment-name-not-unique",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role in a template whose assignment has a name that `guid()` makes from a seed which says nothing of whom
the role is for. An info where it says which cluster: that has another identity once it is made anew.

## Why it matters
The name stays the same when the identity changes, as it does when a cluster is made anew. Azure then refuses to change
whom the old assignment is for (`RoleAssignmentUpdateNotPermitted`), and the new nodes are answered with 401.

## Wrong
```bicep main.bicep
param principal string
resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: 'contoso'
}
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(acr.id, 'pull')
  scope: acr
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}
```

## Right
```bicep main.bicep
param principal string
resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: 'contoso'
}
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(acr.id, principal, 'pull')
  scope: acr
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}
```

## How to fix
Put the principal's id into the seed. Where a template makes the identity itself, its id is known only in a module that
is handed it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in context.model.azure.assignments.iter().filter(|own| review::is_pull_role(&own.role)) {
        let Some(name) = assignment.fact.name_without_principal else { continue };
        let help = "put the principal's id into the seed of `guid()`";
        let message = if name.tells_cluster {
            "the name of this role assignment tells the cluster, but not its identity: once the cluster is made anew, Azure refuses the assignment"
        } else {
            "the name of this role assignment says nothing of whom it is for: once the identity changes, Azure refuses the assignment"
        };
        let mut diagnostic = finding(&RULE, name.span, message.to_owned(), help);
        if name.tells_cluster {
            diagnostic.severity = Severity::Info;
        }
        found.push(diagnostic);
    }
}
