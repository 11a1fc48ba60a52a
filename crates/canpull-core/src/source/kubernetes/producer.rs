//! Objects that make or copy a Secret at run time.

use canpull_syntax::{Kind, Node, Span};

use super::super::retype;
use super::object::{Reader, is_template};
use super::secret;
use crate::fact::{Field, FileFacts, ObjectMeta, ProducerFact, Reach, Retype, TokenGeneratorFact, Why};

const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";

/// An object on its way to a producer.
struct Object<'r, 't> {
    reader: &'r Reader<'r>,
    node: Node<'t>,
    meta: &'r ObjectMeta,
}

/// Reads a custom resource that makes secrets.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let object = Object { reader, node, meta };
    match (group, meta.kind.as_str()) {
        ("external-secrets.io", "ExternalSecret") => {
            let spec = node.get("spec");
            facts.producers.extend(spec.and_then(|spec| object.external_secret(spec)));
            mask_template(node.at(&["spec", "target", "template"]), facts);
        }
        ("external-secrets.io", "ClusterExternalSecret") => object.cluster_external_secret(facts),
        ("generators.external-secrets.io", "ACRAccessToken") => facts.generators.push(TokenGeneratorFact {
            object: meta.clone(),
            registry: reader.field_at(node, &["spec", "registry"]),
            scope: reader.field_at(node, &["spec", "scope"]),
        }),
        ("bitnami.com", "SealedSecret") => object.sealed_secret(facts),
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => object.secret_provider_class(facts),
        ("spv.no", "AzureKeyVaultSecret") => object.key_vault_secret(facts),
        (
            "secrets.hashicorp.com",
            "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret" | "HCPVaultSecretsApp",
        ) => {
            let created = node.at(&["spec", "destination", "create"]).and_then(Node::as_bool) == Some(true);
            if let Some(destination) = node.at(&["spec", "destination"]).filter(|_| created) {
                object.referenced(destination, ["name", "", "type"], facts);
            }
        }
        ("secrets.infisical.com", "InfisicalSecret") => {
            let keys = ["secretName", "secretNamespace", "secretType"];
            let one = node.at(&["spec", "managedSecretReference"]);
            let many = node.at(&["spec", "managedKubeSecretReferences"]).into_iter().flat_map(Node::items);
            one.into_iter().chain(many).for_each(|reference| object.referenced(reference, keys, facts));
        }
        ("secrets.doppler.com", "DopplerSecret") => {
            if let Some(reference) = node.at(&["spec", "managedSecret"]) {
                object.referenced(reference, ["name", "namespace", "type"], facts);
            }
        }
        ("isindir.github.com", "SopsSecret") => object.sops_secret(facts),
        ("onepassword.com", "OnePasswordItem") => {
            let secret_type = reader.field(node, "type");
            facts.producers.push(ProducerFact { secret_type, ..object.producer(meta.name.clone()) });
        }
        ("acrpull.microsoft.com" | "msi-acrpull.microsoft.com", "AcrPullBinding") => object.acr_pull_binding(facts),
        // Its chart is not read.
        ("helm.toolkit.fluxcd.io", "HelmRelease") => facts.may_make_secrets = true,
        ("ops.alexellis.io", "ClusterPullSecret") => {
            let name = Field::Unknown(Why::FilledAtRunTime, meta.name.span());
            let secret_type = docker_type(meta.name.span());
            facts.producers.push(ProducerFact { reach: Reach::Cluster, secret_type, ..object.producer(name) });
        }
        _ => {}
    }
}

impl Object<'_, '_> {
    /// A producer of a secret of this name in the object's own namespace, of which nothing else is known.
    fn producer(&self, name: Field<String>) -> ProducerFact {
        ProducerFact {
            object: self.meta.clone(),
            name,
            reach: Reach::Namespace(self.meta.namespace.clone()),
            secret_type: self.reader.absent(self.node),
            keys: None,
            registry: None,
            generator: None,
            rarely_renewed: None,
            needs_mount: None,
            retype: None,
        }
    }

