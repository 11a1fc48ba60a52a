//! Clusters and the identities that they act with.

use super::value::{guid, texts, times};
use super::{Resource, Value};
use crate::fact::Field;
use crate::fact::azure::{
    ClusterFact, ClusterIdentityKind, IdentityFact, IdentityIds, PrincipalRef, ResourceKind, ResourceRef,
    ServicePrincipalFact,
};

/// What stands for the service principal's id in a cluster with managed identities.
const MSI: &str = "msi";

/// A cluster.
pub(super) fn cluster<V: Value>(resource: &Resource<V>) -> ClusterFact {
    let home = resource.home();
    let kubelet = resource.property(&["identityProfile", "kubeletidentity"]);
    let image_pull = |key| ["securityProfile", "serviceAccountImagePullProfile", key];
    ClusterFact {
        identity_kind: identity_kind(resource),
        kubelet: kubelet.map_or_else(|| IdentityIds::absent(home), ids),
        control_plane: control_plane(resource),
        service_principal: service_principal(resource),
        add_ons: add_ons(resource),
        service_account_pull: resource.flag(&image_pull("enabled")),
        service_account_default: resource.text(&image_pull("defaultManagedIdentityId")),
        bootstrap_registry: resource.property(&["bootstrapProfile", "containerRegistryId"]).map(reference),
        node_group: resource.text(&["nodeResourceGroup"]),
        no_proxy: no_proxy(resource),
        node_images: node_images(resource),
        ..ClusterFact::new(resource.reference.clone(), resource.statement, resource.span())
    }
}

/// What the nodes ask without the proxy for HTTPS that they are told of.
fn no_proxy<V: Value>(resource: &Resource<V>) -> Field<Vec<String>> {
    let of = |key| resource.property(&["httpProxyConfig", key]);
    let off = resource.flag(&["httpProxyConfig", "enabled"]).known() == Some(&false);
    match of("httpsProxy").map(Value::text).filter(|_| !off) {
        None | Some(Field::Absent(_)) => Field::Absent(resource.home()),
        // What Azure shows with its own hosts added.
        Some(proxy) => of("effectiveNoProxy")
            .map(texts)
            .filter(|list| list.known().is_some())
            .or_else(|| of("noProxy").map(texts))
            .unwrap_or_else(|| Field::Known(Vec::new(), proxy.span())),
    }
}

/// The images of the node pools, where told.
fn node_images<V: Value>(resource: &Resource<V>) -> Vec<Field<String>> {
    let pools = resource.items(&["agentPoolProfiles"]);
    let images = pools.iter().filter_map(|pool| pool.at(&["nodeImageVersion"]));
    images.map(Value::text).filter(|image| !image.is_absent()).collect()
}

/// A user-assigned identity.
pub(super) fn identity<V: Value>(resource: &Resource<V>) -> IdentityFact {
    IdentityFact {
        resource: resource.reference.clone(),
        statement: resource.statement,
        principal_id: guid(resource.text(&["principalId"])),
        client_id: guid(resource.text(&["clientId"])),
        span: resource.span(),
    }
}

/// A service principal, or the application that it stands for: they have one client id.
pub(super) fn service_principal_of_directory<V: Value>(
    resource: &Resource<V>,
    is_application: bool,
) -> ServicePrincipalFact {
    let object_id = guid(resource.text(&["id"]));
    let secrets = resource.property(&["passwordCredentials"]);
    let absent = || Field::Absent(resource.span());
    ServicePrincipalFact {
        resource: resource.reference.clone(),
        statement: resource.statement,
        app_id: guid(resource.text(&["appId"])),
        object_id: if is_application { absent() } else { object_id.clone() },
        application_object_id: if is_application { object_id } else { absent() },
        secrets_end: secrets.map(|list| times(list, &["endDateTime"])).unwrap_or_default(),
        span: resource.span(),
    }
}

