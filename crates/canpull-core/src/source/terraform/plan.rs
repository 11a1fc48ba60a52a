//! Plans and states as `terraform show -json` prints them: what is known already, and where it is not, what the
//! configuration refers to.

use std::borrow::Cow;

use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, Property};
use canpull_syntax::hcl::{self, Attribute, Block, Body};
use canpull_syntax::{Kind, Node, Parsed, TextRange, Value, arm};

use super::super::{Format, Input};
use super::names::resolved;
use super::resource::resource;
use crate::fact::template::{Module, Named, Parameter, Resource, Scoping, Source, TemplateFact, Terms};
use crate::fact::{FileFacts, SourceProblem};

/// Both words stand in front of everything else, in bytes.
const HEAD: usize = 1 << 10;

/// Modules call modules, and values nest, this deep at most.
const MAX_DEPTH: usize = 24;

/// Plans and states.
pub(in crate::source) struct Plan;

impl Format for Plan {
    fn detect(&self, _path: &str, text: &str) -> bool {
        let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
        head.trim_start().starts_with('{')
            && ["\"format_version\"", "\"terraform_version\""].iter().all(|word| head.contains(word))
    }

    fn is_rendered(&self) -> bool {
        false
    }

    fn parse<'t>(&self, text: &'t str) -> Parsed<'t> {
        arm::parse(text)
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        facts.recognised = true;
        let problems = input.parsed.problems.iter().filter(|problem| problem.fatal);
        facts.problems.extend(problems.map(SourceProblem::from));
        let Some((_, root)) = input.parsed.roots().next() else { return };
        facts.documents += 1;
        match root.at(&["configuration", "root_module"]) {
            Some(module) => {
                let given = root.get("variables");
                configuration(module, &Known::of(root), given, 0, facts);
            }
            None => facts.templates.push(state(root)),
        }
    }
}

/// What is known of the resources of a module.
struct Known<'n> {
    modules: Vec<Node<'n>>,
}

impl<'n> Known<'n> {
    /// What a plan knows: what it will make, and what is there to be read.
    fn of(root: Node<'n>) -> Self {
        let planned = root.at(&["planned_values", "root_module"]);
        let prior = root.at(&["prior_state", "values", "root_module"]);
        Self { modules: planned.into_iter().chain(prior).collect() }
    }

    /// That of a module which it calls. Of several of one name the first is as good as any.
    fn called(&self, name: &str) -> Self {
        let is = |module: &Node<'n>| {
            let address = module.get("address").and_then(Node::as_str).unwrap_or_default().into_owned();
            let own = address.rsplit_once("module.").map_or(address.as_str(), |(_, own)| own);
            own.split('[').next() == Some(name)
        };
        let called = |module: &Node<'n>| module.get("child_modules").into_iter().flat_map(Node::items).find(is);
        Self { modules: self.modules.iter().filter_map(called).collect() }
    }

    /// The resources of a type and name, with whether a plan says that these are all.
    fn resources(&self, kind: &str, name: &str, mode: &str) -> Vec<Node<'n>> {
        let is = |node: &Node<'n>| {
            let has = |key: &str, wanted: &str| node.get(key).and_then(Node::as_str).is_some_and(|own| own == wanted);
            has("type", kind) && has("name", name) && has("mode", mode)
        };
        let of = |module: &Node<'n>| {
            module.get("resources").into_iter().flat_map(Node::items).filter(is).collect::<Vec<_>>()
        };
        // What is planned counts before what is there.
        self.modules.iter().map(of).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Reads a module of a plan's configuration, and those that it calls, into the file's facts.
