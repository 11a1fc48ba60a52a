//! Kustomizations: what they include, what they change, and what they change in ways that are not evaluated.

use std::borrow::Cow;

use canpull_syntax::yaml::Layout;
use canpull_syntax::{Kind, Node, Parsed, Span, TextRange, to_offset, yaml};

use super::{Format, Input, retype, template};
use crate::fact::{
    Field, FileFacts, GeneratorFact, ImageOverride, KustomizationFact, PatchFact, Retype, SecretValue, Sensitive,
    SourceProblem, Touches, UnresolvedFact, Why,
};
use crate::placeholder;

/// File names that kustomize reads.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Fields that may change anything.
const OPAQUE: [&str; 7] =
    ["replacements", "vars", "transformers", "generators", "helmCharts", "helmChartInflationGenerator", "validators"];

/// The directory of a kustomization file, `""` for the root; `None` for any other file.
pub(super) fn directory(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    NAMES.contains(&name).then_some(directory)
}

/// Files that kustomize reads, known by their names.
pub(super) struct Kustomization;

impl Format for Kustomization {
    fn detect(&self, path: &str, _text: &str) -> bool {
        directory(path).is_some()
    }

    fn parse<'t>(&self, text: &'t str) -> Parsed<'t> {
        yaml::parse_flow(text)
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        let Some(directory) = directory(input.path) else { return };
        facts.recognised = true;
        facts.documents = 1;
        let broken = input.parsed.problems.iter().find(|problem| problem.fatal);
        if let (Some(problem), Some(mark)) = (broken, template::mark(input.text)) {
            let mark = to_offset(mark);
            let range = TextRange::new(mark.min(problem.range.start), mark.saturating_add(2));
            facts.unresolved.push(UnresolvedFact { range, what: "template" });
        } else {
            facts.problems.extend(broken.map(SourceProblem::from));
        }
        let root = input.parsed.roots().next();
        let Some((_, root)) = root.filter(|(_, root)| root.kind() == Kind::Map) else { return };
        for entry in root.get("secretGenerator").into_iter().flat_map(Node::items) {
            let literals = entry.get("literals").into_iter().flat_map(Node::items);
            facts.masked.extend(literals.map(Node::range));
        }
        facts.kustomization = Some(kustomization(input, directory, root));
    }
}

fn kustomization(input: Input<'_>, directory: &str, root: Node<'_>) -> KustomizationFact {
    let text = |map: Node<'_>, key: &str| map.get(key).and_then(Node::text).map(Cow::into_owned);
    let list = |key: &str| root.get(key).into_iter().flat_map(Node::items).collect::<Vec<_>>();
    let paths = |key: &str| -> Vec<(String, TextRange)> {
        list(key).into_iter().filter_map(|item| Some((item.as_str()?.into_owned(), item.range()))).collect()
    };
    let span = |node: Node<'_>| input.span(node);
    let never_hashed = root.get("generatorOptions").is_some_and(keeps_names);
    let namespace = root.get("namespace").and_then(|node| Some((node.as_str()?.into_owned(), span(node))));
    let images = list("images").into_iter().filter_map(|entry| image(entry, span(entry)));
    let generators = list("secretGenerator").into_iter().filter_map(|entry| {
        Some(GeneratorFact {
            name: text(entry, "name")?,
            namespace: text(entry, "namespace"),
            secret_type: text(entry, "type"),
            keys: generated_keys(entry),
            literals: literals(input, entry),
            merges: entry.get("behavior").is_some(),
            hashed: !never_hashed && !entry.get("options").is_some_and(keeps_names),
            retype: retype(input, entry),
            span: span(entry),
        })
    });
    let mut patches = Vec::new();
    for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        patches.extend(list(key).into_iter().map(|entry| patch(directory, entry, span(entry))));
    }
    let opaque = OPAQUE.iter().filter_map(|key| Some(((*key).to_owned(), span(root.get(key)?))));
    KustomizationFact {
        directory: directory.to_owned(),
        resources: [paths("resources"), paths("bases")].concat(),
        components: paths("components"),
        namespace,
        images: images.collect(),
        generators: generators.collect(),
        patches,
        opaque: opaque.collect(),
        renames: root.get("namePrefix").or(root.get("nameSuffix")).is_some(),
        configurations: paths("configurations").iter().map(|(path, _)| crate::fact::join(directory, path)).collect(),
        crds: !list("crds").is_empty(),
        component: text(root, "kind").as_deref() == Some("Component"),
    }
}

/// An entry of `images`.
pub(super) fn image(entry: Node<'_>, span: Span) -> Option<ImageOverride> {
    let text = |key: &str| entry.get(key).and_then(Node::text).map(Cow::into_owned);
    let (new_name, new_tag, digest) = (text("newName"), text("newTag"), text("digest"));
    Some(ImageOverride { name: text("name")?, new_name, new_tag, digest, span })
}

/// Whether options of a generator leave names without a hash.
fn keeps_names(options: Node<'_>) -> bool {
    options.get("disableNameSuffixHash").and_then(Node::text).is_some_and(|text| text == "true")
}

