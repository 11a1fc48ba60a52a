//! Commands of the Azure CLI: what each states, and what it prints.

mod cluster;
mod directory;
mod registry;
mod rest;
mod role;

use canpull_syntax::{Span, TextRange};

use super::arguments::{Argument, Arguments};
use super::meaning;
use super::query;
use super::run::Run;
use super::value::{self, Joined, Shape, Value};
use crate::acr_host::suffix_of_cloud;
use crate::fact::azure::{IdentityFact, PrincipalAttribute, ResourceKind, ResourceRef, Statement, kind_of};
use crate::fact::{self, Field, Why};

/// So many facts are made of one command whose values may be this or that.
const MAX_FACTS: usize = 16;

/// Groups of commands about resources that no registry is in: what is granted there reaches none.
const ELSEWHERE: [&str; 10] =
    ["network", "storage", "keyvault", "vm", "vmss", "disk", "cosmosdb", "sql", "servicebus", "eventhubs"];

const NAME: &[&str] = &["--name", "-n"];
const GROUP: &[&str] = &["--resource-group", "-g"];

/// A command of the Azure CLI.
struct Call<'c, 'q, 'r> {
    run: &'c mut Run<'r>,
    arguments: &'q Arguments,
    /// The file that its output goes to.
    output: Option<&'q str>,
    range: TextRange,
}

/// Notes what a command states, and tells what it prints.
pub(super) fn run(run: &mut Run<'_>, arguments: &Arguments, output: Option<&str>, range: TextRange) -> Value {
    let mut call = Call { run, arguments, output, range };
    let command = arguments.command();
    let printed = match command.as_slice() {
        ["aks", command @ ..] => cluster::run(&mut call, command),
        ["acr", command @ ..] => registry::run(&mut call, command),
        ["ad", command @ ..] => directory::run(&mut call, command),
        ["role", command @ ..] => role::run(&mut call, command),
        ["rest", ..] => rest::run(&mut call),
        ["identity", command @ ..] => call.identity(command),
        ["group", "show" | "create"] => {
            call.show(ResourceKind::ResourceGroup, &["--name", "-n", "--resource-group", "-g"])
        }
        ["cloud", "set"] => {
            let suffix = arguments.text(NAME).and_then(suffix_of_cloud);
            call.run.enter_cloud(suffix);
            None
        }
        ["account", "show"] => {
            let symbol = Some(call.run.symbol("az account show"));
            let of = ResourceRef { symbol, ..ResourceRef::unknown(ResourceKind::Subscription, call.span()) };
            Some(Value::output(of, Shape::Resource))
        }
        [group, .., "show" | "create"] if ELSEWHERE.contains(group) => {
            let symbol = call.written().map(|written| call.run.symbol(&written));
            let of = ResourceRef { symbol, ..ResourceRef::unknown(ResourceKind::Other, call.span()) };
            Some(Value::output(of, Shape::Resource))
        }
        ["resource", "create"] => {
            let told = arguments.text(&["--resource-type"]).or_else(|| arguments.text(&["--id"]));
            let written = call.written().filter(|_| told.is_none());
            let is_assignment =
                |text: &str| text.to_ascii_lowercase().contains("microsoft.authorization/roleassignments");
            if told.is_some_and(is_assignment) || written.as_deref().is_some_and(is_assignment) {
                open_grant(call.run, range);
            }
            None
        }
        ["resource", "show"] => {
            let kind = arguments.text(&["--resource-type"]).map_or(ResourceKind::Other, kind_of);
            call.show(kind, NAME)
        }
        _ => None,
    };
    match printed {
        Some(value) if arguments.runs_in_turn() => call.queried(&value).in_turn(),
        Some(value) => call.queried(&value),
        None => Value::unknown(),
    }
}

/// Notes that a role may be granted, of which nothing else is known.
pub(super) fn open_grant(run: &mut Run<'_>, range: TextRange) {
    let grant = rest::open(run, range);
    run.facts.azure.assignments.push(grant);
}

