//! Reads one YAML document: from the parser's events to the tree.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle as Style, Span, StructureStyle, Tag as WrittenTag};

use super::build::{Builder, MAX_DEPTH, Properties, Text};
use super::message;
use super::view::View;
use crate::text::{TextRange, to_offset};
use crate::tree::{Parsed, Problem, ScalarStyle, Tag};

/// Parses the document in `range` and adds it to `parsed`. Tells whether there was one.
pub(super) fn document(parsed: &mut Parsed<'_>, range: TextRange) -> bool {
    let text = range.slice(parsed.tree.source);
    let mut view = View::new(text);
    loop {
        let builder = Builder::new(parsed);
        let mut reader = Reader { base: range.start as usize, view: &view, builder, done: false };
        let Some((kind, at)) = reader.run() else { return reader.builder.finish(range) };
        let at_byte = reader.base + message::place(&kind, view.text(), at);
        let place = super::point(reader.builder.parsed.tree.source, at_byte);
        let in_flow = reader.builder.in_flow();
        if reader.done {
            let message = "nothing from here up to the next `---` is read by Kubernetes".to_owned();
            reader.builder.parsed.problems.push(Problem { range: place, message, fatal: false });
            return reader.builder.finish(range);
        }
        let builder = reader.builder;
        let mut mended = view.clone();
        if !mended.mend(&kind, at, in_flow) {
            let message = message::sentence(&kind);
            builder.fail(Problem { range: place, message, fatal: true }, range);
            return true;
        }
        builder.discard();
        view = mended;
    }
}

struct Reader<'v, 'p, 's> {
    /// Where the document starts in the file.
    base: usize,
    view: &'v View<'s>,
    builder: Builder<'p, 's>,
    /// Whether the document is over.
    done: bool,
}

