//! The facts of Azure's resources and rights as text.

use std::fmt::Write as _;

use canpull_core::fact::azure::{ClusterFact, IdentityIds, PrincipalRef, RegistryFact, ResourceRef};
use canpull_core::fact::grant::{DenyAssignmentFact, ListingReach, Permission, RoleAssignmentFact, RoleRef};
use canpull_core::fact::{AzureFacts, Field};
use canpull_syntax::Span;

use super::{Source, field};

pub(super) fn print(source: &Source<'_>, out: &mut String) {
    let azure = &source.facts.azure;
    for fact in &azure.registries {
        registry(source, fact, out);
    }
    for fact in &azure.clusters {
        cluster(source, fact, out);
    }
    directory(source, azure, out);
    tokens(source, azure, out);
    for fact in &azure.private_endpoints {
        let (registry, approved) = (resource(&fact.registry), flag(&fact.approved));
        writeln!(out, "private-endpoint{} of {registry} approved {approved}", at(source, fact.span)).unwrap();
    }
    for fact in &azure.aliases {
        let (object, client) = (field(&fact.object_id), field(&fact.client_id));
        writeln!(out, "alias{} {object} is {client}", at(source, fact.span)).unwrap();
    }
    for fact in &azure.assignments {
        assignment(source, fact, out);
    }
    for fact in &azure.revocations {
        let (principal, role, scope) = (principal(&fact.principal), role(&fact.role), place(&fact.scope));
        writeln!(out, "revocation{} of {principal} role {role} at {scope}", at(source, fact.span)).unwrap();
    }
    for fact in &azure.role_definitions {
        let symbol = fact.symbol.as_ref().map(|symbol| format!(" symbol {symbol}")).unwrap_or_default();
        let (guid, name) = (field(&fact.guid), field(&fact.name));
        writeln!(out, "role-definition{} {guid} {name}{symbol}", at(source, fact.span)).unwrap();
        permissions(&fact.permissions, out);
    }
    for fact in &azure.deny_assignments {
        deny_assignment(source, fact, out);
    }
    for fact in &azure.listings {
        let reach = match &fact.reach {
            ListingReach::Subscription => "the subscription".to_owned(),
            ListingReach::Scope { scope, inherited: true } => format!("{} and all above", resource(scope)),
            ListingReach::Scope { scope, inherited: false } => resource(scope),
            ListingReach::SubscriptionOnly => "the subscription alone".to_owned(),
        };
        let assignee = fact.assignee.as_ref().map(|who| format!(" of {}", principal(who))).unwrap_or_default();
        writeln!(out, "listing{} into {:?} of {reach}{assignee}", at(source, fact.span), fact.output).unwrap();
    }
}

fn registry(source: &Source<'_>, fact: &RegistryFact, out: &mut String) {
    let how = format!("{:?}", fact.statement).to_lowercase();
    writeln!(out, "registry{} {how} {}", at(source, fact.span), resource(&fact.resource)).unwrap();
    writeln!(out, "  login-server {} sku {}", field(&fact.login_server), field(&fact.sku)).unwrap();
    let mode = value(&fact.mode, |mode| format!("{mode:?}").to_lowercase());
    let (anonymous, admin) = (flag(&fact.anonymous_pull), flag(&fact.admin_enabled));
    writeln!(out, "  mode {mode} anonymous {anonymous} admin {admin}").unwrap();
    let (public, allows) = (flag(&fact.public_network), flag(&fact.lets_in));
    let (quarantine, arm) = (flag(&fact.quarantine), flag(&fact.arm_tokens));
    let label = flag(&fact.domain_name_label);
    writeln!(out, "  public {public} allows {allows} quarantine {quarantine} arm-tokens {arm} label {label}").unwrap();
}

fn cluster(source: &Source<'_>, fact: &ClusterFact, out: &mut String) {
    let how = format!("{:?}", fact.statement).to_lowercase();
    writeln!(out, "cluster{} {how} {}", at(source, fact.span), resource(&fact.resource)).unwrap();
    let kind = value(&fact.identity_kind, |kind| format!("{kind:?}").to_lowercase());
    writeln!(out, "  identity {kind} node-group {}", field(&fact.node_group)).unwrap();
    if !fact.no_proxy.is_absent() {
        writeln!(out, "  no-proxy {:?}", fact.no_proxy.known()).unwrap();
    }
    writeln!(out, "  kubelet {}", ids(&fact.kubelet)).unwrap();
    for identity in &fact.control_plane {
        writeln!(out, "  control-plane {}", ids(identity)).unwrap();
    }
    for (name, identity) in &fact.add_ons {
        writeln!(out, "  add-on {name} {}", ids(identity)).unwrap();
    }
    if let Some(who) = &fact.service_principal {
        writeln!(out, "  service-principal {}", principal(who)).unwrap();
    }
    let (enabled, default) = (flag(&fact.service_account_pull), field(&fact.service_account_default));
    writeln!(out, "  service-account-pull {enabled} default {default}").unwrap();
    if let Some(registry) = &fact.bootstrap_registry {
        writeln!(out, "  bootstrap {}", resource(registry)).unwrap();
    }
}

/// Identities and service principals.
fn directory(source: &Source<'_>, azure: &AzureFacts, out: &mut String) {
    for fact in &azure.identities {
        let how = format!("{:?}", fact.statement).to_lowercase();
        writeln!(out, "identity{} {how} {}", at(source, fact.span), resource(&fact.resource)).unwrap();
        writeln!(out, "  principal {} client {}", field(&fact.principal_id), field(&fact.client_id)).unwrap();
    }
    for fact in &azure.service_principals {
        let how = format!("{:?}", fact.statement).to_lowercase();
        writeln!(out, "service-principal{} {how} {}", at(source, fact.span), resource(&fact.resource)).unwrap();
        let (object, app) = (field(&fact.object_id), field(&fact.app_id));
        writeln!(out, "  object {object} app {app} application-object {}", field(&fact.application_object_id)).unwrap();
        writeln!(out, "  secrets end {}", times(&fact.secrets_end)).unwrap();
    }
}