fn configuration(
    module: Node<'_>,
    known: &Known<'_>,
    given: Option<Node<'_>>,
    depth: usize,
    facts: &mut FileFacts,
) -> usize {
    let index = facts.templates.len();
    facts.templates.push(TemplateFact::default());
    let mut found = TemplateFact { is_terraform: true, ..TemplateFact::default() };
    for entry in entries(module.get("variables")) {
        let own = given.and_then(|given| given.get(&entry.name())).and_then(|own| own.get("value"));
        found.parameters.push(Parameter {
            name: format!("var.{}", entry.name()).into(),
            default: own.or_else(|| entry.value.get("default")).map(|value| constant(value, 0)),
            kind: None,
            range: entry.range(),
        });
    }
    for entry in entries(module.get("outputs")) {
        let value = entry.value.get("expression").map(|own| expression(own, 0));
        found.outputs.extend(value.map(|value| Named { name: entry.name().into(), value }));
    }
    for node in module.get("resources").into_iter().flat_map(Node::items) {
        resources(node, known, &mut found.resources);
    }
    for entry in entries(module.get("module_calls")).filter(|_| depth < MAX_DEPTH) {
        let Some(called) = entry.value.get("module") else { continue };
        let name = entry.name();
        let at = configuration(called, &known.called(&name), None, depth + 1, facts);
        let arguments = entries(entry.value.get("expressions"));
        found.modules.push(Module {
            symbol: Some(format!("module.{name}").into()),
            name: None,
            source: Source::Inline(at, Scoping::Inner),
            arguments: arguments
                .map(|own| Named { name: format!("var.{}", own.name()).into(), value: expression(own.value, 0) })
                .collect(),
            scope: None,
            group: None,
            subscription: None,
            has_providers: false,
            terms: Terms::default(),
            range: entry.range(),
        });
    }
    if let Some(place) = facts.templates.get_mut(index) {
        *place = found;
    }
    index
}

/// A resource of the configuration, once for each that a plan makes of it.
fn resources(node: Node<'_>, known: &Known<'_>, found: &mut Vec<Resource>) {
    let text = |key: &str| node.get(key).and_then(Node::as_str).map(Cow::into_owned);
    let (Some(kind), Some(name), Some(mode)) = (text("type"), text("name"), text("mode")) else { return };
    let expressions = node.get("expressions");
    let made = known.resources(&kind, &name, &mode);
    // What is read only while it is made is not known yet; what is not planned is not made.
    if made.is_empty() && mode == "managed" {
        return;
    }
    let values: Vec<Option<Node<'_>>> =
        if made.is_empty() { vec![None] } else { made.iter().map(|own| own.get("values")).collect() };
    for (at, values) in values.into_iter().enumerate() {
        let body = as_body(&merged(values, expressions, node.range(), 0));
        let name = if at == 0 { name.clone() } else { format!("{name}[{at}]") };
        found.push(as_resource(body, &kind, &name, &mode, node.range()));
    }
}

/// All that a state holds.
fn state(root: Node<'_>) -> TemplateFact {
    let mut found = TemplateFact { is_terraform: true, ..TemplateFact::default() };
    let module = root.at(&["values", "root_module"]).or_else(|| root.at(&["planned_values", "root_module"]));
    let mut open: Vec<(Node<'_>, usize)> = module.map(|module| (module, 0)).into_iter().collect();
    while let Some((module, depth)) = open.pop() {
        for node in module.get("resources").into_iter().flat_map(Node::items) {
            let text = |key: &str| node.get(key).and_then(Node::as_str).map(Cow::into_owned);
            let (Some(kind), Some(address), Some(mode)) = (text("type"), text("address"), text("mode")) else {
                continue;
            };
            let body = as_body(&merged(node.get("values"), None, node.range(), 0));
            found.resources.push(as_resource(body, &kind, &address, &mode, node.range()));
        }
        let below = module.get("child_modules").into_iter().flat_map(Node::items).filter(|_| depth < MAX_DEPTH);
        open.extend(below.map(|module| (module, depth + 1)));
    }
    found
}

fn as_resource(body: Body, kind: &str, name: &str, mode: &str, range: TextRange) -> Resource {
    let block = Block { kind: mode.into(), labels: vec![kind.into(), name.into()], body, range };
    resource(&block, kind, name, mode == "data")
}

/// The properties of an object as attributes.
fn as_body(object: &Expression) -> Body {
    let attributes = object.properties().iter().filter_map(|own| {
        Some(Attribute { name: own.key.text()?.into(), name_range: own.key.range, value: own.value.clone() })
    });
    Body { attributes: attributes.collect(), blocks: Vec::new() }
}

/// What is known, filled up with what the configuration says.
fn merged(values: Option<Node<'_>>, expressions: Option<Node<'_>>, range: TextRange, depth: usize) -> Expression {
    if depth >= MAX_DEPTH {
        return Expression::opaque(range);
    }
    let mut properties = Vec::new();
    for entry in entries(values).filter(|entry| !entry.value.is_null()) {
        let key = Expression::new(entry.key.range(), ExpressionKind::Text(entry.name().into()));
        let configured = expressions.and_then(|own| own.get(&entry.name())).filter(|own| own.kind() == Kind::List);
        let value = match configured {
            Some(configured) if entry.value.kind() == Kind::List => {
                let mut configured = configured.items();
                let items =
                    entry.value.items().map(|item| merged(Some(item), configured.next(), item.range(), depth + 1));
                Expression::new(entry.value.range(), ExpressionKind::List(items.collect()))
            }
            _ => constant(entry.value, depth + 1),
        };
        properties.push(Property { key, value });
    }
    let is_known = |name: &str| values.and_then(|own| own.get(name)).is_some_and(|own| !own.is_null());
    for entry in entries(expressions).filter(|entry| !is_known(&entry.name())) {
        let key = Expression::new(entry.key.range(), ExpressionKind::Text(entry.name().into()));
        properties.push(Property { key, value: expression(entry.value, depth + 1) });
    }
    Expression::new(range, ExpressionKind::Object(properties.into()))
}

/// What the configuration says of a value: a constant, what it refers to, or blocks.
fn expression(node: Node<'_>, depth: usize) -> Expression {
    let range = node.range();
    if depth >= MAX_DEPTH {
        return Expression::opaque(range);
    }
    if node.kind() == Kind::List {
        let items = node.items().map(|item| merged(None, Some(item), item.range(), depth + 1));
        return Expression::new(range, ExpressionKind::List(items.collect()));
    }
    if let Some(value) = node.get("constant_value") {
        return constant(value, depth + 1);
    }
    let references: Vec<String> = node
        .get("references")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|own| own.as_str().map(Cow::into_owned))
        .collect();
    // The first is the whole of it, those behind it what it is a part of.
    match references.split_first() {
        Some((first, rest)) if rest.iter().all(|own| first.starts_with(own.as_str())) => reference(first, range),
        _ => Expression::opaque(range),
    }
}

