//! Objects of Azure Service Operator, version 2, in the shape that Azure itself gives their resources.

use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, Property};
use canpull_syntax::{Kind, Node, TextRange};

use super::super::object::Reader;
use super::value::{OTHER, Writer, entry, object, opaque};
use super::{objects, secret_of_type, value};
use crate::fact::template::{Named, Resource, Terms};
use crate::fact::{FileFacts, ObjectMeta, ProducerFact};

/// A kind of the operator that bears on pulling.
struct Own {
    group: &'static str,
    kind: &'static str,
    /// Its type in Azure.
    azure: &'static str,
    /// What the operator's `operatorSpec.configMaps` hands on, with the way to it.
    exports: &'static [(&'static str, &'static [&'static str])],
}

const GROUP: &str = "resources.azure.com";

const KINDS: [Own; 7] = [
    own(GROUP, "ResourceGroup", "Microsoft.Resources/resourceGroups", &[]),
    own("containerregistry.azure.com", "Registry", "Microsoft.ContainerRegistry/registries", &[]),
    own(
        "containerservice.azure.com",
        "ManagedCluster",
        "Microsoft.ContainerService/managedClusters",
        &[("principalId", &["identity", "principalId"])],
    ),
    own(
        "managedidentity.azure.com",
        "UserAssignedIdentity",
        IDENTITY,
        &[("principalId", &["principalId"]), ("clientId", &["clientId"])],
    ),
    own("managedidentity.azure.com", "FederatedIdentityCredential", FEDERATED, &[]),
    own("authorization.azure.com", "RoleAssignment", "Microsoft.Authorization/roleAssignments", &[]),
    own("authorization.azure.com", "RoleDefinition", "Microsoft.Authorization/roleDefinitions", &[]),
];

const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
const FEDERATED: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

const ANY: Own = own("", "", OTHER, &[]);

const fn own(
    group: &'static str,
    kind: &'static str,
    azure: &'static str,
    exports: &'static [(&'static str, &'static [&'static str])],
) -> Own {
    Own { group, kind, azure, exports }
}

/// What the operator leaves alone is there already.
const POLICY: &str = "serviceoperator.azure.com/reconcile-policy";

/// Keys that tell the operator what to do, not what the resource is.
const APART: [&str; 3] = ["azureName", "operatorSpec", "owner"];

/// What the operator has seen of a resource, where the object tells.
const SHOWN: [(&str, &str); 4] = [
    ("Registry", "loginServer"),
    ("ManagedCluster", "identityProfile"),
    ("UserAssignedIdentity", "principalId"),
    ("UserAssignedIdentity", "clientId"),
];

/// Reads an object of the operator.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let Some(spec) = node.get("spec").filter(|spec| group.ends_with(".azure.com") && spec.kind() == Kind::Map) else {
        return;
    };
    secrets(reader, spec, meta, facts);
    let own = KINDS.iter().find(|own| own.group == group && own.kind == meta.kind);
    // Of anything else it counts whose identity it has.
    let Some(own) = own.or_else(|| spec.get("identity").map(|_| &ANY)) else { return };
    let writer = Writer::new(reader, node);
    let exported = exports(&writer, own, spec);
    let resource = Resource {
        symbol: Some(writer.key(group, &meta.kind, &writer.name).into()),
        ..resource(&writer, own, node, spec)
    };
    let objects = objects(facts);
    objects.variables.extend(exported);
    objects.resources.push(resource);
}

fn resource(writer: &Writer<'_>, own: &Own, node: Node<'_>, spec: Node<'_>) -> Resource {
    let is = |kind: &str| own.kind == kind;
    let policy = node.at(&["metadata", "annotations", POLICY]).and_then(Node::text);
    let skipped = policy.as_deref() == Some("skip");
    // An adopted resource may have more than is written.
    let adopted = policy.as_deref() == Some("detach-on-delete") && !is("RoleAssignment");
    let owner = spec.get("owner").map(|owner| reference(writer, owner, default_owner(own)));
    let written = spec.get("azureName").or_else(|| node.at(&["metadata", "name"]));
    let mut body = writer.shaped(spec, &|key, value| shaped(writer, own, key, value));
    if let ExpressionKind::Object(written) = body.kind {
        let mut properties = written.into_vec();
        let known = node.get("status").map(|status| (status, SHOWN.iter().filter(|(kind, _)| is(kind))));
        let shown = known.into_iter().flat_map(|(status, keys)| keys.filter_map(move |(_, key)| status.entry(key)));
        let unsaid = shown.filter(|seen| spec.get(&seen.name()).is_none());
        properties.extend(unsaid.map(|seen| entry(&seen.name(), writer.value(seen.value))));
        if is("RoleAssignment") && spec.get("principalType").is_none() {
            // An operator tries again until the directory knows whom it is for.
            properties.push(opaque("principalType", spec.range()));
        }
        body.kind = ExpressionKind::Object(properties.into());
    }
    Resource {
        symbol: None,
        kind: own.azure.into(),
        existing: skipped || adopted,
        // Definitions of roles are named by ids that the operator makes.
        name: written
            .filter(|_| !is("RoleDefinition") || spec.get("azureName").is_some())
            .map(|name| writer.value(name)),
        scope: if is("FederatedIdentityCredential") || (owner.is_none() && is("ResourceGroup")) {
            None
        } else {
            Some(owner.clone().unwrap_or_else(|| Expression::opaque(spec.range())))
        },
        parent: owner.filter(|_| is("FederatedIdentityCredential")),
        within: None,
        group: None,
        words: &[],
        provider: None,
        changes: None,
        settings: Vec::new(),
        terms: Terms {
            // Whether what is left alone is as written, no source tells.
            condition: (skipped && is("RoleAssignment")).then(|| Expression::opaque(spec.range())),
            each: None,
        },
        body: value::body(own.azure, body, node.range()),
        with_type: None,
    }
}

