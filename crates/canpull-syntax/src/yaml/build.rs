//! Builds the flat tree of one document, node by node.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::text::{TextRange, to_offset};
use crate::tree::{Document, NodeData, Parsed, Problem, ScalarStyle, Tag, is_merge_key};

/// How deep collections may nest. Kubernetes objects stay below 50.
pub(super) const MAX_DEPTH: usize = 256;

/// What stands in front of a node: an anchor's id, or 0, and a tag such as `!!str`.
#[derive(Default)]
pub(super) struct Properties {
    pub(super) anchor: usize,
    pub(super) tag: Option<Box<str>>,
}

/// A scalar's text.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    /// Whether it stands in the source like this, quotes aside.
    pub(super) written: bool,
}

/// A collection whose end has not come yet.
struct Open<'s> {
    node: u32,
    is_map: bool,
    flow: bool,
    /// Children so far; the next one of a map is a key where this is even.
    children: usize,
    last_child: Option<u32>,
    /// Where its keys begin among those of all open maps.
    keys: usize,
    /// All keys of the map, once they are many.
    many_keys: BTreeSet<Cow<'s, str>>,
    /// Nodes reached through aliases before this one.
    unfolded: u64,
}

/// Keys of a map beyond so many are looked up in a set; fewer are sooner compared one by one.
const FEW_KEYS: usize = 16;

/// A node that aliases may stand for.
struct Anchor {
    id: usize,
    node: u32,
    /// Nodes that are reached through aliases inside it, once it is closed.
    unfolded: u64,
}

/// A document that is being built at the end of the tree.
pub(super) struct Builder<'p, 's> {
    pub(super) parsed: &'p mut Parsed<'s>,
    /// What the tree and the problems held before.
    root: u32,
    comments: usize,
    problems: usize,
    open: Vec<Open<'s>>,
    /// Keys of the open maps, those of the innermost last.
    keys: Vec<Cow<'s, str>>,
    /// In order of definition, their ids ascending.
    anchors: Vec<Anchor>,
    /// Nodes that are reached through aliases.
    unfolded: u64,
    /// Merge keys.
    merges: Vec<u32>,
    /// The first thing that parses and that Kubernetes refuses all the same.
    refusal: Option<Problem>,
}

impl<'p, 's> Builder<'p, 's> {
    pub(super) fn new(parsed: &'p mut Parsed<'s>) -> Self {
        Self {
            root: to_offset(parsed.tree.nodes.len()),
            comments: parsed.tree.comments.len(),
            problems: parsed.problems.len(),
            parsed,
            open: Vec::new(),
            keys: Vec::new(),
            anchors: Vec::new(),
            unfolded: 0,
            merges: Vec::new(),
            refusal: None,
        }
    }

    /// Whether the document has no nodes yet.
    pub(super) fn is_empty(&self) -> bool {
        self.parsed.tree.nodes.len() == self.root as usize
    }

