//! What a typed Azure resource states, whatever language it is written in. Readers bring their own [`Value`] and fill a
//! [`Resource`]; none of them knows what is in it.

mod cluster;
mod grant;
mod registry;
mod resource;
mod time;
mod value;

use crate::fact::AzureFacts;

pub(super) use resource::Resource;
pub(super) use value::{Value, guid, times};

/// Turns a resource into facts. Tells whether its type is one that matters to pulling.
pub(super) fn lower<V: Value>(resource: &Resource<V>, facts: &mut AzureFacts) -> bool {
    match resource.kind.to_ascii_lowercase().as_str() {
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
        "microsoft.authorization/denyassignments" => facts.deny_assignments.push(grant::deny_assignment(resource)),
        _ => return false,
    }
    true
}
