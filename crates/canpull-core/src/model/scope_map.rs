//! Scope maps and the scopes of tokens: what a repository-scoped token may read.

/// Whether a scope map's actions let a token pull a repository: `repositories/<repository>/content/read`, where the
/// repository may be `*` or end in `/*`. Any one is enough.
pub fn reads(actions: &[String], repository: &str) -> bool {
    actions.iter().any(|action| {
        let pattern = action.strip_prefix("repositories/").and_then(|rest| rest.strip_suffix("/content/read"));
        pattern.is_some_and(|pattern| covers(pattern, repository))
    })
}

fn covers(pattern: &str, repository: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(prefix) if prefix.ends_with('/') => repository.starts_with(prefix),
        // `prefix*` is no wildcard: the service refuses it.
        _ => pattern == repository,
    }
}

/// Whether one of the registry's own scope maps lets a token pull everything; `None` for other names.
pub fn system_map_reads(name: &str) -> Option<bool> {
    match name {
        "_repositories_pull"
        | "_repositories_pull_metadata_read"
        | "_repositories_admin"
        | "_repositories_push"
        | "_repositories_push_metadata_write" => Some(true),
        _ => None,
    }
}

/// The one repository that the scope of a token names, `repository:<name>:<actions>`, and whether it lets one pull.
pub fn token_scope(scope: &str) -> Option<(&str, bool)> {
    let (repository, actions) = scope.trim().strip_prefix("repository:")?.rsplit_once(':')?;
    let plain = !repository.contains(|c: char| c.is_whitespace() || matches!(c, '*' | ':'));
    plain.then(|| (repository, actions.split(',').any(|action| matches!(action, "pull" | "*"))))
}

/// Whether a pattern of a scope map is none that the service knows: `prefix*`, `a/*/b`.
pub fn is_invalid(action: &str) -> bool {
    let Some(rest) = action.strip_prefix("repositories/") else { return false };
    let mut segments: Vec<&str> = rest.split('/').collect();
    // The last two are the action, `content/read`.
    segments.truncate(segments.len().saturating_sub(2));
    let Some((last, before)) = segments.split_last() else { return false };
    before.iter().any(|segment| segment.contains('*')) || (last.contains('*') && *last != "*")
}
