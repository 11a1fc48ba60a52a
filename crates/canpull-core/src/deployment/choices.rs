//! What one choice of parameters makes and another does not, of what both know: nothing tells which is deployed.

use std::collections::BTreeMap;

use canpull_syntax::FileId;

use super::Made;
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef, name_in};
use crate::fact::grant::RoleAssignmentFact;
use crate::fact::{AzureFacts, Field};

/// What is made with the parameters of a file.
pub(super) struct Choice {
    /// That file.
    pub(super) file: Option<FileId>,
    pub(super) made: BTreeMap<FileId, Made>,
}

impl Choice {
    fn azure(&self) -> impl Iterator<Item = &AzureFacts> {
        self.made.values().map(|made| &made.azure)
    }

    /// Whether a role assignment of another choice may not be there with this one: it does not make it, though it has
    /// whom it is for.
    fn disputes(&self, grant: &RoleAssignmentFact, of: Option<FileId>) -> bool {
        let makes = self.azure().flat_map(|own| &own.assignments).any(|own| !own.maybe && is_same(own, grant));
        !makes && self.has_puller(grant, of)
    }

    fn has_puller(&self, grant: &RoleAssignmentFact, of: Option<FileId>) -> bool {
        match &grant.principal {
            PrincipalRef::Of { resource, .. } => self.azure().any(|own| resources(own).any(|own| means(own, resource))),
            // An id that the choice itself gives is for that choice alone.
            PrincipalRef::Written(_, span) => {
                let makes_it = self.azure().flat_map(|own| &own.assignments).any(|own| own.span == grant.span);
                Some(span.file) != of && !makes_it
            }
            PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => false,
        }
    }
}

/// Leaves open what the choices for one template do not agree on.
pub(super) fn settle(mut choices: Vec<Choice>) -> Vec<BTreeMap<FileId, Made>> {
    let mut disputed = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let others = || choices.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
        for (file, made) in &choice.made {
            let grants = made.azure.assignments.iter().enumerate().filter(|(_, grant)| !grant.maybe);
            let open = grants.filter(|(_, grant)| others().any(|other| other.disputes(grant, choice.file)));
            disputed.extend(open.map(|(index, _)| (at, *file, index)));
        }
    }
    for (at, file, index) in disputed {
        let made = choices.get_mut(at).and_then(|choice| choice.made.get_mut(&file));
        if let Some(grant) = made.and_then(|made| made.azure.assignments.get_mut(index)) {
            grant.maybe = true;
        }
    }
    choices.into_iter().map(|choice| choice.made).collect()
}

/// The clusters, identities and principals that are told of.
fn resources(facts: &AzureFacts) -> impl Iterator<Item = &ResourceRef> {
    let clusters = facts.clusters.iter().map(|own| &own.resource);
    let identities = facts.identities.iter().map(|own| &own.resource);
    let principals = facts.service_principals.iter().map(|own| &own.resource);
    let granted = facts.assignments.iter().filter_map(|own| match &own.principal {
        PrincipalRef::Of { resource, .. } => Some(resource),
        _ => None,
    });
    clusters.chain(identities).chain(principals).chain(granted)
}

/// Whether two choices mean one resource: by its id, or by its name where nothing puts it into another group.
fn means(one: &ResourceRef, other: &ResourceRef) -> bool {
    let equal = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => Some(one.eq_ignore_ascii_case(other)),
        _ => None,
    };
    one.kind == other.kind
        && equal(&one.id, &other.id).unwrap_or_else(|| {
            equal(&one.name, &other.name) == Some(true)
                && equal(&one.group, &other.group) != Some(false)
                && equal(&one.subscription, &other.subscription) != Some(false)
        })
}

/// What an assignment grants, without its places.
type Granted = (Option<(Told, Option<PrincipalAttribute>)>, [Option<String>; 2], Option<Told>, Option<String>);

/// A resource or an id, as far as it is told.
type Told = (Option<ResourceKind>, [Option<String>; 4]);

fn is_same(one: &RoleAssignmentFact, other: &RoleAssignmentFact) -> bool {
    granted(one) == granted(other)
}

fn granted(grant: &RoleAssignmentFact) -> Granted {
    let lower = |text: &str| text.to_ascii_lowercase();
    let text = |field: &Field<String>| field.text().map(lower);
    let principal = match &grant.principal {
        PrincipalRef::Of { resource, attribute, .. } => Some((told(resource), Some(attribute.clone()))),
        PrincipalRef::Written(id, _) => Some(((None, [Some(lower(id)), None, None, None]), None)),
        PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => None,
    };
    let role = [text(&grant.role.written), grant.role.symbol.as_deref().map(|own| name_in(own).to_owned())];
    (principal, role, grant.scope.known().map(told), text(&grant.condition))
}

fn told(resource: &ResourceRef) -> Told {
    let lower = |own: &Option<String>| own.as_ref().map(|own| own.to_ascii_lowercase());
    // The symbols of two choices differ in front.
    let symbol = resource.symbol.as_deref().map(|own| name_in(own).to_owned());
    (Some(resource.kind), [lower(&resource.id), lower(&resource.name), lower(&resource.group), symbol])
}
