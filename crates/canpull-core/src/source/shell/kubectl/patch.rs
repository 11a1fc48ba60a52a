//! Commands that change objects which exist: pull secrets that they give to service accounts and workloads.

use std::rc::Rc;

use canpull_syntax::{Kind, Node, Span, TextRange, yaml};

use super::super::arguments::{Argument, Arguments};
use super::super::feed::Feed;
use super::super::run::Run;
use super::super::value::{self, Piece};
use super::{NAMESPACE, field, is_dry, name_at, prints};
use crate::fact::script::{AccountPatchFact, InjectionFact, PatchedWorkload};
use crate::fact::{Field, Why};
use crate::placeholder;

const ACCOUNT: &str = "ServiceAccount";

/// Kinds with pods, and service accounts, as `kubectl` lets them be called.
const KINDS: [(&str, &[&str]); 9] = [
    (ACCOUNT, &["serviceaccount", "serviceaccounts", "sa"]),
    ("Deployment", &["deployment", "deployments", "deploy"]),
    ("StatefulSet", &["statefulset", "statefulsets", "sts"]),
    ("DaemonSet", &["daemonset", "daemonsets", "ds"]),
    ("ReplicaSet", &["replicaset", "replicasets", "rs"]),
    ("ReplicationController", &["replicationcontroller", "replicationcontrollers", "rc"]),
    ("CronJob", &["cronjob", "cronjobs", "cj"]),
    ("Job", &["job", "jobs"]),
    ("Pod", &["pod", "pods", "po"]),
];

