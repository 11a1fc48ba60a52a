//! Objects of Kubernetes that a configuration makes: pull secrets, service accounts and what runs images, in Terraform's
//! words (`image_pull_secrets`) and as manifests (`imagePullSecrets`).

use canpull_syntax::Span;

use super::Evaluator;
use super::value::{Data, Evaluated, Piece};
use crate::fact::azure::{ResourceKind, ResourceRef};
use crate::fact::script::ScriptSecretFact;
use crate::fact::{Field, ImageFact, ObjectMeta, Role, SecretList, SecretRef, ServiceAccountFact, Why, WorkloadFact};
use crate::lowering::Value;

/// What runs images: Terraform's name without version, the object's kind and version, and where its pod's spec is.
const WORKLOADS: [(&str, &str, &str, &[&str]); 9] = [
    ("kubernetes_pod", "Pod", "v1", &["spec"]),
    ("kubernetes_deployment", "Deployment", "apps/v1", TEMPLATE),
    ("kubernetes_daemonset", "DaemonSet", "apps/v1", TEMPLATE),
    ("kubernetes_daemon_set", "DaemonSet", "apps/v1", TEMPLATE),
    ("kubernetes_stateful_set", "StatefulSet", "apps/v1", TEMPLATE),
    ("kubernetes_replication_controller", "ReplicationController", "v1", TEMPLATE),
    ("kubernetes_job", "Job", "batch/v1", TEMPLATE),
    ("kubernetes_cron_job", "CronJob", "batch/v1", JOB_TEMPLATE),
    // Only as a manifest.
    ("", "ReplicaSet", "apps/v1", TEMPLATE),
];

const TEMPLATE: &[&str] = &["spec", "template", "spec"];
const JOB_TEMPLATE: &[&str] = &["spec", "job_template", "spec", "template", "spec"];

/// The lists of containers, in Terraform's words and in Kubernetes' own.
const CONTAINERS: [(&str, &str, Role); 2] =
    [("container", "containers", Role::Container), ("init_container", "initContainers", Role::Init)];

/// What one file's templates make in Kubernetes.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) secrets: Vec<ScriptSecretFact>,
    pub(super) service_accounts: Vec<ServiceAccountFact>,
    pub(super) workloads: Vec<WorkloadFact>,
}

/// Whether a type of resource is an object of Kubernetes, or makes such.
pub(super) fn is_object(kind: &str) -> bool {
    kind.starts_with("kubernetes_") || matches!(kind, "kubectl_manifest" | "helm_release")
}

impl Evaluator<'_> {
    /// Takes in an object. One that may not be made tells nothing of what it holds.
    pub(super) fn make_object(&self, kind: &str, body: &Evaluated, maybe: bool) {
        let mut made = self.made.borrow_mut();
        let objects = &mut made.entry(body.span.file).or_default().objects;
        let unversioned = kind.trim_end_matches("_v1");
        if matches!(kind, "kubernetes_manifest" | "kubectl_manifest") {
            let key = if kind == "kubernetes_manifest" { "manifest" } else { "yaml_body" };
            if let Some(manifest) = body.key(key) {
                objects.manifest(manifest, maybe);
            }
            return;
        }
        let workload = WORKLOADS.iter().find(|(own, ..)| *own == unversioned);
        match (unversioned, workload) {
            // The chart is not read.
            ("helm_release", _) => objects.secrets.push(ScriptSecretFact::open(body.span)),
            ("kubernetes_secret", _) => objects.secrets.push(secret(body, maybe, &["data"])),
            ("kubernetes_service_account", _) => {
                objects.service_accounts.push(account(body, maybe, "image_pull_secret", None));
            }
            ("kubernetes_default_service_account", _) => {
                objects.service_accounts.push(account(body, maybe, "image_pull_secret", Some("default")));
            }
            (_, Some((_, kind, version, path))) => objects.workloads.extend(workload_of(body, kind, version, path)),
            _ => {}
        }
    }
}

impl Objects {
    pub(super) fn append(&mut self, mut more: Self) {
        self.secrets.append(&mut more.secrets);
        self.service_accounts.append(&mut more.service_accounts);
        self.workloads.append(&mut more.workloads);
    }

