//! The access graph: workloads → images → registries ← routes, one node for each, edges coloured by truth.

mod dot;
mod mermaid;
mod svg;

use std::collections::BTreeMap;

use canpull_syntax::order;
use serde::Serialize;

use crate::proof::{Route, RouteKind, Truth};
use crate::report::{Pull, Report};

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;

/// What a node stands for; also the column that it is drawn in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// `Deployment/shop/web`.
    Workload,
    /// An image as it is pulled.
    Image,
    /// A registry's host.
    Registry,
    /// A way to get in: a pull secret, the nodes' identity, no credential at all.
    Route,
}

/// A node of the graph.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Node {
    /// Unique: `w0`, `i3`.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// What people read.
    pub label: String,
}

/// A directed edge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Edge {
    /// The node that it leaves.
    pub from: String,
    /// The node that it points at.
    pub to: String,
    /// From a workload: can the image be pulled? From a route: does it hold, for some image at least?
    pub truth: &'static str,
}

/// The access graph of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Graph {
    /// In order of kind, then of the report.
    pub nodes: Vec<Node>,
    /// In order of the nodes that they leave.
    pub edges: Vec<Edge>,
}

/// The graph as JSON, a line break at its end.
pub fn graph_json(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(&Graph::new(report)).unwrap_or_default();
    text.push('\n');
    text
}

/// A form of the access graph.
pub struct GraphFormat {
    /// As options name it.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Renders the graph.
    pub render: fn(&Report) -> String,
}

/// The forms that every shell offers.
pub const FORMATS: [GraphFormat; 4] = [
    GraphFormat { name: "dot", about: "For Graphviz", render: dot },
    GraphFormat { name: "mermaid", about: "For Markdown", render: mermaid },
    GraphFormat { name: "json", about: "Nodes and edges", render: graph_json },
    GraphFormat { name: "svg", about: "A picture", render: svg },
];

impl GraphFormat {
    /// The form of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }
}

#[derive(Default)]
struct Builder {
    ids: BTreeMap<(NodeKind, String), String>,
    counts: BTreeMap<NodeKind, usize>,
    nodes: Vec<Node>,
    edges: BTreeMap<(String, String), Truth>,
}

impl Builder {
    /// The id of the node of this kind and label. `world` keeps apart what bears the same name in several worlds.
    fn node(&mut self, kind: NodeKind, world: &str, label: String) -> String {
        let key = (kind, format!("{world}\n{label}"));
        if let Some(id) = self.ids.get(&key) {
            return id.clone();
        }
        let letter = match kind {
            NodeKind::Workload => 'w',
            NodeKind::Image => 'i',
            NodeKind::Registry => 'r',
            NodeKind::Route => 'a',
        };
        let count = self.counts.entry(kind).or_default();
        let id = format!("{letter}{count}");
        *count += 1;
        self.ids.insert(key, id.clone());
        self.nodes.push(Node { id: id.clone(), kind, label });
        id
    }

    /// Joins two nodes; of two edges the worse is drawn from a workload or an image, the better from a route.
    fn edge(&mut self, from: &str, to: &str, truth: Truth, better: bool) {
        let known = self.edges.entry((from.to_owned(), to.to_owned())).or_insert(truth);
        *known = if better { (*known).max(truth) } else { (*known).min(truth) };
    }

    fn pull(&mut self, pull: &Pull) {
        let namespace = pull.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let name = if pull.name.is_empty() { "(no name)" } else { &pull.name };
        let workload = self.node(NodeKind::Workload, &pull.world, format!("{}/{namespace}{name}", pull.kind));
        let image = self.node(NodeKind::Image, &pull.world, pull.image.clone());
        self.edge(&workload, &image, pull.verdict, false);
        let Some(host) = &pull.registry else { return };
        let registry = self.node(NodeKind::Registry, "", host.clone());
        self.edge(&image, &registry, pull.verdict, false);
        for route in &pull.routes {
            let way = self.node(NodeKind::Route, &pull.world, route_label(route));
            self.edge(&way, &registry, route.truth(), true);
        }
    }
}

fn route_label(route: &Route) -> String {
    match (route.kind, &route.secret_name) {
        (RouteKind::PodPullSecret, Some(name)) => format!("pull secret {name}"),
        (RouteKind::ServiceAccountPullSecret, Some(name)) => format!("pull secret {name} of a service account"),
        (RouteKind::PodPullSecret, None) => "pull secrets of the pod".into(),
        (RouteKind::ServiceAccountPullSecret, None) => "pull secrets of the service account".into(),
        (RouteKind::NoPullNeeded, _) => "already on the node".into(),
        (RouteKind::Anonymous, _) => "no credentials".into(),
        (RouteKind::NodeIdentity, _) => "the nodes' identity".into(),
        (RouteKind::ServiceAccountIdentity, _) => "the service account's identity".into(),
        (RouteKind::Declared, _) => "declared in the configuration".into(),
    }
}

impl Graph {
    /// The graph of all pulls of a report.
    pub fn new(report: &Report) -> Self {
        let mut builder = Builder::default();
        for pull in &report.pulls {
            builder.pull(pull);
        }
        order::sort_by_key(&mut builder.nodes, |node| node.kind);
        let rank: BTreeMap<&str, usize> =
            order::gather(builder.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)));
        let mut edges: Vec<Edge> = builder
            .edges
            .iter()
            .map(|((from, to), truth)| Edge { from: from.clone(), to: to.clone(), truth: truth.as_str() })
            .collect();
        let place = |id: &String| rank.get(id.as_str()).copied();
        order::sort_by_key(&mut edges, |edge| (place(&edge.from), place(&edge.to)));
        Self { nodes: builder.nodes, edges }
    }
}

/// A colour that is told from the others without seeing red or green alike: the dash pattern tells the same.
const fn colour(truth: &str) -> &'static str {
    match truth.as_bytes() {
        b"yes" => "#1a7f37",
        b"no" => "#cf222e",
        _ => "#6e7781",
    }
}
