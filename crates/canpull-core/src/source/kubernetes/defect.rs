//! Pull-secret fields that went wrong: at a level where the API drops them, misspelt, or misshapen.

use std::collections::BTreeSet;

use canpull_syntax::edit::Edit;
use canpull_syntax::{Entry, Kind, Node, Span, TextRange, order};

use super::mend::{self, KEY};
use super::object::{Reader, is_placeholder};
use crate::fact::{DefectKind, FieldDefect, FileFacts, ObjectMeta};

/// Containers of every kind, below a pod spec.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// What other references hold beside a name, and these do not.
const BESIDE: [&str; 7] = ["apiGroup", "apiVersion", "key", "kind", "namespace", "optional", "uid"];

/// Where the field belongs in one object, and what its defects are reported for.
struct Target<'r, 't> {
    reader: &'r Reader<'r>,
    object: &'r ObjectMeta,
    /// The map that should hold the field.
    map: Node<'t>,
    /// The path of that map, `""` for the object itself.
    path: String,
}

/// A place where the field stands and does nothing.
struct Stray<'t> {
    /// The map that holds it.
    map: Node<'t>,
    entry: Entry<'t>,
    path: String,
    /// The map and entry to remove instead where nothing else stands in `map`.
    parent: Option<(Node<'t>, Entry<'t>)>,
}

/// Finds the defects of a workload of a built-in kind.
pub(super) fn workload(reader: &Reader<'_>, node: Node<'_>, path: &[&str], object: &ObjectMeta, facts: &mut FileFacts) {
    let Some(spec) = node.at(path).filter(|spec| spec.kind() == Kind::Map) else { return };
    let target = Target { reader, object, map: spec, path: path.join(".") };
    let mut strays = Vec::new();
    let mut level = node;
    for (depth, key) in path.iter().enumerate() {
        let above = path.get(..depth).unwrap_or_default().join(".");
        stray(level, &above, None, &mut strays);
        if let Some(metadata) = level.get("metadata") {
            stray(metadata, &join(&above, "metadata"), None, &mut strays);
        }
        let Some(next) = level.get(key) else { break };
        level = next;
    }
    for list in CONTAINERS {
        for (index, container) in spec.get(list).into_iter().flat_map(Node::items).enumerate() {
            stray(container, &join(&target.path, &format!("{list}[{index}]")), None, &mut strays);
        }
    }
    target.misplaced(&strays, facts);
    target.misspelt(facts);
    target.misshapen(facts);
}

/// Finds the defects of a service account.
pub(super) fn service_account(reader: &Reader<'_>, node: Node<'_>, object: &ObjectMeta, facts: &mut FileFacts) {
    let target = Target { reader, object, map: node, path: String::new() };
    let mut strays = Vec::new();
    for key in ["spec", "metadata"] {
        if let Some(entry) = node.entry(key) {
            let parent = (key == "spec").then_some((node, entry));
            stray(entry.value, key, parent, &mut strays);
        }
    }
    target.misplaced(&strays, facts);
    target.misspelt(facts);
    target.misshapen(facts);
}

