//! Custom resources that run pods, by a generated table of their kinds.

use canpull_syntax::{Kind, Node, Span, order};

use super::crd_table::KINDS;
use super::object::Reader;
use super::pod;
use super::secret_list::{self, Shape};
use crate::fact::{Field, FileFacts, ImageFact, ObjectMeta, Role, SecretList, Why, WorkloadFact};

/// A kind of custom resource.
pub(super) struct CustomKind {
    pub(super) group: &'static str,
    /// In lower case.
    pub(super) kind: &'static str,
    /// The one version that this is about; empty for any.
    pub(super) version: &'static str,
    pub(super) pods: &'static [Pods],
}

/// Where a custom resource describes pods. Paths are keys joined by dots; `x[]` means each item of the list `x`, `*`
/// each value of a map.
pub(super) struct Pods {
    /// A pod spec; or, with `images`, the map that holds them.
    pub(super) at: &'static str,
    /// Image strings below `at`, where it is no pod spec.
    pub(super) images: &'static [&'static str],
    /// The pod spec has `imagePullSecrets` of its own.
    pub(super) inside: bool,
    /// Other fields that name pull secrets for these pods, the nearest first, from the object's root.
    pub(super) pull_secrets: &'static [(&'static str, Shape)],
    /// Fields that name the service account, the nearest first, from the object's root; for `images` only.
    pub(super) accounts: &'static [&'static str],
    /// Fields that may replace all of this, from the object's root.
    pub(super) overrides: &'static [&'static str],
}

/// Kinds of Argo that a workflow runs by `workflowTemplateRef`, which may name pull secrets and a service account itself.
const RUN_BY_OTHERS: [&str; 2] = ["clusterworkflowtemplate", "workflowtemplate"];

/// One place that a path leads to.
#[derive(Clone)]
struct Place<'t> {
    /// The nodes passed, the object first, one for each step of the path and the place itself last.
    trail: Vec<Node<'t>>,
    path: String,
}

/// Reads the pods of a custom resource, if its kind is known.
pub(super) fn workloads(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let kind = meta.kind.to_ascii_lowercase();
    for pods in known(group, &kind, meta).map(|own| own.pods).unwrap_or_default() {
        for place in places(node, pods.at) {
            let mut own = workload(reader, pods, &place, meta.clone());
            if let Some(own) = own.as_mut().filter(|_| RUN_BY_OTHERS.contains(&kind.as_str())) {
                left_to_others(own);
            }
            facts.workloads.extend(own);
        }
    }
}

fn known(group: &str, kind: &str, meta: &ObjectMeta) -> Option<&'static CustomKind> {
    let version = meta.api_version.rsplit('/').next().unwrap_or_default();
    let find = |version: &str| {
        let found = KINDS.binary_search_by(|own| (own.group, own.kind, own.version).cmp(&(group, kind, version)));
        KINDS.get(found.ok()?)
    };
    find("").or_else(|| find(version))
}

/// What is not written, whoever runs it may bring along.
fn left_to_others(workload: &mut WorkloadFact) {
    if let SecretList::Empty(span) = workload.pull_secrets {
        workload.pull_secrets = pod::not_told(span);
    }
    if let Field::Absent(span) = workload.service_account {
        workload.service_account = Field::Unknown(Why::FilledAtRunTime, span);
    }
}

fn workload(reader: &Reader<'_>, pods: &Pods, place: &Place<'_>, mut meta: ObjectMeta) -> Option<WorkloadFact> {
    let (here, above) = place.trail.split_last()?;
    if here.kind() != Kind::Map {
        return None;
    }
    if above.len() > 1
        && let Some(metadata) = above.last().and_then(|template| template.get("metadata"))
    {
        meta.ignores.extend(reader.ignores(metadata));
    }
    let mut workload = pod::read(reader, *here, place.path.clone(), meta);
    if pods.images.is_empty() {
        if !pods.inside {
            workload.insertion = None;
            if workload.service_account.is_absent() {
                workload.service_account = Field::Unknown(Why::FilledAtRunTime, workload.service_account.span());
            }
        }
    } else {
        workload.images = images(reader, *here, pods.images);
        workload.service_account = account(reader, pods, place, reader.start_of(*here));
        workload.insertion = None;
    }
    if workload.images.is_empty() {
        return None;
    }
    let own = std::mem::replace(&mut workload.pull_secrets, SecretList::Empty(reader.start_of(*here)));
    let is_empty = matches!(own, SecretList::Empty(_));
    workload.pull_secrets = pull_secrets(reader, pods, place, own);
    if is_empty && !matches!(workload.pull_secrets, SecretList::Empty(_)) {
        // An entry here would hide what the other field names.
        workload.insertion = None;
    }
    Some(workload)
}

