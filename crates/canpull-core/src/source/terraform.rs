//! Terraform: configurations and their files of variables. All files of a folder are one template.

mod body;
mod json;
mod kind;
mod names;
mod plan;
mod resource;

use canpull_syntax::hcl::{self, Block, Body};

use super::comment;
use crate::fact::FileFacts;
use crate::fact::template::{
    ArgumentsFact, Loop, Module, Named, Parameter, Receiver, Source, State, TemplateFact, Terms,
};
use names::resolved;
pub(super) use plan::Plan;

/// Whether a file is Terraform by its name.
pub(super) fn claims(path: &str) -> bool {
    is_json(path) || ends_with(path, ".tf") || is_variables(path)
}

/// Whether it is in the syntax of JSON.
pub(super) fn is_json(path: &str) -> bool {
    ends_with(path, ".tf.json") || ends_with(path, ".tfvars.json")
}

fn is_variables(path: &str) -> bool {
    ends_with(path, ".tfvars") || ends_with(path, ".tfvars.json")
}

/// Terraform itself reads names in small letters only.
fn ends_with(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|stem| !stem.is_empty())
}

/// Reads a file into its facts.
pub(super) fn read(path: &str, text: &str, facts: &mut FileFacts) {
    facts.recognised = true;
    facts.documents += 1;
    let parsed = if is_json(path) {
        json::parse(text, is_variables(path))
    } else {
        comment::in_either(text, facts);
        hcl::parse(text)
    };
    // One that is no HCL at all has a problem in every block.
    if let Some(problem) = parsed.problems.first() {
        super::template::broken(problem, text, facts);
    }
    if is_variables(path) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.strip_suffix(".json").unwrap_or(name);
        let always = stem == "terraform.tfvars" || stem.ends_with(".auto.tfvars");
        let values = parsed.body.attributes.into_iter();
        let values = values.map(|own| Named { name: format!("var.{}", own.name).into(), value: resolved(own.value) });
        facts.arguments = Some(ArgumentsFact { receiver: Receiver::Folder { always }, values: values.collect() });
    } else {
        facts.templates.push(read_template(parsed.body, overrides(path)));
    }
}

/// Whether what a file says is laid over what the others of its folder say.
fn overrides(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}

/// What a text says as a template.
pub(crate) fn template(text: &str) -> TemplateFact {
    read_template(hcl::parse(text).body, false)
}

fn read_template(body: Body, overrides: bool) -> TemplateFact {
    let mut found = TemplateFact { is_terraform: true, is_of_folder: true, overrides, ..TemplateFact::default() };
    let resource = if overrides { resource::part } else { resource::resource };
    for block in body.blocks {
        let mut labels = block.labels.iter().map(|label| &**label);
        match (&*block.kind, labels.next(), labels.next()) {
            ("variable", Some(name), None) => found.parameters.push(Parameter {
                name: format!("var.{name}").into(),
                default: block.body.value("default").cloned().map(resolved),
                kind: block.body.value("type").cloned(),
                range: block.range,
            }),
            ("locals", None, None) => {
                let values = block.body.attributes.into_iter();
                found.variables.extend(
                    values.map(|own| Named { name: format!("local.{}", own.name).into(), value: resolved(own.value) }),
                );
            }
            ("output", Some(name), None) => {
                let value = block.body.value("value").cloned().map(resolved);
                found.outputs.extend(value.map(|value| Named { name: name.into(), value }));
            }
            ("module", Some(name), None) => {
                let symbol = format!("module.{name}");
                found.modules.extend(module(block, symbol, overrides));
            }
            ("provider", Some("azurerm" | "azapi"), None) if block.body.value("alias").is_none() => {
                let named = block.body.value("environment").cloned().map(resolved);
                found.cloud = found.cloud.or(named);
            }
            ("resource", Some(kind), Some(name)) => {
                found.resources.push(resource(&block, kind, name, false));
            }
            ("terraform", None, None) => found.state = found.state.or_else(|| state(&block)),
            ("data", Some("terraform_remote_state"), Some(name)) => {
                let symbol = format!("data.terraform_remote_state.{name}");
                found.modules.extend(remote_state(&block, symbol));
            }
            ("data", Some(kind), Some(name)) => found.resources.push(resource(&block, kind, name, true)),
            _ => {}
        }
    }
    found
}

/// Where a configuration keeps its state, where it says so.
fn state(block: &Block) -> Option<State> {
    let own = block.body.blocks("backend").next()?;
    Some(State { backend: own.labels.first()?.clone(), config: body::object(&own.body, own.range) })
}

/// What another configuration gives out, as a module of which nothing is deployed.
fn remote_state(block: &Block, symbol: String) -> Option<Module> {
    let backend = block.body.value("backend")?.text()?.into();
    let config = resolved(block.body.value("config")?.clone());
    Some(Module {
        symbol: Some(symbol.into()),
        name: None,
        source: Source::State(Box::new(State { backend, config })),
        arguments: Vec::new(),
        scope: None,
        group: None,
        subscription: None,
        has_providers: false,
        terms: Terms::default(),
        range: block.range,
    })
}

/// Arguments of a module's block that are not the module's own.
const APART: [&str; 6] = ["source", "version", "count", "for_each", "providers", "depends_on"];

/// A call of a module. One that is laid over another may leave out whose template it is.
fn module(block: Block, symbol: String, overrides: bool) -> Option<Module> {
    let source = match block.body.value("source") {
        None if overrides => String::new(),
        source => source?.text()?.to_owned(),
    };
    let terms = terms(&block.body);
    let has_providers = block.body.value("providers").is_some();
    let own = block.body.attributes.into_iter().filter(|own| !APART.contains(&&*own.name));
    let is_path = source.starts_with("./") || source.starts_with("../");
    let source = source.into();
    Some(Module {
        symbol: Some(symbol.into()),
        name: None,
        source: if is_path { Source::Path(source) } else { Source::Elsewhere(source) },
        arguments: own
            .map(|own| Named { name: format!("var.{}", own.name).into(), value: resolved(own.value) })
            .collect(),
        scope: None,
        group: None,
        subscription: None,
        has_providers,
        terms,
        range: block.range,
    })
}

/// `count` and `for_each`.
fn terms(body: &Body) -> Terms {
    let count = body.value("count").cloned().map(|over| ("count.index", None, over));
    let each = || body.value("for_each").cloned().map(|over| ("each.value", Some("each.key".into()), over));
    let each = count.or_else(each);
    let each = each.map(|(name, index, over)| Box::new(Loop { name: name.into(), index, over: resolved(over) }));
    Terms { condition: None, each }
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn names_tell() {
        assert!(claims("infra/main.tf") && claims("prod.tfvars") && !claims("a.tf.md") && !claims("main.hcl"));
        assert!(claims("main.tf.json") && claims("prod.tfvars.json") && !claims("tf.json"));
    }
}
