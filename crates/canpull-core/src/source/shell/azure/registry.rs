//! `az acr`: registries, their admin users, tokens and scope maps.

use canpull_syntax::Span;

use super::{Call, NAME, printed};
use crate::fact::azure::{RegistryFact, RegistryMode, ResourceKind, ResourceRef, ScopeMapFact, Statement, TokenFact};
use crate::fact::{Field, Why};
use crate::lowering::seconds;
use crate::source::shell::value::{self, Shape, Value};

const REGISTRY: &[&str] = &["--registry", "-r"];

pub(super) fn run(call: &mut Call<'_, '_, '_>, command: &[&str]) -> Option<Value> {
    match command {
        ["create"] => registry(call, Statement::Makes),
        ["update"] => registry(call, Statement::Changes),
        ["show"] => registry(call, Statement::Mentions),
        ["login"] => {
            let token = call.arguments.has(&["--expose-token", "-t"]);
            let printed = registry(call, Statement::Mentions)?;
            if token { Some(printed.shaped(&Shape::LoginToken)) } else { None }
        }
        ["list"] => call.show(ResourceKind::Registry, NAME),
        ["credential", "show" | "renew"] => {
            registry(call, Statement::Mentions).map(|printed| printed.shaped(&Shape::AdminCredential))
        }
        ["config", "authentication-as-arm", "update"] => {
            let status = state(call.field(&["--status"]));
            let found = call.subjects(ResourceKind::Registry, REGISTRY);
            for resource in found {
                let mut fact =
                    RegistryFact { span: call.span(), ..RegistryFact::new(resource, Statement::Changes, call.end()) };
                fact.arm_tokens = status.clone();
                call.run.facts.azure.registries.push(fact);
            }
            None
        }
        ["token", "create" | "update"] => {
            token(call, command.contains(&"create"));
            None
        }
        ["token", "credential", "generate"] => {
            passwords(call);
            None
        }
        ["scope-map", "create" | "update"] => {
            scope_map(call, command.contains(&"create"));
            None
        }
        _ => None,
    }
}

fn registry(call: &mut Call<'_, '_, '_>, statement: Statement) -> Option<Value> {
    let found = call.subjects(ResourceKind::Registry, NAME);
    for resource in &found {
        if statement == Statement::Mentions && !call.run.mentions(resource) {
            continue;
        }
        let mut fact = RegistryFact { span: call.span(), ..RegistryFact::new(resource.clone(), statement, call.end()) };
        fact.suffix = call.run.suffix();
        if matches!(statement, Statement::Makes | Statement::Changes) {
            fact.admin_enabled = call.truth(&["--admin-enabled"]);
            fact.anonymous_pull = call.truth(&["--anonymous-pull-enabled"]);
            fact.public_network = call.truth(&["--public-network-enabled"]);
            fact.sku = call.field(&["--sku"]);
            // Which addresses are let in where others are not, other commands say.
            fact.lets_in = chosen(call.field(&["--default-action"]), |text| (text == "allow").then_some(true));
            fact.mode = chosen(call.field(&["--role-assignment-mode"]), |text| match text {
                "rbac" => Some(RegistryMode::Legacy),
                "rbac-abac" => Some(RegistryMode::Abac),
                _ => None,
            });
            fact.domain_name_label = chosen(call.field(&["--dnl-scope"]), |text| Some(text != "unsecure"));
        }
        if statement == Statement::Changes && call.run.maybe {
            fact.leave_open();
        }
        call.run.facts.azure.registries.push(fact);
    }
    printed(&found, &Shape::Resource)
}

/// What a flag's word stands for.
fn chosen<T>(field: Field<String>, of: impl Fn(&str) -> Option<T>) -> Field<T> {
    match field {
        Field::Known(text, span) => {
            of(&text.to_ascii_lowercase()).map_or(Field::Unknown(Why::NotText, span), |value| Field::Known(value, span))
        }
        Field::Unknown(why, span) => Field::Unknown(why, span),
        Field::Absent(span) => Field::Absent(span),
    }
}

fn state(field: Field<String>) -> Field<bool> {
    chosen(field, |text| match text {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    })
}

