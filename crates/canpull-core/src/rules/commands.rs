//! Commands that mend what is wrong in Azure: shown, never run.

use crate::diagnostic::{Applicability, Change, Fix};
use crate::fact::azure::RegistryMode;
use crate::model::azure::{Cluster, Registry};
use crate::model::role;

/// The command that lets a cluster's kubelets pull from a registry, with the real values where the sources tell them.
pub(super) fn grant_fix(cluster: &Cluster<'_>, registry: Option<&Registry<'_>>, host: Option<&str>) -> Fix {
    let mode = registry.and_then(|registry| registry.mode().known()).unwrap_or(RegistryMode::Legacy);
    let assignee = object_id(cluster);
    let scope = registry_id(registry, host);
    let role = role::to_grant(mode);
    shown(
        "grant the pull role to the identity that pulls",
        format!(
            "az role assignment create --assignee-object-id {assignee} --assignee-principal-type ServicePrincipal --role \"{role}\" --scope {scope}"
        ),
    )
}

/// A command to be read and run by a person.
pub(super) fn shown(title: &str, command: String) -> Fix {
    Fix { title: title.to_owned(), applicability: Applicability::DisplayOnly, change: Change::Command(command) }
}

/// The kubelet identity's object id, or the command that tells it.
fn object_id(cluster: &Cluster<'_>) -> String {
    let told = cluster.facts.iter().find_map(|fact| fact.kubelet.object_id.text());
    told.map_or_else(
        || {
            let name = cluster.place.name.as_deref().map_or_else(|| "<cluster>".into(), word);
            let group = cluster.place.group.as_deref().map_or_else(|| "<resource group>".into(), word);
            let query = "identityProfile.kubeletidentity.objectId";
            format!("\"$(az aks show --resource-group {group} --name {name} --query {query} --output tsv)\"")
        },
        word,
    )
}

/// A registry's id, or the command that tells it.
pub(super) fn registry_id(registry: Option<&Registry<'_>>, host: Option<&str>) -> String {
    if let Some(id) = registry.and_then(|registry| registry.place.id.as_deref()) {
        return word(id);
    }
    let by_host = host.and_then(|host| host.split('.').next());
    let name = registry
        .and_then(|registry| registry.place.name.as_deref())
        .or(by_host)
        .map_or_else(|| "<registry>".into(), word);
    format!("\"$(az acr show --name {name} --query id --output tsv)\"")
}

/// A value of the sources as one word of a shell: what it holds runs nothing.
fn word(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}
