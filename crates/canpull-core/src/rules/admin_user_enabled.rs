//! A registry's admin account is on.

use std::collections::BTreeSet;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::azure::Setting;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "admin-user-enabled",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-authentication"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry whose admin user is switched on. Silent where a page leaves the name to its readers, as `<registry>`.

## Why it matters
One user name and password may pull, push and delete everything. It is no person's, cannot be narrowed, and needs no role.
Nothing that pulls on AKS needs it.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic --admin-enabled true
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic --admin-enabled false
```

## How to fix
Switch it off, and let the cluster pull with its own identity or with a repository token.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // One place may make several registries.
    let mut told = BTreeSet::new();
    for registry in context.model.azure.registries.iter().filter(|registry| !registry.is_left_to_readers()) {
        if let Setting::Known(true, spans) = registry.admin_enabled() {
            let message = format!(
                "the admin user of registry {} is on: one password that pulls, pushes and deletes",
                registry.label()
            );
            let help = "switch it off; nodes pull with the cluster's own identity";
            found.extend(
                spans.first().filter(|span| told.insert(**span)).map(|&span| finding(&RULE, span, message, help)),
            );
        }
    }
}
