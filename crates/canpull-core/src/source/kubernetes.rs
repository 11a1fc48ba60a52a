//! Kubernetes manifests: objects of the built-in kinds, alone or in lists.

mod pod;
mod secret;

use canpull_syntax::{FileId, Kind, Node, Parsed, Span, TextRange};

use crate::fact::{Field, FileFacts, ObjectMeta, SourceProblem, UnresolvedFact, Why};
use crate::placeholder;

/// Where a built-in kind keeps its pod spec. Sources: `types.go` of the Kubernetes API groups.
const POD_SPECS: [(&str, &[&str], &[&str]); 9] = [
    ("Pod", &["v1"], &["spec"]),
    ("PodTemplate", &["v1"], &["template", "spec"]),
    ("ReplicationController", &["v1"], TEMPLATE),
    ("Deployment", &["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"], TEMPLATE),
    ("ReplicaSet", &["apps/v1", "apps/v1beta2", "extensions/v1beta1"], TEMPLATE),
    ("StatefulSet", &["apps/v1", "apps/v1beta2", "apps/v1beta1"], TEMPLATE),
    ("DaemonSet", &["apps/v1", "apps/v1beta2", "extensions/v1beta1"], TEMPLATE),
    ("Job", &["batch/v1"], TEMPLATE),
    ("CronJob", &["batch/v1", "batch/v1beta1", "batch/v2alpha1"], &["spec", "jobTemplate", "spec", "template", "spec"]),
];
const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// Lists within lists are read this deep.
const MAX_LISTS: u8 = 4;

/// Reads every object of a file.
pub(super) fn read(file: FileId, text: &str, parsed: &Parsed<'_>, facts: &mut FileFacts) {
    for (_, root) in parsed.roots() {
        object(file, root, None, 0, facts);
        facts.documents += 1;
    }
    let claims = |range: TextRange| {
        let chunk = range.slice(text);
        let block = |key: &str| chunk.lines().any(|line| line.starts_with(key));
        (block("apiVersion:") && block("kind:")) || (chunk.contains("\"apiVersion\"") && chunk.contains("\"kind\""))
    };
    for document in parsed.documents.iter().filter(|document| document.broken && claims(document.range)) {
        facts.recognised = true;
        let Some(found) = parsed.problems.iter().find(|p| p.fatal && document.range.contains(p.range)) else {
            continue;
        };
        if document.range.slice(text).contains("{{") {
            facts.unresolved.push(UnresolvedFact { range: found.range, what: "Helm template" });
        } else {
            let message = found.message.clone();
            facts.problems.push(SourceProblem { range: found.range, message, fatal: true });
        }
    }
}

/// An object, or a list of them; items of a typed list may leave out version and kind, which it implies.
fn object(file: FileId, node: Node<'_>, implied: Option<(&str, &str)>, depth: u8, facts: &mut FileFacts) {
    if node.kind() != Kind::Map {
        return;
    }
    let own = |key: &str| node.get(key).and_then(Node::as_str);
    let (version, kind) = match (own("apiVersion"), own("kind"), implied) {
        (Some(version), Some(kind), _) => (version.into_owned(), kind.into_owned()),
        (_, _, Some((version, kind))) => (version.to_owned(), kind.to_owned()),
        _ => return,
    };
    facts.recognised = true;
    if let Some(items) = node.get("items").filter(|_| kind.ends_with("List") && depth < MAX_LISTS) {
        let implied = kind.strip_suffix("List").filter(|kind| !kind.is_empty()).map(|kind| (version.as_str(), kind));
        items.items().for_each(|item| object(file, item, implied, depth + 1, facts));
        return;
    }
    let meta = meta(file, node, &version, &kind);
    match (version.as_str(), kind.as_str()) {
        ("v1", "Secret") => secret::read(file, node, meta, facts),
        ("v1", "ServiceAccount") => facts.service_accounts.push(pod::service_account(file, node, meta)),
        _ => {
            let spec = POD_SPECS.iter().find(|(own, versions, _)| *own == kind && versions.contains(&version.as_str()));
            if let Some((_, _, path)) = spec
                && let Some(spec) = node.at(path)
            {
                facts.workloads.push(pod::workload(file, spec, path.join("."), meta));
            }
        }
    }
}

fn meta(file: FileId, node: Node<'_>, version: &str, kind: &str) -> ObjectMeta {
    let metadata = node.get("metadata");
    let here = Span::new(file, node.range());
    let field = |key: &str| metadata.map_or(Field::Absent(here), |metadata| field(file, metadata, key));
    let live = metadata.is_some_and(|metadata| metadata.get("uid").or(metadata.get("resourceVersion")).is_some());
    ObjectMeta {
        api_version: version.to_owned(),
        api_version_span: node.get("apiVersion").map_or(here, |value| Span::new(file, value.range())),
        kind: kind.to_owned(),
        name: field("name"),
        namespace: field("namespace"),
        span: here,
        live,
        ignores: Vec::new(),
        helm_source: None,
    }
}

/// A string field of a map. `null` counts as not written.
fn field(file: FileId, map: Node<'_>, key: &str) -> Field<String> {
    let Some(value) = map.get(key) else { return Field::Absent(Span::new(file, TextRange::empty(map.range().start))) };
    let span = Span::new(file, value.range());
    match value.as_str() {
        Some(text) if placeholder::find(&text).is_some() => Field::Unknown(Why::Placeholder, span),
        Some(text) => Field::Known(text.into_owned(), span),
        None if value.is_null() => Field::Absent(span),
        None => Field::Unknown(why_no_text(value), span),
    }
}

/// `{{ .Values.image }}` and `{IMAGE}` without quotes are flow maps to YAML: their keys have no values.
fn why_no_text(value: Node<'_>) -> Why {
    let hole = value.is_flow()
        && value.kind() == Kind::Map
        && value.written_entries().all(|entry| entry.value.is_null())
        && value.written_entries().next().is_some();
    if hole { Why::Placeholder } else { Why::NotText }
}

/// Whether a placeholder stands where something else belongs.
fn is_placeholder(value: Node<'_>) -> bool {
    match value.kind() {
        Kind::Scalar => value.text().is_some_and(|text| placeholder::find(&text).is_some()),
        _ => why_no_text(value) == Why::Placeholder,
    }
}
