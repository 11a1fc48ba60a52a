//! `az role`: assignments, their ends, listings and definitions.

use canpull_syntax::edit::Edit;
use canpull_syntax::{Kind, Node, Span, TextRange, yaml};

use super::{Call, MAX_FACTS};
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef};
use crate::fact::grant::{
    GrantOrigin, ListingFact, ListingReach, Permission, RevocationFact, RoleAssignmentFact, RoleDefinitionFact, RoleRef,
};
use crate::fact::script::{SlipFact, SlipKind};
use crate::fact::{Field, Why};
use crate::source::shell::arguments::Argument;
use crate::source::shell::value::{Joined, Shape, Value};
use crate::source::shell::{meaning, slip};

const ASSIGNEE: &[&str] = &["--assignee"];
const OBJECT_ID: &[&str] = &["--assignee-object-id"];
const OBJECT_TYPE: &[&str] = &["--assignee-principal-type"];
const SCOPE: &[&str] = &["--scope"];

pub(super) fn run(call: &mut Call<'_, '_, '_>, command: &[&str]) -> Option<Value> {
    match command {
        ["assignment", "create"] => create(call),
        ["assignment", "delete"] => delete(call),
        ["assignment", "list"] => list(call),
        ["definition", "create" | "update"] => define(call),
        ["definition", "list" | "show"] => {
            let name = call.arguments.text(&["--name", "-n"])?.to_owned();
            let of = ResourceRef::unknown(ResourceKind::Other, call.span());
            return Some(Value::output(of, Shape::Role(name)));
        }
        _ => {}
    }
    None
}

/// The values of a flag, or the one that is not there.
fn or_absent<T>(
    call: &Call<'_, '_, '_>,
    flag: &[&str],
    of: impl Fn(&Joined, Span) -> T,
    absent: impl Fn(Span) -> T,
) -> Vec<T> {
    let found = call.alternatives(flag);
    if found.is_empty() {
        return vec![absent(call.end())];
    }
    found.iter().map(|(joined, span)| of(joined, *span)).collect()
}

fn principals(call: &Call<'_, '_, '_>) -> Vec<PrincipalRef> {
    let flag = if call.arguments.has(OBJECT_ID) { OBJECT_ID } else { ASSIGNEE };
    let path = call.run.path;
    or_absent(call, flag, |joined, span| meaning::principal(joined, path, span), |span| missing_principal(call, span))
}

fn missing_principal(call: &Call<'_, '_, '_>, span: Span) -> PrincipalRef {
    if call.arguments.open { PrincipalRef::Unknown(Why::FilledAtRunTime, span) } else { PrincipalRef::Absent(span) }
}

fn missing<T>(call: &Call<'_, '_, '_>, span: Span) -> Field<T> {
    if call.arguments.open { Field::Unknown(Why::FilledAtRunTime, span) } else { Field::Absent(span) }
}

fn roles(call: &Call<'_, '_, '_>) -> Vec<RoleRef> {
    let role = |written| RoleRef { written, symbol: None };
    or_absent(call, &["--role"], |joined, span| role(meaning::text(joined, span)), |span| role(missing(call, span)))
}

fn scopes(call: &Call<'_, '_, '_>) -> Vec<Field<ResourceRef>> {
    let path = call.run.path;
    or_absent(call, SCOPE, |joined, span| meaning::scope(joined, path, span), |span| missing(call, span))
}

