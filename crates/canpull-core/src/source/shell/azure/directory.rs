//! `az ad`: service principals and applications, and how commands on them went out of date.

use canpull_syntax::edit::Edit;
use canpull_syntax::{TextRange, to_offset};

use super::{Call, MAX_FACTS, printed};
use crate::fact::Field;
use crate::fact::azure::{
    PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef, SecretListingFact, ServicePrincipalFact, Statement,
};
use crate::fact::grant::{GrantOrigin, RoleAssignmentFact, RoleRef};
use crate::fact::script::{SlipFact, SlipKind};
use crate::source::shell::meaning;
use crate::source::shell::query;
use crate::source::shell::value::{self, Piece, Shape, Value};

const NAME: &[&str] = &["--name", "-n", "--display-name"];
const SCOPES: &[&str] = &["--scopes", "--scope"];

/// Properties that Microsoft Graph no longer has, with what took their place.
const REMOVED: [(&str, &str); 2] = [("objectId", "id"), ("endDate", "endDateTime")];

pub(super) fn run(call: &mut Call<'_, '_, '_>, command: &[&str]) -> Option<Value> {
    // People and groups pull nothing.
    if matches!(command, ["sp" | "app", ..]) {
        removed_property(call);
    }
    match command {
        ["sp", "create-for-rbac"] => {
            urls(call, NAME, true);
            create_for_rbac(call)
        }
        ["sp", "show"] => {
            urls(call, &["--id"], false);
            shown(call, ResourceKind::ServicePrincipal)
        }
        ["sp", "create"] => {
            let printed = shown(call, ResourceKind::ServicePrincipal)?;
            for own in printed.alternatives().iter().filter_map(|joined| value::as_output(joined)) {
                if matches!(own.shape, Shape::Directory(_) | Shape::Resource) {
                    note(call, own.resource.clone(), Statement::Makes);
                }
            }
            Some(printed)
        }
        ["sp", "list"] => listed(call, ResourceKind::ServicePrincipal),
        ["sp", "credential", "reset"] => {
            urls(call, &["--name", "-n", "--id"], false);
            let named = shown_by(call, ResourceKind::ServicePrincipal, &["--id", "--name", "-n"])?;
            Some(match named.as_output().map(|output| &output.shape) {
                Some(Shape::Resource) => named.shaped(&Shape::ForRbac),
                _ => named,
            })
        }
        ["sp" | "app", "credential", "list"] => {
            list_secrets(call);
            None
        }
        ["app", "create"] => {
            let found = call.subjects(ResourceKind::Application, &["--display-name"]);
            for own in &found {
                note(call, own.clone(), Statement::Makes);
            }
            printed(&found, &Shape::Resource)
        }
        ["app", "show"] => shown(call, ResourceKind::Application),
        ["app", "list"] => listed(call, ResourceKind::Application),
        _ => None,
    }
}

/// A listing of secrets into a file. A query may leave some out.
fn list_secrets(call: &mut Call<'_, '_, '_>) {
    let (Some(output), Field::Known(id, _)) = (call.output, call.field(&["--id"])) else { return };
    if call.arguments.open || call.arguments.has(&["--query"]) {
        return;
    }
    let span = call.span();
    let listings = call.places(output).into_iter().map(|output| SecretListingFact { output, id: id.clone(), span });
    call.run.facts.azure.secret_listings.extend(listings);
}

fn note(call: &mut Call<'_, '_, '_>, resource: ResourceRef, statement: Statement) {
    // What another resource tells of itself is no service principal of its own.
    if !matches!(resource.kind, ResourceKind::ServicePrincipal | ResourceKind::Application) || resource.is_open() {
        return;
    }
    let resource = ResourceRef { kind: ResourceKind::ServicePrincipal, ..resource };
    let (span, end) = (call.span(), call.end());
    call.run.facts.azure.service_principals.push(ServicePrincipalFact {
        resource,
        statement,
        object_id: Field::Absent(end),
        app_id: Field::Absent(end),
        application_object_id: Field::Absent(end),
        secrets_end: Vec::new(),
        span,
    });
}

fn listed(call: &mut Call<'_, '_, '_>, kind: ResourceKind) -> Option<Value> {
    printed(&call.subjects(kind, &["--display-name"]), &Shape::Resource)
}

fn shown(call: &mut Call<'_, '_, '_>, kind: ResourceKind) -> Option<Value> {
    shown_by(call, kind, &["--id"])
}

/// The directory's entry for an id: an application id, an object id or an old name.
fn shown_by(call: &mut Call<'_, '_, '_>, kind: ResourceKind, flag: &[&str]) -> Option<Value> {
    let mut shown: Option<Value> = None;
    for (joined, span) in call.alternatives(flag) {
        let own = if let Some(output) = value::as_output(&joined) {
            match meaning::attribute(output) {
                Some((resource, attribute)) => entry(kind, resource, attribute),
                None => Value::unknown(),
            }
        } else if let Some(text) = value::settled(&joined)
            && meaning::without_scheme(text) == text
        {
            let of = ResourceRef::unknown(kind, span);
            let shape = Shape::DirectoryOf(text.to_owned());
            if kind == ResourceKind::Application {
                Value::output(of, Shape::Resource)
            } else {
                Value::output(of, shape)
            }
        } else {
            let resource = meaning::resource(kind, &joined, call.run.path, span);
            Value::output(resource, Shape::Resource)
        };
        shown = Some(match shown {
            Some(shown) => shown.or(own),
            None => own,
        });
    }
    shown
}

