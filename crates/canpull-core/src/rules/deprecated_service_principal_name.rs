//! A service principal named by a URL.

use super::{Context, Rule, slip_finding};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::fact::script::SlipKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "deprecated-service-principal-name",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/cli/azure/microsoft-graph-migration"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `http://…` as the name of a service principal.

## Why it matters
Such names no longer become identifiers: looking the service principal up by it fails, and what follows in the script runs
with an empty id.

## Wrong
```sh setup.sh
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az ad sp create-for-rbac --name http://contoso-pull --role acrpull --scopes $ACR_ID
```

## Right
```sh setup.sh
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az ad sp create-for-rbac --name contoso-pull --role acrpull --scopes $ACR_ID
```

## How to fix
Use a display name, and the `appId` wherever an id is asked for.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for slip in context.slips() {
        let SlipKind::ServicePrincipalUrl = &slip.kind else { continue };
        let message =
            "`http://` names of service principals are no identifiers any more: the look-up by it finds nothing"
                .to_owned();
        let help = "use a display name, and the `appId` where an id is asked for";
        let mut diagnostic = slip_finding(&RULE, slip, message, help);
        for fix in &mut diagnostic.fixes {
            // What looks it up elsewhere by the old name would no longer find it.
            fix.applicability = Applicability::Unsafe;
        }
        found.push(diagnostic);
    }
}
