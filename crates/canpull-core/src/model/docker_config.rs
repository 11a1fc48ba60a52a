//! Docker configs in Secrets, decoded as the API server and the kubelet decode them. No password outlives decoding.

use serde_json::{Map, Value};

use crate::model::keyring;
use crate::placeholder;

/// Which of the two payload layouts a Secret's type asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// `{"auths": {registry: entry}}`.
    DockerConfigJson,
    /// `{registry: entry}`.
    DockerCfg,
}

/// What a user name tells of a credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum UserKind {
    /// No user name.
    Empty,
    /// `00000000-0000-0000-0000-000000000000`: a token of the registry, good for about three hours.
    ZeroGuid,
    /// A GUID: a service principal's client id.
    Guid,
    /// Anything else: the admin user, or a repository token.
    Name,
}

/// A credential without its password.
// Each flag is a fact of its own, which a rule reads by its own.
#[expect(clippy::struct_excessive_bools)]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// The key as written, but for user and password before an `@`.
    pub registry_key: String,
    /// The key as the kubelet indexes it; `None` where it skips the entry.
    pub index_key: Option<String>,
    /// The user name; empty where it is a placeholder.
    pub user: String,
    /// What the user name tells.
    pub user_kind: UserKind,
    /// A password is given.
    pub has_password: bool,
    /// User name or password ends in a line break.
    pub newline: bool,
    /// The password is a JSON web token.
    pub jwt: bool,
    /// The token's `exp`, in seconds since 1970.
    pub expires: Option<i64>,
    /// An `identitytoken` is given, which the kubelet does not read.
    pub identity_token: bool,
    /// The password looks like one in use, not like an example.
    pub looks_live: bool,
}

/// How a payload misses the layout that its author had in mind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LayoutDefect {
    /// `{registry: entry}` under `.dockerconfigjson`.
    DockerCfgUnderJson,
    /// `{"auths": …}` under `.dockercfg`.
    ConfigJsonUnderCfg,
    /// `auth` at the top instead of `auths`.
    AuthInsteadOfAuths,
    /// Credentials only in a `credsStore` or `credHelpers`.
    CredsStoreOnly,
    /// Credentials only as `identitytoken`.
    IdentityTokenOnly,
    /// The whole payload is base64 once more.
    DoubleBase64,
    /// An `auth` field holds `user:password` in clear.
    AuthNotEncoded,
    /// No registry at all.
    NoEntries,
}

/// What becomes of a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// Whether the API server accepts it.
    pub api_server: Result<(), String>,
    /// What the kubelet reads, or why it cannot.
    pub kubelet: Result<Vec<Credential>, String>,
    /// Near misses.
    pub defects: Vec<LayoutDefect>,
    /// A placeholder stands for a registry, or keeps the payload from being JSON: what it will be is not known.
    pub unresolved: bool,
}

/// User name and password out of an `auth` field.
pub type Login = (String, String);

const ZERO_GUID: &str = "00000000-0000-0000-0000-000000000000";

impl Credential {
    fn new(registry_key: &str, user: String, password: &str, identity_token: bool) -> Self {
        let jwt = password.starts_with("eyJ") && password.split('.').count() == 3;
        Self {
            registry_key: keyring::shown(registry_key),
            index_key: keyring::index_key(registry_key).ok(),
            user_kind: user_kind(&user),
            has_password: !password.is_empty(),
            newline: user.ends_with(['\n', '\r']) || password.ends_with(['\n', '\r']),
            jwt,
            expires: jwt.then(|| expiry(password)).flatten(),
            identity_token,
            looks_live: looks_live(&user, password),
            user,
        }
    }

    /// A credential for a host that something makes at run time: nothing of it is visible but the host.
    pub fn declared(host: &str) -> Self {
        Self { has_password: true, ..Self::new(host, String::new(), "", false) }
    }

    /// Neither user name nor password: tried as no credential at all.
    pub const fn is_empty(&self) -> bool {
        self.user.is_empty() && !self.has_password
    }
}

/// What a user name tells.
pub fn user_kind(user: &str) -> UserKind {
    let is_guid = user.len() == 36
        && user.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    match user {
        "" => UserKind::Empty,
        ZERO_GUID => UserKind::ZeroGuid,
        _ if is_guid => UserKind::Guid,
        _ => UserKind::Name,
    }
}