    /// A string that the producer's own templates may fill in.
    fn written(&self, map: Node<'_>, path: &[&str]) -> Field<String> {
        self.reader.field_at(map, path)
    }

    fn external_secret(&self, spec: Node<'_>) -> Option<ProducerFact> {
        let policy = spec.at(&["target", "creationPolicy"]).and_then(Node::text).unwrap_or_default();
        // `Merge` adds to a secret that must be there; a manifest makes something that is no secret.
        if matches!(&*policy, "None" | "Merge") || spec.at(&["target", "manifest"]).is_some() {
            return None;
        }
        let name = name_or(self.written(spec, &["target", "name"]), &self.meta.name);
        let template = spec.at(&["target", "template"]).filter(|template| template.kind() == Kind::Map);
        let data = template.and_then(|template| template.get("data"));
        let merged = template.is_some_and(|template| {
            template.get("templateFrom").is_some()
                || template.get("mergePolicy").and_then(Node::text).is_some_and(|text| text == "Merge")
        });
        let keys = match (data, spec.get("dataFrom")) {
            _ if merged => None,
            (Some(data), _) => Some(keys_of(data)),
            (None, None) => Some(texts(spec.get("data"), "secretKey")).filter(|keys| !keys.is_empty()),
            (None, Some(_)) => None,
        };
        let written = template.map_or_else(|| self.reader.absent(spec), |map| self.reader.field(map, "type"));
        let secret_type = match written {
            // Only what a provider hands out whole may bring a type along.
            Field::Absent(span) if !hands_out_whole(spec) => Field::Known("Opaque".to_owned(), span),
            written => written,
        };
        let config = data.and_then(|data| data.get(".dockerconfigjson"));
        let retype = template.and_then(|template| self.retype(template, keys.as_deref()));
        let filled_in = config.and_then(Node::text).is_some_and(|config| config.contains("{{"));
        let generator = acr_generator(spec).filter(|_| filled_in);
        let rarely_renewed =
            spec.get("refreshInterval").filter(|interval| generator.is_some() && is_too_long(*interval));
        Some(ProducerFact {
            secret_type,
            keys,
            retype,
            generator,
            rarely_renewed: rarely_renewed.map(|interval| self.reader.span(interval)),
            registry: config.and_then(|config| registry(self.reader, config)),
            ..self.producer(name)
        })
    }

    fn cluster_external_secret(&self, facts: &mut FileFacts) {
        let Some(spec) = self.node.get("spec") else { return };
        let Some(inner) = spec.get("externalSecretSpec") else { return };
        mask_template(inner.at(&["target", "template"]), facts);
        let Some(producer) = self.external_secret(inner) else { return };
        let target = self.written(inner, &["target", "name"]);
        let name = name_or(target, &name_or(self.written(spec, &["externalSecretName"]), &self.meta.name));
        let selected = ["namespaceSelector", "namespaceSelectors"].iter().any(|key| spec.get(key).is_some());
        let namespaces: Vec<Node<'_>> = spec.get("namespaces").into_iter().flat_map(Node::items).collect();
        if selected || namespaces.is_empty() {
            facts.producers.push(ProducerFact { name, reach: Reach::Cluster, ..producer });
            return;
        }
        for namespace in namespaces {
            let reach = Reach::Namespace(self.reader.string(namespace));
            facts.producers.push(ProducerFact { name: name.clone(), reach, ..producer.clone() });
        }
    }

    fn sealed_secret(&self, facts: &mut FileFacts) {
        let Some(spec) = self.node.get("spec") else { return };
        let template = spec.get("template").filter(|template| template.kind() == Kind::Map);
        mask_template(template, facts);
        let mut secret_type = template.map_or_else(|| self.reader.absent(spec), |map| self.reader.field(map, "type"));
        let mut keys = None;
        // The oldest form seals the whole secret, type and keys with it, under `data`.
        if let Some(sealed) = spec.get("encryptedData").filter(|_| spec.get("data").is_none()) {
            let templated = template.and_then(|template| template.get("data")).map(keys_of).unwrap_or_default();
            keys = Some([keys_of(sealed), templated].concat());
            secret_type = opaque_unless(secret_type);
        }
        let retype = template.and_then(|template| self.retype(template, keys.as_deref()));
        facts.producers.push(ProducerFact { secret_type, keys, retype, ..self.producer(self.meta.name.clone()) });
    }

