//! What a typed Azure resource states, whatever language it is written in. Readers bring their own [`Value`] and fill a
//! [`Resource`]; none of them knows what is in it.

mod cluster;
mod grant;
mod registry;
mod resource;
mod segment;
mod time;
mod value;

use crate::fact::AzureFacts;

pub(crate) use resource::{Amends, Resource};
pub(crate) use segment::segments;
pub(crate) use time::seconds;
pub(crate) use value::{Value, guid, last_segment, times};

/// Whether a type of resource is one that matters to pulling. Of what is set upon another, the last parts tell.
pub(crate) fn matters(kind: &str) -> bool {
    settled(kind).is_some()
}

/// Whether a type is that of role assignments.
pub(crate) fn is_assignment(kind: &str) -> bool {
    kind.get(kind.len().saturating_sub(ASSIGNMENTS.len())..).is_some_and(|end| end.eq_ignore_ascii_case(ASSIGNMENTS))
}

const ASSIGNMENTS: &str = "roleAssignments";

/// A type without what it is set upon, in lower case, where it is one that matters.
fn settled(kind: &str) -> Option<String> {
    let kind = kind.to_ascii_lowercase();
    let kind = kind.rsplit_once("/providers/").map_or(kind.as_str(), |(_, own)| own);
    let kind = match kind {
        "roleassignments" => "microsoft.authorization/roleassignments",
        kind => kind,
    };
    KINDS.contains(&kind).then(|| kind.to_owned())
}

/// The types that matter, in lower case.
const KINDS: [&str; 11] = [
    "microsoft.containerregistry/registries",
    "microsoft.containerregistry/registries/tokens",
    "microsoft.containerregistry/registries/scopemaps",
    "microsoft.containerregistry/registries/privateendpointconnections",
    "microsoft.containerservice/managedclusters",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.authorization/denyassignments",
    "microsoft.graph/serviceprincipals",
    "microsoft.graph/applications",
];

/// Turns a resource into facts. Tells whether its type is one that matters to pulling.
pub(crate) fn lower<V: Value>(resource: &Resource<V>, facts: &mut AzureFacts) -> bool {
    let Some(kind) = settled(&resource.kind) else { return false };
    match kind.as_str() {
        "microsoft.containerregistry/registries" => registry::registry(resource, facts),
        "microsoft.containerregistry/registries/tokens" => facts.tokens.push(registry::token(resource)),
        "microsoft.containerregistry/registries/scopemaps" => facts.scope_maps.push(registry::scope_map(resource)),
        "microsoft.containerregistry/registries/privateendpointconnections" => {
            facts.private_endpoints.push(registry::private_endpoint(resource));
        }
        "microsoft.containerservice/managedclusters" => facts.clusters.push(cluster::cluster(resource)),
        "microsoft.managedidentity/userassignedidentities" => facts.identities.push(cluster::identity(resource)),
        "microsoft.authorization/roleassignments" => {
            facts.aliases.extend(grant::alias(resource));
            facts.assignments.push(grant::role_assignment(resource));
        }
        "microsoft.authorization/roledefinitions" => facts.role_definitions.push(grant::role_definition(resource)),
        "microsoft.graph/serviceprincipals" => {
            facts.service_principals.push(cluster::service_principal_of_directory(resource, false));
        }
        "microsoft.graph/applications" => {
            facts.service_principals.push(cluster::service_principal_of_directory(resource, true));
        }
        "microsoft.authorization/denyassignments" => facts.deny_assignments.push(grant::deny_assignment(resource)),
        _ => return false,
    }
    true
}