    fn manifest(&mut self, manifest: &Evaluated, maybe: bool) {
        let Some(kind) = manifest.key("kind").and_then(|kind| kind.data.as_text()) else {
            if may_be_secret(manifest) {
                self.secrets.push(ScriptSecretFact::open(manifest.span));
            }
            return;
        };
        match kind {
            "Secret" => self.secrets.push(secret(manifest, maybe, &["stringData"])),
            // What makes a secret.
            kind if kind.contains("Secret") => self.secrets.push(ScriptSecretFact::open(manifest.span)),
            "ServiceAccount" => self.service_accounts.push(account(manifest, maybe, "imagePullSecrets", None)),
            kind => {
                let found = WORKLOADS.iter().find(|(_, own, ..)| *own == kind);
                self.workloads
                    .extend(found.and_then(|(_, kind, version, path)| workload_of(manifest, kind, version, path)));
            }
        }
    }
}

/// The value at the end of a path, through blocks, which are lists of one.
fn at<'v>(value: &'v Evaluated, path: &[&str]) -> Option<&'v Evaluated> {
    path.iter().try_fold(value, |value, key| {
        let found = value.key(key).or_else(|| value.key(&camel_case(key)))?;
        match &found.data {
            Data::Null => None,
            Data::List(items) => items.first(),
            _ => Some(found),
        }
    })
}

