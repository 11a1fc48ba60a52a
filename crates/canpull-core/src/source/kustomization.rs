//! Kustomizations: what they include, what they change, and what they change in ways that are not evaluated.

use std::borrow::Cow;

use canpull_syntax::yaml::Layout;
use canpull_syntax::{Kind, Node, Parsed, Span, TextRange, to_offset, yaml};

use super::{Format, Input, kubernetes, retype, template};
use crate::fact::{
    Field, FileFacts, GeneratedFile, GeneratorFact, ImageOverride, KustomizationFact, PatchBody, PatchFact,
    PatchTarget, Retype, SecretValue, Sensitive, SourceProblem, Touches, UnresolvedFact, Why, join,
};
use crate::placeholder;

/// File names that kustomize reads.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Fields that may change anything.
const OPAQUE: [&str; 7] =
    ["replacements", "vars", "transformers", "generators", "helmCharts", "helmChartInflationGenerator", "validators"];

/// The lists of patches, in the order in which kustomize applies them.
pub(super) const PATCHES: [&str; 3] = ["patchesStrategicMerge", "patches", "patchesJson6902"];

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
        let fact = kustomization(input, directory, root);
        let loaded = fact.generators.iter().flat_map(|generator| &generator.files);
        facts.loads = loaded.filter_map(|file| file.path.rsplit('/').next()).map(Box::from).collect();
        facts.kustomization = Some(fact);
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
            values: literals(input, entry),
            files: files(input, directory, entry),
            merges: entry.get("behavior").is_some(),
            hashed: !never_hashed && !entry.get("options").is_some_and(keeps_names),
            retype: retype(input, entry),
            span: span(entry),
        })
    });
    let mut patches = Vec::new();
    for key in PATCHES {
        patches.extend(list(key).into_iter().map(|entry| patch(input, directory, entry)));
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
        configurations: paths("configurations").iter().map(|(path, _)| join(directory, path)).collect(),
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

/// The files that fill keys of a generated secret.
fn files(input: Input<'_>, directory: &str, entry: Node<'_>) -> Vec<GeneratedFile> {
    let file = |item: Node<'_>| {
        let text = item.text()?;
        let (key, path) = text.split_once('=').unwrap_or_else(|| (text.rsplit('/').next().unwrap_or(&text), &text));
        Some(GeneratedFile { key: key.to_owned(), path: join(directory, path)?, span: input.span(item) })
    };
    entry.get("files").into_iter().flat_map(Node::items).filter_map(file).collect()
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
pub(super) fn patch(input: Input<'_>, directory: &str, entry: Node<'_>) -> PatchFact {
    let part = |key: &str| entry.get(key).filter(|node| node.kind() == Kind::Scalar);
    let inline = |node: &Node<'_>| {
        let text = node.text().unwrap_or_default();
        text.contains('\n') || text.trim_start().starts_with(['{', '['])
    };
    let (path, body) = match entry.kind() {
        Kind::Scalar => (Some(entry).filter(|node| !inline(node)), Some(entry).filter(inline)),
        _ => (part("path"), part("patch")),
    };
    let file = path.and_then(|path| join(directory, &path.text()?));
    let text = body.and_then(Node::text);
    let body = match body {
        Some(body) => kubernetes::inline_patch(input, body),
        None => PatchBody { touches: Touches::ALL, ..PatchBody::default() },
    };
    let mut target = match (entry.get("target"), text) {
        (Some(node), _) => target(node),
        (None, Some(text)) => own_target(&text),
        (None, None) => PatchTarget::default(),
    };
    // It may give the object another name, or another kind.
    target.selects |= entry.get("options").is_some();
    PatchFact { file, body, target, span: input.span(entry) }
}

/// The object that an inline merge is for.
fn own_target(body: &str) -> PatchTarget {
    let parsed = yaml::parse(body);
    let mut roots = parsed.roots();
    let only = roots.next().filter(|_| roots.next().is_none());
    let text = |path: &[&str]| only.and_then(|(_, root)| root.at(path)?.as_str()).map(Cow::into_owned);
    PatchTarget { kind: text(&["kind"]), name: text(&["metadata", "name"]), ..PatchTarget::default() }
}

/// What a patch is for. Kinds, names and the like are patterns; only plain ones are taken literally.
fn target(node: Node<'_>) -> PatchTarget {
    let part = |key: &str| node.get(key).and_then(Node::text).filter(|text| !text.is_empty()).map(Cow::into_owned);
    let parts = ["kind", "name", "group", "version"].map(part);
    let literal = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let selectors = ["namespace", "labelSelector", "annotationSelector"];
    let selects = selectors.iter().any(|key| node.get(key).is_some()) || !parts.iter().flatten().all(literal);
    let [kind, name, group, version] = parts.map(|part| part.filter(literal));
    PatchTarget { told: true, kind, name, group, version, selects }
}

/// What a patch with this text may change.
pub(super) fn touches(text: &str) -> Touches {
    // `$patch`, and removals and replacements of whole parts, change what is below without naming it.
    // An object merges; operations have no API version.
    let operations = !template::begins_a_line(text, "apiVersion:");
    let below = text.contains("$patch") || (operations && (removes_any(text) || names_whole_part(text)));
    let image = text.match_indices("mage").any(|(at, _)| !text.get(at..).unwrap_or_default().starts_with("magePull"));
    let mut accounts = text.match_indices("serviceAccount").map(|(at, _)| text.get(at..).unwrap_or_default());
    // Any text holds `metadata`.
    let data = ["\ndata:", "\"data\"", "/data", "stringData"].iter().any(|word| text.contains(word));
    let payload = data || text.starts_with("data:") || ["$patch", "type"].iter().any(|word| text.contains(word));
    Touches {
        images: below || image,
        secrets: below || text.contains("PullSecret"),
        accounts: below || accounts.any(|text| !text.starts_with("serviceAccountToken")),
        payload,
        removes: below || ["$retainKeys", "null", "~", "serviceAccount:"].iter().any(|word| text.contains(word)),
    }
}

fn removes_any(text: &str) -> bool {
    ["op: remove", "\"remove\""].iter().any(|word| text.contains(word))
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