    /// How to give a template of a Secret with these keys the type that it is meant to have.
    fn retype(&self, template: Node<'_>, keys: Option<&[String]>) -> Option<Retype> {
        let keys = keys.filter(|_| !self.meta.live)?;
        retype::in_map(&self.reader.layout, template, &["data"], keys.iter().map(String::as_str))
    }

    fn secret_provider_class(&self, facts: &mut FileFacts) {
        let class = self.meta.name.text().unwrap_or_default().to_owned();
        for made in self.node.at(&["spec", "secretObjects"]).into_iter().flat_map(Node::items) {
            let keys = texts(made.get("data"), "key");
            facts.producers.push(ProducerFact {
                secret_type: self.reader.field(made, "type"),
                retype: self.retype(made, Some(&keys)),
                keys: Some(keys),
                needs_mount: Some(class.clone()),
                ..self.producer(self.reader.field(made, "secretName"))
            });
        }
    }

    fn key_vault_secret(&self, facts: &mut FileFacts) {
        let Some(output) = self.node.at(&["spec", "output", "secret"]) else { return };
        let secret_type = self.reader.field(output, "type");
        // The operator lays out docker types itself; only of others does the key say all.
        let key = output.get("dataKey").and_then(Node::text).map(|key| vec![key.into_owned()]);
        let keys = key.filter(|_| secret_type.text().is_none_or(|own| !own.starts_with("kubernetes.io/docker")));
        facts.producers.push(ProducerFact { secret_type, keys, ..self.producer(self.reader.field(output, "name")) });
    }

    /// A reference with the keys of name, namespace (`""` where there is none) and type.
    fn referenced(&self, reference: Node<'_>, keys: [&str; 3], facts: &mut FileFacts) {
        let [name, namespace, secret_type] = keys;
        let namespace = name_or(self.reader.field(reference, namespace), &self.meta.namespace);
        facts.producers.push(ProducerFact {
            reach: Reach::Namespace(namespace),
            secret_type: self.reader.field(reference, secret_type),
            ..self.producer(self.reader.field(reference, name))
        });
    }

    fn sops_secret(&self, facts: &mut FileFacts) {
        for template in self.node.at(&["spec", "secretTemplates"]).into_iter().flat_map(Node::items) {
            secret::mask(template, facts);
            let keys = ["data", "stringData"].iter().filter_map(|key| template.get(key)).flat_map(keys_of).collect();
            facts.producers.push(ProducerFact {
                secret_type: opaque_unless(self.reader.field(template, "type")),
                keys: Some(keys),
                ..self.producer(self.reader.field(template, "name"))
            });
        }
    }

    fn acr_pull_binding(&self, facts: &mut FileFacts) {
        let old = self.meta.api_version.starts_with("msi-");
        let name = match &self.meta.name {
            Field::Known(own, span) if old => Field::Known(format!("{own}-msi-acrpull-secret"), *span),
            Field::Known(own, span) => Field::Known(format!("acr-pull-{own}"), *span),
            other => other.clone(),
        };
        let server = if old { &["spec", "acrServer"][..] } else { &["spec", "acr", "server"] };
        let server = self.written(self.node, server);
        // A token for one repository pulls no other: which is meant, the scope's own language tells.
        let registry = match self.node.at(&["spec", "acr", "scope"]).filter(|scope| !scope.is_null()) {
            Some(scope) => Some(Field::Unknown(Why::NotText, self.reader.span(scope))),
            None => Some(server).filter(|server| !server.is_absent()),
        };
        facts.patchers.push(crate::fact::PatcherFact {
            object: self.meta.clone(),
            secret: name.text().map(str::to_owned),
            patches_pods: false,
            service_account: Some(
                self.written(self.node, &["spec", "serviceAccountName"]).text().unwrap_or("default").to_owned(),
            ),
        });
        let secret_type = docker_type(self.meta.name.span());
        facts.producers.push(ProducerFact { secret_type, registry, ..self.producer(name) });
    }
}

