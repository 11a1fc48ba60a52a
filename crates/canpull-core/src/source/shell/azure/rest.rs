//! `az rest`: role assignments that are made by a request of one's own.

use canpull_syntax::{Node, Span, TextRange, yaml};

use super::Call;
use crate::fact::azure::{PrincipalRef, ResourceRef};
use crate::fact::grant::{GrantOrigin, RoleAssignmentFact, RoleRef};
use crate::fact::{Field, Why};
use crate::source::shell::feed::Feed;
use crate::source::shell::meaning;
use crate::source::shell::run::Run;
use crate::source::shell::value::{Joined, Piece, Value};

const METHOD: &[&str] = &["--method", "-m"];
const URL: &[&str] = &["--url", "--uri", "-u"];
const BODY: &[&str] = &["--body", "-b"];

/// What parts the scope of a role assignment from its name, in lower case.
const ASSIGNMENTS: &str = "/providers/microsoft.authorization/roleassignments/";

/// What stands for a piece of a body that is not known, between the two.
const HOLE: [char; 2] = ['\u{e000}', '\u{e001}'];

pub(super) fn run(call: &mut Call<'_, '_, '_>) -> Option<Value> {
    let is_put = call.arguments.text(METHOD).is_some_and(|method| method.eq_ignore_ascii_case("put"));
    let url = call.arguments.value(URL).filter(|_| is_put)?;
    let span = call.span_of(url);
    let several = url.value.alternatives().len() > 1;
    let scopes: Vec<Field<ResourceRef>> = url
        .value
        .alternatives()
        .iter()
        .filter_map(|joined| Some(meaning::scope(&scope(joined)?, call.run.path, span)))
        .collect();
    let body = body(call);
    for scope in scopes {
        let mut fact = open(call.run, call.range);
        fact.scope = scope;
        fact.maybe = call.run.maybe || several;
        if let Some((body, span)) = &body {
            tell(&mut fact, body, call.run.path, *span);
        }
        call.run.facts.azure.assignments.push(fact);
    }
    None
}

/// A role assignment of which no more is known than that it is made.
pub(super) fn open(run: &Run<'_>, range: TextRange) -> RoleAssignmentFact {
    let (span, end) = (run.span(range), run.end_of(range));
    let why = Why::FilledAtRunTime;
    RoleAssignmentFact {
        principal: PrincipalRef::Unknown(why, span),
        principal_type: Field::Unknown(why, span),
        role: RoleRef { written: Field::Unknown(why, span), symbol: None },
        scope: Field::Unknown(why, span),
        unchecked: true,
        maybe: run.maybe,
        ..RoleAssignmentFact::bare(GrantOrigin::Command, end, span)
    }
}

/// The scope in an address, without the host in front; `None` where the address is none of a role assignment.
fn scope(url: &[Piece]) -> Option<Joined> {
    let at = |text: &str| text.to_ascii_lowercase().find(ASSIGNMENTS);
    let place = url.iter().position(|piece| matches!(piece, Piece::Text(text) if at(text).is_some()))?;
    let mut scope: Joined = url.get(..place)?.to_vec();
    if let Some(Piece::Text(text)) = url.get(place) {
        scope.push(Piece::Text(text.get(..at(text)?)?.to_owned()));
    }
    if let Some(Piece::Text(first)) = scope.first_mut()
        && let Some((_, rest)) = first.split_once("://")
    {
        *first = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default().to_owned();
    }
    scope.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Some(scope)
}

/// The body with its place: what stands in the command, or in a file that the script has written.
fn body(call: &Call<'_, '_, '_>) -> Option<(Joined, Span)> {
    let argument = call.arguments.value(BODY)?;
    let span = call.span_of(argument);
    let [joined] = argument.value.alternatives() else { return None };
    let Some(file) = argument.value.as_text().and_then(|text| text.strip_prefix('@')) else {
        return Some((joined.clone(), span));
    };
    match call.run.written(file)? {
        Feed::Text(body) => {
            let text = vec![Piece::Text(call.run.slice(body.range).to_owned())];
            Some((if body.expands { call.run.expanded(&text) } else { text }, call.run.span(body.range)))
        }
        _ => None,
    }
}

/// Tells what a body says of a role assignment.
fn tell(fact: &mut RoleAssignmentFact, body: &[Piece], file: &str, span: Span) {
    let mut text = String::new();
    for (at, piece) in body.iter().enumerate() {
        match piece {
            Piece::Text(own) => text.push_str(own),
            _ => text.extend([HOLE[0].to_string(), at.to_string(), HOLE[1].to_string()]),
        }
    }
    let parsed = yaml::parse(&text);
    let Some((_, root)) = parsed.roots().next() else { return };
    let value = |key: &str| -> Option<Joined> {
        let own = root.at(&["properties", key]).and_then(Node::text)?;
        Some(pieces(&own, body))
    };
    if let Some(own) = value("principalId") {
        fact.principal = meaning::principal(&own, file, span);
    }
    if let Some(own) = value("roleDefinitionId") {
        fact.role.written = role(&own, span);
        fact.principal_type = Field::Absent(span);
    }
    if let Some(own) = value("principalType") {
        fact.principal_type = meaning::text(&own, span);
    }
    if let Some(own) = value("condition") {
        fact.condition = meaning::text(&own, span);
    }
    if let Some(own) = value("conditionVersion") {
        fact.condition_version = meaning::text(&own, span);
    }
}

/// A text of a body with what its holes stand for.
fn pieces(text: &str, body: &[Piece]) -> Joined {
    let mut found = Joined::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(HOLE[0]) {
        let (number, behind) = after.split_once(HOLE[1]).unwrap_or((after, ""));
        found.push(Piece::Text(before.to_owned()));
        found.extend(number.parse::<usize>().ok().and_then(|at| body.get(at)).cloned());
        rest = behind;
    }
    found.push(Piece::Text(rest.to_owned()));
    found.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    found
}

/// A role by its id, whatever stands in front of its GUID.
fn role(own: &[Piece], span: Span) -> Field<String> {
    match own {
        [_, .., Piece::Text(end)] => match end.rsplit_once('/') {
            Some((_, guid)) if !guid.is_empty() => Field::Known(guid.to_owned(), span),
            _ => meaning::text(own, span),
        },
        own => meaning::text(own, span),
    }
}
