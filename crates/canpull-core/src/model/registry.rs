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

/// Whether nodes of an image (`AKSUbuntu-2204gen2containerd-202601.10.0`) are from before their credential provider was asked
/// for regional endpoints: 202607.29.
pub fn lacks_regional_endpoints(image: &str) -> bool {
    let version = image.rsplit('-').next().unwrap_or(image);
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(month)), Some(Ok(day))) if month > 200_000 => (month, day) < (202_607, 29),
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