/// The type of a secret that is made as it is written.
fn opaque_unless(written: Field<String>) -> Field<String> {
    match written {
        Field::Absent(span) => Field::Known("Opaque".to_owned(), span),
        written => written,
    }
}

fn docker_type(span: Span) -> Field<String> {
    Field::Known(DOCKER_CONFIG_JSON.to_owned(), span)
}

/// A name, or another where none is written.
fn name_or(name: Field<String>, other: &Field<String>) -> Field<String> {
    if name.text().is_some_and(str::is_empty) || name.is_absent() { other.clone() } else { name }
}

/// A Secret that a replicator copies into other namespaces.
pub(super) fn copies(reader: &Reader<'_>, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let Some(annotations) = node.at(&["metadata", "annotations"]) else { return };
    let text = |key: &str| annotations.get(key).and_then(Node::text);
    let copied = text("reflector.v1.k8s.emberstack.com/reflection-auto-enabled").is_some_and(|text| text == "true")
        || text("replicator.v1.mittwald.de/replicate-to").is_some()
        || text("replicator.v1.mittwald.de/replicate-to-matching").is_some()
        || text("kubed.appscode.com/sync").is_some();
    if copied {
        let object = Object { reader, node, meta };
        let secret_type = reader.field(node, "type");
        facts.producers.push(ProducerFact { reach: Reach::Cluster, secret_type, ..object.producer(meta.name.clone()) });
    }
}

/// The secrets that the rules of a Kyverno policy generate.
pub(super) fn generated(reader: &Reader<'_>, rule: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let Some(generate) = rule.get("generate") else { return };
    let object = Object { reader, node: rule, meta };
    // A namespace that the request names is any; a policy with a namespace of its own makes nothing elsewhere.
    let reach = match reader.field(generate, "namespace") {
        written @ Field::Known(..) => Reach::Namespace(written),
        _ => Reach::Cluster,
    };
    if generate.get("kind").and_then(Node::text).is_some_and(|kind| kind == "Secret") {
        let data = generate.get("data").filter(|data| data.kind() == Kind::Map);
        if let Some(data) = data {
            secret::mask(data, facts);
        }
        let secret_type = data.map_or_else(|| reader.absent(generate), |data| reader.field(data, "type"));
        let name = reader.field(generate, "name");
        facts.producers.push(ProducerFact { reach, secret_type, ..object.producer(name) });
    } else if let Some(list) = generate.get("cloneList") {
        let kinds = list.get("kinds").into_iter().flat_map(Node::items);
        if kinds.filter_map(Node::text).any(|kind| kind.ends_with("Secret")) {
            let name = Field::Unknown(Why::FilledAtRunTime, reader.span(list));
            facts.producers.push(ProducerFact { reach, ..object.producer(name) });
        }
    }
}

/// The secrets that a policy written in CEL generates, of whatever names.
pub(super) fn generated_by_expression(reader: &Reader<'_>, spec: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let about_secrets = |word: &str| word.eq_ignore_ascii_case("secret") || word.eq_ignore_ascii_case("secrets");
    if !spec.raw().split(|c: char| !c.is_ascii_alphanumeric()).any(about_secrets) {
        return;
    }
    let name = Field::Unknown(Why::FilledAtRunTime, reader.span(spec));
    let object = Object { reader, node: spec, meta };
    let reach = match meta.kind.as_str() {
        "GeneratingPolicy" => Reach::Cluster,
        _ => Reach::Namespace(meta.namespace.clone()),
    };
    facts.producers.push(ProducerFact { reach, ..object.producer(name) });
}

