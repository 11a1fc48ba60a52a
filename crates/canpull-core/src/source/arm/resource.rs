//! The resources of a template: a list, or a map by their symbols; those in them; and the templates that they deploy.

use canpull_syntax::edit::Edit;
use canpull_syntax::expression::{Expression, ExpressionKind, Property};
use canpull_syntax::{Kind, Node, TextRange, arm};

use super::super::line_break;
use super::{MAX_NESTING, named};
use crate::fact::FileFacts;
use crate::fact::template::{Loop, Module, Resource, Scoping, Source, Target, TemplateFact, Terms};
use crate::lowering;

const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// Keys that say when, where and under which name a resource is made, not what it is.
const APART: [&str; 6] = ["name", "resources", "condition", "copy", "dependsOn", "scope"];

/// Resources nest this deep at most.
const MAX_DEPTH: u8 = 8;

/// Reads all resources of a template.
pub(super) fn all(root: Node<'_>, template: &mut TemplateFact, depth: u8, facts: &mut FileFacts) {
    let mut reader = Reader { template, templates: depth, facts };
    let Some(resources) = root.get("resources") else { return };
    for item in resources.items() {
        reader.resource(item, None, None, 0);
    }
    for entry in resources.written_entries() {
        reader.resource(entry.value, Some(entry.name().into()), None, 0);
    }
}

struct Reader<'r> {
    template: &'r mut TemplateFact,
    /// How deep the template is in others.
    templates: u8,
    facts: &'r mut FileFacts,
}

impl Reader<'_> {
    fn resource(&mut self, node: Node<'_>, symbol: Option<Box<str>>, within: Option<usize>, depth: u8) {
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
            body: body(node, &kind),
            kind: kind.into(),
            existing: node.get("existing").and_then(Node::as_bool) == Some(true),
            name: node.get("name").map(arm::value),
            scope: node.get("scope").map(arm::value),
            parent: None,
            within,
            terms: terms(node),
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

    fn deployment(&mut self, node: Node<'_>, symbol: Option<Box<str>>) {
        let Some(properties) = node.get("properties") else { return };
        let text = |path: &[&str]| properties.at(path).and_then(Node::as_str);
        let source = if let Some(inner) = properties.get("template").filter(|_| self.templates < MAX_NESTING) {
            let is_inner = text(&["expressionEvaluationOptions", "scope"])
                .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
            let index = self.facts.templates.len();
            let schema = inner.get("$schema").and_then(Node::as_str).unwrap_or_default();
            let target = match super::sort(&schema) {
                Some(super::Sort::Template(target)) => target,
                _ => Target::ResourceGroup,
            };
            super::template(inner, target, self.templates + 1, self.facts);
            Source::Inline(index, if is_inner { Scoping::Inner } else { Scoping::Outer })
        } else if let Some(path) = text(&["templateLink", "relativePath"]) {
            Source::Path(path.as_ref().into())
        } else {
            Source::Elsewhere(text(&["templateLink", "uri"]).unwrap_or_default().into())
        };
        self.template.modules.push(Module {
            symbol,
            name: node.get("name").map(arm::value),
            source,
            arguments: named(properties.get("parameters"), |given| given.get("value").map(arm::value)),
            scope: node.get("scope").map(arm::value),
            group: node.get("resourceGroup").map(arm::value),
            subscription: node.get("subscriptionId").map(arm::value),
            has_providers: false,
            terms: terms(node),
            range: node.range(),
        });
    }
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

fn terms(node: Node<'_>) -> Terms {
    let each = node.get("copy").filter(|copy| copy.kind() == Kind::Map);
    Terms {
        condition: node.get("condition").map(arm::value),
        each: each.map(|copy| {
            Box::new(Loop {
                name: copy.get("name").and_then(Node::as_str).unwrap_or_default().as_ref().into(),
                index: None,
                over: copy.get("count").map_or_else(|| Expression::opaque(copy.range()), arm::value),
            })
        }),
    }
}

/// What is said of a resource: all, where it bears on pulling; else whose identity it has.
fn body(node: Node<'_>, kind: &str) -> Expression {
    if lowering::matters(kind) {
        let kept = node.written_entries().filter(|entry| !APART.contains(&entry.name().as_ref()));
        let properties = kept.map(|entry| Property { key: arm::value(entry.key), value: arm::value(entry.value) });
        return Expression::new(node.range(), ExpressionKind::Object(properties.collect()));
    }
    let identity = node.written_entries().filter(|entry| entry.name() == "identity");
    let properties = identity.map(|entry| Property { key: arm::value(entry.key), value: arm::value(entry.value) });
    Expression::new(node.range(), ExpressionKind::Object(properties.collect()))
}
