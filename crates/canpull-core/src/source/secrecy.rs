//! What no source line may show: all that can hold a credential, wherever authors put one.

mod bicep;
mod hcl;

use canpull_syntax::{Document, Kind, Node, Parsed, TextRange, Value, yaml};

/// Parts of the names that credentials go by, in lower case.
const NAMES: [&str; 25] = [
    "passw",
    "passphrase",
    "pwd",
    "_pass",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "accountkey",
    "account_key",
    "privatekey",
    "private_key",
    "private key",
    "secretkey",
    "secret_key",
    "secret_access",
    "clientsecret",
    "client_secret",
    "client-secret",
    "connectionstring",
    "connection_string",
    "dockerc",
];

/// What the names of credentials end with, as a word of its own.
const LAST: [&str; 6] = ["pw", "pass", "cred", "creds", "pat", "sas"];

/// Each of `NAMES` holds one of these: most texts hold none, which is sooner seen.
const STEMS: [&str; 7] = ["pass", "pwd", "token", "key", "secret", "connection", "dockerc"];

/// What tells in a text that credentials follow.
const TELLING: [&str; 7] =
    ["\"auth", "auths:", "auth:", "authorization", "stringdata", "docker login", "last-applied-configuration"];

/// What tells that a document which does not parse may hold credentials.
const SUSPECT: [&str; 8] = ["secret", "auth", "env:", "\"env\"", "credential", "data:", "\"data\"", "_key"];

/// Keys of a Secret that show.
const OPEN: [&str; 5] = ["apiVersion", "kind", "type", "name", "namespace"];

/// The ranges of a file that may hold a credential, where it is YAML, JSON, Bicep or Terraform; in no order, and they may overlap.
/// Slower than the facts' own: meant for the few files whose lines are shown.
pub(crate) fn secrets(path: &str, text: &str) -> Vec<TextRange> {
    if [".bicep", ".bicepparam"].iter().any(|ending| path.ends_with(ending)) {
        return bicep::secrets(text);
    }
    if super::terraform::claims(path) && !super::terraform::is_json(path) {
        return hcl::secrets(text);
    }
    if !super::claims_yaml(path) {
        return Vec::new();
    }
    let parsed = yaml::parse(text);
    let mut search = Search { found: Vec::new(), holds_secret: false };
    for &document in &parsed.documents {
        if document.broken && is_suspect(document.range.slice(text)) {
            search.found.push(document.range);
        }
    }
    for (document, root) in parsed.roots() {
        search.holds_secret = false;
        search.visit(root, Inside::Nothing);
        search.comments(&parsed, document, text);
    }
    search.found
}

/// Values in plans and states of Terraform, with what marks those among them that are sensitive.
const MARKS: [(&str, &str); 3] =
    [("values", "sensitive_values"), ("before", "before_sensitive"), ("after", "after_sensitive")];

/// Whether anything in a value is marked.
fn is_marked(mark: Node<'_>, depth: u8) -> bool {
    depth > 16
        || mark.as_bool() == Some(true)
        || mark.items().any(|own| is_marked(own, depth + 1))
        || mark.written_entries().any(|own| is_marked(own.value, depth + 1))
}

/// What a node stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A container's variables.
    Environment,
    /// An object that makes a Secret: what it fills in under `data` is hidden.
    Maker,
}

struct Search {
    found: Vec<TextRange>,
    /// The document holds a Secret, or what makes one.
    holds_secret: bool,
}

impl Search {
    fn visit(&mut self, node: Node<'_>, inside: Inside) {
        match node.kind() {
            // What an alias stands for is written elsewhere.
            _ if node.is_alias() => {}
            Kind::Map => self.map(node, inside),
            Kind::List => self.list(node, inside),
            Kind::Scalar if node.text().is_some_and(|text| holds_credential(&text)) => self.found.push(node.range()),
            _ => {}
        }
    }

    fn map(&mut self, node: Node<'_>, inside: Inside) {
        let kind = node.get("kind").and_then(Node::as_str);
        let inside = match kind.as_deref() {
            Some("Secret") => return self.secret(node),
            Some(kind) if kind.contains("Secret") => {
                self.holds_secret = true;
                Inside::Maker
            }
            _ => inside,
        };
        self.marked(node);
        let named = node.get("name").and_then(Node::text).is_some_and(|name| names_credential(&name));
        for entry in node.written_entries() {
            let (key, value) = (entry.name(), entry.value);
            let hidden = match key.as_ref() {
                "value" => named || inside == Inside::Environment,
                "data" | "stringData" | "binaryData" => inside == Inside::Maker && value.kind() == Kind::Map,
                "auth" => value.kind() == Kind::Scalar,
                key => names_credential(key) || key.contains("last-applied-configuration"),
            };
            if hidden {
                self.hide(value);
            } else {
                let variables = key.as_ref() == "env" || key.ends_with("Env") || key.ends_with("EnvVars");
                self.visit(value, if variables { Inside::Environment } else { inside });
            }
        }
    }

    /// What Terraform itself marks as sensitive in plans and states.
    fn marked(&mut self, node: Node<'_>) {
        if node.get("sensitive").and_then(Node::as_bool) == Some(true)
            && let Some(value) = node.get("value")
        {
            self.hide(value);
        }
        for (values, marks) in MARKS {
            let (Some(values), Some(marks)) = (node.get(values), node.get(marks)) else { continue };
            if marks.as_bool() == Some(true) {
                self.hide(values);
            }
            let marked = marks.written_entries().filter(|own| is_marked(own.value, 0));
            marked.filter_map(|own| values.get(&own.name())).for_each(|value| self.hide(value));
        }
    }

