//! A pull role granted without a scope.

use super::{Context, Rule, edit, finding};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::fact::grant::GrantOrigin;
use crate::proof::review;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-scope-missing",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role that is granted without saying where.

## Why it matters
`az role assignment create` refuses to run without `--scope` (older versions granted it for the whole subscription); a
template grants it for the resource group that it is deployed to, which need not be the registry's.

## Wrong
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull
```

## Right
```sh setup.sh
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $ACR_ID
```

## How to fix
Give the registry's id as the scope.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in context.model.azure.assignments.iter().filter(|own| review::is_pull_role(&own.role)) {
        let fact = assignment.fact;
        if !fact.scope.is_absent() || matches!(fact.origin, GrantOrigin::Listed | GrantOrigin::Attach) {
            continue;
        }
        let message = match fact.origin {
            GrantOrigin::Resource => {
                "the pull role is granted without a scope: it counts for the resource group of the deployment"
            }
            _ => "the pull role is granted without a scope, which the command refuses",
        };
        let mut diagnostic =
            finding(&RULE, fact.scope.span(), message.to_owned(), "give the registry's id as the scope");
        let fix = fact.with_scope.as_ref();
        diagnostic
            .fixes
            .extend(fix.map(|(span, text)| edit("grant it on the registry alone", Applicability::Unsafe, *span, text)));
        found.push(diagnostic);
    }
}
