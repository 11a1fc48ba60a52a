//! Passwords that look like ones in use.

use std::collections::BTreeSet;

use canpull_syntax::order;

use crate::placeholder;

/// Whether a password looks like one in use. Conservative: an example that looks real is passed over rather than a false alarm
/// raised.
pub(crate) fn looks_live(user: &str, password: &str) -> bool {
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
    let distinct: BTreeSet<u8> = order::gather(password.bytes());
    classes.iter().filter(|class| **class).count() >= 3
        && distinct.len() >= 8
        && !EXAMPLES.iter().any(|example| lower.contains(example))
}