/// The image strings below a map. With a registry beside it such a string is only a part of the reference.
fn images(reader: &Reader<'_>, here: Node<'_>, paths: &[&str]) -> Vec<ImageFact> {
    let mut images = Vec::new();
    for path in paths {
        for place in places(here, path) {
            let [.., holder, value] = place.trail.as_slice() else { continue };
            if value.is_null() || value.kind() == Kind::List {
                continue;
            }
            let partial = ["repository", "registry", "imageRegistry"].iter().any(|key| holder.get(key).is_some());
            let image = match pod::filled_in(reader.string(*value)) {
                Field::Known(_, span) if partial => Field::Unknown(Why::FilledAtRunTime, span),
                image => image,
            };
            let named = holder.get("name").and_then(Node::text).map(std::borrow::Cow::into_owned);
            let key = place.path.rsplit('.').nth(1).unwrap_or_default().to_owned();
            images.push(ImageFact {
                container: named.unwrap_or(key),
                role: if path.contains("initContainers[]") { Role::Init } else { Role::Container },
                place: images.len(),
                image,
                text: pod::written_text(*value),
                pull_policy: reader.field(*holder, "imagePullPolicy"),
            });
        }
    }
    order::sort_by_key(&mut images, |image| image.image.span());
    images
}

/// The first list that names anything; Unknown where the operator may know of one that is not written here.
fn pull_secrets(reader: &Reader<'_>, pods: &Pods, place: &Place<'_>, own: SecretList) -> SecretList {
    let span = own.span();
    if pods.overrides.iter().any(|field| reach(place, pods.at, field).is_some()) {
        return pod::not_told(span);
    }
    let in_spec = match own {
        // The schema at hand may be of another version.
        SecretList::Refused(..) => SecretList::Unknown(Why::NotText, span),
        own => own,
    };
    if pods.inside && !matches!(in_spec, SecretList::Empty(_)) {
        return in_spec;
    }
    for (field, shape) in pods.pull_secrets {
        if let Some(value) = reach(place, pods.at, field) {
            match secret_list::shaped(reader, value, *shape) {
                SecretList::Empty(_) => {}
                list => return list,
            }
        }
    }
    if pods.inside || !pods.pull_secrets.is_empty() { SecretList::Empty(span) } else { pod::not_told(span) }
}

fn account(reader: &Reader<'_>, pods: &Pods, place: &Place<'_>, here: Span) -> Field<String> {
    for field in pods.accounts {
        if let Some(value) = reach(place, pods.at, field) {
            match reader.string(value) {
                Field::Absent(_) => {}
                Field::Known(name, _) if name.is_empty() => {}
                written => return written,
            }
        }
    }
    if pods.accounts.is_empty() { Field::Unknown(Why::FilledAtRunTime, here) } else { Field::Absent(here) }
}

/// The value of a field of the object, as seen from a place: along the place's own way as far as the two paths agree,
/// then by plain keys.
fn reach<'t>(place: &Place<'t>, at: &str, field: &str) -> Option<Node<'t>> {
    let common = at.split('.').zip(field.split('.')).take_while(|(own, other)| own == other).count();
    let mut node = *place.trail.get(common)?;
    for key in field.split('.').skip(common) {
        node = node.get(key)?;
    }
    Some(node)
}

/// All places that a path leads to.
fn places<'t>(root: Node<'t>, path: &str) -> Vec<Place<'t>> {
    let mut open = vec![Place { trail: vec![root], path: String::new() }];
    for step in path.split('.') {
        let mut next = Vec::new();
        for place in open {
            let Some(node) = place.trail.last().copied() else { continue };
            let mut go = |child: Node<'t>, name: &str| {
                let mut trail = place.trail.clone();
                trail.push(child);
                let dot = if place.path.is_empty() { "" } else { "." };
                next.push(Place { trail, path: format!("{}{dot}{name}", place.path) });
            };
            match step.strip_suffix("[]") {
                Some(key) => {
                    for (index, item) in node.get(key).into_iter().flat_map(Node::items).enumerate() {
                        go(item, &format!("{key}[{index}]"));
                    }
                }
                None if step == "*" => {
                    for entry in node.entries() {
                        go(entry.value, &entry.name());
                    }
                }
                None => {
                    if let Some(child) = node.get(step) {
                        go(child, step);
                    }
                }
            }
        }
        open = next;
    }
    open
}
