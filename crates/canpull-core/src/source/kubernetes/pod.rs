//! Pod specs and service accounts: images, and the pull secrets that are named for them.

use canpull_syntax::{Kind, Node, Span, order};

use super::object::Reader;
use super::{mend, secret_list};
use crate::fact::{Field, ImageFact, Insertion, ObjectMeta, Role, SecretList, ServiceAccountFact, Why, WorkloadFact};

/// The pod spec of a built-in kind.
pub(super) fn built_in(
    reader: &Reader<'_>,
    node: Node<'_>,
    path: &'static [&'static str],
    mut object: ObjectMeta,
) -> Option<WorkloadFact> {
    let spec = node.at(path).filter(|spec| spec.kind() == Kind::Map)?;
    let is_static = object.kind == "Pod" && is_static(reader, node);
    let (_, template) = path.split_last()?;
    if let Some(metadata) = node.at(template).filter(|_| !template.is_empty()).and_then(|node| node.get("metadata")) {
        object.ignores.extend(reader.ignores(metadata));
    }
    let mut workload = read(reader, spec, path.join("."), object);
    workload.built_in = true;
    workload.is_static = is_static;
    if is_static {
        // The API server refuses a mirror pod that names a secret.
        workload.insertion = None;
    }
    Some(workload)
}

/// A pod spec at `path` of an object.
pub(super) fn read(reader: &Reader<'_>, spec: Node<'_>, path: String, object: ObjectMeta) -> WorkloadFact {
    let account = match reader.field(spec, "serviceAccountName") {
        Field::Known(name, _) if name.is_empty() => reader.field(spec, "serviceAccount"),
        Field::Absent(_) => reader.field(spec, "serviceAccount"),
        written => written,
    };
    let service_account = match account {
        Field::Known(name, span) if name.is_empty() => Field::Absent(span),
        account => account,
    };
    let (virtual_node, virtual_node_certain) = virtual_node(reader, spec);
    let pull_secrets = secret_list::read(reader, spec);
    let insertion = insertion(reader, spec, &pull_secrets);
    WorkloadFact {
        path,
        images: images(reader, spec),
        pull_secrets,
        service_account,
        virtual_node,
        virtual_node_certain,
        windows: windows(reader, spec),
        built_in: false,
        is_static: false,
        refused: None,
        insertion,
        mounted_classes: mounted_classes(spec),
        object,
    }
}

fn images(reader: &Reader<'_>, spec: Node<'_>) -> Vec<ImageFact> {
    let mut images = Vec::new();
    let lists =
        [("initContainers", Role::Init), ("containers", Role::Container), ("ephemeralContainers", Role::Ephemeral)];
    for (key, role) in lists {
        for (place, container) in spec.get(key).into_iter().flat_map(Node::items).enumerate() {
            let policy = reader.field(container, "imagePullPolicy");
            let own = reference(reader, container, "image");
            images.push(image(container, own, container.get("image"), policy, (role, place)));
        }
    }
    for (place, volume) in spec.get("volumes").into_iter().flat_map(Node::items).enumerate() {
        if let Some(source) = volume.get("image") {
            let policy = reader.field(source, "pullPolicy");
            let reference = reference(reader, source, "reference");
            images.push(image(volume, reference, source.get("reference"), policy, (Role::Volume, place)));
        }
    }
    order::sort_by_key(&mut images, |image| image.image.span());
    images
}

/// An image string.
pub(super) fn reference(reader: &Reader<'_>, map: Node<'_>, key: &str) -> Field<String> {
    filled_in(reader.field(map, key))
}

/// Words that stand in for an image.
const STAND_INS: [&str; 6] = ["CHANGEME", "FIXME", "PLACEHOLDER", "REPLACEME", "TBD", "TODO"];

/// An image string, Unknown where something fills it in: `ko` puts the image that it builds in place of its own
/// `ko://` addresses, and people put theirs in place of `IMAGE_URL`.
pub(super) fn filled_in(image: Field<String>) -> Field<String> {
    match image {
        Field::Known(text, span)
            if text.starts_with("ko://") || STAND_INS.contains(&text.as_str()) || has_shouted_name(&text) =>
        {
            Field::Unknown(Why::Placeholder, span)
        }
        written => written,
    }
}

