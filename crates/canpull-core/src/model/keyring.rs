//! The kubelet's keyring: from a docker config's keys to the credentials that it offers for an image.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use canpull_syntax::order;

/// The index key of a docker config key, as `BasicDockerKeyring.Add` makes it: host and path, without scheme and
/// without a leading `/v1/` or `/v2/`. The error is that of Go's `url.Parse`; the kubelet skips such an entry. What
/// stands before an `@` may be a password and is left out of the error.
pub fn index_key(registry_key: &str) -> Result<String, String> {
    let has_scheme = registry_key.starts_with("https://") || registry_key.starts_with("http://");
    let rest = if has_scheme { registry_key.split_once("://").map_or("", |(_, rest)| rest) } else { registry_key };
    let url = Url::parse(rest).map_err(|reason| {
        let scheme = if registry_key.starts_with("http://") { "http://" } else { "https://" };
        match rest.rsplit_once('@') {
            Some((_, after)) => {
                format!("parse {}: {}", quote(&format!("{scheme}***@{after}")), reason.without_detail())
            }
            None => format!("parse {}: {reason}", quote(&format!("{scheme}{rest}"))),
        }
    })?;
    let mut path = url.path.as_str();
    if path.starts_with("/v1/") || path.starts_with("/v2/") {
        path = path.get(3..).unwrap_or_default();
    }
    Ok(if path.is_empty() || path == "/" { url.host } else { url.host + path })
}

/// A docker config key fit to be shown: `https://user:password@host` without what stands before the `@`.
pub fn shown(registry_key: &str) -> String {
    match registry_key.rsplit_once('@') {
        Some((_, after)) => format!("***@{after}"),
        None => registry_key.to_owned(),
    }
}

/// What Go's `url.Parse` keeps of `https://…`: the host in its own case, and the decoded path.
struct Url {
    host: String,
    path: String,
}

/// Why Go's URL parser refuses a text.
enum UrlError {
    ControlCharacter,
    Escape(String),
    HostCharacter(char),
    Userinfo,
    IpLiteral,
    MissingBracket,
    Port(String),
    Address(String),
}

impl UrlError {
    /// The kind of error alone: its detail may be part of a password.
    const fn without_detail(&self) -> &'static str {
        match self {
            Self::ControlCharacter => "net/url: invalid control character in URL",
            Self::Escape(_) => "invalid URL escape",
            Self::HostCharacter(_) => "invalid character in host name",
            Self::Userinfo => "net/url: invalid userinfo",
            Self::IpLiteral => "invalid IP-literal",
            Self::MissingBracket => "missing ']' in host",
            Self::Port(_) => "invalid port after host",
            Self::Address(_) => "invalid host",
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escape(escape) => write!(f, "invalid URL escape {}", quote(escape)),
            Self::HostCharacter(bad) => write!(f, "invalid character {} in host name", quote(&bad.to_string())),
            Self::Port(port) => write!(f, "invalid port {} after host", quote(port)),
            Self::Address(address) => write!(f, "invalid host: ParseAddr({}): unable to parse IP", quote(address)),
            other => f.write_str(other.without_detail()),
        }
    }
}

impl Url {
    /// Reads what follows `https://`.
    fn parse(rest: &str) -> Result<Self, UrlError> {
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        if rest.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err(UrlError::ControlCharacter);
        }
        let rest = rest.split('?').next().unwrap_or_default();
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let host = parse_host(host)?;
        check_userinfo(userinfo)?;
        let path = unescape(path, Part::Other)?;
        unescape(fragment, Part::Other)?;
        Ok(Self { host, path })
    }

    /// `URLsMatch`: whether this key covers the image.
    fn covers(&self, image: &Self) -> bool {
        let (key_name, key_port) = split_port(&self.host);
        let (name, port) = split_port(&image.host);
        if key_port != port || !image.path.starts_with(&self.path) {
            return false;
        }
        let (key_labels, labels) = (key_name.split('.'), name.split('.'));
        key_labels.clone().count() == labels.clone().count()
            && key_labels.zip(labels).all(|(key, label)| label_matches(key, label))
    }
}

fn parse_host(host: &str) -> Result<String, UrlError> {
    match host.rfind('[') {
        Some(0) => parse_ip_literal(host),
        Some(_) => Err(UrlError::IpLiteral),
        None => {
            if let Some(at) = host.find(':') {
                check_port(host.get(at..).unwrap_or_default())?;
            }
            unescape(host, Part::Host)
        }
    }
}

fn parse_ip_literal(host: &str) -> Result<String, UrlError> {
    let inner = host.get(1..).unwrap_or_default();
    let (inner, port) = inner.rsplit_once(']').ok_or(UrlError::MissingBracket)?;
    check_port(port)?;
    let address = match inner.find("%25") {
        Some(at) => {
            let (address, zone) = inner.split_at(at);
            unescape(address, Part::Host)? + &unescape(zone, Part::Zone)?
        }
        None => unescape(inner, Part::Host)?,
    };
    let (number, zone) =
        address.split_once('%').map_or((address.as_str(), None), |(number, zone)| (number, Some(zone)));
    if number.parse::<Ipv4Addr>().is_ok() && zone.is_none() {
        return Err(UrlError::IpLiteral);
    }
    if number.parse::<Ipv6Addr>().is_err() || zone == Some("") {
        return Err(UrlError::Address(address));
    }
    Ok(format!("[{address}]{port}"))
}

