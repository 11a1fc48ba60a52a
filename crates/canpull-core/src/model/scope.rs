//! Scopes: whether what is granted at one reaches a registry.

use std::collections::BTreeSet;

use crate::fact::azure::{ResourceKind, ResourceRef};
use crate::proof::Truth;

/// The parts of a resource id that tell the scopes above it, as far as the sources tell them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The full id.
    pub id: Option<String>,
    /// The resource's name.
    pub name: Option<String>,
    /// Its resource group.
    pub group: Option<String>,
    /// What stands for its resource group in the sources.
    pub group_symbols: BTreeSet<String>,
    /// Its subscription.
    pub subscription: Option<String>,
    /// What stands for its subscription in the sources.
    pub subscription_symbols: BTreeSet<String>,
    /// What stands for it in the sources.
    pub symbols: BTreeSet<String>,
    /// The first of these that was told.
    pub symbol: Option<String>,
}

impl Place {
    /// Takes over what a reference tells and this does not know yet.
    pub fn learn(&mut self, resource: &ResourceRef) {
        let fill = |own: &mut Option<String>, other: &Option<String>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        fill(&mut self.id, &resource.id);
        fill(&mut self.name, &resource.name);
        fill(&mut self.group, &resource.group);
        fill(&mut self.subscription, &resource.subscription);
        fill(&mut self.symbol, &resource.symbol);
        self.group_symbols.extend(resource.group_symbol.clone());
        self.subscription_symbols.extend(resource.subscription_symbol.clone());
        self.symbols.extend(resource.symbol.clone());
    }

    /// Whether a reference means this resource. Names of registries are unique in the world; other names only in their
    /// resource group.
    pub fn is(&self, resource: &ResourceRef) -> Truth {
        if let (Some(own), Some(other)) = (&self.id, &resource.id) {
            return same_id(own, other).into();
        }
        if resource.symbol.as_ref().is_some_and(|symbol| self.symbols.contains(symbol)) {
            return Truth::Yes;
        }
        let (Some(own), Some(other)) = (&self.name, &resource.name) else { return Truth::Unknown };
        if !own.eq_ignore_ascii_case(other) {
            return Truth::No;
        }
        if resource.kind == ResourceKind::Registry {
            return Truth::Yes;
        }
        differ(self.group.as_ref(), resource.group.as_ref()).not()
    }
}

/// Whether both are known, and not the same in any case of letters. What one of them leaves open does not differ.
fn differ(one: Option<&String>, other: Option<&String>) -> Truth {
    match (one, other) {
        (Some(one), Some(other)) => (!one.eq_ignore_ascii_case(other)).into(),
        _ => Truth::No,
    }
}

fn segments(id: &str) -> impl Iterator<Item = &str> {
    id.split('/').filter(|segment| !segment.is_empty())
}

fn same_id(one: &str, other: &str) -> bool {
    segments(one).map(str::to_ascii_lowercase).eq(segments(other).map(str::to_ascii_lowercase))
}

/// Whether a scope's id is a resource's own or one above it: segment by segment, in any case of letters.
fn is_above(scope: &str, id: &str) -> bool {
    let mut own = segments(id);
    segments(scope).all(|segment| own.next().is_some_and(|own| own.eq_ignore_ascii_case(segment)))
}

/// Whether what is granted at a scope reaches a registry. Which management groups a subscription is in, no id tells.
pub fn reaches(scope: &ResourceRef, registry: &Place) -> Truth {
    if scope.id.as_deref() == Some("/") {
        return Truth::Yes;
    }
    if scope.kind == ResourceKind::ManagementGroup {
        return Truth::Unknown;
    }
    if let (Some(scope), Some(id)) = (&scope.id, &registry.id) {
        return is_above(scope, id).into();
    }
    match scope.kind {
        ResourceKind::Registry if below_registry(scope) => Truth::No,
        ResourceKind::Registry => registry.is(scope),
        ResourceKind::ResourceGroup => {
            let elsewhere = differ(scope.subscription.as_ref(), registry.subscription.as_ref());
            in_group(scope, registry).and(elsewhere.not())
        }
        ResourceKind::NodeGroup => in_node_group(scope, registry),
        ResourceKind::Subscription if shares_subscription(scope, registry) => Truth::Yes,
        ResourceKind::Subscription => {
            same_name(scope.subscription.as_ref().or(scope.name.as_ref()), registry.subscription.as_ref())
        }
        ResourceKind::Other if scope.is_open() => Truth::Unknown,
        _ => Truth::No,
    }
}

/// Whether a registry is in a resource group. One that a symbol stands for may have any name.
fn in_group(group: &ResourceRef, registry: &Place) -> Truth {
    if group.symbol.as_ref().is_some_and(|symbol| registry.group_symbols.contains(symbol)) {
        return Truth::Yes;
    }
    same_name(group.name.as_ref().or(group.group.as_ref()), registry.group.as_ref())
}

/// Whether a registry is in the resource group of a cluster's nodes. AKS makes that group itself, and calls it `MC_…`; one
/// that is told another name is known by that.
fn in_node_group(group: &ResourceRef, registry: &Place) -> Truth {
    if group.symbol.as_ref().is_some_and(|symbol| registry.group_symbols.contains(symbol)) {
        return Truth::Yes;
    }
    let is_of_nodes = |name: &str| name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("MC_"));
    match &registry.group {
        Some(name) if !name.contains('#') && !is_of_nodes(name) => Truth::No,
        _ => Truth::Unknown,
    }
}

/// Whether one symbol stands for the subscription of both.
fn shares_subscription(scope: &ResourceRef, registry: &Place) -> bool {
    scope.subscription_symbol.as_ref().is_some_and(|symbol| registry.subscription_symbols.contains(symbol))
}

fn same_name(one: Option<&String>, other: Option<&String>) -> Truth {
    match (one, other) {
        (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => Truth::Yes,
        // What stands for a name may turn out to be any; names hold no `#`.
        (Some(one), Some(other)) if !one.contains('#') && !other.contains('#') => Truth::No,
        _ => Truth::Unknown,
    }
}

/// Whether a scope goes on behind a registry's name, which Azure knows no resources of for roles.
pub fn below_registry(scope: &ResourceRef) -> bool {
    if scope.kind == ResourceKind::BelowRegistry {
        return true;
    }
    let Some(id) = &scope.id else { return false };
    let mut behind = segments(id).skip_while(|segment| !segment.eq_ignore_ascii_case("registries"));
    behind.nth(2).is_some()
}
