//! A query that prints `msi` as the assignee.

use std::collections::BTreeSet;

use canpull_syntax::{Span, order};

use super::{Context, Rule, slip_finding};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::fact::azure::{ClusterIdentityKind, PrincipalAttribute, PrincipalRef};
use crate::fact::script::SlipKind;
use crate::proof::Truth;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "msi-client-id-as-assignee",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/aks/pre-created-kubelet-managed-identity"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `servicePrincipalProfile.clientId` of a cluster as the assignee of a role, unless the cluster is known to have a
service principal. An error where it is known to have managed identities.

## Why it matters
On a cluster with managed identities, the default since 2020, that query prints `msi`. The assignment fails, or what follows
runs without it.

## Wrong
```sh setup.sh
CLIENT_ID=$(az aks show --resource-group shop --name prod --query "servicePrincipalProfile.clientId" --output tsv)
ACR_ID=$(az acr show --name contoso --resource-group shop --query "id" --output tsv)
az role assignment create --assignee $CLIENT_ID --role acrpull --scope $ACR_ID
```

## Right
```sh setup.sh
KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)
ACR_ID=$(az acr show --name contoso --resource-group shop --query "id" --output tsv)
az role assignment create --assignee $KUBELET_ID --role acrpull --scope $ACR_ID
```

## How to fix
Ask for `identityProfile.kubeletidentity.objectId`.
"#;

/// The pulls that the grant to what is asked for here was meant for.
fn pulls_meant(context: &Context<'_>, asked: Span) -> Vec<usize> {
    let meant = context.near_misses.iter().filter(|near| {
        let PrincipalRef::Of { attribute, span, .. } = &near.assignment.fact.principal else { return false };
        *attribute == PrincipalAttribute::ClusterServicePrincipalClientId && span.file == asked.file
    });
    let pulls: BTreeSet<usize> = order::gather(meant.flat_map(|near| context.pulls_from(near.registry)));
    pulls.into_iter().collect()
}

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for slip in context.slips() {
        let SlipKind::MsiClientId { cluster } = &slip.kind else { continue };
        let mut known = context.model.azure.clusters.iter().filter(|own| own.place.is(cluster) == Truth::Yes);
        let kind = known.find_map(|own| own.identity_kind().known());
        if kind == Some(ClusterIdentityKind::ServicePrincipal) {
            continue;
        }
        let message = match kind {
            Some(_) => "this cluster has managed identities, so the query prints `msi`, which is nobody's id",
            None => "on a cluster with managed identities, the default, this query prints `msi`, which is nobody's id",
        };
        let help = "ask for `identityProfile.kubeletidentity.objectId`";
        let mut diagnostic = slip_finding(&RULE, slip, message.to_owned(), help);
        if kind.is_some() {
            diagnostic.severity = Severity::Error;
        } else {
            // Where the cluster has a service principal after all, another identity would be granted.
            diagnostic.fixes.iter_mut().for_each(|fix| fix.applicability = Applicability::Unsafe);
        }
        diagnostic.pulls = pulls_meant(context, slip.span);
        found.push(diagnostic);
    }
}
