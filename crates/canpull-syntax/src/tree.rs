//! One spanned tree for all languages: maps, lists and scalars in one flat preorder vector.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use crate::text::TextRange;

/// What a node is. An alias shows as what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Keys and values.
    Map,
    /// Items.
    List,
    /// A single value.
    Scalar,
    /// An alias that cannot be followed: no such anchor, or too many visits.
    Opaque,
}

/// How a scalar was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl ScalarStyle {
    /// What is written of a scalar without its quotes; nothing of a block scalar, whose text is never as written.
    pub(crate) fn inner(self, written: &str) -> &str {
        match self {
            Self::Plain => written,
            Self::SingleQuoted | Self::DoubleQuoted => {
                written.get(1..written.len().saturating_sub(1)).unwrap_or_default()
            }
            Self::Literal | Self::Folded => "",
        }
    }
}

/// Whether a scalar that is a key merges its value into the map.
pub(crate) fn is_merge_key(style: ScalarStyle, text: &str, tag: Option<&str>) -> bool {
    style == ScalarStyle::Plain && text == "<<" && matches!(tag, None | Some("!!merge"))
}

/// A scalar's value as Kubernetes' YAML reader resolves it.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// A truth value, `yes`, `no`, `on` and `off` among them.
    Bool(bool),
    /// An integer that fits.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(Cow<'t, str>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    Map,
    List,
    Scalar(ScalarStyle),
    Alias,
}

/// One node of the flat tree: 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NodeData {
    pub(crate) tag: Tag,
    /// Flow style (`{…}`, `[…]`) for collections.
    pub(crate) flow: bool,
    /// An explicit `!!tag` was written.
    pub(crate) tagged: bool,
    /// A scalar's text is not as written.
    pub(crate) cooked: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Index just past the node's last descendant.
    pub(crate) next: u32,
}

/// The parsed form of one file.
#[derive(Debug, Default)]
pub struct Tree<'s> {
    pub(crate) source: &'s str,
    pub(crate) nodes: Vec<NodeData>,
    /// Comment ranges in source order, `#` included, line break excluded.
    pub(crate) comments: Vec<TextRange>,
    /// Text of scalars that differs from their source: node index, text; sorted by index.
    pub(crate) cooked: Vec<(u32, Box<str>)>,
    /// Alias node index and the index of what it stands for; sorted by the first.
    pub(crate) aliases: Vec<(u32, u32)>,
    /// Nodes with an explicit tag, and its text such as `!!str`; sorted by index.
    pub(crate) tags: Vec<(u32, Box<str>)>,
    /// Nodes that may still be reached through aliases before these turn opaque: bounds expansion bombs.
    pub(crate) visits: Cell<u32>,
}

/// How many nodes may be reached through aliases in one file before the rest turn opaque.
pub(crate) const MAX_ALIAS_VISITS: u32 = 2_000_000;

/// How many levels of merge keys (`<<`) are followed.
const MAX_MERGE_DEPTH: u8 = 16;

/// One document of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Document {
    pub(crate) root: Option<u32>,
    /// The bytes of the document between its separators.
    pub range: TextRange,
    /// Whether Kubernetes refuses it. The root is then missing, unless the text can be read in another way.
    pub broken: bool,
}

/// Something wrong with the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub range: TextRange,
    /// What, in a sentence.
    pub message: String,
    /// Whether the document could not be read; otherwise it was read, but not as its author may think.
    pub fatal: bool,
}

/// What parsing gives: always a tree, with problems beside it.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    /// All documents' nodes.
    pub tree: Tree<'s>,
    /// The documents in order, empty ones left out.
    pub documents: Vec<Document>,
    /// Problems in order of position.
    pub problems: Vec<Problem>,
}

impl<'s> Parsed<'s> {
    /// The readable documents' roots, in order.
    pub fn roots(&self) -> impl Iterator<Item = (Document, Node<'_>)> {
        self.documents.iter().filter_map(|document| Some((*document, self.root_of(*document)?)))
    }

    /// A document's root, if it can be read. That of a broken one is what its text says as YAML, where kubectl takes it
    /// for JSON, or refuses what stands in front of it.
    pub fn root_of(&self, document: Document) -> Option<Node<'_>> {
        document.root.map(|index| Node { tree: &self.tree, index })
    }

    /// The text that was parsed.
    pub fn source(&self) -> &'s str {
        self.tree.source
    }
}

impl Tree<'_> {
    /// Comment ranges in source order, `#` included, line break excluded.
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }
}

/// A node of a tree. Aliases are followed by every method but [`Node::range`] and [`Node::raw`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(crate) tree: &'t Tree<'t>,
    pub(crate) index: u32,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {:?}", self.kind(), self.range())
    }
}