fn create(call: &mut Call<'_, '_, '_>) {
    let (principals, roles, scopes) = (principals(call), roles(call), scopes(call));
    slips(call, &roles, &scopes);
    let principal_type = call.field(OBJECT_TYPE);
    let (condition, condition_version) = (call.field(&["--condition"]), call.field(&["--condition-version"]));
    let count = principals.len() * roles.len() * scopes.len();
    let (maybe, span) = (call.run.maybe || (count > 1 && !call.arguments.runs_in_turn()), call.span());
    let unchecked = call.arguments.has(OBJECT_ID);
    let role_place = role_place(call);
    let all = principals.iter().flat_map(|principal| {
        let scopes = &scopes;
        roles.iter().flat_map(move |role| scopes.iter().map(move |scope| (principal, role, scope)))
    });
    let facts = all.take(MAX_FACTS).map(|(principal, role, scope)| RoleAssignmentFact {
        principal: principal.clone(),
        principal_type: principal_type.clone(),
        role: role.clone(),
        scope: scope.clone(),
        condition: condition.clone(),
        condition_version: condition_version.clone(),
        role_at: role_place.map(|(at, _)| at),
        role_is_word: role_place.is_some_and(|(_, is_word)| is_word),
        unchecked,
        maybe,
        ..RoleAssignmentFact::bare(GrantOrigin::Command, span, span)
    });
    let facts: Vec<RoleAssignmentFact> = facts.collect();
    call.run.facts.azure.assignments.extend(facts);
}

/// Where the role is written out, and whether it is a bare word there.
fn role_place(call: &Call<'_, '_, '_>) -> Option<(Span, bool)> {
    let argument = call.arguments.value(&["--role"]).filter(|argument| argument.literal)?;
    let before = argument.range.start.checked_sub(1)?;
    let is_quoted = matches!(call.run.slice(TextRange::new(before, argument.range.start)), "'" | "\"");
    Some((call.run.span(argument.range), !is_quoted))
}

fn slips(call: &mut Call<'_, '_, '_>, roles: &[RoleRef], scopes: &[Field<ResourceRef>]) {
    let pulls = |role: &RoleRef| role.written.text().is_some_and(is_registry_role);
    let on_registry = |scope: &Field<ResourceRef>| scope.known().is_some_and(|own| own.kind == ResourceKind::Registry);
    let is_of_registries = roles.iter().any(pulls);

    for flag in [ASSIGNEE, OBJECT_ID] {
        if let Some(argument) = call.arguments.value(flag) {
            slip::msi(call.run, argument);
        }
    }
    if let Some(flag) = call.arguments.flag(OBJECT_ID)
        && (is_of_registries || scopes.iter().any(on_registry))
        && !call.arguments.has(OBJECT_TYPE)
        && !call.arguments.open
    {
        let span = call.run.span(flag.range);
        let edits = flag.values.first().filter(|id| is_service_principal(call, id)).map(|id| with_type(call, id));
        let edits = edits.into_iter().collect();
        call.run.facts.script.slips.push(SlipFact { kind: SlipKind::ObjectIdWithoutType, span, edits });
    }
    if !call.arguments.has(SCOPE) && !call.arguments.open && is_of_registries {
        let span = call.span();
        call.run.facts.script.slips.push(SlipFact { kind: SlipKind::ScopeMissing, span, edits: Vec::new() });
    }
}

/// Whether a role is one of registries, by its name or GUID.
fn is_registry_role(role: &str) -> bool {
    const GUIDS: [&str; 5] = [
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "8311e382-0749-4cb8-b61a-304f252e45ec",
        "b93aa761-3e63-49ed-ac28-beffa264f7ac",
        "2a1e307c-b015-4ebd-883e-5b7698a07328",
        "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
    ];
    let role = role.to_ascii_lowercase();
    role.starts_with("acr") || role.starts_with("container registry ") || GUIDS.iter().any(|guid| role.ends_with(guid))
}

/// Whether an id is certain to be that of a service principal, managed identities among them.
fn is_service_principal(call: &Call<'_, '_, '_>, argument: &Argument) -> bool {
    let certain = |joined: &Joined| {
        let principal = meaning::principal(joined, call.run.path, call.span_of(argument));
        matches!(principal, PrincipalRef::Of { attribute, .. } if !matches!(attribute, PrincipalAttribute::ApplicationObjectId | PrincipalAttribute::Missing(_)))
    };
    argument.value.alternatives().iter().all(certain)
}

