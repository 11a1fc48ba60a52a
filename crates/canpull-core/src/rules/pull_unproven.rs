//! A private registry that nothing proves access to.

use std::collections::BTreeMap;

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Confidence, Diagnostic, Severity};
use crate::model::{WorldId, registry};
use crate::proof::{Claim, Link, Route, RouteKind, Truth, evidence, needs_credentials};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-unproven",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://learn.microsoft.com/azure/aks/cluster-container-registry-integration"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports, once for each private registry and deployment, images that nothing shows a way to. A registry is private where it is an Azure Container Registry or canpull.yaml says so. An info where one of several clusters of the sources may pull, and which of them runs the pod is not told. Silent where `pull-secret-not-referenced` names a secret that would do, and on virtual nodes, of which `virtual-node-needs-pull-secret` speaks.

## Why it matters
The pull may work through access that leaves no trace in the repository, or fail.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Name a pull secret, or declare in canpull.yaml what the nodes may pull from.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_registry: BTreeMap<(WorldId, &str), Diagnostic> = BTreeMap::new();
    for (index, proof, image, pod) in context.pulls() {
        let Some(reference) = image.parsed() else { continue };
        let host = reference.registry.as_str();
        // Whether Azure's own lets everyone pull may be open as well.
        let private = needs_credentials(&proof.routes) || registry::acr_host(host).is_some();
        // A secret that is named but not visible or not known, or handed out at run time, may well be the way in.
        let out_of_sight = |link: &Link| matches!(link.claim, Claim::NamesOpen | Claim::HandedOut);
        let hidden = |route: &Route| {
            route.truth() == Truth::Unknown && (route.secret_name.is_some() || route.links.iter().any(out_of_sight))
        };
        // So may a grant of which something is open.
        let open = |route: &Route| route.links.iter().any(|link| link.claim == Claim::GrantOpen);
        let way_in = |route: &Route| hidden(route) || open(route);
        // A host that serves no images is told of by itself.
        let wrong_host = proof.common.iter().any(|link| link.claim == Claim::HostServes);
        let told = pod.fact.virtual_node_certain || wrong_host || proof.routes.iter().any(way_in);
        if !private || proof.verdict() != Truth::Unknown || told {
            continue;
        }
        let diagnostic = by_registry.entry((pod.world, host)).or_insert_with(|| {
            let link = what_is_open(&proof.routes);
            let open = link.map_or("nothing else lets it in", |link| link.text.as_str());
            if some_cluster_may(&proof.routes) {
                let message = format!("whether the cluster may pull from `{host}` depends on which one it is: {open}");
                let help = format!("tell in canpull.yaml which cluster runs what:\nclusters:\n  - name: <cluster>\n    paths: [<folder>/**]\n    attached: [{host}]");
                return Diagnostic { severity: Severity::Info, ..finding(&RULE, image.span, message, &help) };
            }
            let message = if a_role_is_granted(&proof.routes) {
                format!("whether the cluster may pull from `{host}` is not settled: {open}")
            } else {
                format!("nothing shows that the cluster may pull from `{host}`: no pull secret that fits is named, and {open}")
            };
            let claim = link.map_or(&Claim::RoleGranted, |link| &link.claim);
            let declared = format!("declare it in canpull.yaml:\nclusters:\n  - name: <cluster>\n    attached: [{host}]");
            let help = match claim {
                // Nothing that Azure prints tells of a node's credential provider.
                Claim::NodeServesHost => format!("where the nodes are known to pull, {declared}"),
                claim => {
                    let settles = evidence::settling(claim, host, context.model.azure.only_cluster());
                    format!("settle it with `{settles}`, or {declared}")
                }
            };
            finding(&RULE, image.span, message, &help)
        });
        if diagnostic.span != image.span {
            diagnostic.related.push(Annotation { span: image.span, message: "pulled from here too".to_owned() });
        }
        diagnostic.confidence = Confidence::Low;
        diagnostic.pulls.push(index);
    }
    found.extend(by_registry.into_values());
}

/// Whether one of the clusters of the sources may pull, so that only which of them it is keeps the proof open.
fn some_cluster_may(routes: &[Route]) -> bool {
    routes.iter().flat_map(|route| &route.links).any(|link| link.claim == Claim::ClusterKnown)
}

/// Whether a role that pulls is granted to what may be the cluster's identity.
fn a_role_is_granted(routes: &[Route]) -> bool {
    node_links(routes).any(|link| link.claim == Claim::RoleGranted && link.truth == Truth::Yes)
}

/// The link that keeps the nodes' own access open.
fn what_is_open(routes: &[Route]) -> Option<&Link> {
    node_links(routes).find(|link| link.truth == Truth::Unknown)
}

fn node_links(routes: &[Route]) -> impl Iterator<Item = &Link> {
    routes.iter().filter(|route| route.kind == RouteKind::NodeIdentity).flat_map(|route| &route.links)
}
