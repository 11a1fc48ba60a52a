//! Resources and data sources, told in Azure's words.

use canpull_syntax::TextRange;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For, Property};
use canpull_syntax::hcl::{Block, Body};

use super::kind::{KINDS, Kind, OTHER_WORDS};
use super::names::resolved;
use super::{body, terms};
use crate::fact::template::{Named, Resource, Words};

/// A resource, or one that is only referred to.
pub(super) fn resource(block: &Block, kind: &str, name: &str, existing: bool) -> Resource {
    let own = &block.body;
    let known = KINDS.iter().find(|known| known.name == kind);
    let symbol = if existing { format!("data.{kind}.{name}") } else { format!("{kind}.{name}") };
    let mut told = Told { range: block.range, properties: Vec::new() };
    for (azure, words) in known.map(|known| known.told).unwrap_or_default() {
        if let Some(value) = body::at(own, words) {
            told.set(azure, value);
        }
    }
    if let Some(identities) = body::at(own, "identity.identity_ids") {
        told.set("identity.userAssignedIdentities", as_keys(identities));
    }
    let mut found = Resource {
        symbol: Some(symbol.into()),
        kind: known.map_or(kind, |known| known.azure).into(),
        existing,
        name: named(known, own),
        scope: None,
        group: body::at(own, "resource_group_name"),
        parent: None,
        within: None,
        terms: terms(own),
        body: Expression::opaque(block.range),
        with_type: None,
        words: known.map_or(OTHER_WORDS, |known| known.words),
        provider: provider(own),
        changes: None,
        settings: settings(own, known.map(|known| known.words).unwrap_or_default()),
    };
    if kind.starts_with("kubernetes_") || matches!(kind, "kubectl_manifest" | "helm_release") {
        found.name = body::at(own, "metadata.name");
        found.body = body::object(own, block.range);
        return found;
    }
    match known.map_or("", |known| known.name) {
        "azurerm_role_assignment" => {
            found.name = None;
            found.scope = Some(body::at(own, "scope").unwrap_or_else(|| Expression::opaque(block.range)));
            // The provider itself asks the directory until it knows the principal.
            let unknown = Expression::opaque(block.range);
            let named = body::at(own, "principal_type");
            let settled = named.map_or(unknown.clone(), |named| {
                Expression::new(named.range, ExpressionKind::call("coalesce", [named, unknown]))
            });
            told.set("properties.principalType", settled);
        }
        "azurerm_container_registry_token_password" => {
            found.changes = body::at(own, "container_registry_token_id");
            let both = ["password1", "password2"].into_iter().filter_map(|key| body::list(own, key));
            told.set("properties.credentials.passwords", joined(both, block.range));
        }
        "azuread_application_password" => {
            found.changes = body::at(own, "application_id").or_else(|| body::at(own, "application_object_id"));
            told.set("properties.passwordCredentials", ends(own, block.range));
        }
        "azuread_service_principal_password" => {
            found.changes = body::at(own, "service_principal_id");
            told.set("properties.passwordCredentials", ends(own, block.range));
        }
        "azurerm_federated_identity_credential" => {
            found.parent = body::at(own, "parent_id").or_else(|| body::at(own, "user_assigned_identity_id"));
        }
        "azurerm_role_definition" if existing => {
            found.name = found.name.or_else(|| body::at(own, "role_definition_id"));
        }
        "azurerm_role_definition" => {
            if let Some(name) = body::at(own, "name") {
                told.set("properties.roleName", name);
            }
            let permissions = body::list(own, "permissions").map(in_camel_case);
            told.set("properties.permissions", permissions.unwrap_or_else(|| Expression::opaque(block.range)));
        }
        _ if kind == "azapi_update_resource" => return change(own, found.clone()).unwrap_or(found),
        _ if kind == "azapi_resource" => {
            if let Some(kind) = body::at(own, "identity.type") {
                told.set("identity.type", kind);
            }
            found.body = told.into_object();
            return in_azure(own, found.clone()).unwrap_or(found);
        }
        "azurerm_subscription" => found.name = body::at(own, "subscription_id"),
        _ => {}
    }
    found.body = told.into_object();
    found
}