/// Tokens and scope maps.
fn tokens(source: &Source<'_>, azure: &AzureFacts, out: &mut String) {
    for fact in &azure.tokens {
        let registry = resource(&fact.registry);
        writeln!(out, "token{} {} of {registry}", at(source, fact.span), field(&fact.name)).unwrap();
        let (map, enabled, ends) = (field(&fact.scope_map), flag(&fact.enabled), times(&fact.passwords_end));
        writeln!(out, "  scope-map {map} enabled {enabled} passwords end {ends}").unwrap();
    }
    for fact in &azure.scope_maps {
        let registry = resource(&fact.registry);
        writeln!(out, "scope-map{} {} of {registry}", at(source, fact.span), field(&fact.name)).unwrap();
        writeln!(out, "  actions {}", value(&fact.actions, |actions| format!("{actions:?}"))).unwrap();
    }
}

fn assignment(source: &Source<'_>, fact: &RoleAssignmentFact, out: &mut String) {
    let origin = format!("{:?}", fact.origin).to_lowercase();
    let (who, what) = (principal(&fact.principal), role(&fact.role));
    let kind = field(&fact.principal_type);
    writeln!(out, "assignment{} {origin} to {who} type {kind} role {what}", at(source, fact.span)).unwrap();
    writeln!(out, "  scope {}", place(&fact.scope)).unwrap();
    if !fact.condition.is_absent() || !fact.condition_version.is_absent() {
        let (condition, version) = (field(&fact.condition), field(&fact.condition_version));
        writeln!(out, "  condition {condition} version {version}").unwrap();
    }
    let marks = [
        (fact.name_without_principal.is_some(), "name-without-principal"),
        (fact.unchecked, "unchecked"),
        (fact.maybe, "maybe"),
    ];
    for (_, mark) in marks.iter().filter(|(set, _)| *set) {
        writeln!(out, "  {mark}").unwrap();
    }
}

fn deny_assignment(source: &Source<'_>, fact: &DenyAssignmentFact, out: &mut String) {
    let fields = |list: &[Field<String>]| format!("[{}]", list.iter().map(field).collect::<Vec<_>>().join(", "));
    let (hit, spared) = (fields(&fact.principals), fields(&fact.excluded));
    let everyone = if fact.everyone { " everyone" } else { "" };
    writeln!(out, "deny-assignment{} hits {hit}{everyone} spares {spared}", at(source, fact.span)).unwrap();
    let only = if fact.only_at_scope { " alone" } else { "" };
    writeln!(out, "  scope {}{only}", place(&fact.scope)).unwrap();
    permissions(&fact.permissions, out);
}

fn permissions(permissions: &Field<Vec<Permission>>, out: &mut String) {
    let Some(known) = permissions.known() else {
        writeln!(out, "  permissions {}", value(permissions, |_| String::new())).unwrap();
        return;
    };
    for own in known {
        writeln!(out, "  actions {:?} but {:?}", own.actions, own.not_actions).unwrap();
        writeln!(out, "  data {:?} but {:?}", own.data_actions, own.not_data_actions).unwrap();
        if let Some(condition) = &own.condition {
            writeln!(out, "  if {condition:?}").unwrap();
        }
    }
}

/// The line on which a fact stands.
pub(super) fn at(source: &Source<'_>, span: Span) -> String {
    format!("@{}", source.line(span.range))
}

pub(super) fn resource(of: &ResourceRef) -> String {
    let kind = format!("{:?}", of.kind);
    let parts = [("", &of.name), (" group ", &of.group), (" in ", &of.subscription), (" symbol ", &of.symbol)];
    let parts = parts.iter().filter_map(|(label, part)| Some(format!("{label}{}", part.as_ref()?)));
    let open = if of.is_open() { "?" } else { "" };
    let id = if of.id.is_some() { " by id" } else { "" };
    format!("{kind}({open}{}{id})", parts.collect::<String>())
}

fn place(scope: &Field<ResourceRef>) -> String {
    value(scope, resource)
}

pub(super) fn principal(of: &PrincipalRef) -> String {
    match of {
        PrincipalRef::Written(text, _) => format!("{text:?}"),
        PrincipalRef::Of { resource: own, attribute, .. } => format!("{attribute:?} of {}", resource(own)),
        PrincipalRef::Unknown(why, _) => format!("?{why:?}"),
        PrincipalRef::Absent(_) => "-".to_owned(),
    }
}

fn role(of: &RoleRef) -> String {
    let symbol = of.symbol.as_ref().map(|symbol| format!(" symbol {symbol}")).unwrap_or_default();
    format!("{}{symbol}", field(&of.written))
}

fn ids(of: &IdentityIds) -> String {
    let own = of.resource.as_ref().map(|own| format!(" is {}", resource(own))).unwrap_or_default();
    format!("object {} client {}{own}", field(&of.object_id), field(&of.client_id))
}

fn times(times: &[Field<i64>]) -> String {
    let times: Vec<String> = times.iter().map(|time| value(time, i64::to_string)).collect();
    format!("[{}]", times.join(", "))
}

fn flag(of: &Field<bool>) -> String {
    value(of, bool::to_string)
}

fn value<T>(of: &Field<T>, text: impl Fn(&T) -> String) -> String {
    match of {
        Field::Known(value, _) => text(value),
        Field::Unknown(why, _) => format!("?{why:?}"),
        Field::Absent(_) => "-".to_owned(),
    }
}