fn token(call: &mut Call<'_, '_, '_>, makes: bool) {
    let Some(registry) = one(call) else { return };
    let (name, span) = (call.field(NAME), call.span());
    let mut map = call.field(&["--scope-map"]);
    if makes && map.is_absent() && call.arguments.has(&["--repository"]) {
        // A token made with repositories has a scope map of its own.
        map = match &name {
            Field::Known(name, span) => Field::Known(format!("{name}-scope-map"), *span),
            _ => Field::Unknown(Why::FilledAtRunTime, span),
        };
        let actions = actions(call);
        let (registry, name) = (registry.clone(), map.clone());
        call.run.facts.azure.scope_maps.push(ScopeMapFact { registry, name, actions, span });
    }
    let ends = if call.arguments.has(&LASTS) { vec![end(call)] } else { Vec::new() };
    let enabled = state(call.field(&["--status"]));
    call.run.facts.azure.tokens.push(TokenFact { registry, name, scope_map: map, enabled, passwords_end: ends, span });
}

const LASTS: [&str; 2] = ["--expiration", "--expiration-in-days"];

/// When passwords end that a command makes. Days are counted from when it runs.
fn end(call: &Call<'_, '_, '_>) -> Field<i64> {
    let told = if call.arguments.has(&["--expiration-in-days"]) {
        Field::Unknown(Why::FilledAtRunTime, call.span())
    } else {
        call.field(&["--expiration"])
    };
    match told {
        Field::Absent(span) => Field::Absent(span),
        Field::Known(text, span) if !call.run.maybe => {
            seconds(&text).map_or(Field::Unknown(Why::NotText, span), |end| Field::Known(end, span))
        }
        Field::Known(_, span) | Field::Unknown(_, span) => Field::Unknown(Why::FilledAtRunTime, span),
    }
}

/// New passwords of a token: the one that is named, or both.
fn passwords(call: &mut Call<'_, '_, '_>) {
    let Some(registry) = one(call) else { return };
    let (name, span) = (call.field(NAME), call.span());
    let one_alone = call.arguments.has(&["--password1"]) != call.arguments.has(&["--password2"]);
    // The other one stays as it was.
    let other = one_alone.then_some(Field::Unknown(Why::FilledAtRunTime, span));
    let absent = Field::Absent(call.end());
    call.run.facts.azure.tokens.push(TokenFact {
        registry,
        name,
        scope_map: absent,
        enabled: Field::Absent(call.end()),
        passwords_end: std::iter::once(end(call)).chain(other).collect(),
        span,
    });
}

fn scope_map(call: &mut Call<'_, '_, '_>, makes: bool) {
    let Some(registry) = one(call) else { return };
    let (name, span) = (call.field(NAME), call.span());
    // What is added to a map, or taken from it, leaves the rest of it as it was.
    let actions = if makes { actions(call) } else { Field::Unknown(Why::FilledAtRunTime, span) };
    call.run.facts.azure.scope_maps.push(ScopeMapFact { registry, name, actions, span });
}

/// The registry that is named, where it is but one.
fn one(call: &Call<'_, '_, '_>) -> Option<ResourceRef> {
    let mut found = call.resources(ResourceKind::Registry, REGISTRY);
    found.pop().filter(|_| found.is_empty())
}

/// `--repository samples/web content/read metadata/read`, any number of times.
fn actions(call: &Call<'_, '_, '_>) -> Field<Vec<String>> {
    let mut actions = Vec::new();
    let mut place: Option<Span> = None;
    let flags = call.arguments.flags.iter();
    for flag in flags.filter(|flag| ["--repository", "--gateway"].contains(&flag.name.as_str())) {
        let span = call.run.span(flag.range);
        place = place.or(Some(span));
        let mut texts = Vec::new();
        for argument in &flag.values {
            let settled = match argument.value.alternatives() {
                [joined] => value::settled(joined),
                _ => None,
            };
            let Some(text) = settled else { return Field::Unknown(Why::FilledAtRunTime, span) };
            texts.push(text);
        }
        if let Some((repository, own)) = texts.split_first().filter(|_| flag.name == "--repository") {
            actions.extend(own.iter().map(|action| format!("repositories/{repository}/{action}")));
        }
    }
    match (place, call.arguments.open) {
        (_, true) => Field::Unknown(Why::FilledAtRunTime, call.span()),
        (Some(span), false) => Field::Known(actions, span),
        (None, false) => Field::Known(actions, call.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::shell::meaning;

    #[test]
    fn states_are_two() {
        let span = Span::new(canpull_syntax::FileId(0), canpull_syntax::TextRange::empty(0));
        assert_eq!(state(Field::Known("Disabled".into(), span)), Field::Known(false, span));
        assert_eq!(state(Field::Absent(span)), Field::Absent(span));
        assert!(matches!(meaning::truth(&[], span), Field::Known(true, _)));
    }
}
