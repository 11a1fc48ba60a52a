//! What every object has: name, namespace, annotations; and its string fields.

use std::cell::Cell;

use canpull_syntax::yaml::Layout;
use canpull_syntax::{Entry, FileId, Kind, Node, Span, TextRange, to_offset};

use super::super::{Input, comment};
use super::{api, upgrade};
use crate::fact::{Field, IgnoredRule, ObjectMeta, Why};
use crate::placeholder;

/// How many list items may be aliases of other objects in one file. Nobody writes them, save to do harm.
const MAX_ALIASES: u8 = 64;

/// One file's objects on their way to facts.
pub(super) struct Reader<'i> {
    pub(super) input: Input<'i>,
    /// How the file is laid out.
    pub(super) layout: Layout<'i>,
    /// `# Source:` comments of a rendered chart.
    sources: Vec<(u32, &'i str)>,
    /// Whole objects behind aliases that may still be read.
    aliases: Cell<u8>,
}

impl<'i> Reader<'i> {
    pub(super) fn new(input: Input<'i>) -> Self {
        let sources = comment::helm_sources(input.text, input.parsed);
        let layout = Layout::new(input.text, input.parsed.tree.comments());
        Self { input, layout, sources, aliases: Cell::new(MAX_ALIASES) }
    }

    /// Takes one from the bound on whole objects behind aliases, which could multiply what a file holds.
    pub(super) fn follow(&self) -> bool {
        let left = self.aliases.get();
        self.aliases.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) const fn file(&self) -> FileId {
        self.input.file
    }

    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.input.span(node)
    }

    pub(super) fn start_of(&self, node: Node<'_>) -> Span {
        self.input.start_of(node)
    }

    /// Who the object is.
    pub(super) fn meta(&self, node: Node<'_>, version: &str, kind: &str) -> ObjectMeta {
        let metadata = node.get("metadata");
        let here = self.span(node);
        let field = |key: &str| metadata.map_or(self.absent(node), |metadata| self.field(metadata, key));
        let written = |key: &str| metadata.and_then(|metadata| metadata.get(key)).is_some_and(|value| !value.is_null());
        let mut name = field("name");
        if name.is_absent()
            && let Some(prefix) = metadata.and_then(|metadata| metadata.get("generateName"))
        {
            name = Field::Unknown(Why::FilledAtRunTime, self.span(prefix));
        }
        let removed = api::removed_api(kind, version);
        ObjectMeta {
            api_version: version.to_owned(),
            api_version_span: node.get("apiVersion").map_or(here, |value| self.span(value)),
            removed_api: removed,
            upgrade: removed.map(|removed| upgrade::edits(self, node, removed)).unwrap_or_default(),
            kind: kind.to_owned(),
            name,
            namespace: field("namespace"),
            span: here,
            live: written("uid") || written("resourceVersion"),
            ignores: metadata.map(|metadata| self.ignores(metadata)).unwrap_or_default(),
            helm_source: self.helm_source(here.range.start).map(str::to_owned),
        }
    }

    /// The `# Source:` comment in force at an offset.
    fn helm_source(&self, at: u32) -> Option<&'i str> {
        let next = self.sources.partition_point(|(start, _)| *start < at);
        next.checked_sub(1).and_then(|at| self.sources.get(at)).map(|(_, source)| *source)
    }

    /// The rules in the annotation `canpull/ignore` of some metadata.
    pub(super) fn ignores(&self, metadata: Node<'_>) -> Vec<IgnoredRule> {
        let entry = metadata.get("annotations").and_then(|annotations| annotations.entry("canpull/ignore"));
        let Some(entry) = entry else { return Vec::new() };
        let separates = |c: char| c == ',' || c.is_whitespace();
        let text = entry.value.text().unwrap_or_default();
        let ids: Vec<&str> = text.split(separates).filter(|id| !id.is_empty()).collect();
        let (range, raw) = (entry.value.range(), entry.value.raw());
        let mut places = Vec::with_capacity(ids.len());
        let mut at = 0;
        for word in raw.split(|c| separates(c) || matches!(c, '"' | '\'')) {
            if !word.is_empty() {
                let start = range.start + to_offset(at);
                places.push(TextRange::new(start, start + to_offset(word.len())));
            }
            at += word.len() + 1;
        }
        // What is folded or escaped is placed as a whole.
        let exact = places.iter().map(|place| place.slice(self.input.text)).eq(ids.iter().copied());
        let removals = if exact {
            comment::removals(&places, self.annotation_removal(metadata, entry))
        } else {
            places = vec![range; ids.len()];
            vec![None; ids.len()]
        };
        let rule = |((id, range), removal): ((&str, TextRange), Option<TextRange>)| IgnoredRule {
            id: id.to_owned(),
            range,
            removal,
        };
        ids.into_iter().zip(places).zip(removals).map(rule).collect()
    }

    /// What to delete so that an annotation is gone.
    fn annotation_removal(&self, metadata: Node<'_>, entry: Entry<'_>) -> Option<TextRange> {
        let all = metadata.entry("annotations")?;
        let own = all.value.range().contains(entry.range()) && !all.value.is_alias() && !metadata.is_alias();
        let only = all.value.written_entries().count() == 1;
        let range = if only { self.layout.removal(metadata, all) } else { self.layout.removal(all.value, entry) };
        range.filter(|_| own && !entry.value.is_alias())
    }

    /// Nothing written, where it would stand in a map.
    pub(super) fn absent<T>(&self, map: Node<'_>) -> Field<T> {
        Field::Absent(self.start_of(map))
    }

    /// A string field of a map. `null` counts as not written.
    pub(super) fn field(&self, map: Node<'_>, key: &str) -> Field<String> {
        map.get(key).map_or_else(|| self.absent(map), |value| self.string(value))
    }

    /// A string field at the end of a path.
    pub(super) fn field_at(&self, map: Node<'_>, path: &[&str]) -> Field<String> {
        map.at(path).map_or_else(|| self.absent(map), |value| self.string(value))
    }

    /// A value as a string.
    pub(super) fn string(&self, value: Node<'_>) -> Field<String> {
        let span = self.span(value);
        match value.as_str() {
            Some(text) if placeholder::is_encrypted(&text) => Field::Unknown(Why::Encrypted, span),
            Some(text) if placeholder::find(&text).is_some() => {
                let filled = self.input.fill.and_then(|fill| fill(&text));
                match filled.filter(|filled| placeholder::find(filled).is_none()) {
                    Some(filled) => Field::Known(filled, span),
                    None => Field::Unknown(Why::Placeholder, span),
                }
            }
            Some(text) => Field::Known(text.into_owned(), span),
            None if value.is_null() => Field::Absent(span),
            None => Field::Unknown(if is_template(value) { Why::Placeholder } else { Why::NotText }, span),
        }
    }
}

/// Whether a value is `{{ … }}` or `{IMAGE}` without quotes: flow maps to YAML, whose keys have no values.
pub(super) fn is_template(value: Node<'_>) -> bool {
    let mut entries = value.written_entries().peekable();
    value.is_flow()
        && value.kind() == Kind::Map
        && entries.peek().is_some()
        && entries.all(|entry| entry.value.is_null() && entry.value.raw().is_empty() && entry.name() != "name")
}

/// Whether a placeholder stands where something else belongs.
pub(super) fn is_placeholder(value: Node<'_>) -> bool {
    match value.kind() {
        Kind::Scalar => value.text().is_some_and(|text| placeholder::find(&text).is_some()),
        _ => is_template(value),
    }
}
