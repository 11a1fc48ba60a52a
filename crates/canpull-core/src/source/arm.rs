//! ARM templates and their parameter files.

mod resource;

use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, Property};
use canpull_syntax::{Kind, Node, Parsed, Value, arm};

use super::{Format, Input, comment};
use crate::fact::template::{ArgumentsFact, Named, Parameter, Receiver, Target, TemplateFact};
use crate::fact::{FileFacts, SourceProblem};

/// A template says what it is in front of everything else, or soon after, in bytes.
const HEAD: usize = 8 << 10;

/// Templates nest this deep at most.
const MAX_NESTING: u8 = 8;

/// Templates of Azure's Resource Manager.
pub(super) struct Arm;

impl Format for Arm {
    fn detect(&self, _path: &str, text: &str) -> bool {
        let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
        let start = head.trim_start();
        start.starts_with(['{', '/']) && sort(head).is_some()
    }

    fn is_rendered(&self) -> bool {
        false
    }

    fn parse<'t>(&self, text: &'t str) -> Parsed<'t> {
        arm::parse(text)
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        facts.recognised = true;
        comment::in_code(input.text, facts);
        let problems = input.parsed.problems.iter().filter(|problem| problem.fatal);
        facts.problems.extend(problems.map(SourceProblem::from));
        let Some((_, root)) = input.parsed.roots().next() else { return };
        facts.documents += 1;
        let schema = root.get("$schema").and_then(Node::as_str);
        match schema.as_deref().and_then(sort) {
            Some(Sort::Template(target)) => template(root, target, Written::default(), facts),
            Some(Sort::Parameters) => facts.arguments = Some(arguments(root)),
            None => {}
        }
    }
}

/// How a template is written.
#[derive(Clone, Copy, Default)]
struct Written {
    /// How deep it is in others.
    depth: u8,
    /// It is a value of the one that it is in.
    is_quoted: bool,
}

impl Written {
    fn value(self, node: Node<'_>) -> Expression {
        if self.is_quoted { arm::quoted_value(node) } else { arm::value(node) }
    }
}

/// What a file of the Resource Manager is.
#[derive(Clone, Copy)]
enum Sort {
    Template(Target),
    Parameters,
}

/// What a schema's address says that a file is.
fn sort(text: &str) -> Option<Sort> {
    const SORTS: [(&str, Sort); 6] = [
        ("/subscriptionDeploymentTemplate.json", Sort::Template(Target::Subscription)),
        ("/managementGroupDeploymentTemplate.json", Sort::Template(Target::Above)),
        ("/tenantDeploymentTemplate.json", Sort::Template(Target::Above)),
        ("/deploymentTemplate.json", Sort::Template(Target::ResourceGroup)),
        ("/deploymentParameters.json", Sort::Parameters),
        ("/subscriptionDeploymentParameters.json", Sort::Parameters),
    ];
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    SORTS.iter().find(|(word, _)| has(word)).map(|(_, sort)| *sort)
}

/// Reads a template, and those in it, into the file's facts.
fn template(root: Node<'_>, target: Target, written: Written, facts: &mut FileFacts) {
    let index = facts.templates.len();
    facts.templates.push(TemplateFact { target, ..TemplateFact::default() });
    let mut found = TemplateFact {
        target,
        compiled_from: compiled_from(root),
        parameters: parameters(root, written),
        variables: variables(root, written).into_iter().chain(functions(root, written)).collect(),
        outputs: named(root.get("outputs"), |output| output.get("value").map(|own| written.value(own))),
        ..TemplateFact::default()
    };
    resource::all(root, &mut found, written, facts);
    found.shrink_to_fit();
    if let Some(place) = facts.templates.get_mut(index) {
        *place = found;
    }
}

/// The variables, those that loops fill in among them.
fn variables(root: Node<'_>, written: Written) -> Vec<Named> {
    let mut all = named(root.get("variables"), |value| Some(written.value(value)));
    let Some(at) = all.iter().position(|own| &*own.name == "copy" && !own.value.items().is_empty()) else { return all };
    let loops = all.swap_remove(at).value;
    // `{"copy": [{"name": "all", …}]}` is an object that has `all`.
    all.extend(loops.items().iter().filter_map(|own| {
        let name = own.at(&["name"])?.text()?;
        let range = own.range;
        let list = Expression::new(range, ExpressionKind::List([own.clone()].into()));
        let key = Expression::new(range, ExpressionKind::Text("copy".into()));
        let filled = ExpressionKind::Object([Property { key, value: list }].into());
        let of = Expression::new(range, filled);
        let value = Expression::new(range, ExpressionKind::access(of, Accessor::Member(name.into())));
        Some(Named { name: name.into(), value })
    }));
    all
}