/// Whether a part of an image's path is written like `PROJECT_ID`: no registry takes capitals there, and nobody names
/// an image so. Capitals alone may be a slip.
fn has_shouted_name(image: &str) -> bool {
    let shouted = |part: &str| {
        let name = part.split([':', '@']).next().unwrap_or_default();
        name.trim_matches('_').contains('_')
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    image.split('/').any(shouted)
}

fn image(
    named: Node<'_>,
    image: Field<String>,
    written: Option<Node<'_>>,
    pull_policy: Field<String>,
    (role, place): (Role, usize),
) -> ImageFact {
    let container = named.get("name").and_then(Node::text).unwrap_or_default().into_owned();
    let text = image.text().map(str::to_owned).or_else(|| written.map(written_text)).unwrap_or_default();
    ImageFact { container, role, place, image, text, pull_policy }
}

/// A value as written, without quotes; what is no scalar is shown by its source.
pub(super) fn written_text(node: Node<'_>) -> String {
    match node.text() {
        Some(text) => text.into_owned(),
        None => node.raw().lines().next().unwrap_or_default().to_owned(),
    }
}

/// A pod that the kubelet runs from a file: its mirror has no service account and may name no secret.
fn is_static(reader: &Reader<'_>, node: Node<'_>) -> bool {
    let path = reader.input.path;
    node.at(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some()
        || path.starts_with("etc/kubernetes/manifests/")
        || path.contains("/etc/kubernetes/manifests/")
}

/// A selector that only virtual nodes (ACI) satisfy, or a toleration that lets the pod onto one.
fn virtual_node(reader: &Reader<'_>, spec: Node<'_>) -> (Option<Span>, bool) {
    let certain = [(&["nodeSelector", "type"][..], "virtual-kubelet"), (&["nodeName"][..], "virtual-node-aci-linux")];
    for (path, text) in certain {
        if let Some(value) = spec.at(path)
            && value.text().is_some_and(|own| own == text)
        {
            return (Some(reader.span(value)), true);
        }
    }
    let tolerated = spec.get("tolerations").into_iter().flat_map(Node::items).find_map(|toleration| {
        let key = toleration.get("key")?;
        let virtual_key = ["virtual-kubelet.io/provider", "azure.com/aci"].contains(&&*key.text()?);
        virtual_key.then(|| reader.span(key))
    });
    (tolerated, false)
}

/// What puts a pod on a Windows node.
fn windows(reader: &Reader<'_>, spec: Node<'_>) -> Option<Span> {
    const PATHS: [&[&str]; 3] =
        [&["nodeSelector", "kubernetes.io/os"], &["nodeSelector", "beta.kubernetes.io/os"], &["os", "name"]];
    let found =
        PATHS.iter().filter_map(|path| spec.at(path)).find(|own| own.text().is_some_and(|text| text == "windows"));
    found.map(|own| reader.span(own))
}

/// The `SecretProviderClass`es whose volumes the pod mounts.
fn mounted_classes(spec: Node<'_>) -> Vec<String> {
    let volumes = spec.get("volumes").into_iter().flat_map(Node::items);
    let classes = volumes.filter_map(|volume| {
        let csi = volume.get("csi")?;
        let is_store = csi.get("driver")?.text()? == "secrets-store.csi.k8s.io";
        let class = csi.at(&["volumeAttributes", "secretProviderClass"]).filter(|_| is_store)?;
        Some(class.text()?.into_owned())
    });
    classes.collect()
}

/// A service account.
pub(super) fn service_account(reader: &Reader<'_>, node: Node<'_>, object: ObjectMeta) -> ServiceAccountFact {
    let secrets = node.get("secrets").into_iter().flat_map(Node::items);
    let pull_secrets = secret_list::read(reader, node);
    ServiceAccountFact {
        object,
        secrets: secrets.map(|item| secret_list::entry(reader, item)).collect(),
        insertion: insertion(reader, node, &pull_secrets),
        acr_client_id: acr_client_id(reader, node),
        enforces: enforces(reader, node),
        pull_secrets,
    }
}

/// Where a service account lets its pods name its own secrets only; truth values are Go's.
fn enforces(reader: &Reader<'_>, account: Node<'_>) -> Option<Span> {
    let value = account.at(&["metadata", "annotations", "kubernetes.io/enforce-mountable-secrets"])?;
    let is_true = ["1", "t", "T", "true", "TRUE", "True"].contains(&&*value.text()?);
    is_true.then(|| reader.span(value))
}

fn acr_client_id(reader: &Reader<'_>, account: Node<'_>) -> Field<String> {
    let annotations = account.at(&["metadata", "annotations"]).unwrap_or(account);
    reader.field(annotations, "kubernetes.azure.com/acr-client-id")
}

/// A list of the wrong shape is to be righted, and a placeholder filled, before anything is added to it.
fn insertion(reader: &Reader<'_>, map: Node<'_>, list: &SecretList) -> Option<Insertion> {
    if matches!(list, SecretList::Empty(_) | SecretList::Entries(..)) { mend::insertion(reader, map) } else { None }
}

/// A list that somebody fills in at run time.
pub(super) const fn not_told(span: Span) -> SecretList {
    SecretList::Unknown(Why::FilledAtRunTime, span)
}