    /// Whether the next node stands directly inside brackets.
    pub(super) fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.flow)
    }

    /// Whether the next node is an item of a list without brackets.
    pub(super) fn in_block_list(&self) -> bool {
        self.open.last().is_some_and(|open| !open.is_map && !open.flow)
    }

    /// Whether the next node is a key of a map.
    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.children % 2 == 0)
    }

    /// Whether the next node is a value of a map.
    pub(super) fn expects_value(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.children % 2 == 1)
    }

    fn push(&mut self, data: NodeData, properties: Properties) -> u32 {
        let index = to_offset(self.parsed.tree.nodes.len());
        if let Some(parent) = self.open.last_mut() {
            parent.children += 1;
            parent.last_child = Some(index);
        }
        if properties.anchor != 0 {
            self.anchors.push(Anchor { id: properties.anchor, node: index, unfolded: 0 });
        }
        if let Some(tag) = properties.tag {
            self.parsed.tree.tags.push((index, tag));
        }
        self.parsed.tree.nodes.push(data);
        index
    }

    /// Adds a scalar with its text, which may not be what is written.
    pub(super) fn scalar(&mut self, style: ScalarStyle, range: TextRange, text: Text<'_>, properties: Properties) {
        let Text { text, written } = text;
        let is_key = self.expects_key();
        let is_merge = is_key && is_merge_key(style, text, properties.tag.as_deref());
        let plain = style == ScalarStyle::Plain;
        if let Some(reason) = super::scalar::refusal(text, plain, properties.tag.as_deref(), is_key) {
            self.refuse(range, reason);
        }
        if is_key && !is_merge {
            let source = self.parsed.tree.source;
            let key = if written { style.inner(range.slice(source)).into() } else { text.to_owned().into() };
            self.note_key(key, range);
        }
        let data = NodeData {
            tag: Tag::Scalar(style),
            flow: false,
            tagged: properties.tag.is_some(),
            cooked: !written,
            start: range.start,
            end: range.end,
            next: to_offset(self.parsed.tree.nodes.len() + 1),
        };
        let index = self.push(data, properties);
        if is_merge {
            self.merges.push(index);
        }
        if !written {
            self.parsed.tree.cooked.push((index, text.into()));
        }
    }

    /// Reports a key that stands in its map already. The key itself may be confidential.
    fn note_key(&mut self, key: Cow<'s, str>, range: TextRange) {
        let Some(open) = self.open.last_mut() else { return };
        let own = self.keys.get(open.keys..).unwrap_or_default();
        let is_second = if own.len() < FEW_KEYS {
            let found = own.contains(&key);
            self.keys.push(key);
            found
        } else {
            if open.many_keys.is_empty() {
                open.many_keys.extend(own.iter().cloned());
            }
            !open.many_keys.insert(key)
        };
        if is_second {
            let message = super::DUPLICATE_KEY.to_owned();
            self.parsed.problems.push(Problem { range, message, fatal: false });
        }
    }

    pub(super) fn start(&mut self, kind: Tag, flow: bool, range: TextRange, properties: Properties) {
        let tagged = properties.tag.is_some();
        let data =
            NodeData { tag: kind, flow, tagged, cooked: false, start: range.start, end: range.end, next: u32::MAX };
        let node = self.push(data, properties);
        let is_map = kind == Tag::Map;
        self.open.push(Open {
            node,
            is_map,
            flow,
            children: 0,
            last_child: None,
            keys: self.keys.len(),
            many_keys: BTreeSet::new(),
            unfolded: self.unfolded,
        });
    }

    pub(super) fn end(&mut self, range: TextRange) {
        let Some(open) = self.open.pop() else { return };
        self.keys.truncate(open.keys);
        let anchor = self.anchors.binary_search_by_key(&open.node, |anchor| anchor.node).ok();
        if let Some(anchor) = anchor.and_then(|at| self.anchors.get_mut(at)) {
            anchor.unfolded = self.unfolded - open.unfolded;
        }
        let nodes = &mut self.parsed.tree.nodes;
        let next = to_offset(nodes.len());
        let last = open.last_child.and_then(|child| nodes.get(child as usize)).map_or(0, |node| node.end);
        let first = nodes.get(open.node as usize + 1).map(|node| node.start);
        if let Some(node) = nodes.get_mut(open.node as usize) {
            node.next = next;
            if node.flow {
                node.end = range.end;
            } else {
                // A block collection has no brackets: it reaches from its first child to its last.
                node.start = first.unwrap_or(node.start);
                node.end = last.max(node.start);
            }
        }
    }

    pub(super) fn alias(&mut self, id: usize, range: TextRange) {
        let data = NodeData {
            tag: Tag::Alias,
            flow: false,
            tagged: false,
            cooked: false,
            start: range.start,
            end: range.end,
            next: to_offset(self.parsed.tree.nodes.len() + 1),
        };
        let index = self.push(data, Properties::default());
        let found = self.anchors.binary_search_by_key(&id, |anchor| anchor.id).ok();
        let Some(anchor) = found.and_then(|at| self.anchors.get(at)) else { return };
        if self.open.iter().any(|open| open.node == anchor.node) {
            return self.refuse(range, "this alias stands inside the value that it stands for");
        }
        let target = self.parsed.tree.nodes.get(anchor.node as usize);
        let nodes = target.map_or(0, |node| node.next.saturating_sub(anchor.node));
        self.unfolded = self.unfolded.saturating_add(anchor.unfolded).saturating_add(nodes.into());
        self.parsed.tree.aliases.push((index, anchor.node));
        let own = self.parsed.tree.nodes.len() - self.root as usize;
        if is_excessive(own as u64, self.unfolded) {
            self.refuse(range, "the aliases of this document unfold to too much");
        }
    }

    /// Notes why Kubernetes refuses the document, which parses.
    pub(super) fn refuse(&mut self, range: TextRange, reason: &str) {
        self.refusal.get_or_insert_with(|| Problem { range, message: reason.to_owned(), fatal: true });
    }

    fn drop_nodes(&mut self) {
        let root = self.root;
        let tree = &mut self.parsed.tree;
        tree.nodes.truncate(root as usize);
        for list in [&mut tree.cooked, &mut tree.tags] {
            list.truncate(list.partition_point(|(index, _)| *index < root));
        }
        tree.aliases.truncate(tree.aliases.partition_point(|(index, _)| *index < root));
        self.parsed.problems.truncate(self.problems);
    }

    /// Drops the document and all that was noted about it.
    pub(super) fn discard(mut self) {
        self.drop_nodes();
        self.parsed.tree.comments.truncate(self.comments);
    }

    /// Notes that the document is broken. Its comments still count.
    pub(super) fn fail(mut self, problem: Problem, range: TextRange) {
        self.drop_nodes();
        self.parsed.problems.push(problem);
        self.parsed.documents.push(Document { root: None, range, broken: true });
    }

    /// Notes the document, unless it is empty. Tells whether there was one.
    pub(super) fn finish(mut self, range: TextRange) -> bool {
        let bad = self.merges.iter().find(|key| !self.merges_maps(**key));
        if let Some(node) = bad.and_then(|key| self.parsed.tree.nodes.get(*key as usize)) {
            let range = TextRange::new(node.start, node.end);
            self.refuse(range, "`<<` merges only a map or a list of maps");
        }
        if let Some(problem) = self.refusal.take() {
            self.fail(problem, range);
            return true;
        }
        let written = !self.is_empty();
        if written {
            self.parsed.documents.push(Document { root: Some(self.root), range, broken: false });
        }
        written
    }

    /// Whether the value of a merge key is a map or a list of maps. The items of an aliased list are taken on trust:
    /// looking at them for each alias could take long.
    fn merges_maps(&self, key: u32) -> bool {
        let value = key + 1;
        let Some(data) = self.parsed.tree.nodes.get(value as usize).filter(|data| data.tag == Tag::List) else {
            return matches!(self.tag_of(value), Some(Tag::Map | Tag::List));
        };
        let mut item = value + 1;
        while item < data.next {
            if self.tag_of(item) != Some(Tag::Map) {
                return false;
            }
            item = self.parsed.tree.nodes.get(item as usize).map_or(u32::MAX, |data| data.next);
        }
        true
    }

    /// A node's tag, aliases followed.
    fn tag_of(&self, index: u32) -> Option<Tag> {
        let tree = &self.parsed.tree;
        let data = tree.nodes.get(index as usize)?;
        if data.tag != Tag::Alias {
            return Some(data.tag);
        }
        let found = tree.aliases.binary_search_by_key(&index, |(alias, _)| *alias).ok()?;
        tree.nodes.get(tree.aliases.get(found)?.1 as usize).map(|data| data.tag)
    }
}

/// Whether `kubectl` refuses a document of so many nodes of its own, and so many reached through aliases: the larger
/// the whole, the smaller the share of aliases may be.
const fn is_excessive(own: u64, unfolded: u64) -> bool {
    let all = own.saturating_add(unfolded);
    let percent = match all {
        0..=400_000 => 99,
        400_001..4_000_000 => 99 - 89 * (all - 400_000) / 3_600_000,
        _ => 10,
    };
    all > 1000 && unfolded > 100 && unfolded.saturating_mul(100) > all.saturating_mul(percent)
}
