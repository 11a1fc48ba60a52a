//! A pull role that the registry's mode ignores.

use super::{Context, Rule, finding, registry_id, role_instead, shown};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::fact::azure::RegistryMode;
use crate::fact::grant::GrantOrigin;
use crate::model::azure::{Role, Setting};
use crate::model::role;
use crate::proof::review::{Miss, is_pull_role};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-ignored-by-registry-mode",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports AcrPull, AcrPush and `--attach-acr` on a registry in ABAC mode (`rbac-abac`), and repository roles on one in legacy
mode. Where no source tells the mode of a registry, it is legacy by default, and the finding a warning.

## Why it matters
A registry in ABAC mode looks at data actions only, and ignores AcrPull; one in legacy mode ignores the repository roles.
The assignment stands there to be seen, and every pull is answered with 401 or 403.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity --attach-acr contoso
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID
```

## How to fix
Grant Container Registry Repository Reader in ABAC mode, AcrPull in legacy mode.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for near in context.near_misses.iter().filter(|near| matches!(near.miss, Miss::IgnoredByMode)) {
        let Some(registry) = near.registry else { continue };
        let mode = registry.mode();
        if matches!(mode, Setting::Open(_)) {
            continue;
        }
        // The service's default.
        let decides = mode.known().unwrap_or(RegistryMode::Legacy);
        let fact = near.assignment.fact;
        let by = match (decides, mode.known()) {
            (RegistryMode::Legacy, Some(_)) => "is in legacy mode, which ignores repository roles: it lets nobody pull",
            (RegistryMode::Legacy, None) => {
                "may be in legacy mode, the default, which ignores repository roles: no source tells its mode"
            }
            (RegistryMode::Abac, _) => {
                "is in ABAC mode, which ignores AcrPull and every other role without data actions: it lets nobody pull"
            }
        };
        let what = match (fact.origin, &near.assignment.role) {
            (GrantOrigin::Attach, _) => "`--attach-acr` grants AcrPull, but".to_owned(),
            (_, Role::BuiltIn(role)) => format!("role `{}` is granted, but", role.name),
            _ => format!("role `{}` is granted, but", fact.role.written.text().unwrap_or("of that name")),
        };
        let wanted = role::to_grant(decides);
        let message = format!("{what} registry {} {by}", registry.label());
        let at = if fact.origin == GrantOrigin::Attach { fact.span } else { fact.role.written.span() };
        let mut diagnostic = finding(&RULE, at, message, &format!("grant `{wanted}` instead"));
        let told = mode.spans().iter().map(|&span| Annotation { span, message: "the registry's mode".to_owned() });
        diagnostic.related.extend(told);
        // A role for other things stays.
        diagnostic.fixes.extend(role_instead(fact, decides).filter(|_| is_pull_role(&near.assignment.role)));
        let scope = registry_id(Some(registry), None);
        diagnostic.fixes.push(shown(
            "grant the role that this mode heeds",
            format!("az role assignment create --assignee-object-id <object id> --assignee-principal-type ServicePrincipal --role \"{wanted}\" --scope {scope}"),
        ));
        diagnostic.severity = match mode {
            Setting::Unseen => Severity::Warning,
            _ => Context::severity_of(near),
        };
        diagnostic.pulls = context.pulls_from(Some(registry));
        found.push(diagnostic);
    }
}
