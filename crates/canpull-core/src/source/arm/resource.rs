//! The resources of a template: a list, or a map by their symbols; those in them; and the templates that they deploy.

use std::collections::BTreeMap;

use canpull_syntax::edit::Edit;
use canpull_syntax::expression::{Expression, ExpressionKind, Property};
use canpull_syntax::{Kind, Node, TextRange, arm};

use super::super::line_break;
use super::{MAX_NESTING, Written, argument, named};
use crate::fact::FileFacts;
use crate::fact::template::{Loop, Module, Named, Resource, Scoping, Source, Target, TemplateFact, Terms};
use crate::lowering;

const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// Keys that say when, where and under which name a resource is made, not what it is.
const APART: [&str; 6] = ["name", "resources", "condition", "copy", "dependsOn", "scope"];

/// Resources nest this deep at most.
const MAX_DEPTH: u8 = 8;

/// Reads all resources of a template.
pub(super) fn all(root: Node<'_>, template: &mut TemplateFact, written: Written, facts: &mut FileFacts) {
    let mut reader = Reader { root, template, written, in_variables: BTreeMap::new(), facts };
    let Some(resources) = root.get("resources") else { return };
    for item in resources.items() {
        reader.resource(item, None, None, 0);
    }
    for entry in resources.written_entries() {
        reader.resource(entry.value, Some(entry.name().into()), None, 0);
    }
}

struct Reader<'r, 't> {
    root: Node<'t>,
    template: &'r mut TemplateFact,
    written: Written,
    /// Templates that are values of variables, by the names of these.
    in_variables: BTreeMap<String, usize>,
    facts: &'r mut FileFacts,
}

impl<'t> Reader<'_, 't> {
    fn resource(&mut self, node: Node<'t>, symbol: Option<Box<str>>, within: Option<usize>, depth: u8) {
        let written = self.written;
        let Some(own) = node.get("type").and_then(Node::as_str) else { return };
        // What is written in another resource may leave out the type of that.
        let above = within.and_then(|index| self.template.resources.get(index)).map(|above| above.kind.clone());
        let kind = match above {
            Some(above) if !starts_with(&own, &above) && !own.contains('.') => format!("{above}/{own}"),
            _ => own.into_owned(),
        };
        if kind.eq_ignore_ascii_case(DEPLOYMENT) {
            self.deployment(node, symbol);
            return;
        }
        let index = self.template.resources.len();
        self.template.resources.push(Resource {
            symbol,
            body: body(node, &kind, written),
            kind: kind.into(),
            existing: node.get("existing").and_then(Node::as_bool) == Some(true),
            name: node.get("name").map(|own| written.value(own)),
            scope: node.get("scope").map(|own| written.value(own)),
            parent: None,
            within,
            terms: terms(node, written),
            with_type: with_type(node),
            group: None,
            words: &[],
            provider: None,
            changes: None,
            settings: Vec::new(),
        });
        for child in node.get("resources").into_iter().flat_map(Node::items).filter(|_| depth < MAX_DEPTH) {
            self.resource(child, None, Some(index), depth + 1);
        }
    }

    fn deployment(&mut self, node: Node<'t>, symbol: Option<Box<str>>) {
        let Some(properties) = node.get("properties") else { return };
        let written = self.written;
        let source = self.source(properties);
        self.template.modules.push(Module {
            symbol,
            name: node.get("name").map(|own| written.value(own)),
            source,
            arguments: arguments(properties, written),
            scope: node.get("scope").map(|own| written.value(own)),
            group: node.get("resourceGroup").map(|own| written.value(own)),
            subscription: node.get("subscriptionId").map(|own| written.value(own)),
            has_providers: false,
            terms: terms(node, written),
            range: node.range(),
        });
    }

    /// Where the template of a deployment is.
    fn source(&mut self, properties: Node<'t>) -> Source {
        let text = |path: &[&str]| properties.at(path).and_then(Node::as_str);
        let is_listed = text(&["parameters"]).is_none();
        match properties.get("template").filter(|_| is_listed && self.written.depth < MAX_NESTING) {
            Some(inner) if inner.kind() == Kind::Map => {
                let is_inner = text(&["expressionEvaluationOptions", "scope"])
                    .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
                let scoping = if is_inner { Scoping::Inner } else { Scoping::Outer };
                return Source::Inline(self.nested(inner, self.written.is_quoted), scoping);
            }
            // Whatever the deployment says, nobody but the template itself evaluates its expressions.
            Some(inner) => {
                if let Some(index) = self.in_variable(inner) {
                    return Source::Inline(index, Scoping::Inner);
                }
            }
            None => {}
        }
        match text(&["templateLink", "relativePath"]) {
            Some(path) => Source::Path(path.as_ref().into()),
            None => Source::Elsewhere(text(&["templateLink", "uri"]).unwrap_or_default().into()),
        }
    }

    /// The template that is a variable's value, by its place among the file's.
    fn in_variable(&mut self, template: Node<'t>) -> Option<usize> {
        let ExpressionKind::Call(call) = arm::value(template).kind else { return None };
        // What is quoted twice is left alone.
        if self.written.is_quoted {
            return None;
        }
        let [name] = &*call.arguments else { return None };
        let name = name.text().filter(|_| call.function.eq_ignore_ascii_case("variables"))?;
        if let Some(known) = self.in_variables.get(name) {
            return Some(*known);
        }
        let inner = self.root.get("variables")?.get(name).filter(|inner| inner.get("resources").is_some())?;
        let index = self.nested(inner, true);
        self.in_variables.insert(name.to_owned(), index);
        Some(index)
    }

    /// Reads a template that is in this one.
    fn nested(&mut self, inner: Node<'_>, is_quoted: bool) -> usize {
        let index = self.facts.templates.len();
        let schema = inner.get("$schema").and_then(Node::as_str).unwrap_or_default();
        let target = match super::sort(&schema) {
            Some(super::Sort::Template(target)) => target,
            _ => Target::ResourceGroup,
        };
        super::template(inner, target, Written { depth: self.written.depth + 1, is_quoted }, self.facts);
        index
    }
}