/// The ids of an identity, under either name of the object id.
fn ids<V: Value>(of: V) -> IdentityIds {
    let id = |keys: &[&str]| {
        let value = keys.iter().find_map(|key| of.at(&[key]));
        value.map_or_else(|| Field::Absent(of.start()), |value| guid(value.text()))
    };
    IdentityIds {
        object_id: id(&["objectId", "principalId"]),
        client_id: id(&["clientId"]),
        resource: of.at(&["resourceId"]).map(reference),
    }
}

/// What an id means, be it open.
fn reference<V: Value>(id: V) -> ResourceRef {
    match id.resource() {
        Field::Known(resource, _) => resource,
        Field::Unknown(_, span) | Field::Absent(span) => ResourceRef::unknown(ResourceKind::Other, span),
    }
}

fn identity_kind<V: Value>(resource: &Resource<V>) -> Field<ClusterIdentityKind> {
    if let Some(kind) = resource.property(&["identity", "type"])
        && !is_none(&kind.text())
    {
        let managed = |own: V| own.text().known().is_some() && !is_none(&own.text());
        return match kind.text() {
            // One of several, each of them managed.
            _ if kind.options().into_iter().all(managed) => Field::Known(ClusterIdentityKind::Managed, kind.span()),
            Field::Known(_, span) | Field::Absent(span) => Field::Absent(span),
            Field::Unknown(why, span) => Field::Unknown(why, span),
        };
    }
    let client = resource.property(&["servicePrincipalProfile", "clientId"]);
    if let Some(PrincipalRef::Of { span, .. }) = client.map(Value::principal) {
        return Field::Known(ClusterIdentityKind::ServicePrincipal, span);
    }
    match resource.text(&["servicePrincipalProfile", "clientId"]) {
        Field::Known(id, span) if id.eq_ignore_ascii_case(MSI) => Field::Known(ClusterIdentityKind::Managed, span),
        Field::Known(_, span) => Field::Known(ClusterIdentityKind::ServicePrincipal, span),
        Field::Unknown(why, span) => Field::Unknown(why, span),
        Field::Absent(span) => Field::Absent(span),
    }
}

/// Whether a type of identity is that of a cluster without a managed one.
fn is_none(kind: &Field<String>) -> bool {
    kind.text().is_some_and(|kind| kind.eq_ignore_ascii_case("None"))
}

fn service_principal<V: Value>(resource: &Resource<V>) -> Option<PrincipalRef> {
    let id = resource.property(&["servicePrincipalProfile", "clientId"])?;
    let is_msi = id.text().text().is_some_and(|id| id.eq_ignore_ascii_case(MSI));
    (!is_msi).then(|| id.principal())
}

/// The cluster's own identity, and those that it is given.
fn control_plane<V: Value>(resource: &Resource<V>) -> Vec<IdentityIds> {
    let Some(identity) = resource.property(&["identity"]) else { return Vec::new() };
    let own = identity.at(&["principalId"]).map(|_| ids(identity));
    let given = identity.at(&["userAssignedIdentities"]).map(Value::entries).unwrap_or_default();
    let given = given.into_iter().map(|(id, of)| IdentityIds { resource: Some(reference(id)), ..ids(of) });
    own.into_iter().chain(given).collect()
}

/// Identities that are made for add-ons.
fn add_ons<V: Value>(resource: &Resource<V>) -> Vec<(String, IdentityIds)> {
    let profiles = resource.property(&["addonProfiles"]).map(Value::entries).unwrap_or_default();
    let profiles = profiles.into_iter().filter_map(|(name, profile)| {
        let Field::Known(name, _) = name.text() else { return None };
        Some((name, ids(profile.at(&["identity"])?)))
    });
    let routing = resource.property(&["ingressProfile", "webAppRouting", "identity"]);
    profiles.chain(routing.map(|identity| ("webAppRouting".to_owned(), ids(identity)))).collect()
}