fn with_type(call: &Call<'_, '_, '_>, id: &Argument) -> Edit {
    // Behind the closing quote, where there is one.
    let quoted = call.run.slice(TextRange::new(id.range.end, id.range.end + 1));
    let end = if ["\"", "'"].contains(&quoted) { id.range.end + 1 } else { id.range.end };
    let at = call.run.place(TextRange::new(id.range.start, end)).end;
    Edit { range: TextRange::empty(at), text: " --assignee-principal-type ServicePrincipal".to_owned() }
}

fn delete(call: &mut Call<'_, '_, '_>) {
    if call.arguments.has(&["--ids"]) {
        return;
    }
    let span = call.span();
    let (principals, roles, scopes) = (principals(call), roles(call), scopes(call));
    // What is piped in, or left to a default, may be any.
    let told = [ASSIGNEE, OBJECT_ID, SCOPE, super::GROUP];
    if !told.iter().any(|flag| call.arguments.has(flag)) {
        return;
    }
    for principal in principals {
        for (role, scope) in roles.iter().flat_map(|role| scopes.iter().map(move |scope| (role, scope))) {
            call.run.facts.azure.revocations.push(RevocationFact {
                principal: principal.clone(),
                role: role.clone(),
                scope: scope.clone(),
                span,
            });
        }
    }
}

/// A listing into a file.
fn list(call: &mut Call<'_, '_, '_>) {
    let Some(output) = call.output else { return };
    // A query may leave some out.
    if call.arguments.open || call.arguments.has(&["--query", "--role", "--resource-group", "-g"]) {
        return;
    }
    let reach = if call.arguments.has(&["--all"]) {
        ListingReach::Subscription
    } else if call.arguments.has(SCOPE) {
        let Some(Field::Known(scope, _)) = scopes(call).pop() else { return };
        ListingReach::Scope { scope, inherited: call.arguments.has(&["--include-inherited"]) }
    } else {
        ListingReach::SubscriptionOnly
    };
    let assignee = call.arguments.has(ASSIGNEE).then(|| principals(call).pop()).flatten();
    let span = call.span();
    for output in call.places(output) {
        let (reach, assignee) = (reach.clone(), assignee.clone());
        call.run.facts.azure.listings.push(ListingFact { output, reach, assignee, span });
    }
}

/// A role definition that stands in the command.
fn define(call: &mut Call<'_, '_, '_>) {
    let Some(argument) = call.arguments.value(&["--role-definition"]) else { return };
    let Some(text) = argument.value.as_text().filter(|text| text.trim_start().starts_with('{')) else { return };
    let parsed = yaml::parse(text);
    let Some((_, root)) = parsed.roots().next() else { return };
    let (span, place) = (call.span(), call.span_of(argument));
    let either = |keys: [&str; 2]| keys.iter().find_map(|key| root.get(key));
    let name = either(["Name", "roleName"]).and_then(Node::text);
    let name = name.filter(|name| !meaning::is_placeholder(name));
    let permission = Permission {
        actions: texts(either(["Actions", "actions"])),
        not_actions: texts(either(["NotActions", "notActions"])),
        data_actions: texts(either(["DataActions", "dataActions"])),
        not_data_actions: texts(either(["NotDataActions", "notDataActions"])),
        condition: None,
    };
    call.run.facts.azure.role_definitions.push(RoleDefinitionFact {
        guid: Field::Absent(call.end()),
        name: name.map_or(Field::Unknown(Why::Placeholder, place), |name| Field::Known(name.into_owned(), place)),
        symbol: None,
        permissions: Field::Known(vec![permission], place),
        span,
    });
}

fn texts(list: Option<Node<'_>>) -> Vec<String> {
    let items = list.filter(|list| list.kind() == Kind::List).into_iter().flat_map(Node::items);
    items.filter_map(|item| Some(item.text()?.into_owned())).collect()
}
