//! What would settle an open proof: the commands that print what the sources leave out.

use crate::model::registry::acr_host;
use crate::proof::{Claim, Route, RouteKind, Truth};

/// The one command that would settle an open link of the nodes' access to a registry. `cluster` as in [`commands`].
pub fn settling(open: &Claim, host: &str, cluster: Option<(&str, &str)>) -> String {
    match open {
        Claim::IdentityPulls => cluster_shown(cluster),
        Claim::RegistryKnown | Claim::ModeKnown => registry_shown(host),
        _ => role_assignments(host),
    }
}

fn cluster_shown(cluster: Option<(&str, &str)>) -> String {
    let (name, group) = cluster.unwrap_or(("<cluster>", "<resource group>"));
    format!("az aks show --resource-group {group} --name {name} --output json")
}

fn registry_shown(host: &str) -> String {
    format!("az acr show --name {} --output json", registry_name(host))
}

/// The command that prints every role assignment that reaches a registry.
fn role_assignments(host: &str) -> String {
    format!("az role assignment list --scope {} --include-inherited --output json", registry_id(host))
}

fn registry_id(host: &str) -> String {
    format!("$(az acr show --name {} --query id --output tsv)", registry_name(host))
}

fn registry_name(host: &str) -> &str {
    acr_host(host).map_or("<registry>", |acr| acr.name_and_label().0)
}

/// The commands that print what the proof of a pull from an ACR host lacks, each with the file to keep its output in. In a
/// script beside these files, they also tell that the listing is whole. Empty where nothing is open.
///
/// `cluster` is the name and the resource group of the only cluster that the sources tell of, where there is one.
pub fn commands(
    verdict: Truth,
    routes: &[Route],
    host: &str,
    cluster: Option<(&str, &str)>,
) -> Vec<(String, &'static str)> {
    let open =
        |kind: RouteKind| routes.iter().filter(|route| route.kind == kind).any(|route| route.truth() == Truth::Unknown);
    if acr_host(host).is_none() || verdict != Truth::Unknown || !open(RouteKind::NodeIdentity) {
        return Vec::new();
    }
    let name = registry_name(host);
    let mut commands = vec![
        (cluster_shown(cluster), "cluster.json"),
        (registry_shown(host), "registry.json"),
        (role_assignments(host), "roles.json"),
    ];
    let mut links = routes.iter().flat_map(|route| &route.links);
    if links.any(|link| link.claim == Claim::CredentialGood && link.assumed) {
        commands.push((format!("az acr token list --registry {name} --output json"), "tokens.json"));
        commands.push((format!("az acr scope-map list --registry {name} --output json"), "scope-maps.json"));
    }
    commands
}
