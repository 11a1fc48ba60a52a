//! A document's text as the parser gets to see it: what Kubernetes reads and the parser would refuse is covered by
//! stand-ins of the same length.

use std::borrow::Cow;

use granit_parser::ErrorKind;

use crate::text::TextRange;

const BOM: char = '\u{feff}';

/// How often one document may be parsed anew.
const MAX_MENDS: u8 = 16;

#[derive(Clone)]
pub(super) struct View<'s> {
    text: Cow<'s, str>,
    /// What stands in for a byte-order mark, which is an ordinary character inside a document.
    bom: Option<char>,
    mends: u8,
}

impl<'s> View<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        if text.contains(BOM)
            && let Some(stand_in) = ('\u{e000}'..='\u{f8ff}').find(|stand_in| !text.contains(*stand_in))
        {
            let text = Cow::Owned(text.replace(BOM, stand_in.encode_utf8(&mut [0; 4])));
            return Self { text, bom: Some(stand_in), mends: 0 };
        }
        Self { text: Cow::Borrowed(text), bom: None, mends: 0 }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a file's range; the document starts at `base`.
    pub(super) fn slice(&self, range: TextRange, base: usize) -> &str {
        let (start, end) = (range.start as usize, range.end as usize);
        self.text.get(start.saturating_sub(base)..end.saturating_sub(base)).unwrap_or_default()
    }

    /// A scalar's text without stand-ins for byte-order marks.
    pub(super) fn restored<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bom {
            Some(stand_in) => Cow::Owned(text.replace(stand_in, BOM.encode_utf8(&mut [0; 4]))),
            None => Cow::Borrowed(text),
        }
    }

    /// Covers what stopped the parser at `at`. Tells whether that may help.
    pub(super) fn mend(&mut self, kind: &ErrorKind, at: usize, in_flow: bool) -> bool {
        self.mends += 1;
        match kind {
            _ if self.mends > MAX_MENDS => false,
            // A lone dash inside brackets is text.
            ErrorKind::PlainScalarStartsWithDashFlowIndicator => self.replace(at, "-", "x"),
            // Inside brackets a tab is as good as a space.
            ErrorKind::TabInBlockIndentation if in_flow => self.untab(at),
            // A comment may follow a bracket or a quote without a space.
            ErrorKind::CommentNotSeparated => {
                let rest = self.text.get(at..).unwrap_or_default();
                let comment = rest.split(['\r', '\n']).next().unwrap_or_default().to_owned();
                comment.starts_with('#') && self.replace(at, &comment, &" ".repeat(comment.len()))
            }
            _ => false,
        }
    }

    fn replace(&mut self, at: usize, old: &str, new: &str) -> bool {
        let found = self.text.get(at..).is_some_and(|rest| rest.starts_with(old));
        if found {
            self.text.to_mut().replace_range(at..at + old.len(), new);
        }
        found
    }

    /// Turns tabs that indent the line of `at`, and the tabbed lines right below it, into spaces.
    fn untab(&mut self, at: usize) -> bool {
        let mut start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let mut found = false;
        let text = self.text.to_mut();
        while let Some(line) = text.get(start..) {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            let length = line.find('\n').map_or(line.len(), |at| at + 1);
            if length == 0 || !line.get(..indent).is_some_and(|indent| indent.contains('\t')) {
                break;
            }
            text.replace_range(start..start + indent, &" ".repeat(indent));
            found = true;
            start += length;
        }
        found
    }
}
