//! Registry hosts: which are Azure Container Registries, which are public, which the node's provider serves.

use crate::model::keyring;

/// What kind of host of a registry it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcrHostKind {
    /// `<name>.azurecr.io`, or `<name>-<hash>.azurecr.io` with a domain name label: the login server.
    LoginServer,
    /// `<name>.<region>.geo.azurecr.io`: a regional endpoint.
    Regional,
    /// `<name>.<region>.data.azurecr.io`: only ever a redirect's target.
    Data,
    /// `<name>.privatelink.azurecr.io`: only a DNS alias.
    PrivateLink,
    /// Any other host below the suffix.
    Other,
}

/// A host below one of the suffixes of Azure Container Registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcrHost<'h> {
    /// The first label.
    pub name: &'h str,
    /// `azurecr.io`, `.us`, `.cn` or `.de`.
    pub suffix: &'static str,
    /// What it is.
    pub kind: AcrHostKind,
}

/// The suffixes of all clouds.
pub const ACR_SUFFIXES: [&str; 4] = ["azurecr.io", "azurecr.us", "azurecr.cn", "azurecr.de"];

/// Reads a host as an ACR host: suffixes are anchored at a dot, a port plays no part.
pub fn acr_host(host: &str) -> Option<AcrHost<'_>> {
    let bare = host.split(':').next().unwrap_or(host);
    let (suffix, below) = ACR_SUFFIXES.iter().find_map(|suffix| {
        let at = bare.len().checked_sub(suffix.len())?;
        let (below, end) = bare.split_at_checked(at)?;
        (end.eq_ignore_ascii_case(suffix)).then_some((*suffix, below.strip_suffix('.')?))
    })?;
    let labels: Vec<&str> = below.split('.').collect();
    let kind = match labels.as_slice() {
        [_] => AcrHostKind::LoginServer,
        [_, "privatelink"] => AcrHostKind::PrivateLink,
        [_, _, "geo"] => AcrHostKind::Regional,
        [_, _, "data"] => AcrHostKind::Data,
        _ => AcrHostKind::Other,
    };
    let name = labels.first().copied().filter(|name| !name.is_empty())?;
    Some(AcrHost { name, suffix, kind })
}

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

/// The host that was likely meant where the suffix is misspelt: `azureacr.io`, `azurecr.com`.
pub fn near_acr(host: &str) -> Option<String> {
    const SLIPS: [&str; 9] = [
        "azureacr.io",
        "azurecr.com",
        "azurecr.net",
        "azurecr.oi",
        "azurcr.io",
        "azurecr.i",
        "azuercr.io",
        "azure-cr.io",
        "azurecr.azure.com",
    ];
    let (name, rest) = host.split_once('.')?;
    (!name.is_empty() && SLIPS.contains(&rest)).then(|| format!("{name}.azurecr.io"))
}