/// How to give a generated secret the type that its key is for.
fn retype(input: Input<'_>, entry: Node<'_>) -> Option<Retype> {
    let keys = generated_keys(entry);
    let layout = Layout::new(input.text, input.parsed.tree.comments());
    retype::in_map(&layout, entry, &["files", "literals"], keys.iter().map(String::as_str))
}

/// The keys that a generator fills: `key=path`, or the path's last part; `key=value` for literals.
fn generated_keys(entry: Node<'_>) -> Vec<String> {
    let mut keys = Vec::new();
    for (list, from_path) in [("files", true), ("literals", false)] {
        for item in entry.get(list).into_iter().flat_map(Node::items).filter_map(Node::text) {
            let key = match item.split_once('=') {
                Some((key, _)) => key,
                None if from_path => item.rsplit('/').next().unwrap_or(&item),
                None => &item,
            };
            keys.push(key.to_owned());
        }
    }
    // An `envs` file fills keys that are not visible here.
    if entry.get("envs").or(entry.get("env")).is_some() { Vec::new() } else { keys }
}

/// The values of a generator's literals.
fn literals(input: Input<'_>, entry: Node<'_>) -> Vec<SecretValue> {
    let literal = |item: Node<'_>| {
        let text = item.text()?;
        let (key, value) = text.split_once('=')?;
        let span = input.span(item);
        Some(SecretValue { key: key.to_owned(), key_span: span, value: literal(value, span), encoded: false })
    };
    entry.get("literals").into_iter().flat_map(Node::items).filter_map(literal).collect()
}

/// A literal's value, without the quotes around it that kustomize takes off.
fn literal(value: &str, span: Span) -> Field<Sensitive> {
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let value = quoted('"').or(quoted('\'')).unwrap_or(value);
    if placeholder::is_encrypted(value) {
        return Field::Unknown(Why::Encrypted, span);
    }
    Field::Known(Sensitive::new(value), span)
}

/// A patch: a path, an inline text, or an entry with either and a target.
pub(super) fn patch(directory: &str, entry: Node<'_>, span: Span) -> PatchFact {
    let inline = |text: &str| text.contains('\n') || text.trim_start().starts_with(['{', '[']);
    let (path, body) = if entry.kind() == Kind::Scalar {
        let text = entry.text().unwrap_or_default().into_owned();
        if inline(&text) { (None, Some(text)) } else { (Some(text), None) }
    } else {
        let part = |key: &str| entry.get(key).and_then(Node::text).map(Cow::into_owned);
        (part("path"), part("patch"))
    };
    let target = |key: &str| entry.at(&["target", key]).and_then(Node::text).map(Cow::into_owned);
    let own = body.as_deref().filter(|_| entry.get("target").is_none()).and_then(own_target);
    let (own_kind, own_name) = own.unwrap_or_default();
    // A target's name is a regular expression; only a plain one is taken literally.
    let literal = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    PatchFact {
        file: path.and_then(|path| crate::fact::join(directory, &path)),
        touches: body.map_or(Touches { images: true, access: true, payload: true }, |body| touches(&body)),
        target_kind: target("kind").or(own_kind),
        target_name: target("name").filter(literal).or(own_name),
        span,
    }
}

/// Kind and name of the object that an inline strategic merge patch is for.
fn own_target(body: &str) -> Option<(Option<String>, Option<String>)> {
    let parsed = yaml::parse(body);
    let mut roots = parsed.roots();
    let (_, root) = roots.next()?;
    if roots.next().is_some() {
        return None;
    }
    let text = |path: &[&str]| root.at(path).and_then(Node::as_str).map(Cow::into_owned);
    Some((text(&["kind"]), text(&["metadata", "name"])))
}

/// What a patch with this text may change.
pub(super) fn touches(text: &str) -> Touches {
    // `$patch`, and removals and replacements of whole parts, change what is below without naming it.
    // An object merges; operations have no API version.
    let operations = !template::begins_a_line(text, "apiVersion:");
    let removes = || ["op: remove", "\"remove\""].iter().any(|word| text.contains(word));
    let below = text.contains("$patch") || (operations && (removes() || names_whole_part(text)));
    let image = text.match_indices("mage").any(|(at, _)| !text.get(at..).unwrap_or_default().starts_with("magePull"));
    let access = ["PullSecret", "erviceAccount"].iter().any(|word| text.contains(word));
    // Any text holds `metadata`.
    let data = ["\ndata:", "\"data\"", "/data", "stringData"].iter().any(|word| text.contains(word));
    let payload = data || text.starts_with("data:") || ["$patch", "type"].iter().any(|word| text.contains(word));
    Touches { images: below || image, access: below || access, payload }
}

/// Whether a text holds the path of a part with all that is below: a pod, or what a pod is made from.
fn names_whole_part(text: &str) -> bool {
    let parts = ["/spec", "/template", "/jobTemplate"];
    // Few texts hold one, and to take all texts apart takes long.
    if !parts.iter().any(|part| text.contains(part)) {
        return false;
    }
    let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}'));
    words.any(|word| word.starts_with('/') && parts.iter().any(|part| word.ends_with(part)))
}
