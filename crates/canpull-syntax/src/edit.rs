//! Text edits that keep comments, quotes, indentation and line endings.

use crate::text::TextRange;

/// Replaces the bytes of `range` by `text`. An insertion has an empty range.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    /// What is replaced.
    pub range: TextRange,
    /// By what.
    pub text: String,
}

/// The text with all edits applied; they are in order and do not overlap. `None` where one does not fit.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0usize;
    for edit in edits {
        out.push_str(text.get(done..edit.range.start as usize)?);
        out.push_str(&edit.text);
        done = edit.range.end.max(edit.range.start) as usize;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Edit, apply};
    use crate::text::TextRange;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { range: TextRange::new(start, end), text: text.to_owned() }
    }

    #[test]
    fn edits_apply_in_order_and_only_where_they_fit() {
        assert_eq!(apply("abcdef", &[edit(0, 1, "x"), edit(3, 3, "-")]).as_deref(), Some("xbc-def"));
        assert_eq!(apply("a\u{e9}", &[edit(2, 3, "x")]), None);
        assert_eq!(apply("a", &[edit(5, 6, "x")]), None);
    }
}