/// The kind of an owner that does not tell it.
fn default_owner(own: &Own) -> (&'static str, &'static str) {
    match own.kind {
        "FederatedIdentityCredential" => ("managedidentity.azure.com", "UserAssignedIdentity"),
        _ => (GROUP, "ResourceGroup"),
    }
}

/// How an entry of a specification is called in Azure.
fn shaped(writer: &Writer<'_>, own: &Own, key: &str, value: Node<'_>) -> Option<Property> {
    let range = value.range();
    let property = |key: &str, value: Expression| Some(entry(key, value));
    if APART.contains(&key) {
        return property(key, Expression::new(range, ExpressionKind::Null));
    }
    if let Some(key) = key.strip_suffix("FromConfig") {
        return property(key, writer.config_value(value));
    }
    if let Some(key) = key.strip_suffix("Reference") {
        return property(&format!("{key}Id"), reference(writer, value, (own.group, own.kind)));
    }
    if key == "userAssignedIdentities" && value.kind() == Kind::List {
        let given = value.items().filter_map(|item| item.get("reference").or_else(|| item.get("resourceReference")));
        let given = given.map(|given| Property {
            key: reference(writer, given, ("managedidentity.azure.com", "UserAssignedIdentity")),
            value: object(Vec::new(), given.range()),
        });
        return property(key, object(given.collect(), range));
    }
    None
}

/// What a reference means: an id in Azure, a role of Azure's own by its name, or an object of the same namespace.
fn reference(writer: &Writer<'_>, node: Node<'_>, or: (&str, &str)) -> Expression {
    if let Some(id) = node.get("armId").or_else(|| node.get("wellKnownName")).filter(|id| !id.is_null()) {
        return writer.value(id);
    }
    let told = |key: &str| node.get(key).and_then(Node::text);
    let (group, kind) = (told("group"), told("kind"));
    let (group, kind) = (group.as_deref().unwrap_or(or.0), kind.as_deref().unwrap_or(or.1));
    let Some(name) = told("name") else { return Expression::opaque(node.range()) };
    let azure = KINDS.iter().find(|own| own.group == group && own.kind == kind).map(|own| own.azure);
    // Of any other kind its type is as good as any other that has nothing to do with pulling.
    let azure = azure.unwrap_or(OTHER);
    writer.object((group, kind, &name), azure, node.range())
}

/// What the operator puts into `ConfigMap`s.
fn exports(writer: &Writer<'_>, own: &Own, spec: Node<'_>) -> Vec<Named> {
    let export = |place: Node<'_>, path: Option<Vec<&str>>| {
        let told = |key: &str| place.get(key).and_then(Node::text);
        let name = writer.config_key(&told("name")?, &told("key")?);
        let range = place.range();
        let value = match path {
            Some(path) => part(writer.object((own.group, own.kind, &writer.name), own.azure, range), &path, range),
            None => Expression::opaque(range),
        };
        Some(Named { name: name.into(), value })
    };
    let maps = spec.at(&["operatorSpec", "configMaps"]).map(Node::entries).unwrap_or_default();
    let plain = maps.into_iter().filter_map(|entry| {
        let known = own.exports.iter().find(|(key, _)| *key == entry.name());
        export(entry.value, known.map(|(_, path)| path.to_vec()))
    });
    let expressions = spec.at(&["operatorSpec", "configMapExpressions"]).into_iter().flat_map(Node::items);
    let computed = expressions.filter_map(|item| {
        let value = item.get("value").and_then(Node::text).unwrap_or_default();
        let path = value.trim().strip_prefix("self.status.").and_then(path_of);
        export(item, path.as_ref().map(|path| path.iter().map(String::as_str).collect()))
    });
    plain.chain(computed).collect()
}

/// The keys of `identityProfile["kubeletidentity"].objectId`; `None` of what computes more.
fn path_of(expression: &str) -> Option<Vec<String>> {
    let plain =
        expression.replace("[\"", ".").replace("['", ".").replace("\"]", "").replace("']", "").replace(".?", ".");
    let parts: Vec<String> = plain.split('.').map(str::to_owned).collect();
    let is_key = |part: &String| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts.iter().all(is_key).then_some(parts)
}

/// A part of a value.
fn part(of: Expression, path: &[&str], range: TextRange) -> Expression {
    path.iter().fold(of, |of, key| Expression::new(range, ExpressionKind::access(of, Accessor::Member((*key).into()))))
}

/// The secrets that the operator fills: all of no special type.
fn secrets(reader: &Reader<'_>, spec: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let written = spec.at(&["operatorSpec", "secrets"]).map(Node::entries).unwrap_or_default();
    let computed = spec.at(&["operatorSpec", "secretExpressions"]).into_iter().flat_map(Node::items);
    let mut made: Vec<ProducerFact> = Vec::new();
    for place in written.into_iter().map(|entry| entry.value).chain(computed) {
        let secret = secret_of_type(reader, place, "Opaque", meta);
        let known = |other: &ProducerFact| other.name.text().is_some() && other.name.text() == secret.name.text();
        if !secret.name.is_absent() && !made.iter().any(known) {
            made.push(secret);
        }
    }
    facts.producers.extend(made);
}
