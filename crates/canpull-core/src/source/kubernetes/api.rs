//! The built-in kinds that run pods, in all API versions, and the objects that wrap others.

use canpull_syntax::{Kind, Node};

use crate::fact::RemovedApi;

const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// Where a built-in kind keeps its pod spec. Sources: `types.go` of the Kubernetes API groups.
const POD_SPECS: [(&str, &[&str], &[&str]); 9] = [
    ("Pod", &["v1"], &["spec"]),
    ("PodTemplate", &["v1"], &["template", "spec"]),
    ("ReplicationController", &["v1"], TEMPLATE),
    ("Deployment", &["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"], TEMPLATE),
    ("ReplicaSet", &["apps/v1", "apps/v1beta2", "extensions/v1beta1"], TEMPLATE),
    ("StatefulSet", &["apps/v1", "apps/v1beta2", "apps/v1beta1"], TEMPLATE),
    ("DaemonSet", &["apps/v1", "apps/v1beta2", "extensions/v1beta1"], TEMPLATE),
    ("Job", &["batch/v1"], TEMPLATE),
    ("CronJob", &["batch/v1", "batch/v1beta1", "batch/v2alpha1"], &["spec", "jobTemplate", "spec", "template", "spec"]),
];

/// Versions of these kinds that the API server no longer serves. Source: Kubernetes' deprecated API migration guide.
const REMOVED: [(&str, RemovedApi); 5] = [
    ("apps/v1beta1", RemovedApi { replacement: "apps/v1", removed_in: "1.16" }),
    ("apps/v1beta2", RemovedApi { replacement: "apps/v1", removed_in: "1.16" }),
    ("extensions/v1beta1", RemovedApi { replacement: "apps/v1", removed_in: "1.16" }),
    ("batch/v2alpha1", RemovedApi { replacement: "batch/v1", removed_in: "1.21" }),
    ("batch/v1beta1", RemovedApi { replacement: "batch/v1", removed_in: "1.25" }),
];

/// Objects that hold whole other objects.
const WRAPPERS: [(&str, &str, &[&str]); 3] = [
    ("work.open-cluster-management.io/", "ManifestWork", &["spec", "workload", "manifests"]),
    ("template.openshift.io/", "Template", &["objects"]),
    ("kubernetes.crossplane.io/", "Object", &["spec", "forProvider", "manifest"]),
];

/// The keys that lead to the pod spec of a built-in kind, if it has one in this version.
pub(super) fn pod_spec_path(api_version: &str, kind: &str) -> Option<&'static [&'static str]> {
    let (_, _, path) = POD_SPECS.iter().find(|(own, versions, _)| *own == kind && versions.contains(&api_version))?;
    Some(path)
}

/// Whether a built-in kind runs pods.
pub(in crate::source) fn runs_pods(kind: &str) -> bool {
    POD_SPECS.iter().any(|(own, _, _)| *own == kind)
}

/// Whether the API server has dropped this version of a kind that runs pods, and what took its place.
pub fn removed_api(kind: &str, api_version: &str) -> Option<RemovedApi> {
    pod_spec_path(api_version, kind)?;
    REMOVED.iter().find(|(version, _)| *version == api_version).map(|(_, removed)| *removed)
}

/// The objects that an object wraps.
pub(super) fn wrapped<'t>(node: Node<'t>, api_version: &str, kind: &str) -> Vec<Node<'t>> {
    let wrapper = WRAPPERS.iter().find(|(group, own, _)| *own == kind && api_version.starts_with(group));
    match wrapper.and_then(|(_, _, path)| node.at(path)) {
        Some(inner) if inner.kind() == Kind::List => inner.items().collect(),
        Some(inner) => vec![inner],
        None => Vec::new(),
    }
}