/// A key of a map with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The key.
    pub key: Node<'t>,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Entry<'t> {
    /// From the key's first byte to the value's last.
    pub fn range(&self) -> TextRange {
        let (key, value) = (self.key.range(), self.value.range());
        TextRange::new(key.start, value.end.max(key.end))
    }

    /// The key as text. Kubernetes turns every scalar key into a string: `y:` is `"true"`.
    pub fn name(&self) -> Cow<'t, str> {
        self.key.key_text()
    }
}

/// Entries found so far, and where each key's entry stands among them.
#[derive(Default)]
struct Entries<'t> {
    list: Vec<Entry<'t>>,
    places: BTreeMap<Cow<'t, str>, usize>,
}

/// A key that is looked for.
struct Wanted<'k> {
    key: &'k str,
    /// No other text stands for it, as `yes` stands for `true`: then only texts need comparing.
    literal: bool,
}

impl<'k> Wanted<'k> {
    fn new(key: &'k str) -> Self {
        Self { key, literal: matches!(crate::yaml::resolve_scalar(key.into(), true, None), Some(Value::Str(_))) }
    }

    fn is(&self, node: Node<'_>) -> bool {
        if self.literal && node.tag().is_none() {
            // Nearly every key is as written: comparing that is all that most look-ups do.
            return match node.data() {
                Some(NodeData { tag: Tag::Scalar(style), cooked: false, .. }) => style.inner(node.raw()) == self.key,
                _ => node.text().is_some_and(|text| text == self.key),
            };
        }
        node.key_text() == self.key
    }
}

impl<'t> Entries<'t> {
    fn put(&mut self, entry: Entry<'t>) {
        let place = *self.places.entry(entry.name()).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(seen) => *seen = entry,
            None => self.list.push(entry),
        }
    }
}

