//! Windows of source lines around the places of one finding, secrets masked, shown as one source.
//!
//! The graphical renderer knows one source for each finding. Here it gets the windows of all files one behind the
//! other, each at offsets of its own, and never more of a file than the lines that it shows.

use std::rc::Rc;

use canpull_core::render::{self, Place, SourceText, one_line};
use canpull_syntax::{FileId, Span, TextRange, to_offset};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Lines shown before and behind a place, where neighbours of it are shown at all.
const CONTEXT: u32 = 1;
/// A place over more lines is underlined on its first only.
const MOST_LINES: u32 = 4;
/// Bytes of a line that are shown; more of it is cut off around the place.
const MOST_BYTES: usize = 240;
/// Windows of one finding; of more places only the count would be of interest, and JSON has them all.
const MOST_WINDOWS: usize = 12;

/// A place to show.
pub(crate) struct Label<'r> {
    pub(crate) span: Span,
    pub(crate) place: Place<'r>,
    pub(crate) message: String,
    pub(crate) primary: bool,
}

/// The windows of one finding.
pub(crate) struct Snippets {
    windows: Vec<Window>,
    labels: Vec<Marked>,
}

/// A label at the offsets of the windows.
struct Marked {
    message: String,
    primary: bool,
    start: usize,
    length: usize,
    /// Column in the file, from 0.
    column: usize,
}

struct Window {
    name: String,
    text: String,
    /// Offset of the text's first byte among all windows.
    base: usize,
    /// Line of the file, from 0.
    line: usize,
    lines: usize,
}

/// The lines of a file that a window shows, from 1, and the labels in it.
struct Plan<'l, 'r> {
    file: FileId,
    first: u32,
    last: u32,
    labels: Vec<&'l Label<'r>>,
}

impl Snippets {
    /// Cuts the windows. A file that gives no text is left out, unless it is the first label's: then all are.
    pub(crate) fn new(labels: &[Label<'_>], mut text: impl FnMut(FileId) -> Option<Rc<SourceText>>) -> Self {
        let mut snippets = Self { windows: Vec::new(), labels: Vec::new() };
        for plan in plans(labels) {
            match text(plan.file) {
                Some(file) => snippets.add(&plan, &file),
                None if plan.labels.iter().any(|label| label.primary) => {
                    return Self { windows: vec![], labels: vec![] };
                }
                None => {}
            }
        }
        snippets
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The labels for the renderer.
    pub(crate) fn labels(&self) -> impl Iterator<Item = LabeledSpan> {
        self.labels.iter().map(|label| {
            let span = SourceSpan::new(label.start.into(), label.length);
            let message = (!label.message.is_empty()).then(|| label.message.clone());
            if label.primary {
                LabeledSpan::new_primary_with_span(message, span)
            } else {
                LabeledSpan::new_with_span(message, span)
            }
        })
    }

    fn add(&mut self, plan: &Plan<'_, '_>, file: &SourceText) {
        // A gap between windows keeps a label from touching two.
        let base = self.windows.last().map_or(0, |window| window.base + window.text.len() + 2);
        let Some(label) = plan.labels.first() else { return };
        // Without neighbours a window begins and ends with a place.
        let begins = plan.labels.iter().map(|label| label.place.start.line).min().unwrap_or(plan.first);
        let (first, last) = if file.shows_neighbours { (plan.first, plan.last) } else { (begins, plan.last - CONTEXT) };
        let mut lines = LineCutter::at(file, label.span.range.start, label.place.start.line, first);
        let mut text = String::new();
        let mut shown = 0;
        while let Some((number, range)) = lines.next_until(last) {
            let here: Vec<&&Label<'_>> = plan.labels.iter().filter(|label| label.place.start.line == number).collect();
            let cut = Cut::new(file, range, here.iter().map(|label| label.span.range));
            for label in here {
                let at = cut.within(label.span.range.start);
                let end = cut.within(label.span.range.end.min(range.end)).max(at);
                self.labels.push(Marked {
                    message: label.message.clone(),
                    primary: label.primary,
                    start: base + text.len() + at,
                    length: end - at,
                    column: label.place.start.column.saturating_sub(1) as usize,
                });
            }
            let is_place = |label: &&Label<'_>| (label.place.start.line..=label.place.end.line).contains(&number);
            let shows = file.shows_neighbours || plan.labels.iter().any(is_place);
            text.push_str(if shows { &cut.text } else { "…" });
            text.push('\n');
            shown += 1;
        }
        let name = one_line(label.place.path);
        self.windows.push(Window { name, text, base, line: first.saturating_sub(1) as usize, lines: shown });
    }
}

/// Groups labels into windows: the first label's first, then in order, near ones together.
fn plans<'l, 'r>(labels: &'l [Label<'r>]) -> Vec<Plan<'l, 'r>> {
    let mut sorted: Vec<&Label<'_>> = labels.iter().take(200).collect();
    sorted.sort_by_key(|label| label.span);
    let mut plans: Vec<Plan<'_, '_>> = Vec::new();
    for label in sorted {
        let (from, to) = (label.place.start.line, label.place.end.line);
        let to = if to.saturating_sub(from) >= MOST_LINES { from } else { to };
        let (first, last) = (from.saturating_sub(CONTEXT).max(1), to + CONTEXT);
        match plans.last_mut() {
            Some(plan) if plan.file == label.span.file && first <= plan.last + 1 => {
                plan.last = plan.last.max(last);
                plan.labels.push(label);
            }
            _ => plans.push(Plan { file: label.span.file, first, last, labels: vec![label] }),
        }
    }
    let primary = |plan: &Plan<'_, '_>| plan.labels.iter().any(|label| label.primary);
    plans.sort_by_key(|plan| !primary(plan));
    plans.truncate(MOST_WINDOWS);
    plans
}

/// Walks over a file's lines from near a known place, so that a window costs no more than itself.
struct LineCutter<'t> {
    text: &'t str,
    at: usize,
    number: u32,
}

