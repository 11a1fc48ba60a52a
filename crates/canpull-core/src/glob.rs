//! Globs of the configuration: `*` and `?` within a segment, `**` across segments.

/// Whether the whole text fits the pattern. Takes time proportional to the product of their lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // reachable[i]: the first i characters of the text fit the pattern read so far.
    let mut reachable = vec![false; text.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    let mut at = 0;
    while let Some(&token) = pattern.get(at) {
        let deep = token == '*' && pattern.get(at + 1) == Some(&'*');
        let mut next = vec![false; text.len() + 1];
        let mut running = false;
        for index in 0..=text.len() {
            let here = reachable.get(index).copied().unwrap_or_default();
            let before = index.checked_sub(1).and_then(|last| text.get(last));
            let value = if token == '*' {
                running = here || (running && before.is_some_and(|c| deep || *c != '/'));
                running
            } else {
                let previous = index.checked_sub(1).and_then(|last| reachable.get(last)).copied().unwrap_or_default();
                previous && before.is_some_and(|c| *c == token || (token == '?' && *c != '/'))
            };
            if let Some(slot) = next.get_mut(index) {
                *slot = value;
            }
        }
        reachable = next;
        at += if deep { 2 } else { 1 };
    }
    reachable.last().copied().unwrap_or_default()
}

/// Whether a path fits: a pattern that names a directory covers everything below it.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    matches(pattern, path)
        || matches(&format!("{pattern}/**"), path)
        || pattern.strip_prefix("**/").is_some_and(|rest| matches(rest, path) || matches(&format!("{rest}/**"), path))
}

/// Whether `namespace/name`, or a bare `name`, fits. An unwritten (empty) namespace fits only a `*`.
pub fn matches_object(pattern: &str, namespace: &str, name: &str) -> bool {
    match pattern.split_once('/') {
        Some((own, rest)) => matches(own, namespace) && matches(rest, name),
        None => matches(pattern, name),
    }
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_object, matches_path};

    #[test]
    fn globs_match_whole_texts() {
        assert!(matches("a*c", "abc") && matches("*", "") && !matches("a*", "a/b") && matches("a/**", "a/b/c"));
        assert!(matches("?b", "ab") && !matches("?", "/"));
        assert!(matches_path("deploy/prod", "deploy/prod/web.yaml") && matches_path("**/x.yaml", "x.yaml"));
        assert!(matches_object("*/acr-auth", "", "acr-auth") && !matches_object("team-*/r", "", "r"));
        assert!(!matches(&"*a".repeat(2000), &"a".repeat(1000)));
    }
}
