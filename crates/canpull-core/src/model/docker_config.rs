//! Docker configs in Secrets, decoded as the API server and the kubelet decode them. No password outlives decoding.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// The key as written.
    pub registry_key: String,
    /// The key as the kubelet indexes it; `None` where it skips the entry.
    pub index_key: Option<String>,
    /// The user name.
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
}

/// User name and password out of an `auth` field.
pub type Login = (String, String);

const ZERO_GUID: &str = "00000000-0000-0000-0000-000000000000";

impl Credential {
    fn new(registry_key: &str, user: String, password: &str, identity_token: bool) -> Self {
        let jwt = password.starts_with("eyJ") && password.split('.').count() == 3;
        Self {
            registry_key: registry_key.to_owned(),
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

fn engine(padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(padding);
    GeneralPurpose::new(&STANDARD, config)
}

/// Base64 as Go's `StdEncoding` and `RawStdEncoding` read it: line breaks skipped, trailing bits accepted.
fn decode_base64(text: &str, padding: DecodePaddingMode) -> Result<Vec<u8>, String> {
    let compact: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    engine(padding).decode(&compact).map_err(|error| {
        let body = compact.trim_end_matches('=').len();
        let at = match error {
            // Go points past the padding that it needed.
            base64::DecodeError::InvalidByte(at, _) if at == body => body + (4 - body % 4) % 4,
            base64::DecodeError::InvalidByte(at, _) => at,
            base64::DecodeError::InvalidLength(_) => compact.len() - compact.len() % 4,
            _ => compact.len(),
        };
        format!("illegal base64 data at input byte {at}")
    })
}

/// A value under a Secret's `data`.
pub fn base64_data(text: &str) -> Result<Vec<u8>, String> {
    decode_base64(text, DecodePaddingMode::RequireCanonical)
}

/// The `auth` field: base64 of `user:password`; padding is required where the text ends in `=`, else forbidden.
pub fn auth_field(text: &str) -> Result<Login, String> {
    let padded = text.trim_end_matches(['\r', '\n', ' ', '\t']).ends_with('=');
    let padding = if padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let decoded = decode_base64(text, padding)?;
    let decoded = String::from_utf8_lossy(&decoded);
    match decoded.split_once(':') {
        Some((user, password)) => Ok((user.to_owned(), password.to_owned())),
        None => Err("unable to parse auth field, must be formatted as base64(username:password)".to_owned()),
    }
}

/// Decodes a payload.
pub fn decode(layout: Layout, text: &str) -> Decoded {
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => return refused(json_error(text, &error), text),
    };
    let map = match value {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        other => return refused(format!("cannot unmarshal {} into a docker config", kind(&other)), text),
    };
    let kubelet = match layout {
        Layout::DockerConfigJson => config_json(&map),
        Layout::DockerCfg => entries(&map),
    };
    let defects = defects(layout, &map, kubelet.as_deref().unwrap_or_default());
    Decoded { api_server: Ok(()), kubelet, defects }
}

fn refused(reason: String, text: &str) -> Decoded {
    let inner = decode_base64(text.trim(), DecodePaddingMode::Indifferent).ok();
    let doubled = inner.is_some_and(|inner| serde_json::from_slice::<Map<String, Value>>(&inner).is_ok());
    let defects = if doubled { vec![LayoutDefect::DoubleBase64] } else { Vec::new() };
    Decoded { api_server: Err(reason.clone()), kubelet: Err(reason), defects }
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

/// A field as Go's JSON decoder finds it: whatever the case of its letters, the last one wins.
fn field<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn config_json(map: &Map<String, Value>) -> Result<Vec<Credential>, String> {
    if let Some(headers) = field(map, "HttpHeaders") {
        match headers {
            Value::Null => {}
            Value::Object(headers) if headers.values().all(|value| value.is_string() || value.is_null()) => {}
            other => return Err(format!("cannot unmarshal {} into HttpHeaders", kind(other))),
        }
    }
    match field(map, "auths") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(auths)) => entries(auths),
        Some(other) => Err(format!("cannot unmarshal {} into auths", kind(other))),
    }
}

fn entries(map: &Map<String, Value>) -> Result<Vec<Credential>, String> {
    map.iter().map(|(key, value)| entry(key, value)).collect()
}

fn entry(key: &str, value: &Value) -> Result<Credential, String> {
    let map = match value {
        Value::Null => return Ok(Credential::new(key, String::new(), "", false)),
        Value::Object(map) => map,
        other => return Err(format!("cannot unmarshal {} into the entry of a registry", kind(other))),
    };
    let text = |name: &str| match field(map, name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(format!("cannot unmarshal {} into {name}", kind(other))),
    };
    text("email")?;
    let (mut user, mut password) = (text("username")?.to_owned(), text("password")?.to_owned());
    let auth = text("auth")?;
    if !auth.is_empty() {
        (user, password) = auth_field(auth)?;
    }
    let identity_token = field(map, "identitytoken").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
    Ok(Credential::new(key, user, &password, identity_token))
}

fn defects(layout: Layout, map: &Map<String, Value>, credentials: &[Credential]) -> Vec<LayoutDefect> {
    let mut defects = Vec::new();
    let has = |name| field(map, name).is_some();
    let looks_like_entry = |value: &Value| {
        value
            .as_object()
            .is_some_and(|entry| ["auth", "username", "password"].iter().any(|name| field(entry, name).is_some()))
    };
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

/// The `exp` claim of a JSON web token.
fn expiry(token: &str) -> Option<i64> {
    let payload = token.split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let decoded = engine(DecodePaddingMode::Indifferent).decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&decoded).ok()?;
    claims.get("exp")?.as_i64()
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