/// Whether base64 text is padded with `=`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Padding {
    /// `StdEncoding`: to a multiple of four.
    Required,
    /// `RawStdEncoding`: not at all.
    Forbidden,
}

/// Base64 as Go reads it: line breaks skipped, trailing bits accepted, errors at the byte that Go names.
fn decode_base64(text: &str, padding: Padding) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal base64 data at input byte {at}");
    let src = text.as_bytes();
    let after_breaks = |mut at: usize| {
        while matches!(src.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        at
    };
    let mut decoded = Vec::with_capacity(src.len() / 4 * 3);
    // The sextets of the quantum being read, of which there are `count`.
    let (mut bits, mut count) = (0_u32, 0_usize);
    let mut at = 0;
    while let Some(&byte) = src.get(at) {
        at += 1;
        if let Some(value) = sextet(byte) {
            bits = bits << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                decoded.extend(bits.to_be_bytes().into_iter().skip(1));
                (bits, count) = (0, 0);
            }
        } else if !matches!(byte, b'\r' | b'\n') {
            if byte != b'=' || padding == Padding::Forbidden || count < 2 {
                return Err(corrupt(at - 1));
            }
            if count == 2 {
                at = after_breaks(at);
                match src.get(at) {
                    None => return Err(corrupt(src.len())),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(corrupt(at - 1)),
                }
            }
            at = after_breaks(at);
            if at < src.len() {
                return Err(corrupt(at));
            }
            push_rest(&mut decoded, bits, count);
            return Ok(decoded);
        }
    }
    if count == 1 || (count > 0 && padding == Padding::Required) {
        return Err(corrupt(src.len() - count));
    }
    push_rest(&mut decoded, bits, count);
    Ok(decoded)
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The one or two bytes of a last, partial quantum.
fn push_rest(decoded: &mut Vec<u8>, bits: u32, count: usize) {
    let bytes = match count {
        2 => bits << 12,
        3 => bits << 6,
        _ => return,
    };
    decoded.extend(bytes.to_be_bytes().into_iter().skip(1).take(count - 1));
}

/// A value under a Secret's `data`: Go's `StdEncoding`.
pub fn base64_data(text: &str) -> Result<Vec<u8>, String> {
    decode_base64(text, Padding::Required)
}

/// The `auth` field: base64 of `user:password`; padding is required where the text ends in `=`, else forbidden.
pub fn auth_field(text: &str) -> Result<Login, String> {
    let padding = if text.trim_end().ends_with('=') { Padding::Required } else { Padding::Forbidden };
    let decoded = decode_base64(text, padding)?;
    let decoded = String::from_utf8_lossy(&decoded);
    match decoded.split_once(':') {
        Some((user, password)) => Ok((user.to_owned(), password.to_owned())),
        None => Err("unable to parse auth field, must be formatted as base64(username:password)".to_owned()),
    }
}

/// Decodes a payload.
pub fn decode(layout: Layout, text: &str) -> Decoded {
    if text.is_empty() {
        // The kubelet passes over a value without content.
        let api_server = Err("unexpected end of JSON input".to_owned());
        return Decoded {
            api_server,
            kubelet: Ok(Vec::new()),
            defects: vec![LayoutDefect::NoEntries],
            unresolved: false,
        };
    }
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => return not_json(text, &error),
    };
    let map = match value {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        other => {
            let target = match layout {
                Layout::DockerConfigJson => "DockerConfigJSON",
                Layout::DockerCfg => "DockerConfig",
            };
            return Decoded {
                api_server: Err(mismatch(&other, "Go value", "map[string]interface {}")),
                kubelet: Err(mismatch(&other, "Go value", &format!("credentialprovider.{target}"))),
                defects: Vec::new(),
                unresolved: false,
            };
        }
    };
    let (registries, kubelet) = match layout {
        Layout::DockerConfigJson => match auths(&map) {
            Ok(auths) => {
                let kubelet = credentials(&auths).and_then(|found| headers(&map).map(|()| found));
                (auths, kubelet)
            }
            Err(error) => (Vec::new(), Err(error)),
        },
        Layout::DockerCfg => {
            let registries: Entries<'_> = map.iter().collect();
            let kubelet = credentials(&registries);
            (registries, kubelet)
        }
    };
    let unresolved = registries.iter().any(|(key, _)| placeholder::find(key).is_some());
    let defects = match &kubelet {
        Ok(credentials) => defects(layout, &map, credentials),
        Err(_) => undecodable_defects(layout, &map, &registries),
    };
    Decoded { api_server: Ok(()), kubelet, defects, unresolved }
}

