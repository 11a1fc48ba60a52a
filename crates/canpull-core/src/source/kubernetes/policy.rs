//! Policies that change pods at admission or make secrets. What they match and demand is no workload.

use canpull_syntax::Node;

use super::object::Reader;
use super::{mend, producer};
use crate::fact::{FileFacts, ObjectMeta, PatcherFact};

/// Reads a custom resource that is a policy, or an operator's order to hand out a pull secret.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    match (group, meta.kind.as_str()) {
        ("kyverno.io", "ClusterPolicy" | "Policy") => {
            for rule in node.at(&["spec", "rules"]).into_iter().flat_map(Node::items) {
                producer::generated(reader, rule, meta, facts);
                if let Some(mutate) = rule.get("mutate").filter(|mutate| mentions(*mutate)) {
                    let accounts = ["match", "mutate"].iter().filter_map(|key| rule.get(key)).any(for_accounts);
                    facts.patchers.push(patcher(meta, name(mutate), !accounts));
                }
            }
        }
        ("policies.kyverno.io", "GeneratingPolicy" | "NamespacedGeneratingPolicy") => {
            if let Some(spec) = node.get("spec") {
                producer::generated_by_expression(reader, spec, meta, facts);
            }
        }
        ("policies.kyverno.io", "MutatingPolicy" | "NamespacedMutatingPolicy")
        | ("admissionregistration.k8s.io", "MutatingAdmissionPolicy")
        | ("mutations.gatekeeper.sh", "Assign" | "ModifySet" | "AssignMetadata") => {
            if let Some(spec) = node.get("spec").filter(|spec| mentions(*spec)) {
                facts.patchers.push(patcher(meta, None, !for_accounts(spec)));
            }
        }
        ("ops.alexellis.io", "ClusterPullSecret") => facts.patchers.push(patcher(meta, None, false)),
        _ => {}
    }
}

fn patcher(meta: &ObjectMeta, secret: Option<String>, patches_pods: bool) -> PatcherFact {
    PatcherFact { object: meta.clone(), secret, patches_pods, service_account: None }
}

fn mentions(node: Node<'_>) -> bool {
    node.raw().contains(mend::KEY)
}

/// Whether a rule is about service accounts rather than pods.
fn for_accounts(node: Node<'_>) -> bool {
    let text = node.raw();
    let resource = |word: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|own| own == word);
    (resource("ServiceAccount") || resource("serviceaccounts")) && !(resource("Pod") || resource("pods"))
}

/// The one secret that a strategic merge adds, where it is written out.
fn name(mutate: Node<'_>) -> Option<String> {
    let list = mutate.at(&["patchStrategicMerge", "spec", mend::KEY])?;
    let mut names = list.items().filter_map(|item| item.get("name")).filter_map(Node::as_str);
    let first = names.next().filter(|name| crate::placeholder::find(name).is_none())?;
    names.next().is_none().then(|| first.into_owned())
}
