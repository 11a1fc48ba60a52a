//! Kubernetes manifests: objects alone, in lists, or wrapped in other objects.

mod api;
mod azure;
#[rustfmt::skip]
mod crd_table;
mod custom;
mod defect;
mod deployer;
mod mend;
mod object;
mod patch;
mod patcher;
mod pod;
mod policy;
mod producer;
mod secret;
mod secret_list;
mod shape;
mod upgrade;

use canpull_syntax::yaml::{BAD_SEPARATOR, DUPLICATE_KEY};
use canpull_syntax::{Kind, Node, Problem, TextRange, order};

pub use api::removed_api;
pub(super) use api::runs_pods;
pub(super) use patch::{inline as inline_patch, operations};

use super::{Format, Input, template};
use crate::fact::{FileFacts, SourceProblem, WorkloadFact};
use object::Reader;

/// Lists and wrappers within each other are read this deep.
const MAX_NESTING: u8 = 4;

/// Objects in YAML or JSON.
pub(super) struct Kubernetes;

impl Format for Kubernetes {
    fn detect(&self, _path: &str, text: &str) -> bool {
        // Without these letters no document has an API version, whatever its syntax errors are.
        text.contains("apiVersion")
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        if read_broken(input, facts) == Broken::Template {
            return;
        }
        let read = objects(input, facts);
        facts.recognised |= !read.is_empty();
        order::sort(&mut facts.masked);
        facts.masked.dedup();
        let pulling = pulling(facts);
        let concerns = |problem: &&Problem| {
            let key = problem.range.slice(input.text).trim_matches(['"', '\'']);
            if problem.message == DUPLICATE_KEY {
                KEYS.contains(&key) && is_within(problem.range, &pulling)
            } else {
                is_within(problem.range, &read)
            }
        };
        let mild = input.parsed.problems.iter().filter(|problem| !problem.fatal).filter(concerns);
        facts.problems.extend(mild.map(SourceProblem::from));
        order::sort_by_key(&mut facts.problems, |problem| problem.range);
    }
}

/// The keys that lead to what a pull depends on.
const KEYS: [&str; 20] = [
    ".dockercfg",
    ".dockerconfigjson",
    "containers",
    "data",
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "initContainers",
    "jobTemplate",
    "kind",
    "metadata",
    "name",
    "namespace",
    "reference",
    "serviceAccount",
    "serviceAccountName",
    "spec",
    "stringData",
    "template",
    "type",
];

/// The objects that a pull may depend on, in order.
fn pulling(facts: &FileFacts) -> Vec<TextRange> {
    let workloads = facts.workloads.iter().map(|fact| &fact.object);
    let accounts = facts.service_accounts.iter().map(|fact| &fact.object);
    let secrets = facts.secrets.iter().map(|fact| &fact.object);
    let objects = workloads.chain(accounts).chain(secrets).chain(facts.producers.iter().map(|fact| &fact.object));
    let mut ranges: Vec<TextRange> = objects.map(|object| object.span.range).collect();
    order::sort(&mut ranges);
    ranges
}

/// Whether a range begins in one of some that lie apart, in order.
fn is_within(range: TextRange, apart: &[TextRange]) -> bool {
    let next = apart.partition_point(|one| one.start <= range.start);
    next.checked_sub(1).and_then(|at| apart.get(at)).is_some_and(|one| range.start < one.end)
}

/// Reads the objects among a file's documents; tells which these are.
pub(super) fn objects(input: Input<'_>, facts: &mut FileFacts) -> Vec<TextRange> {
    let reader = Reader::new(input);
    let mut read = Vec::new();
    for (document, root) in input.parsed.roots() {
        facts.documents += 1;
        if object(&reader, root, None, 0, facts) {
            read.push(document.range);
        }
    }
    read
}

#[derive(PartialEq, Eq)]
enum Broken {
    /// A template breaks the syntax: the file is read once it is rendered.
    Template,
    /// Errors of the authors', if any.
    Errors,
}

