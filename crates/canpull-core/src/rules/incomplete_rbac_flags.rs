//! Flags that come in pairs, with one left out.

use super::{Context, Rule, slip_finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::script::SlipKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "incomplete-rbac-flags",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `az ad sp create-for-rbac` with only one of `--role` and `--scopes`, and (as a warning)
`az role assignment create --assignee-object-id` without `--assignee-principal-type`, where the role or the scope is of
registries.

## Why it matters
The first is refused. The second asks the directory for the principal's type, which fails for an identity made a moment ago.

## Wrong
```sh setup.sh
az ad sp create-for-rbac --name contoso-pull --role acrpull
```

## Right
```sh setup.sh
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az ad sp create-for-rbac --name contoso-pull --role acrpull --scopes $ACR_ID
```

## How to fix
Give both.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for slip in context.slips() {
        let (severity, message, help) = match slip.kind {
            SlipKind::RoleWithoutScopes => {
                (Severity::Error, "`--role` without `--scopes` is refused", "give `--scopes` with the registry's id")
            }
            SlipKind::ScopesWithoutRole => {
                (Severity::Error, "`--scopes` without `--role` is refused", "give `--role acrpull`")
            }
            SlipKind::ObjectIdWithoutType => (
                Severity::Warning,
                "without `--assignee-principal-type` the directory is asked, which does not yet know an identity made a moment ago",
                "give `--assignee-principal-type`: `ServicePrincipal` for a managed identity",
            ),
            _ => continue,
        };
        found.push(Diagnostic { severity, ..slip_finding(&RULE, slip, message.to_owned(), help) });
    }
}
