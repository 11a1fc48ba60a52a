//! The pull role went to an identity that pulls nothing.

use super::{Context, Rule, finding, grant_fix, handed_on, puller_instead};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::fact::azure::{PrincipalAttribute, PrincipalRef};
use crate::fact::grant::GrantOrigin;
use crate::model::azure::PrincipalKind;
use crate::proof::review::Miss;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-role-on-wrong-identity",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/aks/pre-created-kubelet-managed-identity"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a pull role that is granted to a cluster's control-plane identity, to an add-on's, to the service principal that
the cluster had before, or to an identity made beside the cluster that is none of its, while the identity that pulls has
no such role. A warning where it is not the control plane's and other assignments may exist. Silent on an identity that anything else is given, such as a container app, a virtual machine or, by a
federated credential, a pod.

## Why it matters
Nodes pull with the kubelet identity, `identityProfile.kubeletidentity`. The control plane's identity never pulls. Every
pull is answered with 401 Unauthorized, though a role assignment for the cluster is there to be seen.

## Wrong
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic
az aks create --resource-group shop --name prod --enable-managed-identity
PRINCIPAL_ID=$(az aks show --resource-group shop --name prod --query identity.principalId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $PRINCIPAL_ID --role AcrPull --scope $ACR_ID
```

## Right
```sh setup.sh
az acr create --resource-group shop --name contoso --sku Basic
az aks create --resource-group shop --name prod --enable-managed-identity
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --query id --output tsv)
az role assignment create --assignee $KUBELET_ID --role AcrPull --scope $ACR_ID
```

## How to fix
Grant the role to `identityProfile.kubeletidentity.objectId`; in Terraform
`azurerm_kubernetes_cluster.<name>.kubelet_identity[0].object_id`.
"#;

/// Whether it is the client id that a cluster with managed identities shows as `msi`, asked for by a command.
fn asks_for_client_id(principal: &PrincipalRef) -> bool {
    matches!(principal, PrincipalRef::Of { attribute: PrincipalAttribute::ClusterServicePrincipalClientId, .. })
}

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let azure = &context.model.azure;
    for near in &context.near_misses {
        let Miss::WrongIdentity { cluster, principal } = &near.miss else { continue };
        let Some(principal) = azure.principals.get(*principal) else { continue };
        // `msi-client-id-as-assignee` tells of it, and where it is asked for.
        let fact = near.assignment.fact;
        if fact.origin == GrantOrigin::Command && asks_for_client_id(&fact.principal) {
            continue;
        }
        let why = match principal.kind {
            PrincipalKind::ControlPlane => "the control plane never pulls",
            PrincipalKind::AddOn => "add-ons never pull images for the nodes",
            PrincipalKind::ServicePrincipal | PrincipalKind::Kubelet => "the cluster has managed identities now",
            PrincipalKind::Identity | PrincipalKind::Owned | PrincipalKind::Unknown => {
                "it is not the one that the nodes pull with"
            }
        };
        let message = format!(
            "the pull role is granted to {}, but {why}: cluster {} pulls with its kubelet identity, which has no such role",
            principal.label,
            cluster.label()
        );
        let help = "grant it to `identityProfile.kubeletidentity.objectId` of the cluster";
        let mut diagnostic = finding(&RULE, near.assignment.fact.principal.span(), message, help);
        let cluster_at = cluster.spans().into_iter().next();
        diagnostic.related.extend(cluster_at.map(|span| Annotation { span, message: "the cluster".to_owned() }));
        diagnostic.related.extend(handed_on(fact));
        diagnostic.fixes.extend(puller_instead(fact));
        diagnostic.fixes.push(grant_fix(cluster, near.registry, None));
        diagnostic.pulls = context.pulls_from(near.registry);
        // Another than the control plane may have a use of its own for the role, unless the nodes' lack of one is known.
        let is_certain = principal.kind == PrincipalKind::ControlPlane || context.is_refused(&diagnostic.pulls);
        diagnostic.severity = if is_certain { Context::severity_of(near) } else { Severity::Warning };
        found.push(diagnostic);
    }
}
