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