fn entry(kind: ResourceKind, resource: ResourceRef, attribute: PrincipalAttribute) -> Value {
    match (resource.kind, kind) {
        (ResourceKind::ServicePrincipal | ResourceKind::Application, kind) => {
            Value::output(ResourceRef { kind, ..resource }, Shape::Resource)
        }
        // The application of a managed identity is of no use here.
        (_, ResourceKind::Application) => Value::unknown(),
        _ => Value::output(resource, Shape::Directory(attribute)),
    }
}

fn create_for_rbac(call: &mut Call<'_, '_, '_>) -> Option<Value> {
    let mut found = call.subjects(ResourceKind::ServicePrincipal, NAME);
    if let [own] = found.as_mut_slice()
        && !call.arguments.has(NAME)
    {
        // Each command makes another one.
        let line = call.run.facts.lines.position(own.span.range.start).line;
        own.symbol = Some(call.run.symbol(&format!("az ad sp create-for-rbac (line {line})")));
    }
    let (role, scopes) = (call.arguments.flag(&["--role"]), call.arguments.flag(SCOPES));
    match (role, scopes) {
        (Some(role), None) if !call.arguments.open => slip(call, SlipKind::RoleWithoutScopes, role.range),
        (None, Some(scopes)) if !call.arguments.open => slip(call, SlipKind::ScopesWithoutRole, scopes.range),
        _ => {}
    }
    for own in &found {
        note(call, own.clone(), Statement::Makes);
        if let (Some(_), Some(scopes)) = (role, scopes) {
            for argument in scopes.values.iter().take(MAX_FACTS) {
                let span = call.span_of(argument);
                let alternatives = argument.value.alternatives();
                for joined in alternatives {
                    let scope = meaning::scope(joined, call.run.path, span);
                    let one_of = alternatives.len() > 1 || found.len() > 1;
                    grant(call, own, scope, one_of && !call.arguments.runs_in_turn());
                }
            }
        }
    }
    printed(&found, &Shape::ForRbac)
}

fn grant(call: &mut Call<'_, '_, '_>, own: &ResourceRef, scope: Field<ResourceRef>, uncertain: bool) {
    let (span, end) = (call.span(), call.end());
    let role = RoleRef { written: call.field(&["--role"]), symbol: None };
    let principal = PrincipalRef::Of { resource: own.clone(), attribute: PrincipalAttribute::ObjectId, span: own.span };
    let maybe = call.run.maybe || uncertain;
    call.run.facts.azure.assignments.push(RoleAssignmentFact {
        principal,
        principal_type: Field::Known("ServicePrincipal".to_owned(), span),
        role,
        scope,
        maybe,
        ..RoleAssignmentFact::bare(GrantOrigin::CreateForRbac, end, span)
    });
}

fn slip(call: &mut Call<'_, '_, '_>, kind: SlipKind, range: TextRange) {
    let span = call.run.span(range);
    call.run.facts.script.slips.push(SlipFact { kind, span, edits: Vec::new() });
}

/// Names that once were identifiers: `http://…`. The command that makes one says what it is called; what is looked up is
/// called as it is.
fn urls(call: &mut Call<'_, '_, '_>, flag: &[&str], makes: bool) {
    let Some(argument) = call.arguments.value(flag) else { return };
    let is_url = |joined: &[Piece]| matches!(joined.first(), Some(Piece::Text(text)) if meaning::without_scheme(text).len() < text.len());
    if !argument.value.alternatives().iter().any(|joined| is_url(joined)) {
        return;
    }
    let written = call.run.slice(argument.range);
    let scheme = to_offset(written.len() - meaning::without_scheme(written).len());
    let range = TextRange::new(argument.range.start, argument.range.start + scheme);
    let edit = (makes && scheme > 0).then(|| Edit { range: call.run.place(range), text: String::new() });
    let span = call.run.span(argument.range);
    let edits = edit.into_iter().collect();
    call.run.facts.script.slips.push(SlipFact { kind: SlipKind::ServicePrincipalUrl, span, edits });
}

/// `--query objectId`, which has been `id` since Microsoft Graph.
fn removed_property(call: &mut Call<'_, '_, '_>) {
    let Some(argument) = call.arguments.value(&["--query"]) else { return };
    let Some(written) = argument.value.as_text() else { return };
    let Some(query) = query::jmes_path(written) else { return };
    let Some(last) = query.path.last() else { return };
    let Some((written_key, replacement)) = REMOVED.iter().find(|(removed, _)| removed == last) else { return };
    let start = query.last.filter(|_| argument.literal).map(|(start, _)| argument.range.start + to_offset(start));
    let place = start.map_or(argument.range, |start| TextRange::new(start, start + to_offset(written_key.len())));
    let span = call.run.span(place);
    let edits = match start {
        Some(_) => vec![Edit { range: span.range, text: (*replacement).to_owned() }],
        None => Vec::new(),
    };
    let kind = SlipKind::RemovedProperty { written: (*written_key).to_owned(), replacement };
    call.run.facts.script.slips.push(SlipFact { kind, span, edits });
}
