//! What stands in the directory: service principals, applications, their credentials; and registries' admin users.

use super::json::Json;
use crate::fact::azure::{RegistryFact, ResourceKind, ResourceRef, ServicePrincipalFact, Statement};
use crate::fact::{Field, FileFacts};
use crate::lowering::{Value, guid, times};

/// What only a service principal has.
const SERVICE_PRINCIPAL: [&str; 5] = [
    "servicePrincipalNames",
    "servicePrincipalType",
    "appOwnerOrganizationId",
    "appOwnerTenantId",
    "appRoleAssignmentRequired",
];

/// What only an application has.
const APPLICATION: [&str; 5] =
    ["identifierUris", "signInAudience", "requiredResourceAccess", "availableToOtherTenants", "publisherDomain"];

/// When a credential ends, by the names that Microsoft Graph and its forerunner gave it.
const END: [&str; 2] = ["endDateTime", "endDate"];

/// Reads an object. Tells whether it is known.
pub(super) fn read(value: Json<'_>, facts: &mut FileFacts) -> bool {
    let Some(fact) = application(value) else { return admin_user(value, facts) };
    facts.azure.service_principals.push(fact);
    true
}

fn application(value: Json<'_>) -> Option<ServicePrincipalFact> {
    let written = |key: &str| value.get(key).is_some();
    let made = written("appId") && written("tenant");
    // `--sdk-auth` prints other names for the same.
    let for_sdk = written("clientId") && written("clientSecret") && written("tenantId");
    let principal = SERVICE_PRINCIPAL.iter().any(|key| written(key));
    let application = APPLICATION.iter().any(|key| written(key));
    let app_id = id(value, &[if for_sdk { "clientId" } else { "appId" }]);
    let object_id = id(value, &["id", "objectId"]);
    app_id.known()?;
    let none = Field::Absent(value.start());
    let (kind, object_id, application_object_id) = match (principal, application) {
        (true, _) => (ResourceKind::ServicePrincipal, object_id, none),
        (false, true) => (ResourceKind::Application, none, object_id),
        (false, false) if made || for_sdk => (ResourceKind::ServicePrincipal, none.clone(), none),
        (false, false) => return None,
    };
    let display_name = value.at(&["displayName"]).map(Value::text);
    let name = display_name.and_then(|name| name.text().map(str::to_owned));
    Some(ServicePrincipalFact {
        resource: ResourceRef { name, ..ResourceRef::unknown(kind, value.span()) },
        statement: Statement::Shows,
        object_id,
        app_id,
        application_object_id,
        secrets_end: value.at(&["passwordCredentials"]).map(|list| times(list, &END)).unwrap_or_default(),
        span: value.span(),
    })
}

fn id(value: Json<'_>, keys: &[&str]) -> Field<String> {
    let found = keys.iter().find_map(|key| value.at(&[key]));
    found.map_or_else(|| Field::Absent(value.start()), |id| guid(id.text()))
}

/// Reads a list of credentials: whose they are it does not tell.
pub(super) fn credentials(list: Json<'_>, facts: &mut FileFacts) -> bool {
    let items = list.items();
    let is_credential = |item: &Json<'_>| item.get("keyId").is_some() && END.iter().any(|key| item.get(key).is_some());
    if items.is_empty() || !items.iter().all(is_credential) {
        return false;
    }
    let none = Field::Absent(list.start());
    facts.azure.service_principals.push(ServicePrincipalFact {
        resource: ResourceRef::unknown(ResourceKind::Application, list.span()),
        statement: Statement::Shows,
        object_id: none.clone(),
        app_id: none.clone(),
        application_object_id: none,
        secrets_end: times(list, &END),
        span: list.span(),
    });
    true
}

/// `az acr credential show`, which fails where the admin user is off. A token's passwords tell when they were made.
fn admin_user(value: Json<'_>, facts: &mut FileFacts) -> bool {
    let Some(passwords) = value.at(&["passwords"]).and_then(Value::list) else { return false };
    let Some(user) = value.at(&["username"]) else { return false };
    let Field::Known(name, span) = user.text() else { return false };
    let of_token = |password: &Json<'_>| password.get("creationTime").is_some();
    if passwords.is_empty() || passwords.iter().any(of_token) {
        return false;
    }
    let resource = ResourceRef::named(ResourceKind::Registry, name, span);
    facts.azure.registries.push(RegistryFact {
        admin_enabled: Field::Known(true, span),
        span: value.span(),
        ..RegistryFact::new(resource, Statement::Shows, value.start())
    });
    true
}
