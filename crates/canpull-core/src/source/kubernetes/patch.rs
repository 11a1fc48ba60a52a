//! Patches of kustomizations: what they merge into objects, and the operations of JSON patches.

use std::borrow::Cow;

use canpull_syntax::{Kind, Node, ScalarStyle, TextRange, to_offset, yaml};

use super::super::{Input, kustomization, manifest};
use super::object::Reader;
use super::{pod, secret_list};
use crate::fact::{FileFacts, PatchBody, Role, StepChange, StepFact, Touches};

/// What an inline patch says.
pub(in super::super) fn inline(input: Input<'_>, node: Node<'_>) -> PatchBody {
    let text = node.text().unwrap_or_default();
    let touches = kustomization::touches(&text);
    let mut facts = FileFacts { touches, ..FileFacts::default() };
    if let Some(range) = as_written(node, &text) {
        let parsed = yaml::parse_within(input.text, range);
        match parsed.roots().next() {
            Some((_, root)) if root.kind() == Kind::List => {
                operations(Input { parsed: &parsed, ..input }, root, &mut facts);
            }
            _ => manifest((input.file, input.path, input.text), (range, input.text), None, &mut facts),
        }
    }
    let FileFacts { touches, workloads, service_accounts, steps, .. } = facts;
    PatchBody { touches, workloads, service_accounts, steps }
}

/// Where the text of a scalar stands letter by letter, but for the indentation of its lines.
fn as_written(node: Node<'_>, text: &str) -> Option<TextRange> {
    let (raw, range) = (node.raw(), node.range());
    let start = match node.style()? {
        ScalarStyle::Literal => raw.find('\n')? + 1,
        _ => raw.find(text).filter(|_| !text.is_empty())?,
    };
    let end = if node.style() == Some(ScalarStyle::Literal) { raw.len() } else { start + text.len() };
    Some(TextRange::new(range.start + to_offset(start), range.start + to_offset(end)))
}

/// Reads the operations of a JSON patch: those that set what a pull depends on, and what the others may change.
pub(in super::super) fn operations(input: Input<'_>, list: Node<'_>, facts: &mut FileFacts) {
    let reader = Reader::new(input);
    let mut others = Touches { payload: facts.touches.payload, ..Touches::default() };
    for operation in list.items() {
        match step(&reader, operation) {
            Some(step) => facts.steps.push(step),
            None => others = others.or(touches(operation)),
        }
    }
    facts.touches = others;
}

fn step(reader: &Reader<'_>, operation: Node<'_>) -> Option<StepFact> {
    let text = |key: &str| operation.get(key).and_then(Node::text).map(Cow::into_owned);
    let (op, path, value) = (text("op")?, text("path")?, operation.get("value")?);
    if !["add", "replace"].contains(&op.as_str()) {
        return None;
    }
    let (before, last) = path.rsplit_once('/')?;
    let (of, change) = match (last, before.rsplit_once('/')) {
        ("imagePullSecrets", _) => (before, StepChange::Secrets(secret_list::of(reader, value))),
        ("serviceAccountName", _) => (before, StepChange::Account(reader.string(value))),
        (place, Some((of, "imagePullSecrets"))) if op == "add" => {
            let place = if place == "-" { None } else { Some(place.parse().ok()?) };
            (of, StepChange::Secret(secret_list::entry(reader, value), place))
        }
        ("image", Some((list, place))) => {
            let (of, list) = list.rsplit_once('/')?;
            let role = match list {
                "containers" => Role::Container,
                "initContainers" => Role::Init,
                _ => return None,
            };
            let image = pod::reference(reader, operation, "value");
            (of, StepChange::Image(role, place.parse().ok()?, image, pod::written_text(value)))
        }
        _ => return None,
    };
    Some(StepFact { of: of.to_owned(), change, span: reader.span(operation) })
}

/// What an operation that is not read may change.
fn touches(operation: Node<'_>) -> Touches {
    let text = |key: &str| operation.get(key).and_then(Node::text).unwrap_or_default();
    match &*text("op") {
        "test" => Touches::default(),
        "add" | "replace" => kustomization::touches(operation.raw()),
        "remove" => removed(&text("path")),
        _ => Touches::ALL,
    }
}

/// What is no longer there when a path is removed.
fn removed(path: &str) -> Touches {
    let mut steps = path.rsplit('/').skip_while(|step| step.parse::<usize>().is_ok());
    match steps.next().unwrap_or_default() {
        "spec" | "template" | "jobTemplate" | "" => Touches::ALL,
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "image" => {
            Touches { images: true, ..Touches::default() }
        }
        "imagePullSecrets" | "serviceAccountName" | "serviceAccount" | "name" => {
            Touches { secrets: true, accounts: true, ..Touches::default() }
        }
        _ => Touches::default(),
    }
}
