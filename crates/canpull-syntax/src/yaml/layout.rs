//! Where entries of maps and items of lists can be added, moved and taken away, in block and in flow style.

use crate::edit::Edit;
use crate::text::{TextRange, to_offset};
use crate::tree::{Entry, Kind, Node};

/// A file as it is laid out: its lines, and the comments that an edit keeps off.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'t> {
    text: &'t str,
    comments: &'t [TextRange],
    /// How the file ends its lines.
    pub newline: &'static str,
}

impl<'t> Layout<'t> {
    /// That of a text with these comments, in order.
    pub fn new(text: &'t str, comments: &'t [TextRange]) -> Self {
        let first = text.find('\n').and_then(|at| at.checked_sub(1));
        let crlf = first.is_some_and(|at| text.as_bytes().get(at) == Some(&b'\r'));
        Self { text, comments, newline: if crlf { "\r\n" } else { "\n" } }
    }

    /// Whether a comment begins within a range.
    pub fn has_comment(&self, range: TextRange) -> bool {
        let from = self.comments.partition_point(|comment| comment.start < range.start);
        self.comments.get(from).is_some_and(|comment| comment.start < range.end)
    }

    /// From behind an entry's colon to the end of its value, anchors and tags excluded by giving up.
    pub fn value_range(&self, entry: Entry<'_>) -> Option<TextRange> {
        let key_end = entry.key.range().end;
        let behind = self.text.get(key_end as usize..)?;
        let colon = key_end
            + to_offset(behind.find(':').filter(|at| behind.get(..*at).is_some_and(|gap| gap.trim().is_empty()))?)
            + 1;
        let value = entry.value.range();
        if value.is_empty() {
            return Some(TextRange::empty(colon));
        }
        let gap = TextRange::new(colon, value.start).slice(self.text).trim();
        // A block list begins behind its first dash.
        let in_block = entry.value.kind() == Kind::List && !entry.value.is_flow();
        (gap.is_empty() || (in_block && gap == "-")).then_some(TextRange::new(colon, self.trimmed_end(value)))
    }

    /// Where a new entry of a map goes, in front of one of its entries, and what then separates the two. In block style it
    /// is the first of `preferred` that is there.
    pub fn place(&self, map: Node<'_>, preferred: &[&str]) -> Option<(u32, String)> {
        if map.kind() != Kind::Map || map.is_alias() {
            return None;
        }
        let entries: Vec<Entry<'_>> = map.written_entries().collect();
        let first = *entries.first()?;
        if map.is_flow() {
            return self.place_in_flow(map, first);
        }
        // A comment above an entry speaks of that entry, so what is new goes in front of one without.
        let plain = || entries.iter().filter(|entry| !self.is_commented(entry));
        let wanted = preferred.iter().find_map(|key| plain().find(|entry| entry.name() == *key));
        let chosen = wanted.or_else(|| plain().next()).unwrap_or(&first);
        let at = chosen.key.range().start;
        let column = self.column(at)?;
        // An anchor, a tag or `? ` in front of the key would end up in front of the new one.
        let lead = TextRange::new(self.line_start(at), at).slice(self.text);
        if !lead.chars().all(|c| c == ' ' || c == '-') {
            return None;
        }
        Some((at, format!("{}{}", self.newline, " ".repeat(column))))
    }

    fn place_in_flow(&self, map: Node<'_>, first: Entry<'_>) -> Option<(u32, String)> {
        let start = first.key.range().start;
        let gap = TextRange::new(map.range().start + 1, start).slice(self.text);
        if !gap.trim().is_empty() {
            return None;
        }
        // A pretty-printed map goes on to be one.
        Some((start, format!(",{}", if gap.contains('\n') { gap } else { " " })))
    }

    fn is_commented(&self, entry: &Entry<'_>) -> bool {
        let line = self.line_start(entry.key.range().start) as usize;
        let above = self.text.get(..line).unwrap_or_default().trim_end_matches(['\n', '\r']);
        above.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'))
    }

    /// Indentation of the dash of a list below a block map, as its neighbours have it.
    pub fn item_indent(&self, map: Node<'_>) -> String {
        let own = map.written_entries().next().map_or(0, |entry| entry.key.indent());
        let deeper = map.written_entries().find_map(|entry| {
            let list = entry.value;
            let item = list.items().next().filter(|_| !list.is_flow() && !list.is_alias())?;
            self.column(self.dash(item)?)?.checked_sub(own)
        });
        " ".repeat(own + deeper.unwrap_or(0))
    }

    /// The new entry with the very lines of another one, comments and all, moved to the indentation of `map`.
    pub fn add_lines(&self, map: Node<'_>, entry: Entry<'_>) -> Option<Edit> {
        let (at, separator) = self.place(map, &[])?;
        let from = self.column(entry.key.range().start)?;
        let to = self.column(at)?;
        let end = self.line_end(self.trimmed_end(entry.range()));
        let lines = TextRange::new(entry.key.range().start, end).slice(self.text);
        let mut moved = String::new();
        for (number, line) in lines.split('\n').map(|line| line.trim_end_matches('\r')).enumerate() {
            if number == 0 {
                moved.push_str(line);
                continue;
            }
            moved.push_str(self.newline);
            let own = line.len() - line.trim_start_matches(' ').len();
            if own < line.len() {
                moved.push_str(&" ".repeat(own.checked_sub(from)? + to));
                moved.push_str(line.trim_start_matches(' '));
            }
        }
        Some(Edit { range: TextRange::empty(at), text: moved + &separator })
    }

