//! The access graph for Graphviz.

use std::fmt::Write as _;

use super::{Graph, NodeKind, colour};
use crate::report::Report;

/// The graph in the language of `dot`.
pub fn dot(report: &Report) -> String {
    let graph = Graph::new(report);
    let mut out = "digraph canpull {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n".to_owned();
    for node in &graph.nodes {
        let shape = match node.kind {
            NodeKind::Workload => "box",
            NodeKind::Image => "note",
            NodeKind::Registry => "cylinder",
            NodeKind::Route => "ellipse",
        };
        let _ = writeln!(out, "  {} [shape={shape}, label={}];", node.id, quoted(&node.label));
    }
    for edge in &graph.edges {
        let style = match edge.truth {
            "yes" => "solid",
            "no" => "dashed",
            _ => "dotted",
        };
        let (from, to, truth) = (&edge.from, &edge.to, edge.truth);
        let _ = writeln!(out, "  {from} -> {to} [color=\"{}\", style={style}, tooltip=\"{truth}\"];", colour(truth));
    }
    out.push_str("}\n");
    out
}

/// A string of `dot`: quotes and backslashes escaped, control characters left out.
fn quoted(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", kept.replace('\\', "\\\\").replace('"', "\\\""))
}
