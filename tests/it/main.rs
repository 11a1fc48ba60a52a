//! All integration tests in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod adoption;
mod ci;
mod cli;
mod condition;
mod config;
mod crd_table;
mod docs;
mod equivalence;
mod estates;
mod expressions;
mod failure_modes;
mod fixes;
mod formats;
mod fuzz;
mod graph;
mod hook;
mod hostile;
mod hostile_templates;
mod kubectl;
mod kubelet;
mod mangled;
mod outputs;
mod proof;
mod render;
mod roles;
mod rules;
mod secrecy;
mod shell;
mod spans;
mod suppress;
mod templates;
mod terraform;
mod tidy;
mod wasm;
mod yaml;
