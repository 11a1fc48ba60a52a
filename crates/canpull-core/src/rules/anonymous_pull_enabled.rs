//! A registry that lets everyone pull.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::azure::Setting;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "anonymous-pull-enabled",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/anonymous-pull-access"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry with anonymous pull. Silent where a page leaves the name to its readers, as `<registry>`.

## Why it matters
Everyone who can reach the registry may pull every image of it, whatever roles, tokens and conditions say.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard
az acr update --name contoso --anonymous-pull-enabled true
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard
az acr update --name contoso --anonymous-pull-enabled false
```

## How to fix
Switch it off and let the cluster pull with its own identity, unless the images are meant for everyone.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for registry in context.model.azure.registries.iter().filter(|registry| !registry.is_left_to_readers()) {
        if let Setting::Known(true, spans) = registry.anonymous_pull() {
            let label = registry.label();
            let (message, help) = match registry.is_basic() {
                Some(_) => (
                    format!("anonymous pull is switched on for registry {label}, but SKU Basic does not have it"),
                    "leave it off, and let the cluster pull with its own identity",
                ),
                None => (
                    format!("registry {label} lets everyone pull, without credentials"),
                    "switch anonymous pull off, unless the images are meant for everyone",
                ),
            };
            found.extend(spans.first().map(|&span| finding(&RULE, span, message, help)));
        }
    }
}
