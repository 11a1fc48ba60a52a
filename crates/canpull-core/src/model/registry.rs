//! Registry hosts: which are Azure Container Registries, which are public, which the node's provider serves.

use crate::model::keyring;

pub use crate::acr_host::{ACR_SUFFIXES, AcrHost, AcrHostKind, acr_host};

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
    ACR_SUFFIXES.iter().any(|suffix| {
        keyring::matches(&format!("*.{suffix}"), lookup_name)
            || keyring::matches(&format!("*.*.geo.{suffix}"), lookup_name)
    })
}

/// The host that was likely meant where the suffix is misspelt: `azureacr.io`, `azurecr.com`, or one slip away from a
/// suffix. A port is kept.
pub fn near_acr(host: &str) -> Option<String> {
    const SLIPS: [(&str, &str); 11] = [
        ("azureacr.io", "azurecr.io"),
        ("azurecr.com", "azurecr.io"),
        ("azurecr.net", "azurecr.io"),
        ("azurecr.azure.com", "azurecr.io"),
        ("azurecr.windows.net", "azurecr.io"),
        ("azurecontainerregistry.io", "azurecr.io"),
        ("azure-cr.io", "azurecr.io"),
        ("azcr.io", "azurecr.io"),
        ("azureacr.us", "azurecr.us"),
        ("azureacr.cn", "azurecr.cn"),
        ("azurecr.com.cn", "azurecr.cn"),
    ];
    if acr_host(host).is_some() {
        return None;
    }
    let (bare, port) = host.split_once(':').map_or((host, None), |(bare, port)| (bare, Some(port)));
    let (name, rest) = bare.split_once('.')?;
    let rest = rest.to_ascii_lowercase();
    let known = SLIPS.iter().find(|(slip, _)| *slip == rest).map(|(_, meant)| *meant);
    // Not by length alone: the comparison takes the product of both.
    let near =
        || (rest.len() <= 12).then(|| ACR_SUFFIXES.into_iter().find(|suffix| strsim::osa_distance(suffix, &rest) == 1));
    let meant = known.or_else(|| near().flatten())?;
    let is_name = name.len() >= 5 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| match port {
        Some(port) => format!("{name}.{meant}:{port}"),
        None => format!("{name}.{meant}"),
    })
}