    /// A flag in a list of arguments may have its value in the next item.
    fn list(&mut self, node: Node<'_>, inside: Inside) {
        let mut behind_flag = false;
        for item in node.items() {
            let text = item.text();
            if behind_flag {
                self.hide(item);
            } else {
                self.visit(item, inside);
            }
            behind_flag =
                text.is_some_and(|text| text.starts_with('-') && !text.contains('=') && names_credential(&text));
        }
    }

    /// Of a Secret only what it is and what it is called shows.
    fn secret(&mut self, node: Node<'_>) {
        self.holds_secret = true;
        for entry in node.written_entries() {
            match entry.name().as_ref() {
                "metadata" => {
                    let shown = |key: &str| OPEN.contains(&key);
                    let hidden = entry.value.written_entries().filter(|own| !shown(own.name().as_ref()));
                    hidden.for_each(|own| self.hide(own.value));
                }
                key if OPEN.contains(&key) => {}
                _ => self.hide(entry.value),
            }
        }
    }

    /// Hides the values below a node; keys show.
    fn hide(&mut self, node: Node<'_>) {
        match node.kind() {
            _ if node.is_alias() => {}
            Kind::Map => node.written_entries().for_each(|entry| self.hide(entry.value)),
            Kind::List => node.items().for_each(|item| self.hide(item)),
            // A switch is no secret.
            Kind::Scalar if matches!(node.value(), Some(Value::Bool(_) | Value::Null)) => {}
            _ => self.found.push(node.range()),
        }
    }

    fn comments(&mut self, parsed: &Parsed<'_>, document: Document, text: &str) {
        let all = parsed.tree.comments();
        let first = all.partition_point(|comment| comment.start < document.range.start);
        for &comment in all.iter().skip(first).take_while(|comment| comment.start < document.range.end) {
            let text = comment.slice(text);
            let own = text.contains("canpull:") && !self.holds_secret;
            if !own && (self.holds_secret || names_credential(text) || holds_credential(text)) {
                self.found.push(comment);
            }
        }
    }
}

fn is_suspect(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SUSPECT.iter().chain(&NAMES).any(|word| text.contains(word))
}

/// The names that a text in lower case may hold.
fn names_in(lower: &str) -> &'static [&'static str] {
    if STEMS.iter().any(|stem| lower.contains(stem)) { &NAMES } else { &[] }
}

/// Whether something of this name is a credential.
pub(super) fn names_credential(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    names_in(&lower).iter().any(|part| lower.contains(part))
        || LAST.iter().any(|own| lower.ends_with(own) && last_word(name).eq_ignore_ascii_case(own))
}

/// The last word of a name: `Pass` of `dockerPass`, `PW` of `ACR_PW`.
fn last_word(name: &str) -> &str {
    let tail = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_hump =
        |pair: &[u8]| matches!(pair, [before, first] if !before.is_ascii_uppercase() && first.is_ascii_uppercase());
    let hump = tail.as_bytes().windows(2).rposition(is_hump).map_or(0, |at| at + 1);
    tail.get(hump..).unwrap_or(tail)
}

/// Whether a text holds a credential beside its name, a user before a host, or an encoded object.
fn holds_credential(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut words =
        names_in(&lower).iter().chain(&TELLING).filter_map(|word| lower.get(lower.find(word)? + word.len()..));
    let encoded = text.len() >= 40 && ["eyJ", "ewo", "ewk", "eyA"].iter().any(|start| text.contains(start));
    encoded || has_login(text) || words.any(|behind| behind.contains(['=', '\n', '{', '"', ' ']))
}

/// `user:password@host`. What stands before a digest's `@` is an image.
pub(super) fn has_login(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + 1..).unwrap_or_default();
        let authority = before.rsplit(['/', ' ', '\n', '"', '\'']).next().unwrap_or_default();
        authority.contains(':') && !["sha256:", "sha384:", "sha512:"].iter().any(|digest| behind.starts_with(digest))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, has_login, holds_credential, names_in, secrets};

    fn hidden(text: &str) -> Vec<&str> {
        secrets("x.yaml", text).iter().map(|range| range.slice(text)).collect()
    }

    #[test]
    fn every_name_has_its_stem() {
        assert!(NAMES.iter().all(|name| !names_in(name).is_empty()));
    }

    #[test]
    fn pods_show_all_but_credentials() {
        let pod = "kind: Pod\nspec:\n  automountServiceAccountToken: false\n  imagePullSecrets: [{name: acr-token}]\n  \
            containers:\n  - image: contoso.azurecr.io/vault-token:1 # from the vault\n    args: [--user, u, --password, p1, --token=p2]\n    \
            env: [{name: X, value: p3}]\n    # password: p4\n";
        assert_eq!(hidden(pod), ["p1", "--token=p2", "p3", "# password: p4"]);
    }

    #[test]
    fn secrets_show_what_they_are() {
        let secret = "# old: p0\nkind: Secret\nmetadata: {name: s, labels: {a: p1}}\ntype: Opaque\nstringDta: {x: p2}\ndata: p3 # p4\n";
        assert_eq!(hidden(secret), ["p1", "p2", "p3", "# old: p0", "# p4"]);
    }

    #[test]
    fn logins_and_encoded_objects_are_told_from_images() {
        for held in ["https://u:p@contoso.azurecr.io/x", "u:p@host", "docker login -u x", "{\"auths\": {}}"] {
            assert!(holds_credential(held), "{held}");
        }
        for plain in ["contoso.azurecr.io/token:1", "a@sha256:00", "contoso.azurecr.io:443/a@sha256:00", "a@b"] {
            assert!(!holds_credential(plain) && !has_login(plain), "{plain}");
        }
    }
}
