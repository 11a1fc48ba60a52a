//! Registry hosts as images name them: what is written of another shape would match none.

use super::{Config, Declared, Errors};

/// Reports hosts that no image can have.
pub(super) fn check(config: &Config, errors: &mut Errors<'_>) {
    let attached = config.clusters.iter().flat_map(|cluster| &cluster.attached);
    for host in attached.chain(config.registries.iter().map(|registry| &registry.host)) {
        if let Some(message) = fault(host) {
            errors.add(host.span.range, message);
        }
    }
}

/// The host of an attached registry, which may be called by its name in Azure as `az aks update --attach-acr` calls it.
pub(super) fn of_attached(written: String) -> String {
    if is_registry_name(&written) { login_server(&written) } else { written }
}

fn login_server(name: &str) -> String {
    format!("{}.azurecr.io", name.to_ascii_lowercase())
}

/// What is wrong with a host, and what to write instead. What was written is not repeated: it may hold a password.
fn fault(host: &Declared<String>) -> Option<String> {
    let written = host.value.as_str();
    let behind_scheme = written.split_once("://").map_or(written, |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let bare = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if bare.contains('*') {
        return Some("a registry's host is no pattern: name each registry, such as `contoso.azurecr.io`".to_owned());
    }
    if !is_host(bare) {
        let shape = "this is no registry's host as images name it";
        return Some(if is_registry_name(bare) {
            format!("{shape}; write `{}` for the Azure Container Registry", login_server(bare))
        } else {
            format!("{shape}, such as `contoso.azurecr.io`")
        });
    }
    if bare.eq_ignore_ascii_case("index.docker.io") {
        return Some("images of Docker Hub are looked up at another host; write `docker.io`".to_owned());
    }
    (bare != written).then(|| format!("a registry's host stands alone, without scheme and path; write `{bare}`"))
}

/// Whether the first part of an image's name is taken for a host where it reads so: it needs a dot or a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |inner: &str| inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let named = || host.split('.').all(is_label) && (port.is_some() || host.contains('.') || host == "localhost");
    port.is_none_or(is_port) && address.map_or_else(named, is_address)
}

fn is_label(label: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inside)
}

/// Whether a registry of Azure may have this name.
fn is_registry_name(text: &str) -> bool {
    text != "localhost" && (5..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
