//! A registry that withholds new images.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::azure::Setting;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "registry-withholds-images",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://github.com/Azure/acr/blob/main/docs/preview/quarantine/readme.md"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry with the quarantine policy.

## Why it matters
A new image cannot be pulled until something releases it; until then the pull fails as if it did not exist.

## Wrong
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "policies": {"quarantinePolicy": {"status": "enabled"}}
}
```

## Right
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "policies": {"quarantinePolicy": {"status": "disabled"}}
}
```

## How to fix
Release images before they are deployed, or switch the policy off.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for registry in &context.model.azure.registries {
        if let Setting::Known(true, spans) = registry.quarantine() {
            let message = format!("registry {} withholds new images until they are released", registry.label());
            let help = "release images before they are deployed, or switch the quarantine policy off";
            found.extend(spans.first().map(|&span| finding(&RULE, span, message, help)));
        }
    }
}
