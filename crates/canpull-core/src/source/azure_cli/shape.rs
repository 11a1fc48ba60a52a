//! Which resource an object is: by its id, or by what it holds where a query left the id out.

use super::json::Json;
use crate::acr_host::acr_host;
use crate::fact::Field;
use crate::fact::azure::{ResourceRef, Statement, kind_of};
use crate::lowering::{Amends, Resource, Value, guid};

const REGISTRY: &str = "Microsoft.ContainerRegistry/registries";
const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";
const ROLE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
const ROLE_DEFINITION: &str = "Microsoft.Authorization/roleDefinitions";
const DENY_ASSIGNMENT: &str = "Microsoft.Authorization/denyAssignments";

/// The resource that an object is, if it is one.
pub(super) fn resource(value: Json<'_>) -> Option<Resource<Json<'_>>> {
    let id = value.at(&["id"]).map(Value::text).and_then(|id| id.text().map(str::to_owned));
    let of_id = id.as_deref().and_then(Id::parse);
    let resource_type = match &of_id {
        Some(id) => id.resource_type.clone(),
        None => type_by_shape(value)?.to_owned(),
    };
    let span = value.span();
    let name = match property(value, "name").map(Value::text) {
        Some(Field::Known(name, span)) => Field::Known(name.rsplit('/').next().unwrap_or(&name).to_owned(), span),
        Some(field) => field,
        None => Field::Absent(value.start()),
    };
    let reference = match &of_id {
        Some(id) => ResourceRef::from_id(&id.own, span),
        None => ResourceRef {
            name: name.text().map(str::to_owned),
            group: property(value, "resourceGroup").and_then(|group| group.text().text().map(str::to_owned)),
            ..ResourceRef::unknown(kind_of(&resource_type), span)
        },
    };
    let above = of_id.as_ref().and_then(|id| id.above.as_ref());
    let scope = match (property(value, "scope"), above) {
        (Some(scope), _) => scope.resource(),
        (None, Some(above)) => Field::Known(ResourceRef::from_id(above, span), span),
        (None, None) => Field::Absent(value.start()),
    };
    Some(Resource {
        kind: resource_type,
        reference,
        name,
        scope,
        statement: Statement::Shows,
        body: value,
        maybe: false,
        amends: Amends::default(),
    })
}

/// A property, below `properties` or beside the name.
fn property<'t>(value: Json<'t>, key: &str) -> Option<Json<'t>> {
    value.at(&["properties", key]).or_else(|| value.at(&[key]))
}

/// The parts of an id that matter here.
struct Id {
    /// Namespace and types, without the names.
    resource_type: String,
    /// The id of what it belongs to: of a registry's part, the registry's; else its own.
    own: String,
    /// The id of what it is set upon, as role assignments are; `/` is the root of all.
    above: Option<String>,
}

impl Id {
    fn parse(id: &str) -> Option<Self> {
        let segments: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
        let provider = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"))?;
        let [namespace, rest @ ..] = segments.get(provider + 1..)? else { return None };
        let types = rest.iter().step_by(2).copied();
        let resource_type = std::iter::once(*namespace).chain(types).collect::<Vec<_>>().join("/");
        let is_part = resource_type.len() > REGISTRY.len()
            && resource_type.get(..REGISTRY.len()).is_some_and(|own| own.eq_ignore_ascii_case(REGISTRY));
        // Namespace, type and name of the registry stand in front of what belongs to it.
        let own = if is_part { segments.get(..provider + 4)? } else { &segments };
        let above = segments.get(..provider).map(|above| format!("/{}", above.join("/")));
        let above = above.filter(|_| namespace.eq_ignore_ascii_case("Microsoft.Authorization"));
        Some(Self { own: format!("/{}", own.join("/")), resource_type, above })
    }
}

/// The type of an object whose id is not shown.
fn type_by_shape(value: Json<'_>) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().all(|key| property(value, key).is_some());
    let text = |key: &str| property(value, key).map(Value::text);
    let is_path = |key: &str| text(key).is_some_and(|text| text.text().is_some_and(|text| text.starts_with('/')));
    let is_id = |key: &str| text(key).is_some_and(|text| guid(text).known().is_some());
    let is_login_server =
        text("loginServer").is_some_and(|host| host.text().is_some_and(|host| acr_host(host).is_some()));
    if is_id("principalId") && is_path("scope") && (has(&["roleDefinitionId"]) || has(&["roleDefinitionName"])) {
        Some(ROLE_ASSIGNMENT)
    } else if has(&["denyAssignmentName", "permissions", "principals"]) {
        Some(DENY_ASSIGNMENT)
    } else if has(&["name", "assignableScopes"])
        && ["actions", "dataActions", "permissions"].iter().any(|key| has(&[key]))
    {
        Some(ROLE_DEFINITION)
    } else if has(&["name"]) && is_login_server {
        Some(REGISTRY)
    } else if has(&["name"])
        && property(value, "identityProfile").is_some_and(|own| own.at(&["kubeletidentity"]).is_some())
    {
        Some(CLUSTER)
    } else {
        None
    }
}
