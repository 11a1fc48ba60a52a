//! Builds the flat tree of one document from the parser's events.

use std::borrow::Cow;
use std::collections::BTreeSet;

use granit_parser::{Event, Parser, ScalarStyle as Style, Span as EventSpan, StructureStyle};

use crate::text::{TextRange, to_offset};
use crate::tree::{Document, NodeData, Parsed, Problem, ScalarStyle, Tag};

/// How deep collections may nest. Kubernetes objects stay below 50.
const MAX_DEPTH: usize = 256;

/// Parses the document in `range` and adds it to `parsed`.
pub(super) fn chunk(parsed: &mut Parsed<'_>, range: TextRange) {
    let source = parsed.tree.source;
    let text = range.slice(source);
    let options = granit_parser::options! {
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
        max_buffered_comment_events: 1 << 20,
    };
    let mut builder = Builder {
        base: range.start as usize,
        root: to_offset(parsed.tree.nodes.len()),
        parsed,
        open: Vec::new(),
        anchors: Vec::new(),
        unfolded: 0,
        done: false,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let at = span.byte_range().unwrap_or(0..0).start;
                match builder.take(event, span) {
                    Flow::Go => {}
                    Flow::Stop => break,
                    Flow::Fail(reason) => return builder.fail(at, reason, range),
                }
            }
            Err(error) => {
                return builder.fail(error.marker().byte_offset().unwrap_or(0), &reason(&error.info()), range);
            }
        }
    }
    builder.finish(range);
}

/// What follows an event.
enum Flow {
    Go,
    Stop,
    /// The document cannot be read, for this reason.
    Fail(&'static str),
}

/// The parser's reason, in words that tell what to mend.
fn reason(info: &str) -> Cow<'_, str> {
    match info {
        "" => Cow::Borrowed("not YAML"),
        "recursion limit exceeded" => Cow::Owned(format!("nested deeper than {MAX_DEPTH} levels")),
        info => Cow::Borrowed(info),
    }
}

/// A collection whose end has not come yet.
struct Open {
    node: u32,
    /// Keys seen so far, for duplicates; the next child is a key where this is even.
    children: usize,
    last_child: Option<u32>,
    keys: BTreeSet<Box<str>>,
    /// Nodes reached through aliases before this one.
    unfolded: u64,
}

/// A node that aliases may stand for.
struct Anchor {
    id: usize,
    node: u32,
    /// Nodes that are reached through aliases inside it, once it is closed.
    unfolded: u64,
}

struct Builder<'p, 's> {
    parsed: &'p mut Parsed<'s>,
    base: usize,
    root: u32,
    open: Vec<Open>,
    /// In order of definition, their ids ascending.
    anchors: Vec<Anchor>,
    /// Nodes that are reached through aliases.
    unfolded: u64,
    done: bool,
}

