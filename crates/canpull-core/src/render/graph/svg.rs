//! The access graph as a picture: one column a kind, one row a node, with a text alternative.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Graph, Node, NodeKind, colour};
use crate::report::Report;

/// Left edge and heading of each column, in pixels.
const COLUMNS: [(NodeKind, i32, &str); 4] = [
    (NodeKind::Workload, 20, "Workloads"),
    (NodeKind::Image, 320, "Images"),
    (NodeKind::Registry, 700, "Registries"),
    (NodeKind::Route, 1000, "Routes"),
];
/// Width of a node, by its column.
const WIDTHS: [i32; 4] = [240, 320, 240, 260];
const ROW: i32 = 44;
const HEIGHT: i32 = 30;
const TOP: i32 = 60;

/// The graph as an SVG image.
pub fn svg(report: &Report) -> String {
    let graph = Graph::new(report);
    let boxes = layout(&graph);
    let lowest = boxes.values().map(|own| own.y).max().unwrap_or(TOP);
    let (width, height) = (1280, lowest + ROW);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\" aria-labelledby=\"title desc\">\n"
    );
    let _ = writeln!(out, "<title id=\"title\">Which workloads may pull which images</title>");
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&alternative(&graph)));
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    for (_, x, heading) in COLUMNS {
        let _ = writeln!(out, "<text x=\"{x}\" y=\"34\" font-weight=\"bold\">{heading}</text>");
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (boxes.get(edge.from.as_str()), boxes.get(edge.to.as_str())) else { continue };
        let dash = match edge.truth {
            "yes" => "",
            "no" => " stroke-dasharray=\"7 4\"",
            _ => " stroke-dasharray=\"2 4\"",
        };
        let (x1, x2) = if from.x < to.x { (from.x + from.width, to.x) } else { (from.x, to.x + to.width) };
        let (y1, y2, middle) = (from.y + HEIGHT / 2, to.y + HEIGHT / 2, x1.midpoint(x2));
        let _ = writeln!(
            out,
            "<path d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"{dash}/>",
            colour(edge.truth)
        );
    }
    for node in &graph.nodes {
        if let Some(own) = boxes.get(node.id.as_str()) {
            draw(&mut out, node, own);
        }
    }
    out.push_str("</svg>\n");
    out
}

struct Boxed {
    x: i32,
    y: i32,
    width: i32,
}

fn layout(graph: &Graph) -> BTreeMap<&str, Boxed> {
    let mut boxes = BTreeMap::new();
    for ((kind, x, _), width) in COLUMNS.into_iter().zip(WIDTHS) {
        let mut y = TOP;
        for node in graph.nodes.iter().filter(|node| node.kind == kind) {
            boxes.insert(node.id.as_str(), Boxed { x, y, width });
            y = y.saturating_add(ROW);
        }
    }
    boxes
}

fn draw(out: &mut String, node: &Node, own: &Boxed) {
    let fill = match node.kind {
        NodeKind::Workload => "#ddf4ff",
        NodeKind::Image => "#f6f8fa",
        NodeKind::Registry => "#fff8c5",
        NodeKind::Route => "#fbefff",
    };
    // About seven pixels a letter at this size; the whole label is in the tooltip.
    let fits = usize::try_from(own.width / 7).unwrap_or(0).saturating_sub(2);
    let shown: String = if node.label.chars().count() > fits {
        node.label.chars().take(fits.saturating_sub(1)).chain(['…']).collect()
    } else {
        node.label.clone()
    };
    let (x, y, width) = (own.x, own.y, own.width);
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"6\" fill=\"{fill}\" stroke=\"#57606a\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
        escaped(&node.label),
        x + 8,
        y + 20,
        escaped(&shown)
    );
}

/// The graph in words, for those who do not see it.
fn alternative(graph: &Graph) -> String {
    let label = |id: &str| graph.nodes.iter().find(|node| node.id == id).map_or("", |node| node.label.as_str());
    let pulls = graph.edges.iter().filter(|edge| edge.from.starts_with('w')).take(50);
    let said: Vec<String> = pulls
        .map(|edge| {
            let may = match edge.truth {
                "yes" => "can pull",
                "no" => "cannot pull",
                _ => "is not proven to be able to pull",
            };
            format!("{} {may} {}.", label(&edge.from), label(&edge.to))
        })
        .collect();
    said.join(" ")
}

fn escaped(text: &str) -> String {
    let entity = |c: char| match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        c if c.is_control() => String::new(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}
