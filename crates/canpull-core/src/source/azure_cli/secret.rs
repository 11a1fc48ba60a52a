//! Passwords and keys that `az` prints beside what matters. None is kept; all are masked.

use canpull_syntax::{Kind, Node};

use crate::fact::FileFacts;

/// Keys whose values nobody may see, in any case of letters. `value` is a password's.
const KEYS: [&str; 11] = [
    "password",
    "adminPassword",
    "secret",
    "secretText",
    "clientSecret",
    "value",
    "accessToken",
    "refreshToken",
    "connectionString",
    "key",
    "kubeconfigs",
];

/// Whether a text holds a key that hides something.
pub(super) fn may_hold(text: &str) -> bool {
    ["assword", "ecret", "oken", "onnectionString", "ubeconfig"].iter().any(|word| text.contains(word))
}

/// Masks the secrets below a node.
pub(super) fn mask(root: Node<'_>, text: &str, facts: &mut FileFacts) {
    if !may_hold(text) {
        return;
    }
    let mut open = vec![root];
    // What an alias stands for is masked where it is written.
    let is_open = |node: &Node<'_>| !node.is_alias() && matches!(node.kind(), Kind::Map | Kind::List);
    while let Some(node) = open.pop() {
        for entry in node.written_entries() {
            let name = entry.name();
            let hides = KEYS.iter().any(|key| key.eq_ignore_ascii_case(&name));
            if hides && entry.value.kind() == Kind::Scalar && !entry.value.is_null() {
                facts.masked.push(entry.value.range());
            } else {
                open.extend(Some(entry.value).filter(is_open));
            }
        }
        open.extend(node.items().filter(is_open));
    }
}