fn not_json(text: &str, error: &serde_json::Error) -> Decoded {
    let reason = json_error(text, error);
    let padding = if text.trim_end().ends_with('=') { Padding::Required } else { Padding::Forbidden };
    let inner = decode_base64(text.trim(), padding).ok();
    let doubled = inner.is_some_and(|inner| serde_json::from_slice::<Map<String, Value>>(&inner).is_ok());
    let defects = if doubled { vec![LayoutDefect::DoubleBase64] } else { Vec::new() };
    let unresolved = placeholder::find(text).is_some();
    Decoded { api_server: Err(reason.clone()), kubelet: Err(reason), defects, unresolved }
}

/// The place of a JSON error without the text around it, which may be secret.
fn json_error(text: &str, error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "unexpected end of JSON input".to_owned(),
        _ if text.starts_with('\u{feff}') => "a byte-order mark stands before the JSON".to_owned(),
        _ => format!("not JSON at line {} column {} of the decoded value", error.line(), error.column()),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What Go's JSON decoder says of a value of the wrong type.
fn mismatch(value: &Value, place: &str, target: &str) -> String {
    format!("json: cannot unmarshal {} into {place} of type {target}", kind(value))
}

/// The registries and their entries.
type Entries<'v> = Vec<(&'v String, &'v Value)>;

/// The values of a field as Go's JSON decoder finds them: whatever the case of its letters.
fn fields<'v>(map: &'v Map<String, Value>, name: &'static str) -> impl Iterator<Item = &'v Value> {
    // Unicode folds the long s to s, and Go with it.
    let fold = |c: char| if c == 'ſ' { 's' } else { c.to_ascii_lowercase() };
    map.iter().filter(move |(key, _)| key.chars().map(fold).eq(name.chars().map(fold))).map(|(_, value)| value)
}

/// The field that wins: the last one written, of which `null` changes nothing.
fn field<'v>(map: &'v Map<String, Value>, name: &'static str) -> Option<&'v Value> {
    fields(map, name).filter(|value| !value.is_null()).last()
}

fn headers(map: &Map<String, Value>) -> Result<(), String> {
    let place = "Go struct field DockerConfigJSON.HttpHeaders";
    for headers in fields(map, "HttpHeaders") {
        match headers {
            Value::Null => {}
            Value::Object(headers) => {
                if let Some(other) = headers.values().find(|value| !value.is_string() && !value.is_null()) {
                    return Err(mismatch(other, place, "string"));
                }
            }
            other => return Err(mismatch(other, place, "map[string]string")),
        }
    }
    Ok(())
}

/// The entries under `auths`. Go decodes a field that is written twice into the same map, and `null` empties it.
fn auths(map: &Map<String, Value>) -> Result<Entries<'_>, String> {
    let mut entries = Entries::new();
    for value in fields(map, "auths") {
        match value {
            Value::Null => entries.clear(),
            Value::Object(auths) => {
                entries.retain(|(key, _)| !auths.contains_key(*key));
                entries.extend(auths);
            }
            other => {
                let place = "Go struct field DockerConfigJSON.auths";
                return Err(mismatch(other, place, "credentialprovider.DockerConfig"));
            }
        }
    }
    Ok(entries)
}

fn credentials(entries: &Entries<'_>) -> Result<Vec<Credential>, String> {
    entries.iter().map(|(key, value)| credential(key, value)).collect()
}

fn credential(key: &str, value: &Value) -> Result<Credential, String> {
    let map = match value {
        Value::Null => return Ok(Credential::new(key, String::new(), "", false)),
        Value::Object(map) => map,
        other => return Err(mismatch(other, "Go value", "credentialprovider.dockerConfigEntryWithAuth")),
    };
    let text = |name: &'static str| {
        let mut found = "";
        for value in fields(map, name) {
            match value {
                Value::Null => {}
                Value::String(text) => found = text.as_str(),
                other => {
                    let place = format!("Go struct field dockerConfigEntryWithAuth.{name}");
                    return Err(mismatch(other, &place, "string"));
                }
            }
        }
        Ok(found)
    };
    let (user, password, _, auth) = (text("username")?, text("password")?, text("email")?, text("auth")?);
    let is_open = |text: &str| placeholder::find(text).is_some();
    if is_open(auth) || (auth.is_empty() && (placeholder::is_whole(user) || placeholder::is_whole(password))) {
        return Ok(Credential::declared(key));
    }
    let (user, password) = if auth.is_empty() { (user.to_owned(), password.to_owned()) } else { auth_field(auth)? };
    let identity_token = field(map, "identitytoken").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
    Ok(Credential::new(key, user, &password, identity_token))
}

