//! Operators that hand out pull secrets to service accounts, known by their images.

use canpull_syntax::Node;

use super::object::Reader;
use super::producer;
use crate::fact::{FileFacts, ImageFact, PatcherFact, WorkloadFact};

/// Secrets that the registry-creds operator makes: the flag that renames each, and its name without.
const REGISTRY_CREDS: [(&str, &str); 4] = [
    ("aws-secret-name", "awsecr-cred"),
    ("gcr-secret-name", "gcr-secret"),
    ("dpr-secret-name", "dpr-secret"),
    ("acr-secret-name", "acr-secret"),
];

/// Notes a workload that is such an operator.
pub(super) fn operator(
    reader: &Reader<'_>,
    node: Node<'_>,
    path: &[&str],
    workload: &WorkloadFact,
    facts: &mut FileFacts,
) {
    let known = |image: &&ImageFact| matches!(repository(&image.text), "imagepullsecret-patcher" | "registry-creds");
    let Some(image) = workload.images.iter().find(known) else { return };
    let span = reader.span(node);
    let Some(spec) = node.at(path) else { return };
    let mut secret = None;
    if repository(&image.text) == "imagepullsecret-patcher" {
        let told = setting(spec, "secretname", "CONFIG_SECRETNAME");
        let name = told.unwrap_or_else(|| "image-pull-secret".to_owned());
        facts.producers.push(producer::everywhere(&workload.object, &name, span));
        secret = Some(name);
    } else if !image.text.contains("alexellis/") {
        // The operator of the same name by alexellis makes only what its own resources order.
        for (flag, name) in REGISTRY_CREDS {
            let name = setting(spec, flag, "").unwrap_or_else(|| name.to_owned());
            facts.producers.push(producer::everywhere(&workload.object, &name, span));
        }
    }
    let object = workload.object.clone();
    facts.patchers.push(PatcherFact { object, secret, patches_pods: false, service_account: None });
}

/// The last part of an image's repository.
fn repository(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// A container's flag (`-flag=value`, `--flag value`) or environment variable.
fn setting(spec: Node<'_>, flag: &str, variable: &str) -> Option<String> {
    for container in spec.get("containers").into_iter().flat_map(Node::items) {
        let words = ["command", "args"].into_iter().filter_map(|key| container.get(key)).flat_map(Node::items);
        let words: Vec<_> = words.filter_map(Node::text).collect();
        for (at, word) in words.iter().enumerate() {
            let Some(own) = word.strip_prefix('-').map(|own| own.strip_prefix('-').unwrap_or(own)) else { continue };
            match own.split_once('=') {
                Some((name, value)) if name == flag => return Some(value.to_owned()),
                None if own == flag => return words.get(at + 1).map(|value| value.clone().into_owned()),
                _ => {}
            }
        }
        let variables = container.get("env").into_iter().flat_map(Node::items);
        let named = |own: &Node<'_>| own.get("name").and_then(Node::text).is_some_and(|name| name == variable);
        if let Some(value) = variables.into_iter().find(named).and_then(|own| own.get("value")?.text()) {
            return Some(value.into_owned());
        }
    }
    None
}
