//! Docker configs in Secrets, decoded as the API server and the kubelet decode them. No password outlives decoding.

mod json;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::keyring;
use crate::model::role::is_guid;
use crate::password::looks_live;
use crate::placeholder;

use json::{Fields, Json};

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
    /// Not known: a placeholder, or made at run time.
    Open,
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
    /// The user name; empty where it is not known.
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
    /// An `auth` field is base64 once more.
    AuthEncodedTwice,
    /// No registry at all.
    NoEntries,
    /// Registries without user name and password, as Docker Desktop leaves them, which keeps these elsewhere.
    EmptyEntries,
    /// The Secret lacks the key that its type demands, and has others.
    WrongKey,
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
        Self::made(host, "")
    }

    /// A credential for a host that a command makes, for this user name; empty where it is not known.
    pub fn made(host: &str, user: &str) -> Self {
        let user_kind = if user.is_empty() { UserKind::Open } else { user_kind(user) };
        Self { has_password: true, user_kind, ..Self::new(host, user.to_owned(), "", false) }
    }

    /// Neither user name nor password.
    pub fn is_empty(&self) -> bool {
        self.user_kind == UserKind::Empty && !self.has_password
    }

    /// What containerd leaves out of a credential that it takes for none: without a user name it drops the password, and
    /// without a password it asks the registry for an anonymous token.
    pub fn lacks(&self) -> Option<&'static str> {
        match (self.user_kind, self.has_password) {
            (UserKind::Empty, false) => Some("is empty"),
            (UserKind::Empty, true) => Some("has no user name"),
            (_, false) => Some("has no password"),
            (_, true) => None,
        }
    }
}

/// What a user name tells.
pub fn user_kind(user: &str) -> UserKind {
    match user {
        "" => UserKind::Empty,
        ZERO_GUID => UserKind::ZeroGuid,
        _ if is_guid(user) => UserKind::Guid,
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

/// Bytes as Go's JSON decoder takes them for text: each that is no UTF-8 reads as U+FFFD.
pub fn utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// The `auth` field: base64 of `user:password`; padding is required where the text ends in `=`, else forbidden.
pub fn auth_field(text: &str) -> Result<Login, String> {
    let padding = if text.trim_end().ends_with('=') { Padding::Required } else { Padding::Forbidden };
    let decoded = decode_base64(text, padding)?;
    match utf8(&decoded).split_once(':') {
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
    let document = match json::parse(text) {
        Ok(document) => document,
        Err(reason) => return not_json(text, reason),
    };
    let nothing = Fields::new();
    let map = match &document.value {
        Json::Null => &nothing,
        Json::Object(map) => map,
        other => {
            let target = match layout {
                Layout::DockerConfigJson => "DockerConfigJSON",
                Layout::DockerCfg => "DockerConfig",
            };
            return Decoded {
                api_server: Err(mismatch(other, "Go value", "map[string]interface {}")),
                kubelet: Err(mismatch(other, "Go value", &format!("credentialprovider.{target}"))),
                defects: Vec::new(),
                unresolved: false,
            };
        }
    };
    let config = match layout {
        Layout::DockerConfigJson => docker_config_json(map),
        Layout::DockerCfg => docker_cfg(map),
    };
    let is_open = config.entries.iter().any(|entry| placeholder::find_in_pattern(entry.key).is_some());
    let raw = config.entries.iter().map(|entry| entry.value);
    let undecodable = undecodable_defects(layout, map, raw);
    let kubelet: Result<Vec<Credential>, String> =
        config.logins().map(|logins| logins.into_iter().map(|(key, login)| login.credential(key)).collect());
    let defects = match &kubelet {
        Ok(credentials) => defects(layout, map, credentials),
        Err(_) => undecodable,
    };
    let api_server = if document.overflow {
        Err("json: cannot unmarshal number into Go value of type float64".to_owned())
    } else {
        Ok(())
    };
    // Whatever a placeholder becomes, an entry that does not decode stays.
    let unresolved = is_open && kubelet.is_ok();
    Decoded { api_server, kubelet, defects, unresolved }
}

fn not_json(text: &str, reason: String) -> Decoded {
    let padding = if text.trim_end().ends_with('=') { Padding::Required } else { Padding::Forbidden };
    let inner = decode_base64(text.trim(), padding).ok().and_then(|inner| String::from_utf8(inner).ok());
    let doubled = inner.is_some_and(|inner| json::parse(&inner).is_ok_and(|own| own.value.as_object().is_some()));
    let defects = if doubled { vec![LayoutDefect::DoubleBase64] } else { Vec::new() };
    let unresolved = placeholder::find(text).is_some();
    Decoded { api_server: Err(reason.clone()), kubelet: Err(reason), defects, unresolved }
}

/// What Go's JSON decoder says of a value of the wrong type.
fn mismatch(value: &Json, place: &str, target: &str) -> String {
    format!("json: cannot unmarshal {} into {place} of type {target}", value.kind())
}

/// Whether Go's JSON decoder takes a key for the field: whatever the case of its letters.
fn names(key: &str, field: &str) -> bool {
    // Unicode folds the long s to s, and Go with it.
    let fold = |c: char| if c == 'ſ' { 's' } else { c.to_ascii_lowercase() };
    key.chars().map(fold).eq(field.chars().map(fold))
}

/// The field that wins: the last one written, of which `null` changes nothing.
fn field<'v>(map: &'v Fields, name: &str) -> Option<&'v Json> {
    let mut found = map.iter().rev().filter(|(key, value)| !matches!(value, Json::Null) && names(key, name));
    found.next().map(|(_, value)| value)
}

/// One registry's entry, decoded or refused.
struct Entry<'v> {
    key: &'v str,
    value: &'v Json,
    login: Result<EntryLogin, String>,
}

