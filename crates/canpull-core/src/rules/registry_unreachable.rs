//! A registry that answers on no address that the nodes can reach.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::Statement;
use crate::model::azure::Setting;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "registry-unreachable",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cannot-pull-image-from-acr-to-aks-cluster",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry that is shown to have public access switched off and no approved private endpoint.

## Why it matters
Whoever is allowed to pull cannot reach it: the pull fails with 403 Forbidden or a timeout, which looks like a missing role.

## Wrong
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "publicNetworkAccess": "Disabled",
  "privateEndpointConnections": []
}
```

## Right
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "publicNetworkAccess": "Enabled",
  "privateEndpointConnections": []
}
```

## How to fix
Give the registry a private endpoint in the nodes' network, with its private DNS zone linked there, or switch public access on.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for registry in &context.model.azure.registries {
        let Setting::Known(false, spans) = registry.public_network() else { continue };
        // Only what is read from Azure lists all private endpoints that there are.
        let shown = registry.facts.iter().any(|fact| fact.statement == Statement::Shows);
        if shown && !context.model.azure.has_private_endpoint(registry) {
            let message = format!(
                "registry {} has no public access and no approved private endpoint: no node reaches it",
                registry.label()
            );
            let help = "give it a private endpoint in the nodes' network, or switch public access on";
            found.extend(spans.first().map(|&span| finding(&RULE, span, message, help)));
        }
    }
}