impl<'s> Builder<'_, 's> {
    fn range(&self, span: &EventSpan) -> TextRange {
        let range = span.byte_range().unwrap_or(0..0);
        TextRange::new(to_offset(self.base + range.start), to_offset(self.base + range.end))
    }

    fn take(&mut self, event: Event<'s>, span: EventSpan) -> Flow {
        let range = self.range(&span);
        match event {
            Event::Comment(..) => self.parsed.tree.comments.push(range),
            _ if self.done => {
                if matches!(event, Event::DocumentStart(..)) {
                    let message = "Kubernetes reads nothing after `...`; start a new document with `---`".into();
                    self.parsed.problems.push(Problem { range, message, fatal: false });
                    return Flow::Stop;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| tag_text(&tag));
                self.scalar(text, style, anchor, tag, range);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(Tag::List, style, anchor, tag.map(|tag| tag_text(&tag)), range);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.start(Tag::Map, style, anchor, tag.map(|tag| tag_text(&tag)), range);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(id) => return self.alias(id, range),
            Event::DocumentEnd => self.done = true,
            _ => {}
        }
        Flow::Go
    }

    fn push(&mut self, data: NodeData, anchor: usize, tag: Option<String>) -> u32 {
        let index = to_offset(self.parsed.tree.nodes.len());
        if let Some(parent) = self.open.last_mut() {
            parent.children += 1;
            parent.last_child = Some(index);
        }
        if anchor != 0 {
            self.anchors.push(Anchor { id: anchor, node: index, unfolded: 0 });
        }
        if let Some(tag) = tag {
            self.parsed.tree.tags.push((index, tag.into()));
        }
        self.parsed.tree.nodes.push(data);
        index
    }

    fn scalar(&mut self, text: Cow<'s, str>, style: Style, anchor: usize, tag: Option<String>, mut range: TextRange) {
        let source = self.parsed.tree.source;
        let style = match style {
            Style::SingleQuoted => ScalarStyle::SingleQuoted,
            Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
            Style::Literal => ScalarStyle::Literal,
            Style::Folded => ScalarStyle::Folded,
            Style::Plain => ScalarStyle::Plain,
        };
        let written = range.slice(source);
        let (plain_text, inner) = match style {
            // An empty node arrives as `~` with nothing written.
            ScalarStyle::Plain if range.is_empty() => (Cow::Borrowed(""), ""),
            ScalarStyle::Plain => (text, written),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                (text, written.get(1..written.len().saturating_sub(1)).unwrap_or_default())
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                range.start = header(source, range.start, self.base);
                range.end = range.start + to_offset(range.slice(source).trim_end().len());
                (text, "")
            }
        };
        self.note_key(&plain_text, style, range);
        let data = NodeData {
            tag: Tag::Scalar(style),
            flow: false,
            tagged: tag.is_some(),
            start: range.start,
            end: range.end,
            next: to_offset(self.parsed.tree.nodes.len() + 1),
        };
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let index = self.push(data, anchor, tag);
        if block || plain_text != inner {
            self.parsed.tree.cooked.push((index, plain_text.into()));
        }
    }

    /// Reports a key that stands in its map already: the last one counts.
    fn note_key(&mut self, text: &str, style: ScalarStyle, range: TextRange) {
        let Some(open) = self.open.last_mut() else { return };
        let is_map = self.parsed.tree.nodes.get(open.node as usize).is_some_and(|node| node.tag == Tag::Map);
        let is_merge = style == ScalarStyle::Plain && text == "<<";
        if !is_map || open.children % 2 != 0 || is_merge || open.keys.insert(text.into()) {
            return;
        }
        let message = format!("key `{text}` stands twice in one map; only the last one counts");
        self.parsed.problems.push(Problem { range, message, fatal: false });
    }

    fn start(&mut self, kind: Tag, style: StructureStyle, anchor: usize, tag: Option<String>, range: TextRange) {
        let flow = style == StructureStyle::Flow;
        let data =
            NodeData { tag: kind, flow, tagged: tag.is_some(), start: range.start, end: range.end, next: u32::MAX };
        let node = self.push(data, anchor, tag);
        let unfolded = self.unfolded;
        self.open.push(Open { node, children: 0, last_child: None, keys: BTreeSet::new(), unfolded });
    }

    fn end(&mut self, range: TextRange) {
        let Some(open) = self.open.pop() else { return };
        let anchor = self.anchors.binary_search_by_key(&open.node, |anchor| anchor.node).ok();
        if let Some(anchor) = anchor.and_then(|at| self.anchors.get_mut(at)) {
            anchor.unfolded = self.unfolded - open.unfolded;
        }
        let next = to_offset(self.parsed.tree.nodes.len());
        let last =
            open.last_child.and_then(|child| self.parsed.tree.nodes.get(child as usize)).map_or(0, |node| node.end);
        let first = self.parsed.tree.nodes.get(open.node as usize + 1).map(|node| node.start);
        if let Some(node) = self.parsed.tree.nodes.get_mut(open.node as usize) {
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

    fn alias(&mut self, id: usize, range: TextRange) -> Flow {
        let data = NodeData {
            tag: Tag::Alias,
            flow: false,
            tagged: false,
            start: range.start,
            end: range.end,
            next: to_offset(self.parsed.tree.nodes.len() + 1),
        };
        let index = self.push(data, 0, None);
        let found = self.anchors.binary_search_by_key(&id, |anchor| anchor.id).ok();
        let Some(anchor) = found.and_then(|at| self.anchors.get(at)) else { return Flow::Go };
        if self.open.iter().any(|open| open.node == anchor.node) {
            return Flow::Fail("the anchor contains itself");
        }
        let nodes = self.parsed.tree.nodes.get(anchor.node as usize);
        let nodes = nodes.map_or(0, |node| node.next.saturating_sub(anchor.node));
        self.unfolded = self.unfolded.saturating_add(anchor.unfolded).saturating_add(nodes.into());
        self.parsed.tree.aliases.push((index, anchor.node));
        let own = self.parsed.tree.nodes.len() - self.root as usize;
        if is_excessive(own as u64, self.unfolded) { Flow::Fail("excessive aliasing") } else { Flow::Go }
    }

    fn fail(self, at: usize, reason: &str, range: TextRange) {
        let place = super::point(self.parsed.tree.source, self.base + at);
        self.parsed.problems.push(Problem { range: place, message: reason.to_owned(), fatal: true });
        self.parsed.tree.nodes.truncate(self.root as usize);
        let root = self.root;
        self.parsed.tree.cooked.retain(|(index, _)| *index < root);
        self.parsed.tree.tags.retain(|(index, _)| *index < root);
        self.parsed.tree.aliases.retain(|(index, _)| *index < root);
        self.parsed.documents.push(Document { root: None, range, broken: true });
    }

    fn finish(self, range: TextRange) {
        if self.parsed.tree.nodes.len() > self.root as usize {
            self.parsed.documents.push(Document { root: Some(self.root), range, broken: false });
        }
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

/// A tag as it is usually written: `!!str`.
fn tag_text(tag: &granit_parser::Tag) -> String {
    match tag.core_suffix() {
        Some(suffix) => format!("!!{suffix}"),
        None => tag.original(),
    }
}

/// Where the `|` or `>` of a block scalar stands, whose content starts at `content` or later.
fn header(source: &str, content: u32, base: usize) -> u32 {
    let before = source.get(base..content as usize).unwrap_or_default();
    let line = before.trim_end_matches([' ', '\t', '\r', '\n']);
    let line_start = line.rfind('\n').map_or(0, |at| at + 1);
    let last_line = line.get(line_start..).unwrap_or_default();
    let code = last_line.find(" #").map_or(last_line, |at| last_line.get(..at).unwrap_or(last_line));
    code.rfind(['|', '>']).map_or(content, |at| to_offset(base + line_start + at))
}