/// Nothing, or a colon and digits.
fn check_port(port: &str) -> Result<(), UrlError> {
    let valid = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if valid { Ok(()) } else { Err(UrlError::Port(port.to_owned())) }
}

fn check_userinfo(userinfo: &str) -> Result<(), UrlError> {
    if !userinfo.chars().all(|c| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)) {
        return Err(UrlError::Userinfo);
    }
    unescape(userinfo, Part::Other).map(drop)
}

/// Which rules of `unescape` hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A host: only characters of a host, and escapes only of what is not ASCII.
    Host,
    /// The zone of an IPv6 address.
    Zone,
    /// A path, a fragment or user information: any escape.
    Other,
}

fn unescape(text: &str, part: Part) -> Result<String, UrlError> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
            let escape = || {
                let end = bytes.len().min(at + 3);
                UrlError::Escape(String::from_utf8_lossy(bytes.get(at..end).unwrap_or_default()).into_owned())
            };
            let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Err(escape()) };
            let value = u8::try_from(high * 16 + low).unwrap_or_default();
            let allowed = match part {
                Part::Host => high >= 8 || value == b'%',
                Part::Zone => value == b'%' || value == b' ' || !value.is_ascii() || is_host_byte(value),
                Part::Other => true,
            };
            if !allowed {
                return Err(escape());
            }
            decoded.push(value);
            at += 3;
        } else {
            if part != Part::Other && byte.is_ascii() && !is_host_byte(byte) {
                return Err(UrlError::HostCharacter(char::from(byte)));
            }
            decoded.push(byte);
            at += 1;
        }
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

/// What Go leaves unescaped in a host.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
}

/// `strconv.Quote`, as far as a URL needs it.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => quoted.extend(['\\', 'x'].into_iter().chain(hex_digits(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn hex_digits(c: char) -> [char; 2] {
    [u32::from(c) >> 4, u32::from(c) & 15].map(|digit| char::from_digit(digit & 15, 16).unwrap_or('0'))
}

/// The index key that stands for Docker Hub where no key of the whole keyring covers an image of it.
pub const DOCKER_HUB: &str = "index.docker.io";

/// Whether an index key covers `host/path`.
pub fn matches(index_key: &str, lookup_name: &str) -> bool {
    match (Url::parse(index_key), Url::parse(lookup_name)) {
        (Ok(key), Ok(image)) => key.covers(&image),
        _ => false,
    }
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
    // `net.SplitHostPort` refuses a stray bracket, and the port then stays part of the name.
    if host.contains(']') {
        return (host, "");
    }
    host.rsplit_once(':').unwrap_or((host, ""))
}

/// `filepath.Match` for one label, of which only `*` can reach this place. A `[` opens a class that no host fits.
fn label_matches(pattern: &str, label: &str) -> bool {
    if pattern.contains('[') {
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

/// The host of an index key that covers images of exactly that host; `None` for a pattern, and for the key that
/// stands for Docker Hub whatever the image's host is called.
pub fn literal_host(index_key: &str) -> Option<&str> {
    let host = index_key.split('/').next()?;
    let literal = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    (literal && host != DOCKER_HUB).then_some(host)
}

/// The entries that the kubelet tries for an image, in its order: index keys bytewise descending; for Docker Hub the
/// entry `index.docker.io` where none matches. Keys that did not parse are `None`.
pub fn lookup(keys: &[Option<&str>], lookup_name: &str) -> Vec<usize> {
    let image = Url::parse(lookup_name).ok();
    let covers = |key: &str| match (Url::parse(key), &image) {
        (Ok(key), Some(image)) => key.covers(image),
        _ => false,
    };
    let mut found: Vec<(usize, &str)> =
        keys.iter().enumerate().filter_map(|(at, key)| key.filter(|key| covers(key)).map(|key| (at, key))).collect();
    if found.is_empty() && is_docker_hub(lookup_name) {
        let hub =
            keys.iter().enumerate().filter_map(|(at, key)| key.filter(|key| *key == DOCKER_HUB).map(|key| (at, key)));
        found.extend(hub);
    }
    order::sort_by(&mut found, |(_, a), (_, b)| b.cmp(a));
    found.into_iter().map(|(at, _)| at).collect()
}

/// `isDefaultRegistryMatch`: the first component names Docker Hub, or no registry at all.
fn is_docker_hub(lookup_name: &str) -> bool {
    if lookup_name.is_empty() {
        return false;
    }
    let first = lookup_name.split('/').next().unwrap_or_default();
    matches!(first, "docker.io" | DOCKER_HUB) || !first.contains(['.', ':'])
}