/// A secret that an operator makes in all namespaces.
pub(super) fn everywhere(meta: &ObjectMeta, name: &str, span: Span) -> ProducerFact {
    ProducerFact {
        object: meta.clone(),
        name: Field::Known(name.to_owned(), span),
        reach: Reach::Cluster,
        secret_type: Field::Known(DOCKER_CONFIG_JSON.to_owned(), span),
        keys: None,
        registry: None,
        generator: None,
        rarely_renewed: None,
        needs_mount: None,
        retype: None,
    }
}

/// Whether a provider may hand out a secret with its type; generators give values only.
fn hands_out_whole(spec: Node<'_>) -> bool {
    let Some(from) = spec.get("dataFrom").filter(|from| !from.is_null()) else { return false };
    from.kind() != Kind::List || from.items().any(|item| item.at(&["sourceRef", "generatorRef"]).is_none())
}

/// The name of the `ACRAccessToken` that alone fills a secret.
fn acr_generator(spec: Node<'_>) -> Option<String> {
    let mut items = spec.get("dataFrom")?.items();
    let reference = items.next()?.at(&["sourceRef", "generatorRef"])?;
    let only = items.next().is_none() && spec.get("data").is_none();
    let is_acr = reference.get("kind")?.text()? == "ACRAccessToken";
    Some(reference.get("name")?.text()?.into_owned()).filter(|_| only && is_acr)
}

/// Whether a token of a registry, which lives for three hours, ends before an interval such as `24h` or `3h30m` does. After
/// none, `0`, it is never renewed.
fn is_too_long(interval: Node<'_>) -> bool {
    let Some(text) = interval.text() else { return false };
    let mut seconds = 0.0;
    let mut rest = &*text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let unit = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit).unwrap_or((behind, ""));
        let Ok(number) = number.parse::<f64>() else { return false };
        seconds += match unit {
            "h" => number * 3600.0,
            "m" => number * 60.0,
            "s" => number,
            "ms" | "us" | "ns" => 0.0,
            "" if number == 0.0 => 0.0,
            _ => return false,
        };
        rest = behind;
    }
    seconds > 3.0 * 3600.0 || seconds == 0.0 && !text.is_empty()
}

fn keys_of(map: Node<'_>) -> Vec<String> {
    map.entries().iter().map(|entry| entry.name().into_owned()).collect()
}

/// The texts under one key of each of a list's items.
fn texts(list: Option<Node<'_>>, key: &str) -> Vec<String> {
    let items = list.into_iter().flat_map(Node::items);
    items.filter_map(|item| Some(item.get(key)?.text()?.into_owned())).collect()
}

/// What a template fills in may stand in clear beside it.
fn mask_template(template: Option<Node<'_>>, facts: &mut FileFacts) {
    if let Some(data) = template.and_then(|template| template.get("data")) {
        secret::mask_values(data, facts);
    }
}

/// The registry in a templated docker config, where there is just one and it is written out.
fn registry(reader: &Reader<'_>, config: Node<'_>) -> Option<Field<String>> {
    let span = reader.span(config);
    if is_template(config) {
        return Some(Field::Unknown(Why::Placeholder, span));
    }
    let text = config.text()?;
    let inner = text.split_once("\"auths\"")?.1.trim_start().strip_prefix(':')?.trim_start().strip_prefix('{')?;
    let (host, rest) = inner.trim_start().strip_prefix('"')?.split_once('"')?;
    let body = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('{')?;
    // A second registry would stand behind the first one's closing brace, outside template actions.
    let end = closing_brace(body)?;
    if body.get(end + 1..)?.trim_start().starts_with(',') {
        return None;
    }
    Some(if crate::placeholder::find(host).is_some() {
        Field::Unknown(Why::Placeholder, span)
    } else {
        Field::Known(host.to_owned(), span)
    })
}

/// Where the brace that is open at the start of `text` closes; template actions are stepped over.
fn closing_brace(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        if let Some(action) = rest.strip_prefix("{{") {
            at += 4 + action.find("}}")?;
        } else if rest.starts_with('}') {
            return Some(at);
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
}
