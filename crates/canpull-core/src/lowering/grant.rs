//! Role assignments, role definitions and deny assignments.

use super::value::{guid, is_guid, texts};
use super::{Resource, Value};
use crate::fact::azure::{PrincipalRef, Statement};
use crate::fact::grant::{
    DenyAssignmentFact, GrantOrigin, Permission, PrincipalAlias, RoleAssignmentFact, RoleDefinitionFact, RoleRef,
};
use crate::fact::{Field, Why};

/// A role assignment.
pub(super) fn role_assignment<V: Value>(resource: &Resource<V>) -> RoleAssignmentFact {
    let shown = resource.statement == Statement::Shows;
    let principal = resource.property(&["principalId"]);
    // The id tells more than the name, which `az` only looks up, sometimes in vain.
    let role = resource.property(&["roleDefinitionId"]).or_else(|| resource.property(&["roleDefinitionName"]));
    RoleAssignmentFact {
        origin: if shown { GrantOrigin::Listed } else { GrantOrigin::Resource },
        principal: principal.map_or_else(|| PrincipalRef::Absent(resource.home()), Value::principal),
        principal_type: principal_type(resource),
        role: role.map_or_else(|| RoleRef { written: Field::Absent(resource.home()), symbol: None }, Value::role),
        scope: resource.scope.clone(),
        // Braces and brackets are part of the language of conditions.
        condition: resource.field(&["condition"], |value| or_absent(value.written())),
        condition_version: resource.text(&["conditionVersion"]),
        name_without_principal: resource.amends.name_without_principal,
        principal_via: resource.amends.principal_via.clone(),
        puller_instead: resource.amends.puller_instead.clone(),
        with_type: resource.amends.with_type.clone(),
        with_scope: resource.amends.with_scope.clone(),
        role_at: resource.amends.role_at,
        role_is_word: false,
        // Terraform's name for it: no other language of templates lets one ask not to.
        unchecked: resource.flag(&["skipServicePrincipalCheck"]).known() == Some(&true),
        maybe: resource.maybe,
        span: resource.span(),
    }
}

/// What sort of principal it is: as told, or as what it is for shows.
fn principal_type<V: Value>(resource: &Resource<V>) -> Field<String> {
    match (resource.text(&["principalType"]), resource.amends.member) {
        (Field::Unknown(..) | Field::Absent(_), Some((sort, span))) => Field::Known(sort.to_owned(), span),
        (told, _) => told,
    }
}

/// The client id of a service principal, a managed identity among them, which `az` shows as its name. People and groups
/// have names that are no ids.
pub(super) fn alias<V: Value>(resource: &Resource<V>) -> Option<PrincipalAlias> {
    let object_id = guid(resource.text(&["principalId"]));
    let client_id = guid(resource.text(&["principalName"]));
    let differ = object_id.known()? != client_id.known()?;
    let span = client_id.span();
    differ.then_some(PrincipalAlias { object_id, client_id, span })
}

/// An empty text is as good as none.
fn or_absent(field: Field<String>) -> Field<String> {
    match field {
        Field::Known(text, span) if text.trim().is_empty() => Field::Absent(span),
        field => field,
    }
}

/// A role definition: as Azure keeps it, or as the file that one is made from.
pub(super) fn role_definition<V: Value>(resource: &Resource<V>) -> RoleDefinitionFact {
    let role_name = resource.text(&["roleName"]);
    let is_id = resource.name.text().is_some_and(is_guid);
    let permissions = match resource.property(&["permissions"]) {
        Some(list) => permissions(list),
        None if resource.property(&["actions"]).or(resource.property(&["dataActions"])).is_some() => {
            let own = resource.body.at(&["properties"]).unwrap_or(resource.body);
            permission(own).map_or_else(
                |why| Field::Unknown(why, own.span()),
                |permission| Field::Known(vec![permission], own.span()),
            )
        }
        None => Field::Absent(resource.home()),
    };
    RoleDefinitionFact {
        guid: if is_id { resource.name.clone() } else { guid_of(resource) },
        name: if role_name.is_absent() && !is_id { resource.name.clone() } else { role_name },
        symbol: resource.reference.symbol.clone(),
        permissions,
        span: resource.span(),
    }
}

/// The GUID at the end of an id.
fn guid_of<V: Value>(resource: &Resource<V>) -> Field<String> {
    match resource.text(&["id"]) {
        Field::Known(id, span) => {
            let last = id.rsplit('/').next().unwrap_or(&id).to_owned();
            if is_guid(&last) { Field::Known(last, span) } else { Field::Unknown(Why::Placeholder, span) }
        }
        field => field,
    }
}

/// A deny assignment.
pub(super) fn deny_assignment<V: Value>(resource: &Resource<V>) -> DenyAssignmentFact {
    let hit = resource.items(&["principals"]);
    let kind_is = |principal: &V, wanted: &str| {
        let kind = principal.at(&["type"]).map(Value::text);
        kind.is_some_and(|kind| kind.text().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)))
    };
    let is_everyone = |principal: &V| kind_is(principal, "SystemDefined");
    // Who is in a group, no source tells.
    let is_group = |principal: &V| ["Group", "ForeignGroup"].iter().any(|kind| kind_is(principal, kind));
    let id = |principal: &V| match principal.at(&["id"]) {
        None => Field::Absent(principal.start()),
        Some(id) if is_group(principal) => Field::Unknown(Why::FilledAtRunTime, id.span()),
        Some(id) => guid(id.text()),
    };
    DenyAssignmentFact {
        principals: hit.iter().filter(|principal| !is_everyone(principal)).map(id).collect(),
        everyone: hit.iter().any(is_everyone),
        excluded: resource.items(&["excludePrincipals"]).iter().map(id).collect(),
        permissions: resource.field(&["permissions"], permissions),
        scope: resource.scope.clone(),
        only_at_scope: resource.flag(&["doNotApplyToChildScopes"]).known() == Some(&true),
        span: resource.span(),
    }
}

fn permissions<V: Value>(value: V) -> Field<Vec<Permission>> {
    let Some(items) = value.list() else { return Field::Unknown(Why::NotText, value.span()) };
    match items.into_iter().map(permission).collect() {
        Ok(permissions) => Field::Known(permissions, value.span()),
        Err(why) => Field::Unknown(why, value.span()),
    }
}

fn permission<V: Value>(value: V) -> Result<Permission, Why> {
    let list = |key: &str| match value.at(&[key]).map(texts) {
        Some(Field::Known(texts, _)) => Ok(texts),
        Some(Field::Unknown(why, _)) => Err(why),
        Some(Field::Absent(_)) | None => Ok(Vec::new()),
    };
    let condition = value.at(&["condition"]).map(|condition| or_absent(condition.written()));
    Ok(Permission {
        actions: list("actions")?,
        not_actions: list("notActions")?,
        data_actions: list("dataActions")?,
        not_data_actions: list("notDataActions")?,
        condition: match condition {
            Some(Field::Known(text, _)) => Some(text),
            Some(Field::Unknown(why, _)) => return Err(why),
            Some(Field::Absent(_)) | None => None,
        },
    })
}
