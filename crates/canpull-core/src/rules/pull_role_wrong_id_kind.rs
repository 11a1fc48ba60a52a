//! The pull role went to an id that is no principal's object id.

use super::{Context, Rule, finding, handed_on, puller_instead};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::review::Miss;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-role-wrong-id-kind",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role that is granted to a client id, a resource id, an application's own object id, or an attribute that
does not exist, where the object id of the principal belongs.

## Why it matters
Azure takes a client id for an object id where it is told not to ask the directory, and shows the assignment as "Identity
not found": it never works. An application's object id is refused.

## Wrong
```hcl main.tf
resource "azurerm_container_registry" "acr" {
  name                = "contoso"
  resource_group_name = "shop"
  location            = "westeurope"
  sku                 = "Basic"
}

resource "azurerm_role_assignment" "pull" {
  scope                            = azurerm_container_registry.acr.id
  role_definition_name             = "AcrPull"
  principal_id                     = azurerm_kubernetes_cluster.aks.kubelet_identity[0].client_id
  skip_service_principal_aad_check = true
}

resource "azurerm_kubernetes_cluster" "aks" {
  name                = "prod"
  resource_group_name = "shop"
  location            = "westeurope"
  identity {
    type = "SystemAssigned"
  }
}
```

## Right
```hcl main.tf
resource "azurerm_container_registry" "acr" {
  name                = "contoso"
  resource_group_name = "shop"
  location            = "westeurope"
  sku                 = "Basic"
}

resource "azurerm_role_assignment" "pull" {
  scope                            = azurerm_container_registry.acr.id
  role_definition_name             = "AcrPull"
  principal_id                     = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id
  skip_service_principal_aad_check = true
}

resource "azurerm_kubernetes_cluster" "aks" {
  name                = "prod"
  resource_group_name = "shop"
  location            = "westeurope"
  identity {
    type = "SystemAssigned"
  }
}
```

## How to fix
Use the object id: `identityProfile.kubeletidentity.objectId` of a cluster (`kubelet_identity[0].object_id` in Terraform),
`principalId` of a managed identity, `id` of a service principal.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for near in &context.near_misses {
        let Miss::WrongIdKind { what } = &near.miss else { continue };
        let message = format!("the pull role is granted to what is no principal: {what}");
        let help = "grant it to the object id: `identityProfile.kubeletidentity.objectId`, `principalId`, or a service principal's `id`";
        let mut diagnostic = finding(&RULE, near.assignment.fact.principal.span(), message, help);
        diagnostic.severity = Context::severity_of(near);
        diagnostic.related.extend(handed_on(near.assignment.fact));
        diagnostic.fixes.extend(puller_instead(near.assignment.fact));
        diagnostic.pulls = context.pulls_from(near.registry);
        found.push(diagnostic);
    }
}
