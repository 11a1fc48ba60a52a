//! The kubelet's keyring: from a docker config's keys to the credentials that it offers for an image.

/// The index key of a docker config key, as `BasicDockerKeyring.Add` makes it: host and path, without scheme and
/// without a leading `/v1/` or `/v2/`. The error is that of Go's URL parser; the kubelet skips such an entry.
pub fn index_key(registry_key: &str) -> Result<String, String> {
    let has_scheme = registry_key.starts_with("https://") || registry_key.starts_with("http://");
    let rest = if has_scheme { registry_key.split_once("://").map_or("", |(_, rest)| rest) } else { registry_key };
    let (host, path) = parse_url(rest)?;
    let mut path = path.as_str();
    if path.starts_with("/v1/") || path.starts_with("/v2/") {
        path = path.get(3..).unwrap_or_default();
    }
    Ok(if path.is_empty() || path == "/" { host } else { host + path })
}

/// What follows `https://`, split into host and decoded path as Go's `url.Parse` does.
fn parse_url(rest: &str) -> Result<(String, String), String> {
    if rest.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("invalid control character in URL".to_owned());
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    check_host(host)?;
    Ok((host.to_owned(), unescape(path)?))
}

fn check_host(host: &str) -> Result<(), String> {
    let after_literal = match host.strip_prefix('[') {
        Some(inner) => {
            let Some((_, after)) = inner.rsplit_once(']') else { return Err("missing ']' in host".to_owned()) };
            after
        }
        None => host,
    };
    if let Some(bad) = after_literal.chars().find(|c| " \\^`{}|%".contains(*c)) {
        return Err(format!("invalid character {bad:?} in host name"));
    }
    if after_literal.contains('[') {
        return Err("invalid character '[' in host name".to_owned());
    }
    match after_literal.split_once(':') {
        Some((before, port)) if host.starts_with('[') && !before.is_empty() => Err(format!("invalid port {port:?}")),
        Some((_, port)) if !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("invalid port {:?} after host", format!(":{port}")))
        }
        _ => Ok(()),
    }
}

fn unescape(path: &str) -> Result<String, String> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let hex = path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            decoded.push(hex.ok_or("invalid URL escape")?);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

/// `URLsMatch`: whether an index key covers `host/path`.
pub fn matches(index_key: &str, lookup_name: &str) -> bool {
    let (Ok((key_host, key_path)), Ok((host, path))) = (parse_url(index_key), parse_url(lookup_name)) else {
        return false;
    };
    let (key_name, key_port) = split_port(&key_host);
    let (name, port) = split_port(&host);
    if key_port != port || !path.starts_with(&key_path) {
        return false;
    }
    let (key_labels, labels) = (key_name.split('.'), name.split('.'));
    key_labels.clone().count() == labels.clone().count()
        && key_labels.zip(labels).all(|(key, label)| label_matches(key, label))
}

/// Host and port; an IPv6 literal without a port keeps its brackets, which then read as a character class.
fn split_port(host: &str) -> (&str, &str) {
    if let Some(rest) = host.strip_prefix('[')
        && let Some((inner, after)) = rest.rsplit_once(']')
    {
        return match after.strip_prefix(':') {
            Some(port) => (inner, port),
            None => (host, ""),
        };
    }
    host.rsplit_once(':').unwrap_or((host, ""))
}

/// `filepath.Match` for one label, of which only `*` can reach this place. A bracket is a class that no host fits.
fn label_matches(pattern: &str, label: &str) -> bool {
    if pattern.contains(['[', ']']) {
        return false;
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = label.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The entries that the kubelet tries for an image, in its order: index keys bytewise descending; for Docker Hub the
/// entry `index.docker.io` where none matches. Keys that did not parse are `None`.
pub fn lookup(keys: &[Option<&str>], lookup_name: &str) -> Vec<usize> {
    let mut found: Vec<(usize, &str)> = keys
        .iter()
        .enumerate()
        .filter_map(|(at, key)| key.filter(|key| matches(key, lookup_name)).map(|key| (at, key)))
        .collect();
    if found.is_empty() && is_docker_hub(lookup_name) {
        let hub = keys
            .iter()
            .enumerate()
            .filter_map(|(at, key)| key.filter(|key| *key == "index.docker.io").map(|key| (at, key)));
        found.extend(hub);
    }
    found.sort_by(|(_, a), (_, b)| b.cmp(a));
    found.into_iter().map(|(at, _)| at).collect()
}

/// `isDefaultRegistryMatch`: the first component names Docker Hub, or no registry at all.
fn is_docker_hub(lookup_name: &str) -> bool {
    if lookup_name.is_empty() {
        return false;
    }
    let first = lookup_name.split('/').next().unwrap_or_default();
    matches!(first, "docker.io" | "index.docker.io") || !first.contains(['.', ':'])
}
