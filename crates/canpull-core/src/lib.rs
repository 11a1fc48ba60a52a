//! The analysis: facts from sources, an access model, a proof for every pull, and the rules that read it.
//!
//! Pure: no IO, clock, environment, randomness or hash order. A shell reads files, calls [`read`] on each
//! and [`analyze`] on all, and renders the [`Report`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod acr_host;
pub mod baseline;
pub mod config;
pub mod deployment;
pub mod diagnostic;
pub mod fact;
pub mod fix;
pub mod glob;
mod lowering;
pub mod model;
mod password;
pub mod placeholder;
pub mod project;
pub mod proof;
pub mod render;
pub mod report;
pub mod rules;
pub mod source;
pub mod suppress;

pub use report::{Options, Report, analyze, read_config, rule_infos};
pub use source::{MAX_BYTES, read};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