/// What a block says that is laid over that of a resource: nothing but what stands in it. A nested block is all of its
/// kind.
pub(super) fn part(block: &Block, kind: &str, name: &str, existing: bool) -> Resource {
    let mut found = resource(block, kind, name, existing);
    found.scope = found.scope.and_then(|scope| written(scope, block.range));
    let mut properties = match written(found.body, block.range).map(|body| body.kind) {
        Some(ExpressionKind::Object(properties)) => properties.into_vec(),
        _ => Vec::new(),
    };
    let known = KINDS.iter().find(|known| known.name == kind);
    let identities = [("identity.userAssignedIdentities", "identity.identity_ids")];
    let told = known.map(|known| known.told.iter().chain(&identities));
    for (azure, words) in told.into_iter().flatten() {
        let stands = words.split_once('.').is_some_and(|(nested, _)| block.body.blocks(nested).next().is_some());
        if stands && body::at(&block.body, words).is_none() {
            let nothing = Expression::new(block.range, ExpressionKind::Null);
            insert(&mut properties, azure, nothing, block.range);
        }
    }
    found.body = Expression::new(block.range, ExpressionKind::Object(properties.into()));
    found
}

/// A value without what stands for what a block leaves out, which has the block's own range.
fn written(value: Expression, block: TextRange) -> Option<Expression> {
    let Expression { range, kind } = value;
    let kind = match kind {
        ExpressionKind::Opaque if range == block => return None,
        ExpressionKind::Object(own) if range == block => {
            let keep = |own: Property| written(own.value, block).map(|value| Property { key: own.key, value });
            let left: Box<[Property]> = own.into_iter().filter_map(keep).collect();
            ExpressionKind::Object(if left.is_empty() { return None } else { left })
        }
        ExpressionKind::List(own) if range == block => {
            let left: Box<[Expression]> = own.into_iter().filter_map(|own| written(own, block)).collect();
            ExpressionKind::List(if left.is_empty() { return None } else { left })
        }
        kind => kind,
    };
    Some(Expression { range, kind })
}

/// A resource in Azure's own words: `azapi_resource`. Without a word of its type it is a part of one.
fn in_azure(own: &Body, mut found: Resource) -> Option<Resource> {
    let kind = own.value("type").map_or(Some("azapi_resource"), written_type)?;
    let parent = body::at(own, "parent_id");
    let range = found.body.range;
    let told = body::at(own, "body");
    let told = told.map(|told| Property {
        key: Expression::new(told.range, ExpressionKind::Spread(Box::new(told))),
        value: Expression::new(range, ExpressionKind::Null),
    });
    let mut properties: Vec<Property> = told.into_iter().collect();
    if let ExpressionKind::Object(identity) = found.body.kind {
        properties.extend(identity);
    }
    found.body = Expression::new(range, ExpressionKind::Object(properties.into()));
    let is_part = kind.to_ascii_lowercase().strip_prefix("microsoft.containerregistry/registries/").is_some();
    if is_part {
        found.parent = parent;
    } else {
        found.scope = Some(parent.unwrap_or_else(|| Expression::opaque(range)));
    }
    found.kind = kind.into();
    Some(found)
}

/// A change in Azure's own words to what is there: `azapi_update_resource`.
fn change(own: &Body, mut found: Resource) -> Option<Resource> {
    let kind = written_type(own.value("type")?)?;
    found.changes = body::at(own, "resource_id");
    if found.changes.is_none() {
        found.existing = true;
        found.scope = body::at(own, "parent_id");
    }
    found.body = body::at(own, "body")?;
    found.kind = kind.into();
    Some(found)
}

/// One list of several.
fn joined(lists: impl Iterator<Item = Expression>, range: TextRange) -> Expression {
    let spread = |list: Expression| Expression::new(list.range, ExpressionKind::Spread(Box::new(list)));
    Expression::new(range, ExpressionKind::List(lists.map(spread).collect()))
}

/// A list of one password, with its end. Without a word of that it is counted from when it is made.
fn ends(own: &Body, range: TextRange) -> Expression {
    let end = body::at(own, "end_date").unwrap_or_else(|| Expression::opaque(range));
    let mut password = Told { range, properties: Vec::new() };
    password.set("endDateTime", end);
    Expression::new(range, ExpressionKind::List([password.into_object()].into()))
}

/// A type without its version, which may be left open, or be one of two.
fn written_type(value: &Expression) -> Option<&str> {
    let text = match &value.kind {
        ExpressionKind::Text(text) => text,
        ExpressionKind::Template(parts) => parts.first()?.text().filter(|text| text.contains('@'))?,
        ExpressionKind::Condition(parts) => {
            let [_, yes, no] = &**parts;
            return written_type(yes).filter(|yes| written_type(no) == Some(yes));
        }
        _ => return None,
    };
    text.split('@').next()
}

