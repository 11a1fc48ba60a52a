//! A pull role granted to a group.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::review;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "principal-is-group",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/aks/cluster-container-registry-integration"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role that is granted to a group.

## Why it matters
It works once the identity that pulls is a member. Azure takes up to a day to notice that a managed identity became one,
and the sources do not tell who the members are.

## Wrong
```json assignments.json
[
  {
    "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso/providers/Microsoft.Authorization/roleAssignments/55555555-5555-5555-5555-555555555555",
    "type": "Microsoft.Authorization/roleAssignments",
    "principalId": "66666666-6666-6666-6666-666666666666",
    "principalType": "Group",
    "roleDefinitionId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "scope": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso"
  }
]
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard
az aks create --resource-group shop --name prod --enable-managed-identity --attach-acr contoso
```

## How to fix
Grant the role to the identity itself, or make the identity a member before the cluster is made.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in context.model.azure.assignments.iter().filter(|own| review::is_pull_role(&own.role)) {
        let sort = &assignment.fact.principal_type;
        if sort.text().is_some_and(|text| text.ends_with("Group")) {
            let message =
                "the pull role is granted to a group: whether the identity that pulls is a member, no source tells";
            let help = "grant it to the identity itself";
            found.push(finding(&RULE, sort.span(), message.to_owned(), help));
        }
    }
}