/// What an entry says. It holds the password, so it has no debug form and lives no longer than decoding.
struct EntryLogin {
    user: String,
    password: String,
    identity_token: bool,
    /// A placeholder stands for user, password or `auth`.
    open: bool,
}

/// A decoded payload as Go fills its maps.
#[derive(Default)]
struct Config<'v> {
    entries: Vec<Entry<'v>>,
    /// The first error; also that of an entry which a later one of the same key replaces.
    error: Option<String>,
}

impl EntryLogin {
    fn credential(self, key: &str) -> Credential {
        if self.open {
            return Credential::declared(key);
        }
        Credential::new(key, self.user, &self.password, self.identity_token)
    }
}

impl<'v> Config<'v> {
    fn refuse(&mut self, error: String) {
        self.error.get_or_insert(error);
    }

    fn add(&mut self, fields: &'v Fields) {
        for (key, value) in fields {
            let login = login(value);
            if let Err(error) = &login {
                self.refuse(error.clone());
            }
            self.entries.push(Entry { key, value, login });
        }
    }

    /// Keeps the last entry of each key.
    fn settle(mut self) -> Self {
        let mut seen = BTreeSet::new();
        self.entries.reverse();
        self.entries.retain(|entry| seen.insert(entry.key));
        self.entries.reverse();
        self
    }

    fn logins(self) -> Result<Vec<(&'v str, EntryLogin)>, String> {
        match self.error {
            Some(error) => Err(error),
            None => self.entries.into_iter().map(|entry| entry.login.map(|login| (entry.key, login))).collect(),
        }
    }
}

fn docker_cfg(map: &Fields) -> Config<'_> {
    let mut config = Config::default();
    config.add(map);
    config.settle()
}

/// `auths` and `HttpHeaders`. Go decodes a field that is written twice into the same map, and `null` empties it.
fn docker_config_json(map: &Fields) -> Config<'_> {
    let mut config = Config::default();
    for (key, value) in map {
        if names(key, "auths") {
            match value {
                Json::Null => config.entries.clear(),
                Json::Object(auths) => config.add(auths),
                other => {
                    let place = "Go struct field DockerConfigJSON.auths";
                    config.refuse(mismatch(other, place, "credentialprovider.DockerConfig"));
                }
            }
        } else if names(key, "HttpHeaders")
            && let Err(error) = headers(value)
        {
            config.refuse(error);
        }
    }
    config.settle()
}

/// The name of a header is left out of the error: it may be secret.
fn headers(value: &Json) -> Result<(), String> {
    let place = "Go struct field DockerConfigJSON.HttpHeaders";
    match value {
        Json::Null => Ok(()),
        Json::Object(headers) => {
            match headers.iter().find(|(_, value)| !matches!(value, Json::String(_) | Json::Null)) {
                Some((_, other)) => Err(mismatch(other, place, "string")),
                None => Ok(()),
            }
        }
        other => Err(mismatch(other, place, "map[string]string")),
    }
}

