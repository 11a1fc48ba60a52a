//! Queries on the JSON that commands print: the subset of `JMESPath` and jq that chooses one property.

/// What a query chooses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Query {
    /// Keys from the outside in. Indexes and filters are left out: of a list any item will do.
    pub(super) path: Vec<String>,
    /// The name that a filter asks for, `[?name=='x']`.
    pub(super) name: Option<String>,
    /// Where the last key stands in the query, in bytes.
    pub(super) last: Option<(usize, usize)>,
}

/// Reads a `JMESPath` query; `None` for one that chooses more than a property or computes something.
pub(super) fn jmes_path(text: &str) -> Option<Query> {
    let mut query = Query::default();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { break };
        rest = match first {
            '.' | '|' | '@' => rest.get(1..)?,
            '[' => bracket(rest, &mut query)?,
            '"' => {
                let (key, after) = rest.get(1..)?.split_once('"')?;
                query.push(key, at + 1);
                after
            }
            '*' => {
                query.push("*", at);
                rest.get(1..)?
            }
            first if is_key(first) => {
                let end = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
                let (key, after) = rest.split_at_checked(end)?;
                if after.trim_start().starts_with('(') {
                    return None;
                }
                query.push(key, at);
                after
            }
            _ => return None,
        };
    }
    Some(query)
}

/// Reads a jq filter such as `.[0].identity.principalId`, with a default behind `//` left out.
pub(super) fn jq(text: &str) -> Option<Query> {
    let chosen = text.split(" //").next().unwrap_or(text).trim();
    if !chosen.starts_with('.') || chosen.contains("==") {
        return None;
    }
    jmes_path(&chosen.replace("[]?", "[]").replace(['?'], ""))
}

impl Query {
    fn push(&mut self, key: &str, at: usize) {
        self.path.push(key.to_owned());
        self.last = Some((at, at + key.len()));
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// `[0]`, `[]`, `[*]`, `["key"]`, `[?name=='x']`; the rest behind it.
fn bracket<'t>(text: &'t str, query: &mut Query) -> Option<&'t str> {
    let end = closing(text)?;
    let inner = text.get(1..end)?.trim();
    if let Some(key) = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        query.path.push(key.to_owned());
        query.last = None;
    } else if let Some(filter) = inner.strip_prefix('?') {
        query.name = named(filter);
    } else if !inner.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '*' | ':')) {
        // A list of several properties.
        return None;
    }
    text.get(end + 1..)
}

/// The index of the bracket that closes the first one; those in quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The name in `name=='x'`, `displayName == "x"` or `` name==`x` ``, with nothing else beside it.
fn named(filter: &str) -> Option<String> {
    let (key, value) = filter.split_once("==")?;
    let value = value.trim();
    let is_name = ["name", "displayName", "roleName"].contains(&key.trim());
    let bare = value.trim_matches(['\'', '"', '`']);
    let quoted = value.len() >= 2 && bare.len() + 2 <= value.len() && !bare.contains(['\'', '"', '`', '=']);
    (is_name && quoted && !bare.is_empty()).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<String> {
        jmes_path(text).map(|query| query.path.join("."))
    }

    #[test]
    fn one_property_is_chosen() {
        let table = [
            ("id", "id"),
            ("identityProfile.kubeletidentity.objectId", "identityProfile.kubeletidentity.objectId"),
            ("[0].id", "id"),
            ("[].appId", "appId"),
            ("[].appId | [0]", "appId"),
            ("[?name=='contoso'].id | [0]", "id"),
            ("[?contains(name, 'x')].loginServer", "loginServer"),
            ("passwords[0].value", "passwords.value"),
            ("\"loginServer\"", "loginServer"),
            ("identity.userAssignedIdentities.*.principalId", "identity.userAssignedIdentities.*.principalId"),
            ("@.id", "id"),
            ("[*].[id][0]", ""),
        ];
        for (query, expected) in table {
            let expected = Some(expected.to_owned()).filter(|expected| !expected.is_empty());
            assert_eq!(path(query), expected, "{query}");
        }
        for query in ["{a:id}", "length(@)", "[id, name]", "join(',', [].id)", "[?name=='x", "a == b"] {
            assert_eq!(path(query), None, "{query}");
        }
    }

    #[test]
    fn filters_tell_names_and_keys_their_places() {
        let query = jmes_path("[?name=='contoso'].id").unwrap();
        assert_eq!(query.name.as_deref(), Some("contoso"));
        assert_eq!(query.last, Some((19, 21)));
        assert_eq!(jmes_path("[?displayName=='a' || name=='b'].id").unwrap().name, None);
    }

    #[test]
    fn jq_filters_choose_alike() {
        let path = |text: &str| jq(text).map(|query| query.path.join("."));
        assert_eq!(path(".appId").as_deref(), Some("appId"));
        assert_eq!(path(".[0].id").as_deref(), Some("id"));
        assert_eq!(path(".[] | .id").as_deref(), Some("id"));
        assert_eq!(
            path(".identityProfile.kubeletidentity.objectId // empty").as_deref(),
            Some("identityProfile.kubeletidentity.objectId")
        );
        assert_eq!(path(".[\"appId\"]").as_deref(), Some("appId"));
        assert_eq!(path("length"), None);
        assert_eq!(path(".[] | select(.name == \"x\") | .id"), None);
    }
}
