//! What `az … -o json` and `-o yaml` print, and REST and Resource Graph with them: read from Azure, kept in a file.

mod directory;
mod json;
mod secret;
mod shape;

use canpull_syntax::{Document, FileId, Kind, Node, TextRange, order, to_offset};

use super::{Format, Input, template};
use crate::fact::{FileFacts, SourceProblem, UnresolvedFact};
use json::Json;

/// Without one of these words no output tells anything about pulling.
const WORDS: [&str; 16] = [
    "roleDefinitionId",
    "roleDefinitionName",
    "ssignableScopes",
    "denyAssignmentName",
    "principalId",
    "identityProfile",
    "servicePrincipalProfile",
    "loginServer",
    "scopeMapId",
    "scopeMaps/",
    "privateLinkServiceConnectionState",
    "appId",
    "endDateTime",
    "endDate",
    "passwords",
    "clientSecret",
];

/// Words of formats whose resources look like output and are none.
const FOREIGN: [&str; 3] = ["deploymentTemplate.json", "DeploymentTemplate.json", "\"terraform_version\""];

/// Lists within lists are read this deep: the pages of a listing, joined into one list.
const MAX_NESTING: u8 = 2;

/// Output of the Azure CLI.
pub(super) struct AzureCli;

impl Format for AzureCli {
    fn detect(&self, _path: &str, text: &str) -> bool {
        log(text).is_some()
            || (may_be_output(text)
                && !template::claims_kubernetes(text)
                && WORDS.iter().any(|word| text.contains(word))
                && !FOREIGN.iter().any(|word| text.contains(word)))
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        if let Some(message) = log(input.text) {
            let start = input.text.len() - input.text.trim_start().len();
            let end = input.text.get(start..).and_then(|rest| rest.find(['\n', '\r'])).map(|at| start + at);
            let range = TextRange::new(to_offset(start), to_offset(end.unwrap_or(input.text.len())));
            facts.recognised = true;
            facts.problems.push(SourceProblem { range, message: message.to_owned(), fatal: true, kubectl_only: false });
            return;
        }
        for document in input.parsed.documents.iter().filter(|document| document.broken) {
            broken(input, *document, facts);
        }
        for (document, root) in input.parsed.roots().filter(|(document, _)| !document.broken) {
            facts.documents += 1;
            secret::mask(root, document.range.slice(input.text), facts);
            facts.recognised |= objects(root, input.file, 0, facts);
        }
        order::sort(&mut facts.masked);
        facts.masked.dedup();
    }
}

/// Reads an object, the items of a list, or those of a page. Tells whether any is known.
fn objects(node: Node<'_>, file: FileId, depth: u8, facts: &mut FileFacts) -> bool {
    let page = ["value", "data"].iter().find_map(|key| node.get(key)).filter(|list| list.kind() == Kind::List);
    let list = if node.kind() == Kind::List { Some(node) } else { page.filter(|_| node.get("id").is_none()) };
    let Some(list) = list else { return object(Json { node, file }, facts) };
    if directory::credentials(Json { node: list, file }, facts) {
        return true;
    }
    let mut known = false;
    // Nothing printed has items that stand for others.
    for item in list.items().filter(|item| depth < MAX_NESTING && !item.is_alias()) {
        known |= objects(item, file, depth + 1, facts);
    }
    known
}

fn object(value: Json<'_>, facts: &mut FileFacts) -> bool {
    let resource = shape::resource(value);
    resource.is_some_and(|resource| crate::lowering::lower(&resource, &mut facts.azure))
        || directory::read(value, facts)
}

/// Whether a text begins as output does: JSON, or a key of YAML.
fn may_be_output(text: &str) -> bool {
    let text = text.trim_start();
    let line = text.lines().next().unwrap_or_default();
    let line = line.trim_start_matches("- ");
    let key = line.split_once(':').map(|(key, rest)| (key.trim_matches(['\'', '"']), rest));
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.starts_with(['{', '[']) || key.is_some_and(|(key, rest)| is_key(key) && !rest.starts_with('/'))
}

/// What is wrong with a file that holds what `az` said instead of what it printed, or in front of it.
fn log(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let line = text.lines().next()?;
    let says_azure = |text: &str| {
        ["Microsoft.", "az login", "AADSTS", "Azure", "subscription"].iter().any(|word| text.contains(word))
    };
    if line.starts_with("ERROR: ") && (says_azure(line) || text.contains("\nCode: ")) {
        return Some("this is an error of `az`, not its output");
    }
    let output = || text.contains("/subscriptions/") && WORDS.iter().any(|word| text.contains(word));
    (line.starts_with("WARNING: ") && output())
        .then_some("a warning of `az` stands in front of its output, which cannot be read therefore")
}

/// Reports a document that says that it is output, and does not parse. Other broken files are none of our business.
fn broken(input: Input<'_>, document: Document, facts: &mut FileFacts) {
    let text = document.range.slice(input.text);
    let is_json = text.trim_start().starts_with(['{', '[']);
    let is_yaml = text.lines().any(|line| line.trim_start_matches([' ', '-']).starts_with("id: /subscriptions/"));
    if !(is_yaml || (is_json && text.contains("\"/subscriptions/"))) {
        return;
    }
    facts.recognised = true;
    if secret::may_hold(text) {
        facts.masked.push(document.range);
    }
    if let Some(mark) = template::mark(text) {
        let start = document.range.start + to_offset(mark);
        facts.unresolved.push(UnresolvedFact { range: TextRange::new(start, start + 2), what: "template" });
        return;
    }
    let here = |range: TextRange| document.range.start <= range.start && range.start <= document.range.end;
    let first = input.parsed.problems.iter().find(|problem| problem.fatal && here(problem.range));
    facts.problems.extend(first.map(SourceProblem::from));
}