fn login(value: &Json) -> Result<EntryLogin, String> {
    const FIELDS: [&str; 4] = ["username", "password", "email", "auth"];
    let nothing = Fields::new();
    let map = match value {
        Json::Null => &nothing,
        Json::Object(map) => map,
        other => return Err(mismatch(other, "Go value", "credentialprovider.dockerConfigEntryWithAuth")),
    };
    for (key, value) in map {
        if let Some(field) = FIELDS.into_iter().find(|field| names(key, field))
            && !matches!(value, Json::String(_) | Json::Null)
        {
            let place = format!("Go struct field dockerConfigEntryWithAuth.{field}");
            return Err(mismatch(value, &place, "string"));
        }
    }
    let text = |name| field(map, name).and_then(Json::as_text).unwrap_or_default();
    let (user, password, auth) = (text("username"), text("password"), text("auth"));
    let identity_token = !text("identitytoken").is_empty();
    let is_open = if auth.is_empty() {
        placeholder::is_whole(user) || placeholder::is_whole(password)
    } else {
        placeholder::find(auth).is_some()
    };
    let (user, password) = match (is_open, auth) {
        (true, _) => (String::new(), String::new()),
        (false, "") => (user.to_owned(), password.to_owned()),
        (false, auth) => auth_field(auth)?,
    };
    Ok(EntryLogin { user, password, identity_token, open: is_open })
}

fn defects(layout: Layout, map: &Fields, credentials: &[Credential]) -> Vec<LayoutDefect> {
    let mut defects = Vec::new();
    let has = |name| field(map, name).is_some();
    let has_object = |name| field(map, name).is_some_and(|value| value.as_object().is_some());
    match layout {
        Layout::DockerCfg if has_object("auths") => defects.push(LayoutDefect::ConfigJsonUnderCfg),
        Layout::DockerConfigJson if !has("auths") => {
            if has_object("auth") {
                defects.push(LayoutDefect::AuthInsteadOfAuths);
            } else if map.iter().any(|(_, value)| looks_like_entry(value)) {
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
    if nothing && defects.is_empty() {
        defects.push(if credentials.is_empty() { LayoutDefect::NoEntries } else { LayoutDefect::EmptyEntries });
    }
    defects
}

fn looks_like_entry(value: &Json) -> bool {
    value
        .as_object()
        .is_some_and(|entry| ["auth", "username", "password"].iter().any(|name| field(entry, name).is_some()))
}

/// What an author may have meant whose payload the kubelet cannot decode.
fn undecodable_defects<'v>(layout: Layout, map: &Fields, entries: impl Iterator<Item = &'v Json>) -> Vec<LayoutDefect> {
    let mut found = BTreeSet::new();
    if layout == Layout::DockerCfg && field(map, "auths").is_some_and(|value| value.as_object().is_some()) {
        found.insert(LayoutDefect::ConfigJsonUnderCfg);
    }
    let auths = entries.filter_map(|entry| field(entry.as_object()?, "auth")?.as_text());
    found.extend(auths.filter_map(auth_defect));
    found.into_iter().collect()
}

/// Why an `auth` field that does not decode is wrong, where that can be told.
fn auth_defect(auth: &str) -> Option<LayoutDefect> {
    auth_field(auth).err()?;
    if auth.contains(':') {
        return Some(LayoutDefect::AuthNotEncoded);
    }
    let padding = if auth.trim_end().ends_with('=') { Padding::Required } else { Padding::Forbidden };
    let inner = String::from_utf8(decode_base64(auth, padding).ok()?).ok()?;
    // Random text often is base64; that of a login holds printable text only.
    let (user, password) = auth_field(inner.trim_end()).ok()?;
    let printable = [&user, &password].iter().all(|text| !text.contains(|c: char| c.is_control() || c == '\u{fffd}'));
    (printable && !user.is_empty()).then_some(LayoutDefect::AuthEncodedTwice)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::{Fields, Layout, docker_cfg, docker_config_json, json};

    /// User names and passwords as the kubelet reads them: every row of the tables.
    #[test]
    fn logins_are_the_kubelets() {
        let tables = [
            include_str!("../../fixtures/dockerconfig_cases.json"),
            include_str!("../../fixtures/dockerconfig_extra.json"),
        ];
        let rows = tables.iter().flat_map(|table| serde_json::from_str::<Vec<serde_json::Value>>(table).unwrap());
        let (mut compared, nothing) = (0, Fields::new());
        for row in rows {
            let Some(expected) = row["entries"].as_object() else { continue };
            let document = json::parse(row["decoded_value"].as_str().unwrap()).unwrap();
            let map = document.value.as_object().unwrap_or(&nothing);
            let layout = if row["secret_key"] == ".dockercfg" { Layout::DockerCfg } else { Layout::DockerConfigJson };
            let config = if layout == Layout::DockerCfg { docker_cfg(map) } else { docker_config_json(map) };
            let found = config.logins().map(|logins| {
                let entry = |user, password| serde_json::json!({ "username": user, "password": password });
                logins.into_iter().map(|(key, own)| (key.to_owned(), entry(own.user, own.password))).collect()
            });
            assert_eq!(found.as_ref(), Ok(expected), "{row}");
            compared += 1;
        }
        // All that the kubelet decodes.
        assert_eq!(compared, 74);
    }
}
