//! A registry that answers on no address that the nodes can reach.

use std::collections::BTreeMap;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::azure::Statement;
use crate::model::azure::{Registry, Setting};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "registry-unreachable",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some(
        "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cannot-pull-image-from-acr-to-aks-cluster",
    ),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports a registry that is shown to have public access switched off, or network rules that let no address in, and no approved
private endpoint, and a cluster whose nodes ask a proxy for a registry without public access: its `noProxy` leaves the login
server out.

## Why it matters
Whoever is allowed to pull cannot reach it: the pull fails with 403 Forbidden or a timeout, which looks like a missing role.
A private endpoint is in the nodes' network, and a proxy is often outside of it.

## Wrong
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "publicNetworkAccess": "Disabled",
  "privateEndpointConnections": []
}
```

## Right
```json registry.json
{
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso",
  "name": "contoso",
  "type": "Microsoft.ContainerRegistry/registries",
  "loginServer": "contoso.azurecr.io",
  "publicNetworkAccess": "Enabled",
  "privateEndpointConnections": []
}
```

## How to fix
Give the registry a private endpoint in the nodes' network, with its private DNS zone linked there, or switch public access on.
Name the login server and the data endpoints in the cluster's `noProxy`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for registry in &context.model.azure.registries {
        let (spans, has) = match (registry.public_network(), registry.lets_in()) {
            (Setting::Known(false, spans), _) => (spans, "has no public access"),
            (_, Setting::Known(false, spans)) => (spans, "lets in no public address"),
            _ => continue,
        };
        // Only what is read from Azure lists all private endpoints that there are.
        let shown = registry.facts.iter().any(|fact| fact.statement == Statement::Shows);
        if shown && !context.model.azure.has_private_endpoint(registry) {
            let message =
                format!("registry {} {has} and has no approved private endpoint: no node reaches it", registry.label());
            let help = "give it a private endpoint in the nodes' network, or switch public access on";
            found.extend(spans.first().map(|&span| finding(&RULE, span, message, help)));
        }
    }
    by_proxy(context, found);
}

/// Clusters whose nodes ask a proxy for a registry that has private endpoints only.
fn by_proxy(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // Of several clusters no source tells which one pulls.
    let [cluster] = context.model.azure.clusters.as_slice() else { return };
    let Setting::Known(direct, spans) = cluster.no_proxy() else { return };
    let Some(&span) = spans.first() else { return };
    let private = |registry: &Registry<'_>| registry.public_network().known() == Some(false);
    let mut pulls_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, _, image, _) in context.pulls() {
        let host = image.parsed().map(|reference| reference.registry.as_str());
        if let Some(host) = host.filter(|host| context.registry_at(host).is_some_and(|(_, own)| private(own))) {
            pulls_of.entry(host).or_default().push(index);
        }
    }
    for (host, pulls) in pulls_of.into_iter().filter(|(host, _)| !direct.iter().any(|entry| covers(entry, host))) {
        let message = format!(
            "the nodes of cluster {} ask a proxy for `{host}`, which has no public access: it may not reach the registry",
            cluster.label()
        );
        let help = format!("name `{host}` and the registry's data endpoints in the cluster's `noProxy`");
        found.push(Diagnostic { pulls, ..finding(&RULE, span, message, &help) });
    }
}

/// Whether an entry of `noProxy` is for a host: its own, or one that ends in it at a dot.
fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.trim().trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(entry.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || entry.is_empty())
}