/// The functions that a template defines, `namespace.name`, by what they make of their `parameters('…')`.
fn functions(root: Node<'_>, written: Written) -> Vec<Named> {
    let namespaces = root.get("functions").into_iter().flat_map(Node::items);
    let members = namespaces.filter_map(|own| Some((own.get("namespace")?.as_str()?, own.get("members")?)));
    let function = |namespace: &str, name: &str, own: Node<'_>| {
        let body = written.value(own.at(&["output", "value"])?);
        let names = own.get("parameters").into_iter().flat_map(Node::items).filter_map(|own| own.get("name")?.as_str());
        let names = names.map(|name| format!("parameters({name})").into()).collect();
        let value = Expression::new(body.range, ExpressionKind::lambda(names, body));
        Some(Named { name: format!("{namespace}.{name}").into(), value })
    };
    let all = members.flat_map(|(namespace, members)| {
        members
            .written_entries()
            .filter_map(move |own| function(&namespace, &own.name(), own.value))
            .collect::<Vec<_>>()
    });
    all.collect()
}

fn compiled_from(root: Node<'_>) -> Option<&'static str> {
    let generator = root.at(&["metadata", "_generator", "name"])?.as_str()?;
    (generator == "bicep").then_some("bicep")
}

fn parameters(root: Node<'_>, written: Written) -> Vec<Parameter> {
    let entries = root.get("parameters").into_iter().flat_map(Node::written_entries);
    // What may be left out is null then.
    let null = |entry: &Node<'_>| {
        let nullable = entry.get("nullable").filter(|own| own.value() == Some(Value::Bool(true)));
        nullable.map(|own| Expression::new(own.range(), ExpressionKind::Null))
    };
    let read = entries.map(|entry| Parameter {
        name: entry.name().into(),
        default: entry.value.get("defaultValue").map(|own| written.value(own)).or_else(|| null(&entry.value)),
        kind: None,
        range: entry.range(),
    });
    read.collect()
}

/// The entries of a map, but for those of which nothing can be read.
fn named(map: Option<Node<'_>>, value: impl Fn(Node<'_>) -> Option<Expression>) -> Vec<Named> {
    let entries = map.filter(|map| map.kind() == Kind::Map).into_iter().flat_map(Node::written_entries);
    entries.filter_map(|entry| Some(Named { name: entry.name().into(), value: value(entry.value)? })).collect()
}

fn arguments(root: Node<'_>) -> ArgumentsFact {
    let values = named(root.get("parameters"), |given| Some(argument(given, Written::default())));
    ArgumentsFact { receiver: Receiver::Beside, values }
}

/// What a parameter is given: `{"value": …}`, or an expression that comes to that. What is taken from a key vault is for no
/// one to see.
fn argument(given: Node<'_>, written: Written) -> Expression {
    if given.kind() == Kind::Map {
        return given.get("value").map_or_else(|| Expression::opaque(given.range()), |own| written.value(own));
    }
    value_in(written.value(given))
}

/// The `value` of what an expression comes to.
fn value_in(given: Expression) -> Expression {
    let Expression { range, kind } = given;
    let kind = match kind {
        ExpressionKind::Condition(parts) => {
            let [test, yes, no] = *parts;
            ExpressionKind::Condition([test, value_in(yes), value_in(no)].into())
        }
        ExpressionKind::Call(call) if call.function.eq_ignore_ascii_case("createObject") => {
            return match <[Expression; 2]>::try_from(call.arguments.into_vec()) {
                Ok([key, value]) if key.text() == Some("value") => value,
                _ => Expression::opaque(range),
            };
        }
        kind => ExpressionKind::access(Expression::new(range, kind), Accessor::Member("value".into())),
    };
    Expression::new(range, kind)
}
