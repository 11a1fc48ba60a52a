//! Placeholders: text that somebody fills in before deploying, such as `<ACR_NAME>`, `${REGISTRY}` or `__IMAGE__`.
//!
//! Left as it is such a value would be refused; but it never is left as it is, so it makes a value Unknown, not wrong.

use crate::acr_host::{AcrHostKind, acr_host};

/// Marks around a placeholder whose inside may be anything; the longer ones first.
const PAIRS: [(&str, &str); 7] =
    [("#{", "}#"), ("#{", "}"), ("{{", "}}"), ("[[", "]]"), ("${{", "}}"), ("${", "}"), ("$(", ")")];

/// The byte range of the first placeholder in a value: `<…>`, `${…}`, `$(…)`, `$NAME`, `{…}`, `{{…}}`, `[[…]]`,
/// `${{…}}`, `#{…}#`, `#{…}`, `__NAME__`, `%NAME%`, or the name of a container registry that no registry can have. Takes linear time.
pub fn find(text: &str) -> Option<(usize, usize)> {
    let marked = marked(text);
    match (marked, acr(text)) {
        (Some(marked), Some(acr)) => Some(if acr.0 < marked.0 { acr } else { marked }),
        (marked, acr) => marked.or(acr),
    }
}

/// The same in a key of a docker config, which is a pattern: `*.azurecr.io` stands for every registry.
pub fn find_in_pattern(key: &str) -> Option<(usize, usize)> {
    if key.contains(['*', '?', '[']) { marked(key) } else { find(key) }
}

/// Whether the trimmed text is a placeholder, or a template from end to end, and nothing else. JSON is none.
pub fn is_whole(text: &str) -> bool {
    let text = text.trim();
    marked(text) == Some((0, text.len())) || (text.starts_with("{{") && text.ends_with("}}"))
}

/// Whether a value is what SOPS leaves of it in a file.
pub fn is_encrypted(text: &str) -> bool {
    text.starts_with("ENC[")
}

fn marked(text: &str) -> Option<(usize, usize)> {
    if !text.bytes().any(|byte| matches!(byte, b'#' | b'{' | b'[' | b'$' | b'<' | b'%' | b'_')) {
        return None;
    }
    // A closing mark that is missing once is missing for good: each is searched in vain at most once.
    let mut open_pairs = PAIRS.to_vec();
    let mut before = None;
    for (start, c) in text.char_indices() {
        let rest = text.get(start..).unwrap_or_default();
        let mut length = None;
        if matches!(c, '#' | '{' | '[' | '$') {
            open_pairs.retain(|(open, close)| {
                if length.is_some() || !rest.starts_with(open) {
                    return true;
                }
                length =
                    rest.get(open.len()..).and_then(|inner| inner.find(close)).map(|at| open.len() + at + close.len());
                length.is_some()
            });
        }
        let length = length.or_else(|| match c {
            '<' => enclosed(rest, '>', |c| !matches!(c, '<' | '\n' | '\r')),
            '{' => enclosed(rest, '}', |c| is_word(c) || c == ' '),
            '$' => variable(rest),
            '%' => percent(rest),
            // A repository may hold two underscores between letters; a placeholder's stand at an edge.
            '_' if !before.is_some_and(|c: char| c.is_alphanumeric() || c == '_') => underscores(rest),
            _ => None,
        });
        if let Some(length) = length {
            return Some((start, start + length));
        }
        before = Some(c);
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The length of `<…>`: an opening mark, something made of the allowed characters, the closing mark.
fn enclosed(text: &str, close: char, allowed: fn(char) -> bool) -> Option<usize> {
    let inner = text.get(1..)?;
    let end = inner.find(|c| c == close || !allowed(c))?;
    let inside = inner.get(..end)?;
    (!inside.trim().is_empty() && inner.get(end..)?.starts_with(close)).then_some(end + 2)
}

/// `$NAME` of a shell.
fn variable(text: &str) -> Option<usize> {
    let name = text.get(1..)?;
    let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    (length > 0).then_some(length + 1)
}

/// `%NAME%`, but not the escapes of a URL.
fn percent(text: &str) -> Option<usize> {
    let length = enclosed(text, '%', is_word)?;
    let name = text.get(1..length - 1)?;
    let escape = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (named && !escape).then_some(length)
}

/// `__NAME__`.
fn underscores(text: &str) -> Option<usize> {
    let name = text.strip_prefix("__")?;
    let end = name.find(|c| !is_word(c)).unwrap_or(name.len());
    let end = name.get(..end)?.find("__").filter(|end| *end > 0)?;
    Some(end + 4)
}

/// An ACR name has at least five letters or digits; a hash may follow a dash. `ACR.azurecr.io` is nobody's.
fn acr(text: &str) -> Option<(usize, usize)> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let authority = text.get(start..)?.split('/').next()?;
    // A login may stand before the host of a docker config's key.
    let host = authority.rsplit('@').next()?;
    let start = start + authority.len() - host.len();
    let acr = acr_host(host).filter(|acr| acr.kind != AcrHostKind::Other)?;
    let (own, label) = acr.name_and_label();
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A space in front is a slip of whoever wrote it, and no placeholder.
    let own = own.trim_start();
    let sound = own.len() >= 5 && is_plain(own) && label.is_none_or(is_plain);
    // No mark has a blank in it: that is a slip.
    let has_blank = acr.name.contains(char::is_whitespace);
    (!sound && !has_blank).then_some((start, start + acr.name.len()))
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
            "__REG__.azurecr.io/app",
            "https://acr.azurecr.io",
            "user@acr.azurecr.io",
        ] {
            assert!(find(text).is_some(), "{text}");
        }
        for text in [
            "nginx",
            "MYREGISTRY.azurecr.io/app",
            "reg.example/my__app:v1",
            "contoso-abc123.azurecr.io/app:1",
            " contoso.azurecr.io/app:1",
            "contoso reg.azurecr.io/app:1",
            "contoso.azurecr.io/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "a/b:1__2",
            " contoso.azurecr.io/app:1",
            "contoso.azurecr.io/a%2Fb%2Fc%C3%A4",
            r#"{"auths":{"contoso.azurecr.io":{}}}"#,
            "{}",
        ] {
            assert!(find(text).is_none(), "{text} {:?}", find(text));
        }
        for text in [
            "${DOCKER_CONFIG}",
            "{{ .x }}",
            " __CONFIG__\n",
            "%CONFIG%",
            "$CONFIG",
            "#{Config}#",
            "#{Config}",
            "${{ secrets.X }}",
            "<config>",
        ] {
            assert!(is_whole(text), "{text}");
        }
        for text in [r#"{"auths":{}}"#, "{}", "", "a${B}", "${A}/${B}", "{a: {b: c}}"] {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn the_first_placeholder_is_found() {
        let found = |text: &'static str| find(text).and_then(|(start, end)| text.get(start..end));
        assert_eq!(found("contoso.azurecr.io/<app>:${TAG}"), Some("<app>"));
        assert_eq!(found("reg.example/#{App}#:1"), Some("#{App}#"));
        assert_eq!(found("${OPEN/<app>"), Some("<app>"));
        assert_eq!(found("ä/{{ .Values.ö }}:1"), Some("{{ .Values.ö }}"));
    }

    #[test]
    fn long_texts_take_linear_time() {
        for part in ["__a", "{{", "<a", "%a.", "x__", "${", "{a", "#{", "$(", "[["] {
            find(&part.repeat(50_000));
        }
    }
}