    /// What to delete so that an entry of a map is gone; `None` where it is the only one, or the layout is unusual.
    pub fn removal(&self, map: Node<'_>, entry: Entry<'_>) -> Option<TextRange> {
        let entries: Vec<Entry<'_>> = map.written_entries().collect();
        let at = entries.iter().position(|own| own.key.range() == entry.key.range())?;
        let around = |index: usize| entries.get(index).map(Entry::range);
        self.part_removal(map, entry.range(), at.checked_sub(1).and_then(around), around(at + 1), None)
    }

    /// What to delete so that an item of a list is gone; `None` where it is the only one, or the layout is unusual.
    pub fn item_removal(&self, list: Node<'_>, index: usize) -> Option<TextRange> {
        let items: Vec<Node<'_>> = list.items().collect();
        let item = items.get(index)?;
        let around = |index: usize| items.get(index).copied().map(Node::range);
        let dash = if list.is_flow() { None } else { Some(self.dash(*item)?) };
        self.part_removal(list, item.range(), index.checked_sub(1).and_then(around), around(index + 1), dash)
    }

    /// Deletes one part of a collection: its lines in block style, the part and one comma in flow style.
    fn part_removal(
        &self,
        whole: Node<'_>,
        part: TextRange,
        previous: Option<TextRange>,
        next: Option<TextRange>,
        dash: Option<u32>,
    ) -> Option<TextRange> {
        if whole.is_alias() || !whole.range().contains(part) || (previous.is_none() && next.is_none()) {
            return None;
        }
        if whole.is_flow() {
            return match (previous, next) {
                (_, Some(next)) => Some(TextRange::new(part.start, next.start)),
                (Some(previous), None) => Some(TextRange::new(previous.end, part.end)),
                (None, None) => None,
            };
        }
        let first = dash.unwrap_or(part.start);
        let lines = TextRange::new(first, self.trimmed_end(part));
        if self.stands_alone(lines) {
            return Some(self.lines(lines));
        }
        // The first entry of a map that stands behind a dash: the next one moves up to its place.
        let next = next.filter(|_| dash.is_none())?;
        let range = TextRange::new(part.start, next.start);
        (!self.has_comment(range)).then_some(range)
    }

    /// What to delete so that a comment is gone: its line where it stands alone on it, else the blanks in front of it too.
    pub fn comment_removal(&self, comment: TextRange) -> TextRange {
        if self.stands_alone(comment) {
            return self.lines(comment);
        }
        let start = self.line_start(comment.start);
        let before = TextRange::new(start, comment.start).slice(self.text);
        let kept = before.trim_end_matches([' ', '\t']);
        TextRange::new(start + to_offset(kept.len()), self.line_end(comment.start))
    }

    /// Whether nothing but blanks stands in front of a range on its line.
    pub fn stands_alone(&self, range: TextRange) -> bool {
        TextRange::new(self.line_start(range.start), range.start).slice(self.text).trim().is_empty()
    }

    /// The lines that a range lies in, with one line break: the one behind, or in front where the text ends here.
    fn lines(&self, range: TextRange) -> TextRange {
        let start = self.line_start(range.start);
        let end = self.line_end(range.end);
        if let Some(at) = self.text.get(end as usize..).and_then(|rest| rest.find('\n')) {
            return TextRange::new(start, end + to_offset(at) + 1);
        }
        let before = self.text.get(..start as usize).unwrap_or_default();
        TextRange::new(to_offset(before.trim_end_matches(['\n', '\r']).len()), end)
    }

    /// The dash of a block list's item.
    pub fn dash(&self, item: Node<'_>) -> Option<u32> {
        let before = self.text.get(..item.range().start as usize)?.trim_end_matches([' ', '\n', '\r']);
        before.ends_with('-').then(|| to_offset(before.len() - 1))
    }

    /// The end of a range without the blank space that an empty last value may reach over.
    pub fn trimmed_end(&self, range: TextRange) -> u32 {
        range.start + to_offset(range.slice(self.text).trim_end().len())
    }

    fn line_start(&self, at: u32) -> u32 {
        self.text.get(..at as usize).and_then(|before| before.rfind('\n')).map_or(0, |found| to_offset(found + 1))
    }

    /// The end of the line that `at` is on, line break excluded.
    pub fn line_end(&self, at: u32) -> u32 {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        let line = rest.find('\n').map_or(rest, |end| rest.get(..end).unwrap_or_default());
        at + to_offset(line.trim_end_matches('\r').len())
    }

    /// The column of an offset in characters; `None` where the indentation is not plain ASCII.
    pub fn column(&self, at: u32) -> Option<usize> {
        let lead = TextRange::new(self.line_start(at), at).slice(self.text);
        // Tabs are what a here-document is rid of: no blanks stand for them.
        (lead.is_ascii() && !lead.starts_with('\t')).then_some(lead.len())
    }
}
