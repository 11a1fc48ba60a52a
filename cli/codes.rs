//! Exit codes, the same for every output format.

/// Nothing at or above `--fail-on`.
pub(crate) const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
pub(crate) const FOUND: u8 = 1;
/// canpull could not do its work: bad usage, bad configuration, nothing to read.
pub(crate) const FAILED: u8 = 2;