/// `job_template` as `jobTemplate`.
fn camel_case(word: &str) -> String {
    let mut is_head = false;
    let mut out = String::new();
    for c in word.chars() {
        match c {
            '_' => is_head = true,
            c if is_head => {
                out.push(c.to_ascii_uppercase());
                is_head = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// The text at the end of a path; Absent where nothing is.
fn text(value: &Evaluated, path: &[&str]) -> Field<String> {
    at(value, path).map_or_else(|| Field::Absent(value.start()), Value::text)
}

/// All items of a list or of blocks; `None` where they are not known.
fn items<'v>(value: &'v Evaluated, key: &str) -> Option<Vec<&'v Evaluated>> {
    match value.key(key) {
        None => Some(Vec::new()),
        Some(list) => match &list.data {
            Data::Null => Some(Vec::new()),
            Data::List(items) => Some(items.iter().collect()),
            Data::Object(_) => Some(vec![list]),
            _ => None,
        },
    }
}

fn meta(body: &Evaluated, kind: &str, version: &str, name: Option<&str>) -> ObjectMeta {
    let written = text(body, &["metadata", "name"]);
    ObjectMeta {
        api_version: version.to_owned(),
        api_version_span: body.span,
        removed_api: None,
        upgrade: Vec::new(),
        kind: kind.to_owned(),
        name: match (written, name) {
            (Field::Absent(span), Some(name)) => Field::Known(name.to_owned(), span),
            // `generate_name`.
            (Field::Absent(span), None) => Field::Unknown(Why::FilledAtRunTime, span),
            (written, _) => written,
        },
        namespace: text(body, &["metadata", "namespace"]),
        span: body.span,
        live: false,
        ignores: Vec::new(),
        helm_source: None,
    }
}

fn workload_of(body: &Evaluated, kind: &str, version: &str, path: &[&str]) -> Option<WorkloadFact> {
    let spec = at(body, path).filter(|spec| matches!(spec.data, Data::Object(_)))?;
    let mut images = Vec::new();
    for (word, own, role) in CONTAINERS {
        let containers = [word, own].into_iter().flat_map(|key| items(spec, key).unwrap_or_default());
        images.extend(containers.map(|container| image(container, role)));
    }
    let selects = |label: &str, wanted: &str| {
        let selector = at(spec, &["node_selector"]).and_then(|selector| selector.key(label));
        selector.filter(|own| own.data.as_text() == Some(wanted)).map(|own| own.span)
    };
    let virtual_node = selects("type", "virtual-kubelet");
    Some(WorkloadFact {
        object: meta(body, kind, version, None),
        path: path.iter().map(|key| camel_case(key)).collect::<Vec<_>>().join("."),
        images,
        pull_secrets: pull_secrets(spec, &["image_pull_secrets", "imagePullSecrets"]),
        service_account: match text(spec, &["service_account_name"]) {
            Field::Known(name, span) if name.is_empty() => Field::Absent(span),
            account => account,
        },
        virtual_node,
        virtual_node_certain: virtual_node.is_some(),
        windows: selects("kubernetes.io/os", "windows"),
        built_in: true,
        is_static: false,
        refused: None,
        insertion: None,
        mounted_classes: Vec::new(),
    })
}

fn image(container: &Evaluated, role: Role) -> ImageFact {
    let image = text(container, &["image"]);
    let written = at(container, &["image"]).and_then(|image| image.data.symbol());
    ImageFact {
        container: text(container, &["name"]).text().unwrap_or_default().to_owned(),
        role,
        place: 0,
        text: image.text().map(str::to_owned).or(written).unwrap_or_else(|| "…".to_owned()),
        image,
        pull_policy: text(container, &["image_pull_policy"]),
    }
}

fn pull_secrets(of: &Evaluated, keys: &[&str]) -> SecretList {
    let Some(list) = keys.iter().find_map(|key| of.key(key)) else { return SecretList::Empty(of.start()) };
    let entries = keys.iter().map(|key| items(of, key)).collect::<Option<Vec<_>>>();
    match entries {
        None => SecretList::Unknown(Why::FilledAtRunTime, list.span),
        Some(entries) => {
            let entries = entries.into_iter().flatten();
            let entries: Vec<SecretRef> =
                entries.map(|own| SecretRef { name: text(own, &["name"]), span: own.span }).collect();
            if entries.is_empty() { SecretList::Empty(list.span) } else { SecretList::Entries(entries, list.span) }
        }
    }
}

/// A service account; one that may not be made tells nothing of its pull secrets.
fn account(body: &Evaluated, maybe: bool, key: &str, name: Option<&str>) -> ServiceAccountFact {
    let listed = pull_secrets(body, &[key]);
    let annotations = at(body, &["metadata", "annotations"]);
    let client = annotations.and_then(|own| own.key("kubernetes.azure.com/acr-client-id"));
    ServiceAccountFact {
        object: meta(body, "ServiceAccount", "v1", name),
        pull_secrets: if maybe { SecretList::Unknown(Why::FilledAtRunTime, body.span) } else { listed },
        secrets: Vec::new(),
        acr_client_id: client.map_or_else(|| Field::Absent(body.start()), Value::text),
        enforces: enforces(annotations),
        insertion: None,
    }
}

/// Where a service account lets its pods name its own secrets only.
fn enforces(annotations: Option<&Evaluated>) -> Option<Span> {
    let value = annotations?.key("kubernetes.io/enforce-mountable-secrets")?;
    (value.data.as_text() == Some("true") || matches!(value.data, Data::Bool(true))).then_some(value.span)
}

/// A secret with what its docker config tells: for which registry, and whose credential.
fn secret(body: &Evaluated, maybe: bool, keys: &[&str]) -> ScriptSecretFact {
    let data = keys.iter().find_map(|key| body.key(key));
    let secret_type = text(body, &["type"]);
    let mut fact = ScriptSecretFact {
        name: meta(body, "Secret", "v1", None).name,
        namespace: text(body, &["metadata", "namespace"]),
        secret_type: if maybe { Field::Unknown(Why::FilledAtRunTime, secret_type.span()) } else { secret_type },
        keys: data.and_then(known_keys),
        ..ScriptSecretFact::open(body.span)
    };
    let payload = |key: &str| data.and_then(|data| data.key(key));
    let encoded = |config: &&Evaluated| matches!(config.data, Data::Open(Why::Encoded, _));
    fact.encoded = payload(".dockerconfigjson").or_else(|| payload(".dockercfg")).filter(encoded).map(|own| own.span);
    let config = payload(".dockerconfigjson").and_then(|config| config.key("auths")).or_else(|| payload(".dockercfg"));
    // Of several registries none is told.
    if let Some([(host, entry)]) = config.map(Evaluated::pairs) {
        fact.server = host.text();
        fact.registry = registry(host);
        if let Some(user) = entry.key("username").filter(|_| !entry.is_open()) {
            fact.user = user.principal();
        }
    }
    fact
}

/// Whether a manifest that is not taken apart may be a secret's: it is open, or a text that speaks of one.
fn may_be_secret(manifest: &Evaluated) -> bool {
    match &manifest.data {
        Data::Text(pieces) => pieces.iter().any(|piece| match piece {
            Piece::Text(text) => text.contains("Secret"),
            Piece::Open(..) => pieces.len() == 1,
        }),
        _ => manifest.is_open(),
    }
}

/// The keys of a secret, where all are known.
fn known_keys(data: &Evaluated) -> Option<Vec<String>> {
    if data.is_open() {
        return None;
    }
    data.pairs().iter().map(|(key, _)| key.data.as_text().map(str::to_owned)).collect()
}

/// The registry whose login server it is.
fn registry(host: &Evaluated) -> Option<ResourceRef> {
    let Data::Resource(target, path) = &host.data else { return None };
    let path: Vec<&str> = path.iter().map(|key| &**key).collect();
    let is_server = target.reference.kind == ResourceKind::Registry && target.in_azure(&path) == ["loginServer"];
    is_server.then(|| ResourceRef { span: host.span, ..target.reference.clone() })
}
