//! The shapes of Azure Container Registry hosts, in all clouds.

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
    /// The port, where one is written.
    pub port: Option<&'h str>,
}

impl<'h> AcrHost<'h> {
    /// The registry's name and the hash of its domain name label, if it has one: a name holds no dash.
    pub fn name_and_label(&self) -> (&'h str, Option<&'h str>) {
        match self.name.split_once('-') {
            Some((name, label)) => (name, Some(label)),
            None => (self.name, None),
        }
    }
}

/// The suffixes of all clouds.
pub const ACR_SUFFIXES: [&str; 4] = ["azurecr.io", "azurecr.us", "azurecr.cn", "azurecr.de"];

/// The suffix of a cloud, as `az` and PowerShell, or Terraform, call it.
pub(crate) fn suffix_of_cloud(cloud: &str) -> Option<&'static str> {
    Some(match cloud.to_ascii_lowercase().as_str() {
        "azurecloud" | "public" | "global" => "azurecr.io",
        "azureusgovernment" | "usgovernment" | "usgovernmentl4" | "usgovernmentl5" | "dod" => "azurecr.us",
        "azurechinacloud" | "china" => "azurecr.cn",
        "azuregermancloud" | "german" => "azurecr.de",
        _ => return None,
    })
}

/// Reads a host as an ACR host: suffixes are anchored at a dot, whatever the case of letters; a port is kept apart.
pub fn acr_host(host: &str) -> Option<AcrHost<'_>> {
    let (bare, port) = host.split_once(':').map_or((host, None), |(bare, port)| (bare, Some(port)));
    let (suffix, below) = ACR_SUFFIXES.iter().find_map(|suffix| {
        let at = bare.len().checked_sub(suffix.len())?;
        let (below, end) = bare.split_at_checked(at)?;
        (end.eq_ignore_ascii_case(suffix)).then_some((*suffix, below.strip_suffix('.')?))
    })?;
    // Four labels are enough to know a host of another shape.
    let labels: Vec<&str> = below.splitn(4, '.').collect();
    let kind = match labels.as_slice() {
        [_] => AcrHostKind::LoginServer,
        [_, "privatelink"] => AcrHostKind::PrivateLink,
        [_, _, "geo"] => AcrHostKind::Regional,
        [_, _, "data"] => AcrHostKind::Data,
        _ => AcrHostKind::Other,
    };
    let name = labels.first().copied().filter(|name| !name.is_empty())?;
    Some(AcrHost { name, suffix, kind, port })
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
