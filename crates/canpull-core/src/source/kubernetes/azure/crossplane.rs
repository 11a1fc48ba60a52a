//! Objects of Crossplane's Azure provider, whose fields are those of Terraform's, in the shape that Azure itself gives
//! their resources.

use canpull_syntax::expression::{Expression, Property};
use canpull_syntax::{Kind, Node, TextRange};

use super::super::object::Reader;
use super::value::{OTHER, Writer, body, entry, object, object_in, opaque, text};
use super::{objects, secret_of_type};
use crate::fact::template::{Resource, Terms};
use crate::fact::{COMPOSITION, FileFacts, ObjectMeta, UnresolvedFact};

/// Where the provider's groups end: those without and those with namespaces.
const GROUPS: [&str; 2] = ["azure.upbound.io", "azure.m.upbound.io"];

/// A kind that bears on pulling: the start of its group, its name, its type in Azure, and what reads its fields.
type Own = (&'static str, &'static str, &'static str, fn(&Fields<'_, '_>) -> Vec<Property>);

const KINDS: [Own; 9] = [
    ("", GROUP, "Microsoft.Resources/resourceGroups", nothing),
    ("containerregistry.", REGISTRY, "Microsoft.ContainerRegistry/registries", registry),
    ("containerregistry.", "Token", "Microsoft.ContainerRegistry/registries/tokens", token),
    ("containerregistry.", "ScopeMap", "Microsoft.ContainerRegistry/registries/scopeMaps", scope_map),
    ("containerservice.", "KubernetesCluster", "Microsoft.ContainerService/managedClusters", cluster),
    ("managedidentity.", IDENTITY, "Microsoft.ManagedIdentity/userAssignedIdentities", nothing),
    (
        "managedidentity.",
        FEDERATED,
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        nothing,
    ),
    ("authorization.", "RoleAssignment", "Microsoft.Authorization/roleAssignments", role_assignment),
    ("authorization.", DEFINITION, "Microsoft.Authorization/roleDefinitions", role_definition),
];

const ANY: Own = ("", "", OTHER, |own| control_plane(own).into_iter().collect());

const GROUP: &str = "ResourceGroup";
const REGISTRY: &str = "Registry";
const IDENTITY: &str = "UserAssignedIdentity";
const DEFINITION: &str = "RoleDefinition";
const FEDERATED: &str = "FederatedIdentityCredential";

/// What a secret with the details of a connection is.
const CONNECTION: &str = "connection.crossplane.io/v1alpha1";

/// What the provider only looks at is there already.
const OBSERVED: &str = "Observe";

/// Reads an object of the provider, or a template of such.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    if group == "apiextensions.crossplane.io" && meta.kind == COMPOSITION {
        composition(reader, node, facts);
        return;
    }
    let Some(family) = GROUPS.iter().find(|family| group.ends_with(*family)) else { return };
    let Some(given) = node.at(&["spec", "forProvider"]).filter(|given| given.kind() == Kind::Map) else { return };
    if let Some(to) = node.at(&["spec", "writeConnectionSecretToRef"]) {
        facts.producers.push(secret_of_type(reader, to, CONNECTION, meta));
    }
    let start = group.strip_suffix(family).unwrap_or_default();
    let own = KINDS.iter().find(|(own, kind, ..)| *own == start && *kind == meta.kind);
    // Of anything else it counts whose identity it has.
    let other = given.get("identity").map(|_| &ANY);
    let Some(&(_, kind, azure, read)) = own.or(other) else { return };
    let writer = Writer::new(reader, node);
    let fields = Fields { writer: &writer, family, given, node };
    let mut properties = read(&fields);
    properties.extend(fields.shown(kind));
    let resource = Resource {
        symbol: Some(writer.key(group, &meta.kind, &writer.name).into()),
        kind: azure.into(),
        existing: fields.is_observed(),
        name: if kind == DEFINITION {
            fields.given.get("roleDefinitionId").map(|id| writer.value(id))
        } else {
            fields.name()
        },
        scope: fields.scope(kind),
        group: None,
        parent: fields.parent(kind),
        within: None,
        terms: Terms::default(),
        body: body(azure, object(properties, given.range()), node.range()),
        with_type: None,
        words: &[],
        provider: None,
        changes: None,
        settings: Vec::new(),
    };
    objects(facts).resources.push(resource);
}

/// The fields of one object.
struct Fields<'f, 'r> {
    writer: &'f Writer<'r>,
    /// The end of its group.
    family: &'f str,
    given: Node<'f>,
    node: Node<'f>,
}

