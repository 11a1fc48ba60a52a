//! Bicep files and their parameter files.

mod arguments;

use canpull_syntax::TextRange;
use canpull_syntax::bicep::{self, Declaration, Each, Import, Statement};
use canpull_syntax::edit::Edit;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, Property};

use super::comment;
use super::line_break;
use super::template;
use crate::fact::FileFacts;
use crate::fact::template::{Loop, Module, Named, Parameter, Resource, Source, Target, TemplateFact, Terms};
use crate::lowering;

const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// Whether a file is Bicep by its name.
pub(super) fn claims(path: &str) -> bool {
    ends_with(path, ".bicep") || ends_with(path, ".bicepparam")
}

fn ends_with(path: &str, ending: &str) -> bool {
    path.len() > ending.len()
        && path.get(path.len() - ending.len()..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// Reads a file into its facts.
pub(super) fn read(path: &str, text: &str, facts: &mut FileFacts) {
    facts.recognised = true;
    facts.documents += 1;
    comment::in_code(text, facts);
    let parsed = bicep::parse(text);
    // One that is no Bicep at all has a problem in every line.
    if let Some(problem) = parsed.problems.first() {
        template::broken(problem, text, facts);
    }
    if ends_with(path, ".bicepparam") {
        facts.arguments = Some(arguments::read(path, parsed.statements));
    } else {
        facts.templates.push(read_template(parsed.statements, text));
    }
}

/// What a text says as a template.
pub(crate) fn template(text: &str) -> TemplateFact {
    read_template(bicep::parse(text).statements, text)
}

fn read_template(statements: Vec<Statement>, text: &str) -> TemplateFact {
    let mut found = TemplateFact::default();
    for statement in statements {
        match statement {
            Statement::Setting(word, value) if &*word == "targetScope" => {
                found.target = match value.text() {
                    Some("resourceGroup") => Target::ResourceGroup,
                    Some("subscription") => Target::Subscription,
                    _ => Target::Above,
                };
            }
            Statement::Setting(..) => {}
            Statement::Parameter { name, value, range } => {
                found.parameters.push(Parameter { name, default: value, kind: None, range });
            }
            Statement::Variable { name, value } => found.variables.push(Named { name, value }),
            Statement::Output { name, value } => found.outputs.push(Named { name, value }),
            Statement::Resource(own) if is_deployment(&own) => found.modules.push(deployment(own)),
            Statement::Resource(own) => resource(own, None, text, &mut found),
            Statement::Module(own) => found.modules.push(module(own)),
            Statement::Import(own, range) => import(own, range, &mut found),
        }
    }
    finish_scopes(&mut found);
    found.shrink_to_fit();
    found
}

fn is_one(own: &Resource, kind: &str) -> bool {
    own.kind.eq_ignore_ascii_case(kind) && own.terms.each.is_none()
}

/// The beginning of the edit that gives a role assignment a scope, where it has none: behind its name.
fn scope_edit(own: &Resource, name: &Property, text: &str) -> Option<Edit> {
    let bare = is_one(own, "Microsoft.Authorization/roleAssignments") && own.scope.is_none() && own.within.is_none();
    let line = || line_break(text, name.key.range.start).unwrap_or_else(|| ", ".to_owned());
    bare.then(|| Edit { range: TextRange::empty(name.value.range.end), text: line() })
}

/// Makes the only registry the scope of role assignments that have none.
fn finish_scopes(template: &mut TemplateFact) {
    let all = template.resources.iter();
    let mut registries = all.filter(|own| is_one(own, "Microsoft.ContainerRegistry/registries"));
    match (registries.next().and_then(|own| own.symbol.as_deref()), registries.next()) {
        (Some(only), None) => {
            template.scopes.iter_mut().for_each(|(_, edit)| edit.text.extend(["scope: ", only]));
        }
        _ => template.scopes = Vec::new(),
    }
}

/// What is taken over from another file, as the outputs of a module of which nothing is deployed.
fn import(own: Import, range: TextRange, template: &mut TemplateFact) {
    // No name of Bicep has a space in it.
    let symbol: Box<str> = format!("import {}", template.modules.len()).into();
    let part =
        |of: ExpressionKind, key: Box<str>| ExpressionKind::access(Expression::new(range, of), Accessor::Member(key));
    for taken in own.names {
        let all = part(ExpressionKind::Name(symbol.clone()), "outputs".into());
        let value = match taken.name {
            Some(name) => part(all, name),
            None => all,
        };
        template.variables.push(Named { name: taken.alias, value: Expression::new(range, value) });
    }
    template.modules.push(Module {
        symbol: Some(symbol),
        name: None,
        source: Source::Variables(own.path),
        arguments: Vec::new(),
        scope: None,
        group: None,
        subscription: None,
        has_providers: false,
        terms: Terms::default(),
        range,
    });
}

fn resource(own: Declaration, within: Option<(usize, &str)>, text: &str, template: &mut TemplateFact) {
    let kind = own.kind.split('@').next().unwrap_or_default();
    // What is declared in another resource leaves out the type of that.
    let kind = match within {
        Some((_, above)) if !kind.contains('.') => format!("{above}/{kind}"),
        _ => kind.to_owned(),
    };
    let index = template.resources.len();
    let mut body = own.body;
    let [name, scope, parent] = take_apart(&mut body);
    if !lowering::matters(&kind) {
        body = identity_alone(body);
    }
    let mut found = Resource {
        symbol: Some(own.symbol),
        kind: kind.as_str().into(),
        existing: own.existing,
        name: None,
        scope: scope.map(|own| own.value),
        parent: parent.map(|own| own.value),
        within: within.map(|(index, _)| index),
        terms: terms(own.condition, own.each),
        with_type: with_type(&body, text),
        group: None,
        words: &[],
        provider: None,
        changes: None,
        settings: Vec::new(),
        body: Expression { range: own.range, ..body },
    };
    if let Some(name) = name {
        template.scopes.extend(scope_edit(&found, &name, text).map(|edit| (index, edit)));
        found.name = Some(name.value);
    }
    template.resources.push(found);
    for nested in own.nested {
        resource(nested, Some((index, &kind)), text, template);
    }
}

/// Takes what says which resource it is, and where, out of its body. Of several of a key the last counts.
fn take_apart(body: &mut Expression) -> [Option<Property>; 3] {
    let mut found = [None, None, None];
    let ExpressionKind::Object(properties) = &mut body.kind else { return found };
    let mut kept = Vec::with_capacity(properties.len());
    for own in std::mem::take(properties) {
        let is = |key: &str| own.key.text().is_some_and(|own| own.eq_ignore_ascii_case(key));
        match ["name", "scope", "parent"].into_iter().position(is).and_then(|at| found.get_mut(at)) {
            Some(place) => *place = Some(own),
            None => kept.push(own),
        }
    }
    *properties = kept.into();
    found
}

/// The edit that tells the principal's type behind the principal of a role assignment.
fn with_type(body: &Expression, text: &str) -> Option<Edit> {
    let properties = body.at(&["properties"])?;
    let principal = properties.property("principalId").filter(|_| properties.property("principalType").is_none())?;
    let line = line_break(text, principal.key.range.start).unwrap_or_else(|| ", ".to_owned());
    let range = TextRange::empty(principal.value.range.end);
    Some(Edit { range, text: format!("{line}principalType: 'ServicePrincipal'") })
}

/// Of a resource that does not bear on pulling: whose identity it has.
fn identity_alone(body: Expression) -> Expression {
    let ExpressionKind::Object(properties) = body.kind else { return body };
    let kept = properties.into_iter().filter(|own| own.key.text() == Some("identity"));
    Expression::new(body.range, ExpressionKind::Object(kept.collect()))
}

fn terms(condition: Option<Expression>, each: Option<Each>) -> Terms {
    let each = each.map(|each| {
        let mut names = each.names.into_iter();
        Box::new(Loop { name: names.next().unwrap_or_default(), index: names.next(), over: each.over })
    });
    Terms { condition, each }
}

fn module(own: Declaration) -> Module {
    let Declaration { symbol, kind, condition, each, body, range, .. } = own;
    let property = |key: &str| body.property(key).map(|property| property.value.clone());
    let arguments = body.at(&["params"]).map(Expression::properties).unwrap_or_default();
    let is_path = kind.ends_with(".bicep") || kind.ends_with(".json");
    Module {
        symbol: Some(symbol),
        name: property("name"),
        arguments: arguments.iter().filter_map(named).collect(),
        scope: property("scope"),
        source: if is_path && !kind.contains(':') { Source::Path(kind) } else { Source::Elsewhere(kind) },
        group: None,
        subscription: None,
        has_providers: false,
        terms: terms(condition, each),
        range,
    }
}

fn is_deployment(own: &Declaration) -> bool {
    own.kind.split('@').next().is_some_and(|kind| kind.eq_ignore_ascii_case(DEPLOYMENT)) && !own.existing
}

/// A template that is deployed as a resource, as ARM templates do it.
fn deployment(own: Declaration) -> Module {
    let Declaration { symbol, condition, each, body, range, .. } = own;
    let value = |path: &[&str]| body.at(path).cloned();
    let parameters = body.at(&["properties", "parameters"]).map(Expression::properties).unwrap_or_default();
    let given = |own: &Property| {
        let value = own.value.at(&["value"]).cloned().unwrap_or_else(|| Expression::opaque(own.value.range));
        Some(Named { name: own.key.text()?.into(), value })
    };
    let template = body.at(&["properties", "template"]);
    Module {
        symbol: Some(symbol),
        name: value(&["name"]),
        arguments: parameters.iter().filter_map(given).collect(),
        scope: value(&["scope"]),
        source: template.and_then(loaded).map_or_else(|| Source::Elsewhere("".into()), Source::Path),
        group: value(&["resourceGroup"]),
        subscription: value(&["subscriptionId"]),
        has_providers: false,
        terms: terms(condition, each),
        range,
    }
}

/// The path of a file that is loaded as a whole.
fn loaded(template: &Expression) -> Option<Box<str>> {
    let ExpressionKind::Call(call) = &template.kind else { return None };
    match &*call.arguments {
        [path] if call.function.eq_ignore_ascii_case("loadJsonContent") => path.text().map(Into::into),
        _ => None,
    }
}

fn named(own: &Property) -> Option<Named> {
    Some(Named { name: own.key.text()?.into(), value: own.value.clone() })
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn names_tell() {
        assert!(claims("infra/main.bicep") && claims("a.bicepparam") && !claims(".bicep") && !claims("a.bicep.md"));
    }
}