/// Where the kinds that a patch may change keep their pod specs.
const POD_SPECS: [&[&str]; 2] = [&["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]];

/// An object that a command is about.
#[derive(Clone, Debug)]
pub(in super::super) struct Target {
    kind: &'static str,
    name: Field<String>,
    namespace: Field<String>,
    span: Span,
}

/// The object that is named from a word on, by `KIND NAME` or `KIND/NAME`.
pub(super) fn target(run: &Run<'_>, arguments: &Arguments, at: usize, range: TextRange) -> Option<Target> {
    let word = arguments.words.get(at)?;
    let [joined] = word.value.alternatives() else { return None };
    let written = value::symbol(joined)?;
    let (kind, name) = match written.split_once('/') {
        Some((kind, name)) => {
            let span = run.span(word.range);
            let known = word.value.as_text().is_some() && placeholder::find(name).is_none();
            let name = if known { Field::Known(name.to_owned(), span) } else { open_at(span) };
            (kind, name)
        }
        None => (written.as_str(), name_at(run, arguments, at + 1, range)),
    };
    // `deployments.apps` names the group as well.
    let short = kind.split('.').next().unwrap_or(kind).to_ascii_lowercase();
    let (kind, _) = KINDS.iter().find(|(_, names)| names.contains(&short.as_str()))?;
    Some(Target { kind, name, namespace: field(run, arguments, NAMESPACE, range), span: run.span(range) })
}

/// What a command prints of an object that exists: whatever is made of it may come back changed.
pub(super) fn shown(run: &Run<'_>, arguments: &Arguments, range: TextRange) -> Feed {
    target(run, arguments, 1, range).map_or(Feed::Nothing, |target| Feed::Object(Rc::new(target)))
}

/// Notes that an object may name pull secrets of which nothing is known.
pub(super) fn open(run: &mut Run<'_>, target: &Target) {
    note(run, target.clone(), Change { secrets: vec![open_at(target.span)], resets: false }, None);
}

/// `kubectl patch`.
pub(super) fn patch(run: &mut Run<'_>, arguments: &Arguments, range: TextRange) {
    let Some(target) = target(run, arguments, 1, range) else { return };
    let dry = is_dry(arguments);
    let Some(content) = content(run, arguments).filter(|_| !dry || prints(arguments)) else { return };
    let (written, span) = match content {
        // What a dry run prints may be applied.
        Content::Text(text, span) if !dry => (text, span),
        _ => return open(run, &target),
    };
    let parsed = yaml::parse(&written);
    let Some((_, root)) = parsed.roots().next() else { return };
    let change = match root.kind() {
        Kind::List => steps(root, target.kind, span),
        Kind::Map => merged(root, target.kind, span),
        _ => return open(run, &target),
    };
    let kind = arguments.value(&["--type"]).filter(|kind| kind.value.as_text() == Some("merge"));
    let merge = kind.map(|kind| run.span(kind.range));
    if let Some(change) = change {
        note(run, target, change, merge);
    }
}

/// `kubectl delete`.
pub(super) fn delete(run: &mut Run<'_>, arguments: &Arguments, range: TextRange) {
    let gone = target(run, arguments, 1, range).filter(|target| target.kind == ACCOUNT && run.is_certain());
    let Some(Target { name, namespace, span, .. }) = gone else { return };
    run.facts.script.account_patches.push(AccountPatchFact {
        name,
        namespace,
        secrets: Vec::new(),
        resets: true,
        merge: None,
        maybe: false,
        deletes: true,
        sequence: run.sequence(),
        span,
    });
}

/// What a patch says.
enum Content {
    Text(String, Span),
    /// It cannot be seen.
    Open,
}

fn content(run: &Run<'_>, arguments: &Arguments) -> Option<Content> {
    if let Some(argument) = arguments.value(&["--patch", "-p"]) {
        return inline(run, argument);
    }
    let file = arguments.value(&["--patch-file"])?;
    let written = file.value.as_text().and_then(|file| run.written(file));
    Some(match written {
        Some(Feed::Text(body)) => Content::Text(run.slice(body.range).to_owned(), run.span(file.range)),
        _ => Content::Open,
    })
}

fn inline(run: &Run<'_>, argument: &Argument) -> Option<Content> {
    let [joined] = argument.value.alternatives() else { return Some(Content::Open) };
    let Some(written) = value::symbol(joined) else {
        // Of a patch with a part that is not known, the rest tells what it is about.
        let texts = || joined.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
        let about = texts().any(|text| text.contains("imagePullSecrets"));
        let other = texts().any(|text| text.contains(['{', '[']));
        return (about || !other).then_some(Content::Open);
    };
    // Windows shells keep the backslashes in front of quotes.
    let written = if written.contains("{\\\"") { written.replace("\\\"", "\"") } else { written };
    Some(Content::Text(written, run.span(argument.range)))
}

/// What becomes of a list of pull secrets.
struct Change {
    secrets: Vec<Field<String>>,
    /// What was in the list before is gone.
    resets: bool,
}

/// A patch that is laid over the object. The list of a service account is atomic, so that a strategic merge replaces it as
/// well; that of a pod is merged by name.
fn merged(root: Node<'_>, kind: &str, span: Span) -> Option<Change> {
    if kind == ACCOUNT {
        let list = root.entry("imagePullSecrets")?;
        return Some(Change { secrets: names(Some(list.value), span), resets: true });
    }
    let spec = POD_SPECS.iter().find_map(|path| root.at(path))?;
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).map(|_| open_at(span));
    let secrets: Vec<_> = names(spec.get("imagePullSecrets"), span).into_iter().chain(account).collect();
    (!secrets.is_empty()).then_some(Change { secrets, resets: false })
}

/// The steps of a JSON patch.
fn steps(root: Node<'_>, kind: &str, span: Span) -> Option<Change> {
    let mut change = Change { secrets: Vec::new(), resets: false };
    for step in root.items() {
        let text = |key: &str| step.get(key).and_then(Node::text).unwrap_or_default();
        let adds = matches!(&*text("op"), "add" | "replace");
        let path = text("path");
        match path.split_once("/imagePullSecrets") {
            Some((_, "")) => {
                change.resets = true;
                change.secrets = if adds { names(step.get("value"), span) } else { Vec::new() };
            }
            Some((_, item)) if adds && item.starts_with('/') => {
                change.secrets.extend(step.get("value").and_then(|value| name_of(value, span)));
            }
            None if adds && kind != ACCOUNT && path.ends_with("/serviceAccountName") => {
                change.secrets.push(open_at(span));
            }
            _ => {}
        }
    }
    (change.resets || !change.secrets.is_empty()).then_some(change)
}

fn note(run: &mut Run<'_>, target: Target, change: Change, merge: Option<Span>) {
    let Target { kind, name, namespace, span } = target;
    let Change { secrets, resets } = change;
    if kind == ACCOUNT {
        let (maybe, sequence) = (!run.is_certain(), run.sequence());
        let merge = merge.filter(|_| resets);
        let fact = AccountPatchFact { name, namespace, secrets, resets, merge, maybe, deletes: false, sequence, span };
        run.facts.script.account_patches.push(fact);
    } else if !secrets.is_empty() {
        let workload = Some(PatchedWorkload { kind, name });
        let fact = InjectionFact { secrets, manifests: Vec::new(), workload, namespace, span };
        run.facts.script.injections.push(fact);
    }
}

const fn open_at(span: Span) -> Field<String> {
    Field::Unknown(Why::FilledAtRunTime, span)
}

fn names(list: Option<Node<'_>>, span: Span) -> Vec<Field<String>> {
    list.into_iter().flat_map(Node::items).filter_map(|item| name_of(item, span)).collect()
}

fn name_of(item: Node<'_>, span: Span) -> Option<Field<String>> {
    let name = item.get("name")?.text()?;
    Some(match placeholder::find(&name) {
        Some(_) => Field::Unknown(Why::Placeholder, span),
        None => Field::Known(name.into_owned(), span),
    })
}