impl Fields<'_, '_> {
    fn range(&self) -> TextRange {
        self.given.range()
    }

    /// A field, under another name.
    fn field(&self, key: &str, azure: &str) -> Option<Property> {
        self.given.get(key).map(|value| entry(azure, self.writer.value(value)))
    }

    /// A switch that Azure writes as a word.
    fn word(&self, key: &str, azure: &str) -> Option<Property> {
        let value = self.given.get(key)?;
        let word = match value.as_bool() {
            Some(on) => text(if on { "enabled" } else { "disabled" }, value.range()),
            None => Expression::opaque(value.range()),
        };
        Some(entry(azure, word))
    }

    /// A block, which older versions write as a list of one.
    fn block(&self, key: &str) -> Option<Node<'_>> {
        let block = self.given.get(key)?;
        if block.kind() == Kind::List { block.items().next() } else { Some(block) }
    }

    /// What a reference to another object means, or the value that is written for it; open where labels choose.
    fn reference(&self, key: &str, (start, kind): (&str, &str)) -> Option<Expression> {
        if let Some(value) = self.given.get(key).filter(|value| !value.is_null()) {
            return Some(self.writer.value(value));
        }
        if let Some(to) = self.given.get(&format!("{key}Ref")) {
            return Some(self.object(to, start, kind));
        }
        self.given.get(&format!("{key}Selector")).map(|by| Expression::opaque(by.range()))
    }

    fn object(&self, to: Node<'_>, start: &str, kind: &str) -> Expression {
        let Some(name) = to.get("name").and_then(Node::text) else { return Expression::opaque(to.range()) };
        let azure = KINDS.iter().find(|own| own.1 == kind).map_or(OTHER, |own| own.2);
        let key = (&*format!("{start}{}", self.family), kind, &*name);
        match to.get("namespace").and_then(Node::text) {
            Some(namespace) => object_in(&namespace, key, azure, to.range()),
            None => self.writer.object(key, azure, to.range()),
        }
    }

    /// The name in Azure.
    fn name(&self) -> Option<Expression> {
        let external = self.node.at(&["metadata", "annotations", "crossplane.io/external-name"]);
        let name = external.or_else(|| self.given.get("name")).or_else(|| self.node.at(&["metadata", "name"]));
        name.map(|name| self.writer.value(name))
    }

    /// Where it is, or what it is set upon.
    fn scope(&self, kind: &str) -> Option<Expression> {
        match kind {
            GROUP | FEDERATED | "Token" | "ScopeMap" => None,
            "RoleAssignment" | DEFINITION => Some(
                self.given.get("scope").map_or_else(|| Expression::opaque(self.range()), |own| self.writer.value(own)),
            ),
            _ => Some(self.group().unwrap_or_else(|| Expression::opaque(self.range()))),
        }
    }

    /// Its resource group.
    fn group(&self) -> Option<Expression> {
        match self.given.get("resourceGroupName").filter(|name| !name.is_null()) {
            Some(name) => Some(self.writer.resource_group(name)),
            None => self.reference("resourceGroupName", ("", GROUP)),
        }
    }

    /// What it belongs to.
    fn parent(&self, kind: &str) -> Option<Expression> {
        match kind {
            "Token" | "ScopeMap" => match self.given.get("containerRegistryName").filter(|name| !name.is_null()) {
                Some(name) => Some(self.writer.named("Microsoft.ContainerRegistry/registries", name)),
                None => self.reference("containerRegistryName", ("containerregistry.", REGISTRY)),
            },
            FEDERATED => ["userAssignedIdentityId", "parentId"]
                .iter()
                .find_map(|key| self.reference(key, ("managedidentity.", IDENTITY))),
            _ => None,
        }
    }

    fn is_observed(&self) -> bool {
        let policies = self.node.at(&["spec", "managementPolicies"]);
        let mut policies = policies.into_iter().flat_map(Node::items).peekable();
        policies.peek().is_some() && policies.all(|own| own.text().is_some_and(|own| own == OBSERVED))
    }

    /// What the provider has seen of it.
    fn shown(&self, kind: &str) -> Vec<Property> {
        let Some(seen) = self.node.at(&["status", "atProvider"]) else { return Vec::new() };
        let ids = ["principalId", "clientId"].iter().filter(|_| kind == IDENTITY);
        ids.filter_map(|key| Some(entry(key, self.writer.value(seen.get(key)?)))).collect()
    }
}

fn nothing(_: &Fields<'_, '_>) -> Vec<Property> {
    Vec::new()
}

