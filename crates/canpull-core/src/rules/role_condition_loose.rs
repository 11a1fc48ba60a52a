//! A condition that says what its author will hardly have meant.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::RegistryMode;
use crate::model::azure::Role;
use crate::model::condition::{self, ConditionLintKind};
use crate::proof::review;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-condition-loose",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports conditions of role assignments on registries that let more through than they seem to, or nothing: a prefix without a
slash at its end, capitals that no repository name has, pulling left out of the actions, attributes other than
`@Request[…repositories:name]`, and any condition on a role without data actions, such as AcrPull.

## Why it matters
`StringStartsWith 'back'` lets `backend-infra/keys` through as well as `back/web`. A condition that does not name
`content/read` restricts everything but pulling.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID --condition-version 2.0 \
  --condition "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringStartsWithIgnoreCase 'back'))"
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID --condition-version 2.0 \
  --condition "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringStartsWithIgnoreCase 'back/'))"
```

## How to fix
End a prefix with a slash, write repository names in lower case, and name `content/read` among the actions.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for assignment in &context.model.azure.assignments {
        let fact = assignment.fact;
        let Some(text) = fact.condition.text().filter(|_| review::is_pull_role(&assignment.role)) else { continue };
        let at = fact.condition.span();
        if let Role::BuiltIn(role) = assignment.role
            && !role.pulls(RegistryMode::Abac)
        {
            let message = format!(
                "conditions are about data actions, of which role `{}` has none: what this one does is not documented",
                role.name
            );
            found.push(finding(
                &RULE,
                at,
                message,
                "leave the condition out, or grant a repository role on a registry in ABAC mode",
            ));
            continue;
        }
        if let Some(version) = fact.condition_version.text().filter(|version| *version != condition::VERSION) {
            let message = format!("version `{version}` of conditions knows no attributes");
            found.push(finding(&RULE, fact.condition_version.span(), message, "use version 2.0"));
        }
        let Ok(parsed) = condition::parse(text) else { continue };
        for lint in parsed.lints() {
            let (message, help) = match lint.kind {
                ConditionLintKind::PullNotCovered => (
                    "the condition does not name `content/read` among its actions: it restricts no pull",
                    "name `Microsoft.ContainerRegistry/registries/repositories/content/read`",
                ),
                ConditionLintKind::ResourceAttribute => (
                    "the condition asks for `@Resource`: registries are documented to tell a repository as `@Request`",
                    "ask for `@Request[Microsoft.ContainerRegistry/registries/repositories:name]`",
                ),
                ConditionLintKind::CapitalsNeverMatch => (
                    "repository names are in lower case: what the condition compares them with has capitals, and never matches",
                    "write it in lower case, or compare with `IgnoreCase`",
                ),
                ConditionLintKind::PrefixWithoutSlash => (
                    "a prefix without a slash at its end lets other repositories through that begin alike",
                    "end the prefix with `/`",
                ),
            };
            found.push(finding(&RULE, at, message.to_owned(), help));
        }
    }
}