impl Call<'_, '_, '_> {
    fn span(&self) -> Span {
        self.run.span(self.range)
    }

    /// Where a flag would stand that is not there.
    fn end(&self) -> Span {
        self.run.end_of(self.range)
    }

    fn span_of(&self, argument: &Argument) -> Span {
        self.run.span(argument.range)
    }

    /// Where a file may stand that the script writes: that depends on where it is run, beside it or at the root.
    fn places(&self, output: &str) -> Vec<String> {
        let folder = self.run.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut places: Vec<String> = [folder, ""].iter().filter_map(|base| fact::join(base, output)).collect();
        places.dedup();
        places
    }

    /// What the values of a flag may be, each with its place.
    fn alternatives(&self, names: &[&str]) -> Vec<(Joined, Span)> {
        let Some(argument) = self.arguments.value(names) else { return Vec::new() };
        let span = self.span_of(argument);
        argument.value.alternatives().iter().map(|joined| (joined.clone(), span)).collect()
    }

    /// The text of a flag.
    fn field(&self, names: &[&str]) -> Field<String> {
        match (self.arguments.value(names), self.arguments.open) {
            (Some(argument), _) => match argument.value.alternatives() {
                [joined] => meaning::text(joined, self.span_of(argument)),
                _ => Field::Unknown(Why::FilledAtRunTime, self.span_of(argument)),
            },
            (None, true) => Field::Unknown(Why::FilledAtRunTime, self.span()),
            (None, false) => Field::Absent(self.end()),
        }
    }

    /// A flag that is on, off, or stands alone.
    fn truth(&self, names: &[&str]) -> Field<bool> {
        match (self.arguments.flag(names), self.arguments.open) {
            (Some(flag), _) => match flag.values.first().map(|value| (value, value.value.alternatives())) {
                None => Field::Known(true, self.run.span(flag.range)),
                Some((value, [joined])) => meaning::truth(joined, self.span_of(value)),
                Some((value, _)) => Field::Unknown(Why::FilledAtRunTime, self.span_of(value)),
            },
            (None, true) => Field::Unknown(Why::FilledAtRunTime, self.span()),
            (None, false) => Field::Absent(self.end()),
        }
    }

    /// The resources that a flag may name, with the group and subscription that stand beside it.
    fn resources(&self, kind: ResourceKind, names: &[&str]) -> Vec<ResourceRef> {
        let found = self.alternatives(names);
        let known = |names: &[&str]| self.field(names).known().cloned();
        let (group, subscription) = (known(GROUP), known(&["--subscription"]));
        let place = |mut own: ResourceRef| {
            // An id tells its own.
            if own.id.is_none() && own.group.is_none() && kind != ResourceKind::ResourceGroup {
                own.group.clone_from(&group);
            }
            if own.id.is_none() && own.subscription.is_none() {
                own.subscription.clone_from(&subscription);
            }
            own
        };
        let resources = found.iter().map(|(joined, span)| meaning::resource(kind, joined, self.run.path, *span));
        resources.map(place).collect()
    }

    /// The one resource that a command works on: by its name, else by its id, else by how the command is written.
    fn subjects(&self, kind: ResourceKind, names: &[&str]) -> Vec<ResourceRef> {
        let mut found = self.resources(kind, names);
        if found.is_empty() {
            found = self.resources(kind, &["--ids", "--id"]);
        }
        if found.is_empty() {
            let symbol = self.written().map(|written| self.run.symbol(&written));
            found.push(ResourceRef { symbol, ..ResourceRef::unknown(kind, self.span()) });
        }
        found
    }

    /// The command as written, without what only shapes its output: the same command tells of the same resource.
    fn written(&self) -> Option<String> {
        let mut written = vec!["az".to_owned()];
        written.extend(self.arguments.command().into_iter().map(str::to_owned));
        for flag in &self.arguments.flags {
            if ["--query", "--output", "-o", "--only-show-errors"].contains(&flag.name.as_str()) {
                continue;
            }
            written.push(flag.name.clone());
            for value in &flag.values {
                let [joined] = value.value.alternatives() else { return None };
                written.push(value::symbol(joined)?);
            }
        }
        Some(written.join(" "))
    }

    /// What a command prints of the resources that it may work on.
    fn show(&self, kind: ResourceKind, names: &[&str]) -> Option<Value> {
        printed(&self.subjects(kind, names), &Shape::Resource)
    }

    /// What is left of the output behind `--query`.
    fn queried(&self, value: &Value) -> Value {
        let Some(argument) = self.arguments.value(&["--query"]) else { return value.clone() };
        let [joined] = argument.value.alternatives() else { return Value::unknown() };
        let Some(written) = value::symbol(joined) else { return Value::unknown() };
        let Some(query) = query::jmes_path(written.trim_matches(['"', '\''])) else { return Value::unknown() };
        let last = query.last.filter(|_| argument.literal && value::as_text(joined) == Some(&written));
        let range = last.map_or(argument.range, |last| Run::within(argument.range, last));
        let selected = value.select(&query.path, (range, last.is_some()));
        match query.name {
            Some(name) => selected.of(|own| {
                let joined = Value::text(name.clone());
                let named = joined
                    .alternatives()
                    .first()
                    .map(|joined| meaning::resource(own.kind, joined, self.run.path, own.span));
                named.map(|named| ResourceRef { group: own.group.clone(), ..named }).unwrap_or(own)
            }),
            None => selected,
        }
    }

    fn identity(&mut self, command: &[&str]) -> Option<Value> {
        let statement = match command {
            ["create"] => Statement::Makes,
            ["show"] => Statement::Mentions,
            ["list"] => return self.show(ResourceKind::Identity, NAME),
            ["federated-credential", "create"] => {
                let used = self.resources(ResourceKind::Identity, &["--identity-name"]);
                self.run.facts.azure.identity_uses.extend(used);
                return None;
            }
            _ => return None,
        };
        // The identity of a cluster's kubelets, by the id that the cluster tells.
        if let Some(output) = self.arguments.value(&["--ids"]).and_then(|ids| ids.value.as_output())
            && let Some((resource, PrincipalAttribute::KubeletResourceId)) = meaning::attribute(output)
        {
            return Some(Value::output(resource, Shape::KubeletIdentity));
        }
        let found = self.subjects(ResourceKind::Identity, NAME);
        let span = self.span();
        for resource in &found {
            if statement == Statement::Mentions && !self.run.mentions(resource) {
                continue;
            }
            self.run.facts.azure.identities.push(IdentityFact {
                resource: resource.clone(),
                statement,
                principal_id: Field::Absent(self.run.end_of(self.range)),
                client_id: Field::Absent(self.run.end_of(self.range)),
                span,
            });
        }
        printed(&found, &Shape::Resource)
    }
}

/// The output of a command on one of these resources.
fn printed(resources: &[ResourceRef], shape: &Shape) -> Option<Value> {
    resources.iter().map(|own| Value::output(own.clone(), shape.clone())).reduce(Value::or)
}