/// What others may read of a resource as it is written: all but what Azure makes of it.
fn settings(own: &Body, words: Words) -> Vec<Named> {
    let is_made =
        |name: &str| name == "id" || words.iter().any(|(word, _)| word.split(['.', '[']).next() == Some(name));
    let told = own.attributes.iter().filter(|own| !is_made(&own.name) && !APART.contains(&&*own.name));
    let told = told.map(|own| Named { name: own.name.clone(), value: resolved(own.value.clone()) });
    let metadata = body::list(own, "metadata").map(|value| Named { name: "metadata".into(), value });
    told.chain(metadata).collect()
}

/// The configuration of its provider that a resource is made with: `azurerm.hub`. The provider's name alone is the default.
fn provider(own: &Body) -> Option<Box<str>> {
    let value = own.value("provider")?;
    match &value.kind {
        ExpressionKind::Name(_) => None,
        ExpressionKind::Access(access) => match (&access.of.kind, &access.accessor) {
            (ExpressionKind::Name(name), Accessor::Member(alias)) => Some(format!("{name}.{alias}").into()),
            _ => Some("".into()),
        },
        _ => Some(value.text().unwrap_or_default().into()),
    }
}

/// Settings that are Terraform's own.
const APART: [&str; 4] = ["count", "for_each", "provider", "depends_on"];

/// The name of a resource in Azure, with the registry's in front for what belongs to one.
fn named(known: Option<&Kind>, own: &Body) -> Option<Expression> {
    let name = body::at(own, "name").or_else(|| body::at(own, "display_name"))?;
    let Some(registry) = body::at(own, "container_registry_name").filter(|_| known.is_some()) else {
        return Some(name);
    };
    let range = name.range;
    let slash = Expression::new(TextRange::empty(range.start), ExpressionKind::Text("/".into()));
    Some(Expression::new(range, ExpressionKind::Template([registry, slash, name].into())))
}

/// An object with the items of a list as its keys.
fn as_keys(list: Expression) -> Expression {
    let range = list.range;
    let item = || Expression::new(range, ExpressionKind::Name("*".into()));
    let empty = Expression::new(range, ExpressionKind::Object(Box::default()));
    let each = For { names: vec!["*".into()], over: list, key: Some(item()), body: empty, condition: None };
    Expression::new(range, ExpressionKind::For(Box::new(each)))
}

/// The same with keys such as `not_actions` in Azure's spelling.
fn in_camel_case(value: Expression) -> Expression {
    let Expression { range, kind } = value;
    let kind = match kind {
        ExpressionKind::List(items) => ExpressionKind::List(items.into_iter().map(in_camel_case).collect()),
        ExpressionKind::For(each) => ExpressionKind::For(Box::new(For { body: in_camel_case(each.body), ..*each })),
        ExpressionKind::Object(properties) => ExpressionKind::Object(
            properties
                .into_iter()
                .map(|own| Property {
                    key: match own.key.text() {
                        Some(key) => Expression::new(own.key.range, ExpressionKind::Text(camel_case(key).into())),
                        None => own.key,
                    },
                    value: own.value,
                })
                .collect(),
        ),
        kind => kind,
    };
    Expression { range, kind }
}

/// `not_actions` as `notActions`.
fn camel_case(word: &str) -> String {
    let mut parts = word.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |word, part| {
        let mut letters = part.chars();
        let head = letters.next().map(|c| c.to_ascii_uppercase());
        word + &head.into_iter().chain(letters).collect::<String>()
    })
}

/// What is said of a resource, as an object that grows.
struct Told {
    range: TextRange,
    properties: Vec<Property>,
}

impl Told {
    /// Tells the value at the end of a path.
    fn set(&mut self, path: &str, value: Expression) {
        insert(&mut self.properties, path, value, self.range);
    }

    fn into_object(self) -> Expression {
        Expression::new(self.range, ExpressionKind::Object(self.properties.into()))
    }
}

fn insert(properties: &mut Vec<Property>, path: &str, value: Expression, range: TextRange) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let word = Expression::new(TextRange::empty(value.range.start), ExpressionKind::Text(key.into()));
    let Some(rest) = rest else {
        properties.push(Property { key: word, value });
        return;
    };
    let is_own = |own: &&mut Property| own.key.text() == Some(key);
    if let Some(own) = properties.iter_mut().find(is_own) {
        if let ExpressionKind::Object(inner) = &mut own.value.kind {
            let mut grown = std::mem::take(inner).into_vec();
            insert(&mut grown, rest, value, range);
            *inner = grown.into();
        }
        return;
    }
    let mut inner = Vec::new();
    insert(&mut inner, rest, value, range);
    properties.push(Property { key: word, value: Expression::new(range, ExpressionKind::Object(inner.into())) });
}