fn registry(own: &Fields<'_, '_>) -> Vec<Property> {
    let policy = |name: &str, status: Property| {
        let range = status.value.range;
        entry("policies", object(vec![entry(name, object(vec![status], range))], range))
    };
    let sku = own.given.get("sku").map(|sku| {
        let name = entry("name", own.writer.value(sku));
        entry("sku", object(vec![name], sku.range()))
    });
    let rules = own.block("networkRuleSet").map(|rules| entry("networkRuleSet", own.writer.value(rules)));
    let all = [
        sku,
        own.field("adminEnabled", "adminUserEnabled"),
        own.field("anonymousPullEnabled", "anonymousPullEnabled"),
        own.field("roleAssignmentMode", "roleAssignmentMode"),
        own.word("publicNetworkAccessEnabled", "publicNetworkAccess"),
        rules,
        own.word("quarantinePolicyEnabled", "status").map(|status| policy("quarantinePolicy", status)),
    ];
    all.into_iter().flatten().collect()
}

fn token(own: &Fields<'_, '_>) -> Vec<Property> {
    let map = own.reference("scopeMapId", ("containerregistry.", "ScopeMap")).map(|map| entry("scopeMapId", map));
    map.into_iter().chain(own.word("enabled", "status")).collect()
}

fn scope_map(own: &Fields<'_, '_>) -> Vec<Property> {
    own.field("actions", "actions").into_iter().collect()
}

fn role_assignment(own: &Fields<'_, '_>) -> Vec<Property> {
    let fields = ["principalId", "roleDefinitionName", "condition", "conditionVersion"];
    let mut all: Vec<Property> = fields.iter().filter_map(|key| own.field(key, key)).collect();
    let role = own.reference("roleDefinitionId", ("authorization.", DEFINITION));
    all.extend(role.map(|role| entry("roleDefinitionId", role)));
    // An operator tries again until the directory knows whom it is for.
    all.push(own.field("principalType", "principalType").unwrap_or_else(|| opaque("principalType", own.range())));
    all
}

fn role_definition(own: &Fields<'_, '_>) -> Vec<Property> {
    [own.field("name", "roleName"), own.field("permissions", "permissions")].into_iter().flatten().collect()
}

fn cluster(own: &Fields<'_, '_>) -> Vec<Property> {
    let kubelet = own.block("kubeletIdentity").map(|given| {
        let id = |key: &str, azure: &str| given.get(key).map(|value| entry(azure, own.writer.value(value)));
        let ids = [id("objectId", "objectId"), id("clientId", "clientId"), id("userAssignedIdentityId", "resourceId")];
        let ids = object(ids.into_iter().flatten().collect(), given.range());
        entry("identityProfile", object(vec![entry("kubeletidentity", ids)], given.range()))
    });
    let principal = own.block("servicePrincipal").and_then(|given| {
        let id = entry("clientId", own.writer.value(given.get("clientId")?));
        Some(entry("servicePrincipalProfile", object(vec![id], given.range())))
    });
    let group = own.field("nodeResourceGroup", "nodeResourceGroup");
    [kubelet, principal, control_plane(own), group].into_iter().flatten().collect()
}

/// The identities that it is given, those of the control plane where it is a cluster.
fn control_plane(own: &Fields<'_, '_>) -> Option<Property> {
    let given = own.block("identity")?;
    let written = given.get("identityIds").into_iter().flat_map(Node::items).map(|id| own.writer.value(id));
    let meant = given.get("identityIdsRefs").into_iter().flat_map(Node::items);
    let meant = meant.map(|to| own.object(to, "managedidentity.", IDENTITY));
    let ids = written.chain(meant).map(|key| {
        let value = object(Vec::new(), key.range);
        Property { key, value }
    });
    let ids: Vec<Property> = ids.collect();
    let mut all: Vec<Property> =
        given.get("type").map(|kind| entry("type", own.writer.value(kind))).into_iter().collect();
    if !ids.is_empty() {
        all.push(entry("userAssignedIdentities", object(ids, given.range())));
    }
    Some(entry("identity", object(all, given.range())))
}

/// A template of objects, which is not read; told of where they bear on pulling.
fn composition(reader: &Reader<'_>, node: Node<'_>, facts: &mut FileFacts) {
    let written = node.range().slice(reader.input.text);
    let bears = ["RoleAssignment", "containerregistry.azure", "containerservice.azure"];
    if written.contains(".azure.") && bears.iter().any(|word| written.contains(word)) {
        let range = node.get("kind").map_or(node.range(), Node::range);
        facts.unresolved.push(UnresolvedFact { range, what: COMPOSITION });
    }
}
