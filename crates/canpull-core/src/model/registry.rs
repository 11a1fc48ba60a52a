//! Registry hosts: which are Azure Container Registries, which are public, which the node's provider serves.

use crate::model::keyring;

pub use crate::acr_host::{ACR_SUFFIXES, AcrHost, AcrHostKind, acr_host, near_acr};

/// Registries whose images everyone may pull.
pub fn known_public(host: &str, repository: &str) -> bool {
    match host {
        "mcr.microsoft.com" | "registry.k8s.io" | "public.ecr.aws" => true,
        "docker.io" => repository.starts_with("library/"),
        _ => false,
    }
}

/// Whether the node's credential provider for ACR is asked for this image: its `matchImages` on current AKS nodes.
pub fn node_provider_serves(lookup_name: &str) -> bool {
    ACR_SUFFIXES.iter().filter(|suffix| lookup_name.contains(**suffix)).any(|suffix| {
        keyring::matches(&format!("*.{suffix}"), lookup_name)
            || keyring::matches(&format!("*.*.geo.{suffix}"), lookup_name)
    })
}
