//! How many pieces of one statement are kept.

/// Nobody writes a longer statement: it is dropped, for each piece takes many times its text.
const MAX_PIECES: usize = 1 << 16;

/// How many more pieces of the current statement are kept.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// That of a new statement.
    pub(super) const fn new() -> Self {
        Self(MAX_PIECES)
    }

    /// Counts a piece, and drops those of the statement once they are too many.
    pub(super) fn keep<T>(&mut self, pieces: &mut Vec<T>) {
        self.0 = self.0.saturating_sub(1);
        if self.is_full() {
            pieces.clear();
        }
    }

    /// Whether the statement had too many.
    pub(super) const fn is_full(&self) -> bool {
        self.0 == 0
    }
}