/// What the parameters of a deployment are given; one expression of all of them goes by `parameters`.
fn arguments(properties: Node<'_>, written: Written) -> Vec<Named> {
    let given = properties.get("parameters");
    let whole = given.filter(|given| given.as_str().is_some());
    let whole = whole.map(|given| Named { name: "parameters".into(), value: written.value(given) });
    named(given, |given| Some(argument(given, written))).into_iter().chain(whole).collect()
}

/// The edit that tells the principal's type behind the principal of a role assignment.
fn with_type(node: Node<'_>) -> Option<Edit> {
    let properties = node.get("properties")?;
    let mut entries = properties.written_entries();
    let principal = entries.find(|entry| entry.name().eq_ignore_ascii_case("principalId"))?;
    let told = properties.written_entries().any(|entry| entry.name().eq_ignore_ascii_case("principalType"));
    let line = line_break(node.source(), principal.key.range().start).unwrap_or_else(|| " ".to_owned());
    let range = TextRange::empty(principal.value.range().end);
    (!told).then(|| Edit { range, text: format!(",{line}\"principalType\": \"ServicePrincipal\"") })
}

fn starts_with(kind: &str, above: &str) -> bool {
    kind.get(..above.len()).is_some_and(|start| start.eq_ignore_ascii_case(above))
}

fn terms(node: Node<'_>, written: Written) -> Terms {
    let each = node.get("copy").filter(|copy| copy.kind() == Kind::Map);
    Terms {
        condition: node.get("condition").map(|own| written.value(own)),
        each: each.map(|copy| {
            Box::new(Loop {
                name: copy.get("name").and_then(Node::as_str).unwrap_or_default().as_ref().into(),
                index: None,
                over: copy.get("count").map_or_else(|| Expression::opaque(copy.range()), |own| written.value(own)),
            })
        }),
    }
}

/// What is said of a resource: all, where it bears on pulling; else whose identity it has.
fn body(node: Node<'_>, kind: &str, written: Written) -> Expression {
    if lowering::matters(kind) {
        let kept = node.written_entries().filter(|entry| !APART.contains(&entry.name().as_ref()));
        let properties =
            kept.map(|entry| Property { key: written.value(entry.key), value: written.value(entry.value) });
        return Expression::new(node.range(), ExpressionKind::Object(properties.collect()));
    }
    let identity = node.written_entries().filter(|entry| entry.name() == "identity");
    let properties =
        identity.map(|entry| Property { key: written.value(entry.key), value: written.value(entry.value) });
    Expression::new(node.range(), ExpressionKind::Object(properties.collect()))
}
