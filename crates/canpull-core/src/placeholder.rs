//! Placeholders: text that somebody fills in before deploying, such as `<ACR_NAME>`, `${REGISTRY}` or `__IMAGE__`.
//!
//! Left as it is such a value would be refused; but it never is left as it is, so it makes a value Unknown, not wrong.

use crate::model::registry;

const PAIRS: [(&str, &str); 7] =
    [("#{", "}#"), ("{{", "}}"), ("${", "}"), ("$(", ")"), ("<", ">"), ("{", "}"), ("[[", "]]")];

/// The byte range of the first placeholder in a value.
pub fn find(text: &str) -> Option<(usize, usize)> {
    paired(text)
        .or_else(|| word(text, "__"))
        .or_else(|| word(text, "%"))
        .or_else(|| variable(text))
        .or_else(|| acr(text))
}

/// Whether the text is one placeholder and nothing else.
pub fn is_whole(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && PAIRS.iter().any(|(open, close)| {
            // JSON is not a placeholder, although it stands in braces.
            text.starts_with(open)
                && text.ends_with(close)
                && !(*open == "{" && text.contains(['"', ':']))
                && text != "{}"
        })
}

fn paired(text: &str) -> Option<(usize, usize)> {
    PAIRS.iter().find_map(|(open, close)| {
        let start = text.find(open)?;
        let inner = start + open.len();
        let end = inner + text.get(inner..)?.find(close)?;
        Some((start, end + close.len()))
    })
}

/// `__NAME__`, `%NAME%`.
fn word(text: &str, mark: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(mark) {
        let start = from + at;
        let inner = start + mark.len();
        let rest = text.get(inner..)?;
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
        let name = rest.get(..length)?;
        if mark == "__" {
            // A repository may hold two underscores between letters; a placeholder's stand at its edges.
            let opens =
                start == 0 || text.get(..start).is_some_and(|before| before.ends_with(['/', ':', '@', '.', '-']));
            if opens && name.len() > 2 && name.ends_with("__") {
                return Some((start, inner + length));
            }
        } else if !name.is_empty() && rest.get(length..).is_some_and(|after| after.starts_with(mark)) {
            return Some((start, inner + length + mark.len()));
        }
        from = inner;
    }
    None
}

/// `$NAME` of a shell.
fn variable(text: &str) -> Option<(usize, usize)> {
    let start = text.find('$')?;
    let rest = text.get(start + 1..)?;
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (length > 0).then_some((start, start + 1 + length))
}

/// An ACR name has at least five letters or digits; a hash may follow a dash. `ACR.azurecr.io` is nobody's.
fn acr(text: &str) -> Option<(usize, usize)> {
    let host = text.split('/').next()?;
    let name = registry::acr_host(host)?.name;
    let (own, label) = name.split_once('-').map_or((name, ""), |(own, label)| (own, label));
    let sound =
        own.len() >= 5 && name.len() <= 80 && (own.to_owned() + label).bytes().all(|b| b.is_ascii_alphanumeric());
    (!sound).then_some((0, name.len()))
}

#[cfg(test)]
mod tests {
    use super::{find, is_whole};

    #[test]
    fn placeholders_are_found_and_names_are_not() {
        for text in [
            "<ACR_NAME>.azurecr.io/app",
            "${REGISTRY}/app",
            "$(params.image)",
            "{IMAGE}",
            "{{ .Values.image }}:1",
            "#{Image}#",
            "__IMAGE__",
            "__registry__/app:1",
            "%IMAGE%",
            "$IMAGE",
            "ACR.azurecr.io/app:1",
            "acr/__NAME__:1",
            "my-acr-name.azurecr.io/app",
        ] {
            assert!(find(text).is_some(), "{text}");
        }
        for text in [
            "nginx",
            "MYREGISTRY.azurecr.io/app",
            "reg.example/my__app:v1",
            "contoso-abc123.azurecr.io/app:1",
            "contoso.azurecr.io/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "a/b:1__2",
        ] {
            assert!(find(text).is_none(), "{text} {:?}", find(text));
        }
        assert!(
            is_whole("${DOCKER_CONFIG}") && is_whole("{{ .x }}") && !is_whole(r#"{"auths":{}}"#) && !is_whole("{}")
        );
    }
}