impl<'t> LineCutter<'t> {
    /// At the start of line `first`, found backwards from `offset` on line `line`.
    fn at(file: &'t SourceText, offset: u32, line: u32, first: u32) -> Self {
        let text = file.text();
        let mut at = line_start(text, (offset as usize).min(text.len()));
        let mut number = line;
        while number > first && at > 0 {
            let previous = text.get(..at).unwrap_or_default();
            let previous = previous.strip_suffix('\n').unwrap_or(previous);
            let previous = if previous.len() + 1 == at || previous.len() == at {
                previous.strip_suffix('\r').unwrap_or(previous)
            } else {
                previous
            };
            at = line_start(text, previous.len());
            number -= 1;
        }
        Self { text, at, number }
    }

    fn next_until(&mut self, last: u32) -> Option<(u32, TextRange)> {
        if self.number > last || self.at >= self.text.len() {
            return None;
        }
        let rest = self.text.get(self.at..)?;
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let breaks = rest.get(length..).unwrap_or_default();
        let skip = if breaks.starts_with("\r\n") { 2 } else { usize::from(!breaks.is_empty()) };
        let range = TextRange::new(to_offset(self.at), to_offset(self.at + length));
        let number = self.number;
        self.at += length + skip;
        self.number += 1;
        Some((number, range))
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |last| last + 1)
}

/// A line as it is shown: masked, printable, cut where it is long.
struct Cut<'t> {
    file: &'t SourceText,
    line: TextRange,
    text: String,
    dropped: usize,
    lead: usize,
}

impl<'t> Cut<'t> {
    fn new(file: &'t SourceText, line: TextRange, labels: impl Iterator<Item = TextRange>) -> Self {
        let mut cut = Self { file, line, text: String::new(), dropped: 0, lead: 0 };
        let whole = cut.shown_up_to(line.end);
        if whole.len() <= MOST_BYTES {
            cut.text = whole;
            return cut;
        }
        let at = labels.map(|label| cut.shown_up_to(label.start).len()).min().unwrap_or(0);
        let from = boundary(&whole, at.saturating_sub(MOST_BYTES / 4));
        let to = boundary(&whole, (from + MOST_BYTES).min(whole.len()));
        let lead = if from > 0 { "…" } else { "" };
        let trail = if to < whole.len() { "…" } else { "" };
        cut.text = format!("{lead}{}{trail}", whole.get(from..to).unwrap_or_default());
        cut.dropped = from;
        cut.lead = lead.len();
        cut
    }

    /// Where a byte of the file stands in the shown line.
    fn within(&self, offset: u32) -> usize {
        let offset = offset.clamp(self.line.start, self.line.end);
        let shown = self.shown_up_to(offset).len().saturating_sub(self.dropped) + self.lead;
        boundary(&self.text, shown.min(self.text.len()))
    }

    fn shown_up_to(&self, end: u32) -> String {
        let piece = TextRange::new(self.line.start, end).slice(self.file.text());
        let ranges = self.file.masked();
        let first = ranges.partition_point(|range| range.end <= self.line.start);
        let last = ranges.partition_point(|range| range.start < end);
        let here = ranges.get(first..last.max(first)).unwrap_or_default();
        render::printable(&render::mask(piece, self.line.start, here))
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

impl SourceCode for Snippets {
    /// Always the whole window, whatever context is asked for; a span over two windows is out of bounds, which makes
    /// the renderer show them apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let holds = |window: &&Window| window.base <= start && end <= window.base + window.text.len();
        let window = self.windows.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let name = window.name.clone();
        if before > 0 {
            let whole = SourceSpan::new(window.base.into(), window.text.len());
            let (data, line, lines) = (window.text.as_bytes(), window.line, window.lines);
            return Ok(Box::new(MietteSpanContents::new_named(name, data, whole, line, 0, lines)));
        }
        let inner = window.text.get(start - window.base..end - window.base).ok_or(MietteError::OutOfBounds)?;
        let above = window.text.get(..start - window.base).unwrap_or_default();
        let line = window.line + above.matches('\n').count();
        // Cut and masked lines have columns of their own; people want the file's.
        let column = self.labels.iter().find(|label| label.start == start).map_or(0, |label| label.column);
        Ok(Box::new(MietteSpanContents::new_named(name, inner.as_bytes(), *span, line, column, 1)))
    }
}
