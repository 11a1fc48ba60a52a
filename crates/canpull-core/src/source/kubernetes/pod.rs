//! Pod specs and service accounts: images, and the pull secrets that are named for them.

use canpull_syntax::{FileId, Kind, Node, Span, TextRange};

use super::{field, is_placeholder};
use crate::fact::{Field, ImageFact, ObjectMeta, Role, SecretList, SecretRef, ServiceAccountFact, Why, WorkloadFact};

/// A pod spec at `path` of an object.
pub(super) fn workload(file: FileId, spec: Node<'_>, path: String, object: ObjectMeta) -> WorkloadFact {
    let mut images = Vec::new();
    let lists =
        [("initContainers", Role::Init), ("containers", Role::Container), ("ephemeralContainers", Role::Ephemeral)];
    for (key, role) in lists {
        let containers = spec.get(key).into_iter().flat_map(Node::items);
        images.extend(containers.map(|container| image(file, container, container, "image", "imagePullPolicy", role)));
    }
    for volume in spec.get("volumes").into_iter().flat_map(Node::items) {
        if let Some(source) = volume.get("image") {
            images.push(image(file, volume, source, "reference", "pullPolicy", Role::Volume));
        }
    }
    images.sort_by_key(|image| image.image.span());
    let account = match field(file, spec, "serviceAccountName") {
        Field::Known(name, _) if name.is_empty() => field(file, spec, "serviceAccount"),
        Field::Absent(_) => field(file, spec, "serviceAccount"),
        written => written,
    };
    let (virtual_node, virtual_node_certain) = virtual_node(file, spec);
    WorkloadFact {
        path,
        images,
        pull_secrets: secret_list(file, spec),
        service_account: account,
        virtual_node,
        virtual_node_certain,
        built_in: true,
        is_static: false,
        insertion: None,
        mounted_classes: Vec::new(),
        object,
    }
}

fn image(file: FileId, named: Node<'_>, source: Node<'_>, key: &str, policy: &str, role: Role) -> ImageFact {
    let name = named.get("name").and_then(Node::text).unwrap_or_default().into_owned();
    let text = source.get(key).and_then(Node::text).unwrap_or_default().into_owned();
    ImageFact { container: name, role, image: field(file, source, key), text, pull_policy: field(file, source, policy) }
}

/// A selector that only virtual nodes (ACI) satisfy, or a toleration that lets the pod onto one.
fn virtual_node(file: FileId, spec: Node<'_>) -> (Option<Span>, bool) {
    if let Some(value) = spec.at(&["nodeSelector", "type"])
        && value.text().is_some_and(|text| text == "virtual-kubelet")
    {
        return (Some(Span::new(file, value.range())), true);
    }
    let keys = spec.get("tolerations").into_iter().flat_map(Node::items).filter_map(|toleration| toleration.get("key"));
    let tolerated =
        keys.into_iter().find(|key| key.text().is_some_and(|text| text.starts_with("virtual-kubelet.io/provider")));
    (tolerated.map(|key| Span::new(file, key.range())), false)
}

/// `imagePullSecrets` of a pod spec or a service account.
fn secret_list(file: FileId, map: Node<'_>) -> SecretList {
    let Some(list) = map.get("imagePullSecrets") else {
        return SecretList::Empty(Span::new(file, TextRange::empty(map.range().start)));
    };
    let span = Span::new(file, list.range());
    match list.kind() {
        Kind::Opaque => SecretList::Unknown(Why::NotText, span),
        Kind::Scalar if list.is_null() => SecretList::Empty(span),
        _ if is_placeholder(list) => SecretList::Unknown(Why::Placeholder, span),
        Kind::List if list.items().any(is_placeholder) => SecretList::Unknown(Why::Placeholder, span),
        Kind::List => {
            let items: Vec<Node<'_>> = list.items().collect();
            let entries: Vec<SecretRef> = items.iter().map(|item| secret_ref(file, *item)).collect();
            if entries.is_empty() {
                SecretList::Empty(span)
            } else if items.iter().any(|item| item.kind() == Kind::Scalar && !item.is_null()) {
                SecretList::Refused(entries, span)
            } else {
                SecretList::Entries(entries, span)
            }
        }
        Kind::Scalar | Kind::Map => SecretList::Refused(Vec::new(), span),
    }
}

fn secret_ref(file: FileId, item: Node<'_>) -> SecretRef {
    let span = Span::new(file, item.range());
    let name = match item.kind() {
        Kind::Map => match field(file, item, "name") {
            Field::Absent(_) => Field::Known(String::new(), span),
            name => name,
        },
        _ => item.as_str().map_or(Field::Known(String::new(), span), |name| Field::Known(name.into_owned(), span)),
    };
    SecretRef { name, span }
}

/// A ServiceAccount.
pub(super) fn service_account(file: FileId, node: Node<'_>, object: ObjectMeta) -> ServiceAccountFact {
    let secrets = node.get("secrets").into_iter().flat_map(Node::items).map(|item| secret_ref(file, item)).collect();
    ServiceAccountFact { object, pull_secrets: secret_list(file, node), secrets, insertion: None }
}