impl<'t> Node<'t> {
    fn data(self) -> Option<&'t NodeData> {
        self.tree.nodes.get(self.index as usize)
    }

    fn at_index(self, index: u32) -> Self {
        Self { tree: self.tree, index }
    }

    /// Follows aliases; `None` where they lead nowhere.
    fn resolved(self) -> Option<(Self, &'t NodeData)> {
        let data = self.data()?;
        if data.tag != Tag::Alias {
            return Some((self, data));
        }
        let found = self.tree.aliases.binary_search_by_key(&self.index, |&(alias, _)| alias).ok()?;
        let &(_, target) = self.tree.aliases.get(found)?;
        let node = self.at_index(target);
        let data = node.data().filter(|data| data.tag != Tag::Alias)?;
        // Whoever follows the alias may walk all that it leads to.
        let left = self.tree.visits.get().checked_sub(data.next.saturating_sub(target).max(1))?;
        self.tree.visits.set(left);
        Some((node, data))
    }

    /// What the node is.
    pub fn kind(self) -> Kind {
        match self.resolved().map(|(_, data)| data.tag) {
            Some(Tag::Map) => Kind::Map,
            Some(Tag::List) => Kind::List,
            Some(Tag::Scalar(_)) => Kind::Scalar,
            Some(Tag::Alias) | None => Kind::Opaque,
        }
    }

    /// The bytes the node was written with; an alias's own, quotes and block headers included.
    pub fn range(self) -> TextRange {
        self.data().map_or_else(TextRange::default, |data| TextRange::new(data.start, data.end))
    }

    /// The source text of [`Node::range`].
    pub fn raw(self) -> &'t str {
        self.range().slice(self.tree.source)
    }

    /// The whole file's text.
    pub fn source(self) -> &'t str {
        self.tree.source
    }

    /// Whether the node was written as an alias.
    pub fn is_alias(self) -> bool {
        self.data().is_some_and(|data| data.tag == Tag::Alias)
    }

    /// Whether a collection is in flow style.
    pub fn is_flow(self) -> bool {
        self.resolved().is_some_and(|(_, data)| data.flow)
    }

    /// The column of the node's first byte on its line, in characters, from 0.
    pub fn indent(self) -> usize {
        let start = self.range().start as usize;
        let before = self.tree.source.get(..start).unwrap_or_default();
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        before.get(line..).unwrap_or_default().chars().count()
    }

    /// How a scalar was written.
    pub fn style(self) -> Option<ScalarStyle> {
        match self.resolved()?.1.tag {
            Tag::Scalar(style) => Some(style),
            _ => None,
        }
    }

    /// An explicit tag such as `!!str`.
    pub fn tag(self) -> Option<&'t str> {
        if self.tree.tags.is_empty() {
            return None;
        }
        let (node, data) = self.resolved()?;
        if !data.tagged {
            return None;
        }
        let found = self.tree.tags.binary_search_by_key(&node.index, |(at, _)| *at).ok()?;
        self.tree.tags.get(found).map(|(_, text)| &**text)
    }

    /// A scalar's text, whatever type it resolves to, escapes and folding undone.
    pub fn text(self) -> Option<Cow<'t, str>> {
        self.styled_text().map(|(_, text)| text)
    }

    /// How a scalar was written, and its text.
    fn styled_text(self) -> Option<(ScalarStyle, Cow<'t, str>)> {
        let (node, data) = self.resolved()?;
        let Tag::Scalar(style) = data.tag else { return None };
        if !data.cooked {
            return Some((style, Cow::Borrowed(style.inner(node.raw()))));
        }
        let found = self.tree.cooked.binary_search_by_key(&node.index, |(at, _)| *at).ok()?;
        self.tree.cooked.get(found).map(|(_, text)| (style, Cow::Borrowed(&**text)))
    }

    /// A scalar's value.
    pub fn value(self) -> Option<Value<'t>> {
        let (style, text) = self.styled_text()?;
        match (style, self.tag()) {
            (ScalarStyle::Plain, tag) => crate::yaml::resolve_scalar(text, true, tag),
            (_, None) => Some(Value::Str(text)),
            (_, tag) => crate::yaml::resolve_scalar(text, false, tag),
        }
    }

    /// The text of a scalar that resolves to a string, as the API server would demand for a string field.
    pub fn as_str(self) -> Option<Cow<'t, str>> {
        match self.value()? {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value.
    pub fn as_bool(self) -> Option<bool> {
        match self.value()? {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the node is a null scalar.
    pub fn is_null(self) -> bool {
        matches!(self.value(), Some(Value::Null))
    }

    /// A key as the string that the JSON form of the document has.
    fn key_text(self) -> Cow<'t, str> {
        match self.value() {
            Some(Value::Str(text)) => text,
            Some(Value::Bool(value)) => Cow::Borrowed(if value { "true" } else { "false" }),
            Some(Value::Int(value)) => Cow::Owned(value.to_string()),
            Some(Value::Null) => Cow::Borrowed("null"),
            Some(Value::Float(value)) => Cow::Owned(crate::yaml::float_key(value)),
            None => Cow::Borrowed(""),
        }
    }

    fn is_merge_key(self) -> bool {
        self.raw() == "<<" && is_merge_key(ScalarStyle::Plain, "<<", self.tag())
    }

    /// A list's items; empty for anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> {
        self.children(Tag::List)
    }

    fn children(self, tag: Tag) -> impl Iterator<Item = Node<'t>> {
        let range = self.resolved().filter(|(_, data)| data.tag == tag).map(|(node, data)| (node.index + 1, data.next));
        let (mut at, end) = range.unwrap_or((0, 0));
        std::iter::from_fn(move || {
            let child = (at < end).then(|| self.at_index(at))?;
            at = child.data()?.next;
            Some(child)
        })
    }

    /// A map's entries exactly as written: merge keys and duplicates included.
    pub fn written_entries(self) -> impl Iterator<Item = Entry<'t>> {
        let mut children = self.children(Tag::Map);
        std::iter::from_fn(move || Some(Entry { key: children.next()?, value: children.next()? }))
    }

    /// A map's entries as they count: in the order of writing the last one of a key wins, merged ones among them.
    pub fn entries(self) -> Vec<Entry<'t>> {
        let mut entries = Entries::default();
        self.collect_entries(&mut entries, 0);
        entries.list
    }

    fn collect_entries(self, into: &mut Entries<'t>, depth: u8) {
        for entry in self.written_entries() {
            if !entry.key.is_merge_key() {
                into.put(entry);
                continue;
            }
            if depth < MAX_MERGE_DEPTH {
                // Of the maps in a list, the first one wins.
                let mut maps = entry.value.merged_maps();
                maps.reverse();
                for map in maps {
                    map.collect_entries(into, depth + 1);
                }
            }
        }
    }

    /// The maps that a merge key's value stands for.
    fn merged_maps(self) -> Vec<Self> {
        match self.kind() {
            Kind::Map => vec![self],
            Kind::List => self.items().collect(),
            Kind::Scalar | Kind::Opaque => Vec::new(),
        }
    }

    /// The entry of a map that counts for `key`.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.find_entry(&Wanted::new(key), 0)
    }

    fn find_entry(self, key: &Wanted<'_>, depth: u8) -> Option<Entry<'t>> {
        let mut found = None;
        // Merge keys behind what was found.
        let mut merges = Vec::new();
        for entry in self.written_entries() {
            if entry.key.is_merge_key() {
                merges.push(entry.value);
            } else if key.is(entry.key) {
                found = Some(entry);
                merges.clear();
            }
        }
        if depth >= MAX_MERGE_DEPTH {
            return found;
        }
        let mut maps = merges.into_iter().rev().flat_map(Self::merged_maps);
        maps.find_map(|map| map.find_entry(key, depth + 1)).or(found)
    }

    /// The value that counts for `key`.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The value at the end of a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Node<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }
}
