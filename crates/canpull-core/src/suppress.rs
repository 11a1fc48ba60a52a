//! Suppressions: inline comments, annotations and the configuration's ignores, each checked for use.
