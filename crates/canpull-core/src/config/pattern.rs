//! Globs that are written as other programs write them: here they would fit nothing.

use super::{Config, Errors};

/// Reports globs that no path or object can fit.
pub(super) fn check(config: &Config, errors: &mut Errors<'_>) {
    let of_clusters = config.clusters.iter().flat_map(|cluster| &cluster.paths);
    let of_findings = config.ignore.iter().filter_map(|ignore| ignore.path.as_ref());
    for glob in config.exclude.iter().chain(of_clusters).chain(of_findings) {
        if let Some(message) = path_fault(&glob.value).or_else(|| choice_fault(&glob.value)) {
            errors.add(glob.span.range, message);
        }
    }
    for glob in config.external_secrets.iter().chain(&config.external_service_accounts) {
        if let Some(message) = choice_fault(&glob.value) {
            errors.add(glob.span.range, message);
        }
    }
}

fn path_fault(glob: &str) -> Option<String> {
    if glob.starts_with('!') {
        return Some(
            "a glob takes back nothing that another one names; leave out the `!` and what it is for".to_owned(),
        );
    }
    if let Some(rest) = glob.strip_prefix('/') {
        let rest = rest.trim_start_matches('/');
        return Some(format!("paths start at the project's root, without a `/` in front: write `{rest}`"));
    }
    glob.contains('\\')
        .then(|| format!("paths are written with `/` on every system: write `{}`", glob.replace('\\', "/")))
}

fn choice_fault(glob: &str) -> Option<String> {
    let (_, rest) = glob.split_once('{')?;
    let (inner, _) = rest.split_once('}')?;
    let message = "globs know `*`, `?` and `**`, and no choices in braces: write one glob for each of them";
    inner.contains(',').then(|| message.to_owned())
}
