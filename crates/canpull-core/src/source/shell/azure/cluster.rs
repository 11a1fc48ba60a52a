//! `az aks`: clusters, and the registries that are attached to them.

use super::{Call, GROUP, NAME, printed};
use crate::acr_host::acr_host;
use crate::fact::azure::{
    ClusterFact, ClusterIdentityKind, IdentityIds, PrincipalAttribute, PrincipalRef, RegistryFact, ResourceKind,
    ResourceRef, Statement,
};
use crate::fact::grant::{GrantOrigin, RevocationFact, RoleAssignmentFact, RoleRef};
use crate::fact::{Field, Why};
use crate::source::shell::meaning;
use crate::source::shell::value::{self, Joined, Shape, Value};

const SERVICE_PRINCIPAL: &[&str] = &["--service-principal"];
const OWN_IDENTITY: &[&str] = &["--enable-managed-identity", "--assign-identity", "--assign-kubelet-identity"];

pub(super) fn run(call: &mut Call<'_, '_, '_>, command: &[&str]) -> Option<Value> {
    let statement = match command {
        ["create"] => Statement::Makes,
        ["update" | "update-credentials"] => Statement::Changes,
        ["show" | "get-credentials" | "check-acr"] => Statement::Mentions,
        ["list"] => return call.show(ResourceKind::Cluster, NAME),
        // Runs in the cluster.
        ["command", "invoke"] => {
            let text = call.arguments.value(&["--command", "-c"]).cloned();
            call.run.eval(text.as_slice(), call.range);
            return None;
        }
        _ => return None,
    };
    let clusters = call.subjects(ResourceKind::Cluster, NAME);
    for cluster in &clusters {
        if statement != Statement::Mentions || call.run.mentions(cluster) {
            fact(call, cluster, statement);
        }
        if statement == Statement::Changes {
            outlive(call, cluster);
        }
        attach(call, cluster, clusters.len() > 1 && !call.arguments.runs_in_turn());
        detach(call, cluster);
    }
    printed(&clusters, &Shape::Resource)
}

fn fact(call: &mut Call<'_, '_, '_>, cluster: &ResourceRef, statement: Statement) {
    let mut fact = ClusterFact { span: call.span(), ..ClusterFact::new(cluster.clone(), statement, call.end()) };
    if let Some(flag) = call.arguments.flag(SERVICE_PRINCIPAL) {
        fact.identity_kind = Field::Known(ClusterIdentityKind::ServicePrincipal, call.run.span(flag.range));
        let own = call.alternatives(SERVICE_PRINCIPAL);
        fact.service_principal = match own.as_slice() {
            [(joined, span)] => Some(meaning::principal(joined, call.run.path, *span)),
            _ => Some(PrincipalRef::Unknown(Why::FilledAtRunTime, call.run.span(flag.range))),
        };
    } else if let Some(flag) = call.arguments.flag(OWN_IDENTITY) {
        fact.identity_kind = Field::Known(ClusterIdentityKind::Managed, call.run.span(flag.range));
    } else if call.arguments.open {
        fact.identity_kind = Field::Unknown(Why::FilledAtRunTime, call.span());
    }
    if let Some(identity) = identity(call, &["--assign-kubelet-identity"]) {
        fact.kubelet.resource = Some(identity);
    }
    if let Some(identity) = identity(call, &["--assign-identity"]) {
        fact.control_plane.push(IdentityIds { resource: Some(identity), ..IdentityIds::absent(call.end()) });
    }
    fact.bootstrap_registry =
        call.resources(ResourceKind::Registry, &["--bootstrap-container-registry-resource-id"]).pop();
    fact.node_group = call.field(&["--node-resource-group"]);
    call.run.facts.azure.clusters.push(fact);
}

/// The identity that a flag names by its id. One of several is none.
fn identity(call: &Call<'_, '_, '_>, flag: &[&str]) -> Option<ResourceRef> {
    let mut found = call.resources(ResourceKind::Identity, flag);
    let only = found.pop().filter(|_| found.is_empty());
    // The identity's group is its own, not the cluster's.
    let group = call.arguments.text(GROUP);
    only.map(|own| match own.id {
        None if own.group.as_deref() == group => ResourceRef { group: None, ..own },
        _ => own,
    })
}