impl Reader<'_, '_, '_> {
    /// Takes all events of the first document. Gives the error that stopped it, and where it stands in the document.
    fn run(&mut self) -> Option<(ErrorKind, usize)> {
        let options = granit_parser::options! {
            block_nesting_limit: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_buffered_comment_events: 1 << 20,
        };
        let view = self.view;
        for event in Parser::new_from_str_with_options(view.text(), options) {
            match &event {
                Err(error) => return Some((error.kind().clone(), error.marker().byte_offset().unwrap_or(0))),
                Ok((Event::DocumentStart(..), _)) if self.done => return None,
                Ok((event, span)) => self.take(event, span),
            }
        }
        None
    }

    fn take(&mut self, event: &Event<'_>, span: &Span) {
        let range = self.range(span);
        if matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(..)) {
            self.refuse_tab_behind_dash(range.start);
        }
        match event {
            Event::Comment(..) => self.builder.parsed.tree.comments.push(range),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, *style, range, properties(*anchor, tag.as_deref()));
            }
            Event::SequenceStart(style, anchor, tag) => {
                let flow = *style == StructureStyle::Flow;
                self.builder.start(Tag::List, flow, range, properties(*anchor, tag.as_deref()));
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = *style == StructureStyle::Flow;
                self.builder.start(Tag::Map, flow, range, properties(*anchor, tag.as_deref()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.end(range),
            Event::Alias(id) => self.builder.alias(*id, range),
            Event::DocumentEnd => self.done = true,
            _ => {}
        }
    }

    /// A tab behind the dash of a list item is no space to Kubernetes.
    fn refuse_tab_behind_dash(&mut self, at: u32) {
        if !self.builder.in_block_list() {
            return;
        }
        let start = (at as usize).saturating_sub(self.base);
        let before = self.view.text().get(..start).unwrap_or_default();
        let dash = before.trim_end_matches([' ', '\t']);
        let Some(tab) = before.get(dash.len()..).and_then(|space| space.find('\t')) else { return };
        if dash.ends_with('-') {
            let tab = to_offset(self.base + dash.len() + tab);
            self.builder.refuse(TextRange::new(tab, tab + 1), "a tab cannot follow `-`; use a space");
        }
    }

    fn range(&self, span: &Span) -> TextRange {
        let range = span.byte_range().unwrap_or(0..0);
        TextRange::new(to_offset(self.base + range.start), to_offset(self.base + range.end))
    }

    fn scalar(&mut self, text: &str, style: Style, range: TextRange, properties: Properties) {
        let (style, block) = match style {
            Style::SingleQuoted => (ScalarStyle::SingleQuoted, false),
            Style::DoubleQuoted => (ScalarStyle::DoubleQuoted, false),
            Style::Plain => (ScalarStyle::Plain, false),
            Style::Literal => (ScalarStyle::Literal, true),
            Style::Folded => (ScalarStyle::Folded, true),
        };
        if style == ScalarStyle::Plain && range.is_empty() {
            // A missing node arrives as `~`.
            let nothing = Text { text: "", written: true };
            return self.builder.scalar(style, self.missing(range.start), nothing, properties);
        }
        let range = if block { self.with_header(range) } else { range };
        let seen = style.inner(self.view.slice(range, self.base));
        let written = !block && text == seen;
        if !written && style == ScalarStyle::DoubleQuoted && has_json_escape(seen) {
            self.builder.refuse(range, "Kubernetes reads neither `\\/` nor surrogates such as `\\ud83d` in YAML");
        }
        let text = self.view.restored(text);
        self.builder.scalar(style, range, Text { text: &text, written }, properties);
    }

    /// Where a node that is not written would stand: behind its colon or dash.
    fn missing(&self, at: u32) -> TextRange {
        let text = self.builder.parsed.tree.source;
        if self.builder.expects_value() && text.as_bytes().get(at as usize) == Some(&b':') {
            return TextRange::empty(at + 1);
        }
        let written = |end: usize| {
            let before = text.get(self.base..end).unwrap_or_default();
            self.base + before.trim_end_matches([' ', '\t', '\r', '\n']).len()
        };
        let mut at = written(at as usize);
        for comment in self.builder.parsed.tree.comments.iter().rev() {
            if written(comment.end as usize) != at {
                break;
            }
            at = written(comment.start as usize);
        }
        TextRange::empty(to_offset(at))
    }

    /// A block scalar from its `|` or `>` on: the parser tells where the content starts, or where it would.
    fn with_header(&self, content: TextRange) -> TextRange {
        let source = self.builder.parsed.tree.source;
        // What was read before may hold any of the characters looked for.
        let from = self.builder.parsed.tree.nodes.last().map_or(0, |node| node.end).max(to_offset(self.base));
        let before = TextRange::new(from, content.start).slice(source).trim_end();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line = before.get(line_start..).unwrap_or_default();
        let comment = line.match_indices('#').find(|(at, _)| line.get(..*at).is_some_and(|s| s.ends_with([' ', '\t'])));
        let code = comment.map_or(line, |(at, _)| line.get(..at).unwrap_or_default());
        let header = code.rfind(['|', '>']).map_or(content.start, |at| from + to_offset(line_start + at));
        let written = TextRange::new(header, content.end).slice(source).trim_end();
        TextRange::new(header, header + to_offset(written.len()))
    }
}

/// Whether a string holds an escape that JSON and newer YAML have, and go-yaml v2 has not.
fn has_json_escape(written: &str) -> bool {
    let mut rest = written.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = match rest.get(at + 1..).unwrap_or_default() {
            [b'/', ..] | [b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => return true,
            [_, rest @ ..] => rest,
            [] => return false,
        };
    }
    false
}

fn properties(anchor: usize, tag: Option<&WrittenTag>) -> Properties {
    // A tag as it is usually written: `!!str`.
    let tag = tag.map(|tag| tag.core_suffix().map_or_else(|| tag.original(), |suffix| format!("!!{suffix}")).into());
    Properties { anchor, tag }
}
