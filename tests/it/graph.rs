//! The access graph in its four forms.

use canpull_core::render::graph::{self, NodeKind};
use canpull_core::{Options, Report, analyze, config::Config, read};
use canpull_syntax::FileId;

fn report(text: &str) -> Report {
    let facts = vec![read(FileId(0), "pods.yaml", text.as_bytes())];
    analyze(facts, &Config::default(), &Options::default())
}

const TWO_PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: web, image: 'contoso.azurecr.io/web:1'}
    - {name: proxy, image: 'mcr.microsoft.com/proxy:1'}
---
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  containers: [{name: job, image: 'contoso.azurecr.io/web:1'}]
";

#[test]
fn every_thing_is_one_node() {
    let graph = graph::Graph::new(&report(TWO_PODS));
    let count = |kind: NodeKind| graph.nodes.iter().filter(|node| node.kind == kind).count();
    assert_eq!((count(NodeKind::Workload), count(NodeKind::Image), count(NodeKind::Registry)), (2, 2, 2));
    let registry = |host: &str| graph.nodes.iter().find(|node| node.label == host).map(|node| node.id.as_str());
    let ways = |host: &str| graph.edges.iter().filter(|edge| Some(edge.to.as_str()) == registry(host)).count();
    assert!(ways("contoso.azurecr.io") > 1, "{graph:?}");
    assert!(graph.edges.iter().all(|edge| ["yes", "no", "unknown"].contains(&edge.truth)));
}

#[test]
fn names_start_no_markup() {
    let hostile = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\\"]-->&#x\\e[31m\"}\nspec:\n  containers: [{name: c, image: '<b>\"&'}]\n";
    let report = report(hostile);
    let svg = graph::svg(&report);
    assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
    assert!(graph::dot(&report).contains(r##"a\"]-->&#x"##));
    let mermaid = graph::mermaid(&report);
    assert!(
        mermaid.lines().nth(1).is_some_and(|line| line.matches('"').count() == 2 && !line.contains('<')),
        "{mermaid}"
    );
    for text in [svg, graph::dot(&report), mermaid, graph::graph_json(&report)] {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
