//! Image references, parsed as the kubelet parses them (`distribution/reference`).

use std::fmt;

/// A parsed, normalised image reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImageReference {
    /// Host with port, such as `docker.io` or `myacr.azurecr.io:443`.
    pub registry: String,
    /// Path without tag and digest, such as `library/nginx`.
    pub repository: String,
    /// The tag; `latest` where neither tag nor digest is written.
    pub tag: Option<String>,
    /// The digest, with its algorithm.
    pub digest: Option<String>,
}

const INVALID: &str = "invalid reference format";

impl ImageReference {
    /// Parses and normalises as the kubelet does (`ParseNormalizedNamed`, then the default tag); the error is its own.
    pub fn parse(image: &str) -> Result<Self, String> {
        if image.len() == 64 && image.bytes().all(is_lower_hex) {
            return Err(format!("invalid repository name ({image}), cannot specify 64-byte hexadecimal strings"));
        }
        let (domain, rest) = split_domain(image);
        let path_end = rest.find(':').unwrap_or(rest.len());
        let path = rest.get(..path_end).unwrap_or_default();
        if path.chars().any(is_upper) {
            return Err(format!("{INVALID}: repository name ({path}) must be lowercase"));
        }
        let full = format!("{domain}/{rest}");
        parse_full(&full).map_err(|error| {
            // A host that is neither a domain nor, for its capitals, a path.
            if error == INVALID && parse_full(&full.to_lowercase()).is_ok_and(|lower| lower.registry.is_empty()) {
                "repository name must be lowercase".to_owned()
            } else {
                error
            }
        })
    }

    /// The name that credentials are looked up by: registry and repository.
    pub fn lookup_name(&self) -> String {
        if self.registry.is_empty() {
            self.repository.clone()
        } else {
            format!("{}/{}", self.registry, self.repository)
        }
    }

    /// The pull policy that the API server writes where none is given: `Always` for `latest`, else `IfNotPresent`.
    pub fn default_pull_policy(&self) -> &'static str {
        if self.tag.as_deref() == Some("latest") { "Always" } else { "IfNotPresent" }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lookup_name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// Whether Go's `strings.ToLower` would change it.
fn is_upper(c: char) -> bool {
    !c.to_lowercase().eq([c])
}

/// `splitDockerDomain`: the registry and the rest, `docker.io` and `library/` filled in.
fn split_domain(image: &str) -> (String, String) {
    let is_domain = |left: &str| left == "localhost" || left.contains(['.', ':']) || left.chars().any(is_upper);
    let (domain, rest) = match image.split_once('/') {
        Some((left, rest)) if is_domain(left) => (if left == "index.docker.io" { "docker.io" } else { left }, rest),
        _ => ("docker.io", image),
    };
    if domain == "docker.io" && !rest.contains('/') {
        return (domain.to_owned(), format!("library/{rest}"));
    }
    (domain.to_owned(), rest.to_owned())
}

/// The grammar over the whole string: the split above does not decide where the domain ends.
fn parse_full(text: &str) -> Result<ImageReference, String> {
    let invalid = || INVALID.to_owned();
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let after_slash = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest.get(after_slash..).and_then(|last| last.find(':')).map(|at| after_slash + at);
    let (name, tag) = match colon {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
        None => (rest, None),
    };
    if !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest_shape) {
        return Err(invalid());
    }
    let (registry, repository) = match name.split_once('/') {
        Some((domain, path)) if is_domain(domain) && is_path(path) => (domain, path),
        // A host with `_` is no domain, but the whole still is a path: the reference has no registry.
        _ if is_path(name) => ("", name),
        _ => return Err(invalid()),
    };
    if repository.len() > 255 {
        return Err("repository name must not be more than 255 characters".to_owned());
    }
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
    Ok(ImageReference {
        registry: registry.to_owned(),
        repository: repository.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = if domain.starts_with('[') {
        let Some(end) = domain.find(']') else { return false };
        let (host, rest) = domain.split_at(end + 1);
        let inner = host.get(1..end).unwrap_or_default();
        let hex = !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        if !hex {
            return false;
        }
        match rest.strip_prefix(':') {
            Some(port) => ("", Some(port)),
            None if rest.is_empty() => ("", None),
            None => return false,
        }
    } else {
        match domain.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (domain, None),
        }
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let bracketed = domain.starts_with('[');
    (bracketed || host.split('.').all(is_host_label)) && port.is_none_or(is_port)
}

fn is_host_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_path(path: &str) -> bool {
    path.split('/').all(is_path_component)
}

/// Runs of `[a-z0-9]` joined by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    let bytes = component.as_bytes();
    if !bytes.first().copied().is_some_and(is_word) || !bytes.last().copied().is_some_and(is_word) {
        return false;
    }
    component
        .split(|c: char| c.is_ascii_digit() || c.is_ascii_lowercase())
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// `algorithm:hex` with at least 32 hex digits: what the grammar asks for.
fn is_digest_shape(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_part = |part: &str| {
        part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['+', '.', '-', '_']).all(is_part)
        && hex.len() >= 32
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_digest(digest: &str) -> Result<(), String> {
    let (algorithm, hex) = digest.split_once(':').unwrap_or_default();
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ if algorithm.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            return Err("invalid checksum digest format".to_owned());
        }
        _ => return Err("unsupported digest algorithm".to_owned()),
    };
    if hex.len() != length {
        return Err("invalid checksum digest length".to_owned());
    }
    if !hex.bytes().all(is_lower_hex) {
        return Err("invalid checksum digest format".to_owned());
    }
    Ok(())
}
