//! Globs of the configuration: `*` and `?` within a segment, `**` across segments.

/// One step of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// `*`: any run within a segment.
    Run,
    /// `**`: any run.
    DeepRun,
    /// `**/`: any number of whole segments, none included.
    Segments,
    /// `?`: one character of a segment.
    Any,
    Literal(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    let mut at_edge = true;
    while let Some(c) = rest.chars().next() {
        let (token, length) = if c == '*' {
            let stars = rest.bytes().take_while(|byte| *byte == b'*').count();
            match stars {
                1 => (Token::Run, 1),
                _ if at_edge && rest.get(stars..).is_some_and(|after| after.starts_with('/')) => {
                    (Token::Segments, stars + 1)
                }
                _ => (Token::DeepRun, stars),
            }
        } else if c == '?' {
            (Token::Any, 1)
        } else {
            (Token::Literal(c), c.len_utf8())
        };
        at_edge = c == '/' || token == Token::Segments;
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// Whether the whole text fits the pattern: `*` and `?` stay within a segment, `**` does not. Takes time proportional
/// to the product of their lengths, and memory proportional to the text's.
pub fn matches(pattern: &str, text: &str) -> bool {
    // reachable[i]: the first i characters of the text fit the pattern read so far.
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for token in tokens(pattern) {
        let mut previous = false;
        let mut running = false;
        for (index, slot) in reachable.iter_mut().enumerate() {
            let here = *slot;
            let before = index.checked_sub(1).and_then(|last| text.get(last)).copied();
            let in_segment = before.is_some_and(|c| c != '/');
            *slot = match token {
                Token::Run => {
                    running = here || (running && in_segment);
                    running
                }
                Token::DeepRun => {
                    running |= here;
                    running
                }
                Token::Segments => {
                    let behind_slash = running && before == Some('/');
                    running |= here;
                    here || behind_slash
                }
                Token::Any => previous && in_segment,
                Token::Literal(c) => previous && before == Some(c),
            };
            previous = here;
        }
    }
    reachable.last().copied().unwrap_or_default()
}

/// Whether a path fits: a pattern that names a directory covers everything below it, and a leading `./` says nothing.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern = plain(pattern).trim_end_matches('/');
    let path = plain(path);
    pattern.is_empty() || matches(pattern, path) || matches(&format!("{pattern}/**"), path)
}

/// The path without leading `./`; `.` is the whole tree.
fn plain(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    if path == "." { "" } else { path }
}

/// Whether `namespace/name`, or a bare `name`, fits. An unwritten (empty) namespace fits only a `*`.
pub fn matches_object(pattern: &str, namespace: &str, name: &str) -> bool {
    match pattern.split_once('/') {
        Some((own, rest)) => matches(own, namespace) && matches(rest, name),
        None => matches(pattern, name),
    }
}

/// Whether an object of this name fits a pattern as above in some namespace.
pub fn matches_name(pattern: &str, name: &str) -> bool {
    matches(pattern.split_once('/').map_or(pattern, |(_, rest)| rest), name)
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_object, matches_path};

    #[test]
    fn globs_match_whole_texts() {
        assert!(matches("a*c", "abc") && matches("*", "") && !matches("a*", "a/b") && matches("a/**", "a/b/c"));
        assert!(matches("?b", "ab") && !matches("?", "/"));
        assert!(matches_path("deploy/prod", "deploy/prod/web.yaml") && matches_path("**/x.yaml", "x.yaml"));
        assert!(matches("a/**/b", "a/b") && matches("a/**/b", "a/x/y/b") && !matches("a/**/b", "a/xb"));
        assert!(matches("a**b", "a/x/b") && !matches("**/b", "ab") && matches("**", "") && !matches("", "a"));
        for pattern in [".", "./", "./deploy/", "deploy/*", "**/prod", "deploy", "./**"] {
            assert!(matches_path(pattern, "./deploy/prod/web.yaml"), "{pattern}");
        }
        assert!(!matches_path("dep", "deploy/web.yaml") && !matches_path("deploy/*.yaml", "deploy/a/web.yaml"));
        assert!(matches_object("*/acr-auth", "", "acr-auth") && !matches_object("team-*/r", "", "r"));
        assert!(!matches(&"*a".repeat(2000), &"a".repeat(1000)));
    }
}
