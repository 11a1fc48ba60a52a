//! Output for machines, one file a format.