fn defects(layout: Layout, map: &Map<String, Value>, credentials: &[Credential]) -> Vec<LayoutDefect> {
    let mut defects = Vec::new();
    let has = |name| field(map, name).is_some();
    match layout {
        Layout::DockerCfg if field(map, "auths").is_some_and(Value::is_object) => {
            defects.push(LayoutDefect::ConfigJsonUnderCfg);
        }
        Layout::DockerConfigJson if !has("auths") => {
            if field(map, "auth").is_some_and(Value::is_object) {
                defects.push(LayoutDefect::AuthInsteadOfAuths);
            } else if map.values().any(looks_like_entry) {
                defects.push(LayoutDefect::DockerCfgUnderJson);
            }
        }
        _ => {}
    }
    let nothing = credentials.iter().all(Credential::is_empty);
    if nothing && (has("credsStore") || has("credHelpers")) {
        defects.push(LayoutDefect::CredsStoreOnly);
    }
    if credentials.iter().any(|credential| credential.identity_token && !credential.has_password) {
        defects.push(LayoutDefect::IdentityTokenOnly);
    }
    if credentials.is_empty() && defects.is_empty() {
        defects.push(LayoutDefect::NoEntries);
    }
    defects
}

fn looks_like_entry(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|entry| ["auth", "username", "password"].iter().any(|name| field(entry, name).is_some()))
}

/// What an author may have meant whose payload the kubelet cannot decode.
fn undecodable_defects(layout: Layout, map: &Map<String, Value>, entries: &Entries<'_>) -> Vec<LayoutDefect> {
    let mut defects = Vec::new();
    if layout == Layout::DockerCfg && field(map, "auths").is_some_and(Value::is_object) {
        defects.push(LayoutDefect::ConfigJsonUnderCfg);
    }
    let in_clear = |value: &Value| {
        let auth = value.as_object().and_then(|entry| field(entry, "auth")).and_then(Value::as_str);
        auth.is_some_and(|auth| auth.contains(':') && auth_field(auth).is_err())
    };
    if entries.iter().any(|(_, value)| in_clear(value)) {
        defects.push(LayoutDefect::AuthNotEncoded);
    }
    defects
}

/// The `exp` claim of a JSON web token.
fn expiry(token: &str) -> Option<i64> {
    let payload = token.split('.').nth(1)?.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let decoded = decode_base64(&payload, Padding::Forbidden).ok()?;
    let claims: Value = serde_json::from_slice(&decoded).ok()?;
    let expires = claims.get("exp")?;
    // A number with a fraction is allowed too; what does not fit is far in the future.
    #[expect(clippy::cast_possible_truncation)]
    expires.as_i64().or_else(|| expires.as_f64().map(|seconds| seconds as i64))
}

/// Conservative: an example that looks real is passed over rather than a false alarm raised.
fn looks_live(user: &str, password: &str) -> bool {
    const EXAMPLES: [&str; 12] = [
        "password",
        "changeme",
        "example",
        "dummy",
        "fake",
        "your",
        "xxxx",
        "****",
        "redacted",
        "test",
        "secret",
        "placeholder",
    ];
    let lower = password.to_ascii_lowercase();
    if password.len() < 16 || user.is_empty() || placeholder::find(password).is_some() {
        return false;
    }
    let classes = [
        password.bytes().any(|byte| byte.is_ascii_lowercase()),
        password.bytes().any(|byte| byte.is_ascii_uppercase()),
        password.bytes().any(|byte| byte.is_ascii_digit()),
        password.bytes().any(|byte| byte.is_ascii_punctuation()),
    ];
    let distinct: std::collections::BTreeSet<u8> = password.bytes().collect();
    classes.iter().filter(|class| **class).count() >= 3
        && distinct.len() >= 8
        && !EXAMPLES.iter().any(|example| lower.contains(example))
}
