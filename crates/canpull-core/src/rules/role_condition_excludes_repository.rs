//! A condition that does not let the repository through.

use std::collections::BTreeMap;

use super::{Context, Rule, finding, refuses_nodes};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::proof::Truth;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "role-condition-excludes-repository",
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
Reports a role assignment whose condition does not let through a repository that the cluster pulls, where nothing else does. An error
where the sources hold all assignments, so that no other lets it through.

## Why it matters
The role is there, at the right scope, for the right identity; the registry still answers 401 or 403 for this repository.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID --condition-version 2.0 \
  --condition "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase 'backend'))"
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/frontend:1
```

Reported beside it: `pull-unproven`.

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode rbac-abac
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role "Container Registry Repository Reader" --scope $ACR_ID --condition-version 2.0 \
  --condition "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase 'frontend'))"
```
```yaml web.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/frontend:1
```

## How to fix
Let the condition name the repository, or grant the role without a condition.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_repository: BTreeMap<_, Diagnostic> = BTreeMap::new();
    for (index, proof, image, _) in context.pulls() {
        let Some(reference) = image.parsed() else { continue };
        let Some((registry, _)) = context.registry_at(&reference.registry) else { continue };
        let Some(fact) = context.review.excluded_by_condition(registry, &reference.repository) else {
            continue;
        };
        if proof.verdict() == Truth::Yes {
            continue;
        }
        let key = (fact.span, reference.repository.as_str());
        let diagnostic = by_repository.entry(key).or_insert_with(|| {
            let message = format!(
                "the condition of this role assignment does not let repository `{}` through",
                reference.repository
            );
            let help = "let the condition name the repository, or grant the role without a condition";
            let mut diagnostic = finding(&RULE, fact.condition.span(), message, help);
            diagnostic.severity = Severity::Warning;
            diagnostic.related.push(Annotation { span: image.span, message: "pulled from here".to_owned() });
            diagnostic
        });
        if refuses_nodes(proof) {
            diagnostic.severity = Severity::Error;
        }
        diagnostic.pulls.push(index);
    }
    found.extend(by_repository.into_values());
}
