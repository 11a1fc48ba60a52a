//! A property that the command no longer prints.

use super::{Context, Rule, slip_finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::script::SlipKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "removed-cli-property",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/cli/azure/microsoft-graph-migration"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `--query objectId` and `--query …endDate` on service principals and applications (`az ad sp`, `az ad app`).

## Why it matters
Since version 2.37 they are called `id` and `endDateTime`. The query prints nothing, and what follows in the script runs with
an empty id.

## Wrong
```sh setup.sh
OBJECT_ID=$(az ad sp show --id 77777777-7777-7777-7777-777777777777 --query objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee-object-id $OBJECT_ID --assignee-principal-type ServicePrincipal --role AcrPull --scope $ACR_ID
```

## Right
```sh setup.sh
OBJECT_ID=$(az ad sp show --id 77777777-7777-7777-7777-777777777777 --query id --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee-object-id $OBJECT_ID --assignee-principal-type ServicePrincipal --role AcrPull --scope $ACR_ID
```

## How to fix
Ask for `id`, or `endDateTime`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for slip in context.slips() {
        let SlipKind::RemovedProperty { written, replacement } = &slip.kind else { continue };
        let message = format!(
            "`{written}` is printed no more: it is `{replacement}` since version 2.37, so this query prints nothing"
        );
        found.push(slip_finding(&RULE, slip, message, &format!("ask for `{replacement}`")));
    }
}