fn stray<'t>(map: Node<'t>, path: &str, parent: Option<(Node<'t>, Entry<'t>)>, strays: &mut Vec<Stray<'t>>) {
    if let Some(entry) = map.entry(KEY) {
        strays.push(Stray { map, entry, path: join(path, KEY), parent });
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl<'t> Target<'_, 't> {
    fn belongs(&self) -> String {
        join(&self.path, KEY)
    }

    fn report(
        &self,
        kind: DefectKind,
        range: TextRange,
        path: String,
        edits: Option<Vec<Edit>>,
        facts: &mut FileFacts,
    ) {
        facts.defects.push(FieldDefect {
            object: self.object.clone(),
            kind,
            span: Span::new(self.reader.file(), range),
            path,
            belongs: self.belongs(),
            edits: edits.unwrap_or_default(),
        });
    }

    fn misplaced(&self, strays: &[Stray<'t>], facts: &mut FileFacts) {
        // Two strays, or one beside the field itself, would have to be merged: that is for people to do.
        let alone = strays.len() == 1 && self.map.get(KEY).is_none() && self.near_misses().is_empty();
        for stray in strays {
            let edits = if alone { self.moved(stray) } else { None };
            self.report(DefectKind::Misplaced, stray.entry.key.range(), stray.path.clone(), edits, facts);
        }
    }

    /// Takes the entry away there and adds it here, in the right shape.
    fn moved(&self, stray: &Stray<'t>) -> Option<Vec<Edit>> {
        let value = stray.entry.value;
        let names = names(value)?;
        let only = stray.map.written_entries().count() == 1;
        let gone = match stray.parent {
            Some((map, entry)) if only => self.reader.layout.removal(map, entry)?,
            _ => self.reader.layout.removal(stray.map, stray.entry)?,
        };
        let in_shape = value.kind() == Kind::List && value.items().all(|item| item.kind() == Kind::Map);
        let in_block = in_shape && !value.is_flow() && !self.map.is_flow();
        let added = if in_block {
            self.reader.layout.add_lines(self.map, stray.entry)?
        } else if self.reader.layout.has_comment(gone) {
            return None;
        } else {
            mend::add_names(self.reader, self.map, &names)?
        };
        // Where the lines to delete hold the place to insert at, the two do not go together.
        let inside = gone.start < added.range.start && added.range.start < gone.end;
        (!inside).then(|| vec![Edit { range: gone, text: String::new() }, added])
    }

    /// Keys of the map that look like the field and are not.
    fn near_misses(&self) -> Vec<(Entry<'t>, String)> {
        // Most keys are too short, which their bytes tell at once.
        let long = self.map.written_entries().filter(|entry| entry.key.range().end - entry.key.range().start >= 10);
        let misses = long.filter(|entry| is_near_miss(&entry.name()));
        misses.map(|entry| (entry, entry.name().into_owned())).collect()
    }

    fn misspelt(&self, facts: &mut FileFacts) {
        let misses = self.near_misses();
        let certain = misses.len() == 1 && self.map.get(KEY).is_none();
        for (entry, written) in misses {
            let raw = entry.key.raw();
            let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\'')).map(String::from).unwrap_or_default();
            let renamed = Edit { range: entry.key.range(), text: format!("{quote}{KEY}{quote}") };
            // Under the right key the value must have the right shape as well.
            let sound = entry.value.kind() == Kind::List && entry.value.items().all(|item| item.kind() == Kind::Map);
            let edits = (certain && sound && !entry.key.is_alias()).then(|| vec![renamed]);
            let path = join(&self.path, &written);
            self.report(DefectKind::Misspelt { written }, entry.key.range(), path, edits, facts);
        }
    }

    fn misshapen(&self, facts: &mut FileFacts) {
        let Some(entry) = self.map.entry(KEY) else { return };
        let value = entry.value;
        if value.is_null() || is_placeholder(value) {
            return;
        }
        // What an alias or a merge key brings along is reported, and edited by people.
        let own = self.map.range().contains(entry.range()) && !value.is_alias();
        let found = match value.kind() {
            Kind::Opaque => return,
            Kind::Scalar if value.as_str().is_some() => "a string",
            Kind::Scalar => "a number or a truth value",
            Kind::Map => "a map",
            Kind::List => {
                let bare = value.items().any(|item| {
                    item.kind() == Kind::List
                        || (item.kind() == Kind::Scalar && !item.is_null() && !is_placeholder(item))
                });
                if !bare {
                    return self.entries(entry, own, facts);
                }
                "a list of strings"
            }
        };
        let edits = if own { self.reshaped(entry) } else { None };
        self.report(DefectKind::WrongShape { found }, value.range(), self.belongs(), edits, facts);
    }

    /// The right shape for a string, a map with one name, or a list of strings.
    fn reshaped(&self, entry: Entry<'t>) -> Option<Vec<Edit>> {
        let value = entry.value;
        names(value)?;
        let insert = |at: u32, text: &str| Edit { range: TextRange::empty(at), text: text.to_owned() };
        let flow = value.is_flow() || self.map.is_flow();
        match value.kind() {
            Kind::List if value.is_flow() => {
                let json = self.map.is_flow();
                let key = if json { "{\"name\": " } else { "{name: " };
                let bare = value.items().filter(|item| item.kind() == Kind::Scalar);
                Some(bare.flat_map(|item| [insert(item.range().start, key), insert(item.range().end, "}")]).collect())
            }
            Kind::List => {
                let bare = value.items().filter(|item| item.kind() == Kind::Scalar);
                Some(bare.map(|item| insert(item.range().start, "name: ")).collect())
            }
            _ if flow => {
                let (open, close) = if value.kind() == Kind::Map { ("[", "]") } else { ("[{\"name\": ", "}]") };
                Some(vec![insert(value.range().start, open), insert(value.range().end, close)])
            }
            _ => {
                let range = self.reader.layout.value_range(entry)?;
                if self.reader.layout.has_comment(range) {
                    return None;
                }
                let text = mend::block_items(self.reader, self.map, &names(value)?);
                Some(vec![Edit { range, text }])
            }
        }
    }

    /// The defects of single entries in a list of the right shape.
    fn entries(&self, list: Entry<'t>, own: bool, facts: &mut FileFacts) {
        let mut seen = BTreeSet::new();
        let count = list.value.items().count();
        for (index, item) in list.value.items().enumerate() {
            let path = format!("{}[{index}]", self.belongs());
            if is_placeholder(item) || item.kind() == Kind::Opaque {
                continue;
            }
            let gone = || {
                let range = if count == 1 {
                    self.reader.layout.removal(self.map, list)
                } else {
                    self.reader.layout.item_removal(list.value, index)
                };
                // Another key may hold the name that was meant.
                let is_empty = item.written_entries().all(|entry| entry.name() == "name");
                range.filter(|_| own && is_empty).map(|range| vec![Edit { range, text: String::new() }])
            };
            let name = item.get("name").filter(|name| !name.is_null());
            let text = name.and_then(Node::as_str);
            let names_one = text.as_ref().is_some_and(|text| !text.is_empty());
            match (name, text) {
                (None, _) => self.report(DefectKind::EmptyName, item.range(), path.clone(), gone(), facts),
                (Some(_), Some(text)) if text.is_empty() => {
                    self.report(DefectKind::EmptyName, item.range(), path.clone(), gone(), facts);
                }
                (Some(name), Some(text)) if text.starts_with("map[") => {
                    let inner = text.strip_prefix("map[name:").and_then(|rest| rest.strip_suffix(']'));
                    let inner = inner.filter(|inner| own && !inner.is_empty() && !inner.contains([' ', '[', ']', ':']));
                    let edits =
                        inner.map(|inner| vec![Edit { range: name.range(), text: mend::in_place_of(name, inner) }]);
                    self.report(DefectKind::MapInName, name.range(), format!("{path}.name"), edits, facts);
                }
                (Some(_), Some(text)) if !seen.insert(text.clone().into_owned()) => {
                    let kind = DefectKind::DuplicateName { name: text.into_owned() };
                    self.report(kind, item.range(), path.clone(), gone(), facts);
                }
                _ => {}
            }
            for extra in item.written_entries().filter(|entry| !matches!(&*entry.name(), "name" | "<<")) {
                let needless = names_one && BESIDE.contains(&&*extra.name());
                let range = self.reader.layout.removal(item, extra).filter(|_| own && needless);
                let edits = range.map(|range| vec![Edit { range, text: String::new() }]);
                let key = extra.name().into_owned();
                let place = format!("{path}.{key}");
                self.report(DefectKind::ExtraKey { key }, extra.key.range(), place, edits, facts);
            }
        }
    }
}

