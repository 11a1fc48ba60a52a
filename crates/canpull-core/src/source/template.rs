//! Templates that something renders before anything else reads them: Helm's, Go's, Jinja's, Terraform's.

use canpull_syntax::{Problem, TextRange, to_offset};

use super::kubernetes;
use crate::fact::{FileFacts, HELM_TEMPLATE, SourceProblem, UnresolvedFact};
use crate::placeholder;

/// Marks that open a template's action.
const MARKS: [&str; 4] = ["{{", "{%", "%{ ", "%{~"];

/// The first template mark in a text, as an offset.
pub(super) fn mark(text: &str) -> Option<usize> {
    MARKS.iter().filter_map(|mark| text.find(mark)).min()
}

/// Whether the file is one of a chart's templates: it is read once the chart is rendered.
pub(super) fn in_chart(path: &str, text: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| folder == "templates") && mark(text).is_some()
}

/// What a template says where its pods, and the secrets that these pull with, are.
const PULLS: [&str; 5] = ["image:", "\"image\"", "containers", "imagePullSecrets", "dockerconfigjson"];

/// Kinds of objects that make secrets, besides those that say so in their names.
const MAKERS: [&str; 4] = ["AcrPullBinding", "ClusterPolicy", "GeneratingPolicy", "OnePasswordItem"];

/// Whether what a template renders to may make a secret: by its kind, or by a part of another template where it has none.
fn may_make_secrets(text: &str) -> bool {
    let kind = |line: &str| line.trim_start().strip_prefix("kind:").map(|kind| kind.trim().to_owned());
    let makes = |kind: &String| kind.contains("Secret") || kind.starts_with("{{") || MAKERS.contains(&kind.as_str());
    let mut kinds = text.lines().filter_map(kind).peekable();
    if kinds.peek().is_none() {
        return ["include ", "template "].iter().any(|word| text.contains(word));
    }
    kinds.any(|kind| makes(&kind))
}

/// Notes the template of an object, which is not read.
pub(super) fn pass_over(text: &str, facts: &mut FileFacts) {
    facts.may_make_secrets |= may_make_secrets(text);
    if claims_kubernetes(text) {
        facts.recognised = true;
        note(text, 0, facts);
    }
}

/// Notes a template that begins at an offset. Only one with something to pull, or to pull with, is worth a word.
pub(super) fn note(text: &str, at: u32, facts: &mut FileFacts) {
    let what = if text.contains("{{") && !text.contains("{%") { HELM_TEMPLATE } else { "template" };
    let range = pulling_line(text).map(|range| TextRange::new(range.start + at, range.end + at));
    facts.unresolved.extend(range.map(|range| UnresolvedFact { range, what }));
    facts.may_make_secrets |= may_make_secrets(text);
    if may_hold_secret(text) {
        facts.masked.push(TextRange::new(at, at + to_offset(text.len())));
    }
}

/// Notes what keeps a file of another language from being read: where a mark or a bare variable stands there, something
/// fills it in before.
pub(super) fn broken(problem: &Problem, text: &str, facts: &mut FileFacts) {
    let start = problem.range.start as usize;
    let (before, behind) = text.split_at_checked(start).unwrap_or((text, ""));
    let line = before.len() - before.rsplit('\n').next().unwrap_or_default().len();
    let rest = text.get(line..).unwrap_or_default();
    let is_filled_in = mark(rest.lines().next().unwrap_or_default()).is_some() || behind.starts_with("${");
    if is_filled_in {
        facts.unresolved.push(UnresolvedFact { range: problem.range, what: "template" });
    } else {
        facts.problems.push(SourceProblem::from(problem));
    }
}

/// Whether a text that is not read as what it is may hold a credential.
pub(super) fn may_hold_secret(text: &str) -> bool {
    ["Secret", "dockerconfigjson", "auths"].iter().any(|word| text.contains(word))
}

/// Whether a line's value begins with a placeholder that YAML reads as something else: `image: {REGISTRY}/web`.
pub(super) fn opens_with_placeholder(line: &str) -> bool {
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim_start_matches([' ', '-']);
    let length = placeholder::find(value).and_then(|(start, end)| (start == 0).then_some(end));
    let inside = length.and_then(|end| value.get(..end)).map(|mark| mark.trim_matches(['{', '}', '[', ']', '%', ' ']));
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_name = |text: &str| !text.is_empty() && text.chars().all(is_part);
    value.starts_with(['{', '[', '%']) && inside.is_some_and(is_name)
}

/// The first line of a template that tells of pulling, without its indentation.
fn pulling_line(text: &str) -> Option<TextRange> {
    let is_written = |line: &str| !line.trim_start().starts_with('#');
    let lines = || {
        text.split_inclusive('\n').scan(0, |end, line| {
            let start = *end;
            *end += line.len();
            Some((start, line))
        })
    };
    // The schema of a custom resource speaks of images and pulls none.
    if lines().any(|(_, line)| line.trim_end() == "kind: CustomResourceDefinition") {
        return None;
    }
    let names = PULLS.iter().find_map(|word| lines().find(|(_, line)| is_written(line) && line.contains(word)));
    // The pod may be all in a part that the template includes.
    let runs_pods = |line: &str| line.trim_end().strip_prefix("kind: ").is_some_and(kubernetes::runs_pods);
    let (start, line) = names.or_else(|| lines().find(|(_, line)| runs_pods(line)))?;
    let indent = line.len() - line.trim_start().len();
    let start = to_offset(start + indent);
    Some(TextRange::new(start, start + to_offset(line.trim().len())))
}

/// Whether a line of a text begins with a word.
pub(super) fn begins_a_line(text: &str, word: &str) -> bool {
    // A search for the word alone passes over most texts without looking at their lines.
    text.starts_with(word) || (text.contains(word) && text.lines().any(|line| line.starts_with(word)))
}

/// Whether a document's text says that it is a Kubernetes object: both keys at the left edge, or in JSON.
pub(super) fn claims_kubernetes(text: &str) -> bool {
    (begins_a_line(text, "apiVersion:") && begins_a_line(text, "kind:"))
        || (text.contains("\"apiVersion\"") && text.contains("\"kind\""))
}
