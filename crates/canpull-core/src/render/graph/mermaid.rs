//! The access graph for Mermaid, as Markdown on GitHub and GitLab draws it.

use std::fmt::Write as _;

use super::{Graph, NodeKind, colour};
use crate::report::Report;

/// The graph in Mermaid's language.
pub fn mermaid(report: &Report) -> String {
    let graph = Graph::new(report);
    let mut out = "flowchart LR\n".to_owned();
    for node in &graph.nodes {
        let (open, close) = match node.kind {
            NodeKind::Workload => ("[", "]"),
            NodeKind::Image => (">", "]"),
            NodeKind::Registry => ("[(", ")]"),
            NodeKind::Route => ("([", "])"),
        };
        let _ = writeln!(out, "  {}{open}\"{}\"{close}", node.id, escaped(&node.label));
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        let arrow = match edge.truth {
            "yes" => "-->",
            "no" => "--x",
            _ => "-.->",
        };
        let _ = writeln!(out, "  {} {arrow} {}", edge.from, edge.to);
        let _ = writeln!(out, "  linkStyle {index} stroke:{}", colour(edge.truth));
    }
    out
}

/// Text within quotes: Mermaid reads entities there, so that nothing ends the string or starts markup.
fn escaped(text: &str) -> String {
    let entity = |c: char| match c {
        '"' | '<' | '>' | '&' | '#' | '`' | '\\' => format!("#{};", u32::from(c)),
        c if c.is_control() => String::new(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}