/// The names that a value was meant to list, if all are plain: of a list of maps or strings, a map, or a string.
fn names(value: Node<'_>) -> Option<Vec<String>> {
    let name = |item: Node<'_>| {
        let text = match item.kind() {
            Kind::Map if item.written_entries().count() == 1 => item.get("name")?.as_str()?,
            Kind::Scalar => item.as_str()?,
            _ => return None,
        };
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        (plain && !text.is_empty()).then(|| text.into_owned())
    };
    let names: Vec<String> = match value.kind() {
        Kind::List => value.items().map(name).collect::<Option<_>>()?,
        _ => vec![name(value)?],
    };
    let distinct: BTreeSet<&str> = order::gather(names.iter().map(String::as_str));
    (!names.is_empty() && distinct.len() == names.len()).then_some(names)
}

/// Whether a key that is not `imagePullSecrets` was meant to be.
fn is_near_miss(key: &str) -> bool {
    // From `pullsecret` on; most keys are shorter.
    if key == KEY || !(10..=40).contains(&key.len()) {
        return false;
    }
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let meant = "imagepullsecrets";
    plain.contains("imagepullsecret")
        || ["pullsecrets", "pullsecret", "imagesecrets", "imagesecret"].contains(&plain.as_str())
        || (plain.len().abs_diff(meant.len()) <= 2 && strsim::osa_distance(&plain, meant) <= 2)
}
