//! What one choice of parameters makes and another does not, of what both know: nothing tells which is deployed.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, Span};

use super::Made;
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef, name_in};
use crate::fact::grant::RoleAssignmentFact;
use crate::fact::{AzureFacts, Field};

/// So many resources of one name are told apart.
const MAX_NAMESAKES: usize = 16;

/// What is made with the parameters of a file.
pub(super) struct Choice {
    /// That file.
    pub(super) file: Option<FileId>,
    pub(super) made: BTreeMap<FileId, Made>,
}

/// What a choice has, to be looked up.
struct Known<'c> {
    /// What it grants for certain.
    granted: BTreeSet<Granted>,
    /// Where it grants anything.
    spans: BTreeSet<Span>,
    /// Its resources, by what of them is compared.
    by_id: BTreeMap<(ResourceKind, String), Vec<&'c ResourceRef>>,
    by_name: BTreeMap<(ResourceKind, String), Vec<&'c ResourceRef>>,
}

impl<'c> Known<'c> {
    fn new(choice: &'c Choice) -> Self {
        let azure = || choice.made.values().map(|made| &made.azure);
        let mut known = Self {
            granted: azure().flat_map(|own| &own.assignments).filter(|own| !own.maybe).map(granted).collect(),
            spans: azure().flat_map(|own| &own.assignments).map(|own| own.span).collect(),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        for own in azure().flat_map(resources) {
            for (told, places) in [(&own.id, &mut known.by_id), (&own.name, &mut known.by_name)] {
                if let Some(told) = told {
                    let same = places.entry((own.kind, told.to_ascii_lowercase())).or_default();
                    // One of them is met again with each of its grants.
                    if same.len() < MAX_NAMESAKES && !same.contains(&own) {
                        same.push(own);
                    }
                }
            }
        }
        known
    }

    /// Whether a role assignment of another choice may not be there with this one: it does not make it, though it has
    /// whom it is for.
    fn disputes(&self, grant: &RoleAssignmentFact, key: &Granted, of: Option<FileId>) -> bool {
        !self.granted.contains(key) && self.has_puller(grant, of)
    }

    fn has_puller(&self, grant: &RoleAssignmentFact, of: Option<FileId>) -> bool {
        match &grant.principal {
            PrincipalRef::Of { resource, .. } => {
                let told = [(&resource.id, &self.by_id), (&resource.name, &self.by_name)];
                let namesakes = told
                    .into_iter()
                    .filter_map(|(told, places)| places.get(&(resource.kind, told.as_ref()?.to_ascii_lowercase())));
                namesakes.flatten().any(|own| means(own, resource))
            }
            // An id that the choice itself gives is for that choice alone.
            PrincipalRef::Written(_, span) => Some(span.file) != of && !self.spans.contains(&grant.span),
            PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => false,
        }
    }
}

/// Leaves open what the choices for one template do not agree on.
pub(super) fn settle(mut choices: Vec<Choice>) -> Vec<BTreeMap<FileId, Made>> {
    let mut disputed = Vec::new();
    let known: Vec<Known<'_>> = choices.iter().map(Known::new).collect();
    for (at, choice) in choices.iter().enumerate() {
        let others = || known.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
        for (file, made) in &choice.made {
            for (index, grant) in made.azure.assignments.iter().enumerate().filter(|(_, grant)| !grant.maybe) {
                let key = granted(grant);
                if others().any(|other| other.disputes(grant, &key, choice.file)) {
                    disputed.push((at, *file, index));
                }
            }
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