/// Reports documents that claim to be objects and do not parse; other broken YAML is none of our business.
fn read_broken(input: Input<'_>, facts: &mut FileFacts) -> Broken {
    let problems = &input.parsed.problems;
    for document in input.parsed.documents.iter().filter(|document| document.broken) {
        let chunk = document.range.slice(input.text);
        if template::mark(chunk).is_some() {
            facts.recognised |= template::claims_kubernetes(input.text);
            template::note(input.text, 0, facts);
            facts.problems.clear();
            return Broken::Template;
        }
        // Flow style shows its keys only to those who read it as YAML.
        let object = input.parsed.root_of(*document).is_some_and(|root| is_object(root));
        if !object && !template::claims_kubernetes(chunk) {
            continue;
        }
        facts.recognised = true;
        if template::may_hold_secret(chunk) {
            facts.masked.push(document.range);
            facts.may_make_secrets = true;
        }
        let from = problems.partition_point(|problem| problem.range.start < document.range.start);
        let here = problems.iter().skip(from).take_while(|problem| problem.range.start <= document.range.end);
        let Some(problem) = here.into_iter().find(|problem| problem.fatal) else { continue };
        if template::opens_with_placeholder(line_at(input.text, problem.range.start)) {
            template::note(chunk, document.range.start, facts);
            continue;
        }
        let message = problem.message.clone();
        let kubectl_only = input.parsed.root_of(*document).is_some() && message != BAD_SEPARATOR;
        facts.problems.push(SourceProblem { range: problem.range, message, fatal: true, kubectl_only });
    }
    Broken::Errors
}

fn is_object(root: Node<'_>) -> bool {
    ["apiVersion", "kind"].iter().all(|key| root.get(key).is_some())
}

/// The line that an offset lies in.
fn line_at(text: &str, at: u32) -> &str {
    let at = at as usize;
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

/// Reads an object, the items of a list, or what another object wraps. Items of a typed list may leave out version
/// and kind, which the list implies. Tells whether the node is an object at all.
fn object(
    reader: &Reader<'_>,
    node: Node<'_>,
    implied: Option<(&str, &str)>,
    depth: u8,
    facts: &mut FileFacts,
) -> bool {
    if node.kind() != Kind::Map {
        return false;
    }
    let own = |key: &str| node.get(key).and_then(Node::as_str);
    let (version, kind) = match (own("apiVersion"), own("kind"), implied) {
        (Some(version), Some(kind), _) => (version.into_owned(), kind.into_owned()),
        (_, _, Some((version, kind))) => (version.to_owned(), kind.to_owned()),
        _ => return false,
    };
    if depth < MAX_NESTING {
        if let Some(listed) = kind.strip_suffix("List")
            && let Some(items) = node.get("items").filter(|items| items.kind() == Kind::List)
        {
            let implied = if listed.is_empty() { None } else { Some((version.as_str(), listed)) };
            for item in items.items().filter(|item| !item.is_alias() || reader.follow()) {
                object(reader, item, implied, depth + 1, facts);
            }
            return true;
        }
        for wrapped in api::wrapped(node, &version, &kind) {
            object(reader, wrapped, None, depth + 1, facts);
        }
    }
    let meta = reader.meta(node, &version, &kind);
    match (version.as_str(), kind.as_str()) {
        ("v1", "Secret") if shape::is_nameless(&meta, depth, facts) => secret::mask(node, facts),
        ("v1", "Secret") => secret::read(reader, node, meta, facts),
        ("v1", "ConfigMap") => azure::config_map(reader, node, facts),
        ("v1", "ServiceAccount") => {
            defect::service_account(reader, node, &meta, facts);
            facts.service_accounts.push(pod::service_account(reader, node, meta));
        }
        _ => match api::pod_spec_path(&version, &kind) {
            Some(path) => {
                let refused = shape::check(reader, node, path, facts)
                    .or_else(|| if kind == "Pod" { shape::refused_image(reader, node) } else { None });
                defect::workload(reader, node, path, &meta, facts);
                if let Some(workload) = pod::built_in(reader, node, path, meta) {
                    let workload = WorkloadFact { refused, ..workload };
                    patcher::operator(reader, node, path, &workload, facts);
                    facts.workloads.push(workload);
                }
            }
            None => custom_resource(reader, node, &meta, facts),
        },
    }
    true
}

/// An object of a kind that is not built in. The groups without a dot, and `k8s.io` itself, are Kubernetes' own.
fn custom_resource(reader: &Reader<'_>, node: Node<'_>, meta: &crate::fact::ObjectMeta, facts: &mut FileFacts) {
    let group = match (meta.api_version.split_once('/'), meta.kind.as_str()) {
        (Some((group, _)), _) => group,
        // OpenShift's own kind, from before it had a group.
        (None, "DeploymentConfig") if meta.api_version == "v1" => "apps.openshift.io",
        (None, _) => return,
    };
    policy::read(reader, group, node, meta, facts);
    if group.contains('.') {
        producer::read(reader, group, node, meta, facts);
        azure::read(reader, group, node, meta, facts);
        deployer::read(reader, group, node, meta, facts);
        custom::workloads(reader, group, node, meta, facts);
    }
}