fn registries(call: &Call<'_, '_, '_>, flag: &[&str]) -> Vec<ResourceRef> {
    let found = call.alternatives(flag);
    found.iter().map(|(joined, span)| meaning::resource(ResourceKind::Registry, joined, call.run.path, *span)).collect()
}

fn attach(call: &mut Call<'_, '_, '_>, cluster: &ResourceRef, uncertain: bool) {
    let Some(flag) = call.arguments.flag(&["--attach-acr"]) else { return };
    let place = call.run.span(flag.range);
    let found = registries(call, &["--attach-acr"]);
    let maybe = call.run.maybe || uncertain || (found.len() > 1 && !call.arguments.runs_in_turn());
    // A name or an id is asked for: under its login server no registry is found.
    let is_host = |joined: &Joined| value::settled(joined).is_some_and(|text| acr_host(text).is_some());
    let names: Vec<bool> =
        call.alternatives(&["--attach-acr"]).iter().map(|(joined, _)| maybe || is_host(joined)).collect();
    // A registry of which nothing else is said is in the cloud that the script works in.
    let suffix = call.run.suffix();
    for registry in found.iter().filter(|_| suffix.is_some()) {
        if call.run.mentions(registry) {
            let mut fact = RegistryFact::new(registry.clone(), Statement::Mentions, call.end());
            fact.suffix = suffix;
            call.run.facts.azure.registries.push(RegistryFact { span: call.span(), ..fact });
        }
    }
    for (registry, maybe) in found.into_iter().zip(names) {
        let (span, end) = (call.span(), call.end());
        let scope = scope(registry);
        call.run.facts.azure.assignments.push(RoleAssignmentFact {
            principal: kubelet(cluster, place),
            role: RoleRef { written: Field::Known("AcrPull".to_owned(), place), symbol: None },
            scope,
            maybe,
            ..RoleAssignmentFact::bare(GrantOrigin::Attach, end, span)
        });
    }
}

/// Whoever pulls after a change of identity is not whom the registries were attached for: the grants above may not be for
/// it. Source: Microsoft's page on the migration from a service principal, which asks to attach anew.
fn outlive(call: &mut Call<'_, '_, '_>, cluster: &ResourceRef) {
    let same =
        |other: &ResourceRef| (&other.id, &other.name, &other.symbol) == (&cluster.id, &cluster.name, &cluster.symbol);
    let azure = &mut call.run.facts.azure;
    let was_principal = azure
        .clusters
        .iter()
        .any(|fact| same(&fact.resource) && fact.identity_kind.known() == Some(&ClusterIdentityKind::ServicePrincipal));
    let changes = call.arguments.has(&["--assign-kubelet-identity"])
        || (was_principal && call.arguments.has(&["--enable-managed-identity"]));
    if !changes {
        return;
    }
    for grant in azure.assignments.iter_mut().filter(|grant| grant.origin == GrantOrigin::Attach) {
        if let PrincipalRef::Of { resource, .. } = &grant.principal {
            grant.maybe |= same(resource);
        }
    }
}

fn detach(call: &mut Call<'_, '_, '_>, cluster: &ResourceRef) {
    let Some(flag) = call.arguments.flag(&["--detach-acr"]) else { return };
    let place = call.run.span(flag.range);
    for registry in registries(call, &["--detach-acr"]) {
        let span = call.span();
        call.run.facts.azure.revocations.push(RevocationFact {
            principal: kubelet(cluster, place),
            role: RoleRef { written: Field::Known("AcrPull".to_owned(), place), symbol: None },
            scope: scope(registry),
            span,
        });
    }
}

fn kubelet(cluster: &ResourceRef, span: canpull_syntax::Span) -> PrincipalRef {
    PrincipalRef::Of { resource: cluster.clone(), attribute: PrincipalAttribute::KubeletObjectId, span }
}

fn scope(registry: ResourceRef) -> Field<ResourceRef> {
    let span = registry.span;
    if registry.is_open() { Field::Unknown(Why::FilledAtRunTime, span) } else { Field::Known(registry, span) }
}
