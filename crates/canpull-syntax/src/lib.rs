//! Text and trees: spanned syntax for every language that canpull reads. Knows neither Kubernetes nor Azure.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod arm;
pub mod bicep;
pub mod edit;
pub mod expression;
pub mod hcl;
pub mod order;
pub mod shell;
pub mod text;
pub mod tree;
pub mod yaml;

pub use text::{FileId, LineIndex, Position, Span, TextRange, to_offset};
pub use tree::{Document, Entry, Kind, Node, Parsed, Problem, ScalarStyle, Tree, Value};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
