//! What no source line of a Bicep file may show: literals that may be credentials, and comments that may hold one.

use canpull_syntax::{TextRange, to_offset};

use super::{holds_credential, names_credential};

/// The ranges of a Bicep file that may hold a credential: literals behind a name that credentials go by, in a secure
/// parameter, or that look like one themselves.
pub(super) fn secrets(text: &str) -> Vec<TextRange> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 0);
    // What stands below `@secure()`, up to the end of the next line that is no decorator.
    let mut is_secure = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = piece(rest);
        let piece = rest.get(..length).unwrap_or(rest);
        let range = TextRange::new(to_offset(at), to_offset(at + length));
        let before = text.get(line..at).unwrap_or_default();
        let is_comment = piece.starts_with("//") || piece.starts_with("/*");
        let is_literal = piece.starts_with('\'');
        let suspect = is_secure || names_credential(before) || holds_credential(piece);
        if (is_literal && suspect) || (is_comment && (names_credential(piece) || holds_credential(piece))) {
            found.push(range);
        }
        at += length;
        if let Some(end) = piece.rfind('\n') {
            let is_decorator = before.trim_start().starts_with('@');
            is_secure = (is_secure && is_decorator) || before.trim_start().starts_with("@secure");
            line = at - length + end + 1;
        }
    }
    found
}

/// The length of the literal, comment, line break or other text that a text begins with.
fn piece(text: &str) -> usize {
    let closed = |open: usize, close: &str| {
        text.get(open..).and_then(|rest| rest.find(close)).map_or(text.len(), |at| open + at + close.len())
    };
    if text.starts_with("'''") {
        closed(3, "'''")
    } else if text.starts_with('\'') {
        literal(text)
    } else if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if text.starts_with("/*") {
        closed(2, "*/")
    } else if text.starts_with('\n') {
        1
    } else {
        // A slash that begins no comment stands for itself.
        1 + text.get(1..).and_then(|rest| rest.find(['\'', '/', '\n'])).unwrap_or(text.len() - 1)
    }
}

/// The length of a literal in single quotes, which ends with its line at the latest.
fn literal(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'\'' => return at + 1,
            b'\n' => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn credentials_are_found_and_the_rest_shows() {
        let text = "@description('who may pull')\n@secure()\n@minLength(3)\nparam key string = 'p1'\nparam acr string = 'contoso'\n\
            var password = 'p\\'2' // token: p3\nvar docker = '''\n{\"auths\": {}}\n'''\nresource aks 'Microsoft.X/y@1' = {\n  \
            name: 'prod' // the cluster\n  é: 'é'\n  clientSecret: 'p5";
        let found: Vec<&str> = secrets(text).iter().map(|range| range.slice(text)).collect();
        assert_eq!(found, ["'p1'", "'p\\'2'", "// token: p3", "'''\n{\"auths\": {}}\n'''", "'p5"]);
    }
}