/// A reference as the configuration writes it.
fn reference(text: &str, range: TextRange) -> Expression {
    let parsed = hcl::parse(&format!("a = {text}\n")).body;
    match parsed.attributes.into_iter().next() {
        Some(own) => resolved(placed(own.value, range)),
        None => Expression::opaque(range),
    }
}

/// An expression that stands in a place as a whole.
fn placed(from: Expression, range: TextRange) -> Expression {
    let kind = match from.kind {
        ExpressionKind::Access(access) => {
            let accessor = match access.accessor {
                Accessor::Index(index) => Accessor::Index(Box::new(placed(*index, range))),
                accessor => accessor,
            };
            ExpressionKind::access(placed(access.of, range), accessor)
        }
        kind @ (ExpressionKind::Name(_) | ExpressionKind::Text(_) | ExpressionKind::Number(_)) => kind,
        _ => ExpressionKind::Opaque,
    };
    Expression { range, kind }
}

/// A value that is known.
fn constant(node: Node<'_>, depth: usize) -> Expression {
    let range = node.range();
    if depth >= MAX_DEPTH {
        return Expression::opaque(range);
    }
    let kind = match (node.kind(), node.value()) {
        (Kind::Map, _) => ExpressionKind::Object(
            node.written_entries()
                .map(|entry| Property {
                    key: Expression::new(entry.key.range(), ExpressionKind::Text(entry.name().into())),
                    value: constant(entry.value, depth + 1),
                })
                .collect(),
        ),
        (Kind::List, _) => ExpressionKind::List(node.items().map(|item| constant(item, depth + 1)).collect()),
        (_, Some(Value::Str(text))) => ExpressionKind::Text(text.as_ref().into()),
        (_, Some(Value::Null)) => ExpressionKind::Null,
        (_, Some(Value::Bool(value))) => ExpressionKind::Bool(value),
        (_, Some(Value::Int(value))) => i64::try_from(value).map_or(ExpressionKind::Opaque, ExpressionKind::Number),
        _ => ExpressionKind::Opaque,
    };
    Expression { range, kind }
}

fn entries(map: Option<Node<'_>>) -> impl Iterator<Item = canpull_syntax::Entry<'_>> {
    map.filter(|map| map.kind() == Kind::Map).into_iter().flat_map(Node::written_entries)
}
