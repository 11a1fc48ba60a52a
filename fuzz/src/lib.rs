//! What must hold of any input, for each target. `tests/it/fuzz.rs` holds it of the corpus that is kept.

use std::collections::BTreeMap;

use canpull_core::Options;
use canpull_core::fix::Allowed;
use canpull_core::project::Project;
use canpull_core::render::FORMATS;
use canpull_syntax::bicep::Statement;
use canpull_syntax::shell::Dialect;
use canpull_syntax::{FileId, hcl, text};

mod ranges;

use ranges::{expression, holds};

/// Manifests: any text is parsed, and every range is in it.
pub fn yaml(text: &str) {
    ranges::parsed(text, &canpull_syntax::yaml::parse(text));
    ranges::parsed(text, &canpull_syntax::yaml::parse_flow(text));
}

/// JSON in any file that holds objects, and what Azure prints.
pub fn json(input: &str) {
    let facts = canpull_core::read(FileId::at(0), "shown.json", input.as_bytes());
    // Places are those of the text without its byte order mark.
    let Ok(text) = text::decode(input.as_bytes()) else { return };
    facts.problems.iter().for_each(|problem| holds(&text, problem.range));
    facts.masked.iter().for_each(|range| holds(&text, *range));
}

/// Scripts in Bash: any text is taken apart, and every range is in it.
pub fn bash(text: &str) {
    ranges::script(text, Dialect::Bash);
}

/// Scripts in PowerShell: any text is taken apart, and every range is in it.
pub fn powershell(text: &str) {
    ranges::script(text, Dialect::PowerShell);
}

/// Bicep: any text is parsed, and every range is in it.
pub fn bicep(text: &str) {
    let parsed = canpull_syntax::bicep::parse(text);
    parsed.problems.iter().for_each(|problem| holds(text, problem.range));
    for statement in &parsed.statements {
        match statement {
            Statement::Setting(_, value) | Statement::Variable { value, .. } | Statement::Output { value, .. } => {
                expression(text, value);
            }
            Statement::Parameter { value, range, .. } => {
                holds(text, *range);
                if let Some(value) = value {
                    expression(text, value);
                }
            }
            Statement::Resource(own) | Statement::Module(own) => ranges::declaration(text, own),
            Statement::Import(_, range) => holds(text, *range),
        }
    }
}

/// HCL: any text is parsed, and every range is in it.
pub fn hcl(text: &str) {
    let parsed = hcl::parse(text);
    parsed.problems.iter().for_each(|problem| holds(text, problem.range));
    ranges::body(text, &parsed.body);
}

/// ARM templates: any text is parsed, and every range is in it, those within its strings too.
pub fn arm(text: &str) {
    let read = canpull_syntax::arm::parse(text);
    ranges::parsed(text, &read);
    read.roots().for_each(|(_, root)| expression(text, &canpull_syntax::arm::value(root)));
}

/// Whole projects: they are read, judged, told of in every format and mended, whatever their files hold.
pub fn project(data: &[u8]) {
    let Ok(project) = Project::new(files(data), None, true) else { return };
    let options = Options::default();
    let Ok(analysis) = project.analyse(&options, &BTreeMap::default()) else { return };
    for format in FORMATS {
        let _ = analysis.render(format);
    }
    let _ = project.mend(&options, &Allowed::Unsafe);
}

/// Names of files, each read as another format; what is fuzzed picks them by its first byte.
const PATHS: [&str; 19] = [
    "web.yaml",
    "azure.yaml",
    "base/kustomization.yaml",
    "kustomization.yaml",
    "secret.json",
    "roles.json",
    "cluster.json",
    "azuredeploy.json",
    "main.bicep",
    "module.bicep",
    "main.bicepparam",
    "main.parameters.json",
    "main.tf",
    "modules/pull/main.tf",
    "terraform.tfvars",
    "setup.sh",
    "setup.ps1",
    "README.md",
    ".github/workflows/deploy.yml",
];

/// Files parted by bytes that no text holds.
fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for part in data.split(|byte| *byte == 0xFF).take(PATHS.len()) {
        let Some((first, rest)) = part.split_first() else { continue };
        let path = PATHS[usize::from(*first) % PATHS.len()];
        if files.iter().all(|(own, _)| own != path) {
            files.push((path.to_owned(), rest.to_vec()));
        }
    }
    files
}
