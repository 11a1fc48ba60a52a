//! canpull as a WebAssembly module: thin functions over the core's face, for the JavaScript in `npm/` to wrap.
//!
//! What goes over the border is text and bytes. An error is thrown as the JSON of a `Refusal`; whatever else
//! comes out is a defect of canpull, after which the instance is not to be used again.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

mod forms;
mod options;
#[cfg(test)]
mod types;

use canpull_core::config::did_you_mean;
use canpull_core::fix::Changed;
use canpull_core::project::{Analysis, Project};
use canpull_core::render::graph::{self, GraphFormat};
use canpull_core::render::{self, Format, Paint};
use canpull_core::{report, rules, source};
use wasm_bindgen::prelude::*;

use forms::{Changes, Refusal, Rule, RulePage, to_json};
use options::CheckOptions;

type Outcome<T> = Result<T, Refusal>;

/// Reports a panic as an exception. It tells the place, not the message, which may hold a part of what was analysed.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        wasm_bindgen::throw_str(&format!("canpull stopped at {place}"));
    }));
}

/// The files and the configuration, as they come over the border: all contents in one piece, with the length of each.
struct Given<'g> {
    paths: Vec<String>,
    contents: &'g [u8],
    lengths: &'g [u32],
    config: Option<String>,
}

impl Given<'_> {
    fn project(self, options: &CheckOptions) -> Outcome<Project> {
        let mut rest = self.contents;
        let mut files = Vec::with_capacity(self.paths.len());
        for (path, length) in self.paths.into_iter().zip(self.lengths) {
            let cut = rest.split_at_checked(*length as usize);
            let (bytes, after) = cut.ok_or_else(|| Refusal::input(format!("`{path}`: its bytes are missing")))?;
            files.push((path, bytes.to_vec()));
            rest = after;
        }
        Ok(Project::new(files, self.config, options.isolated)?)
    }

    fn analysis(self, options: &CheckOptions) -> Outcome<Analysis> {
        let chosen = options.analysis()?;
        Ok(self.project(options)?.analyse(&chosen, &Changed::new())?)
    }
}

/// The report in the form that `outputFormat` names, and the exit code of the command line.
#[wasm_bindgen]
pub fn check(
    paths: Vec<String>,
    contents: &[u8],
    lengths: &[u32],
    config: Option<String>,
    options: &str,
) -> Result<Vec<String>, JsValue> {
    let options = CheckOptions::read(options)?;
    let name = options.output_format.as_deref().unwrap_or("json");
    let format = Format::find(name).ok_or_else(|| no_such("format", name, &formats()))?;
    let analysis = Given { paths, contents, lengths, config }.analysis(&options)?;
    let code = u8::from(options.fails(analysis.report()));
    Ok(vec![analysis.render(format), code.to_string()])
}

/// The proof of each pull that matches, as `canpull explain` prints it.
#[wasm_bindgen]
pub fn explain(
    pattern: &str,
    paths: Vec<String>,
    contents: &[u8],
    lengths: &[u32],
    config: Option<String>,
    options: &str,
) -> Result<String, JsValue> {
    let options = CheckOptions::read(options)?;
    let analysis = Given { paths, contents, lengths, config }.analysis(&options)?;
    Ok(render::explain(analysis.report(), pattern, &Paint::PLAIN).map_err(Refusal::not_found)?)
}

/// The access graph, as `canpull graph` prints it.
#[wasm_bindgen]
pub fn graph(
    format: &str,
    paths: Vec<String>,
    contents: &[u8],
    lengths: &[u32],
    config: Option<String>,
    options: &str,
) -> Result<String, JsValue> {
    let options = CheckOptions::read(options)?;
    let format = GraphFormat::find(format).ok_or_else(|| no_such("form of the graph", format, &graph_formats()))?;
    let analysis = Given { paths, contents, lengths, config }.analysis(&options)?;
    Ok((format.render)(analysis.report()))
}

/// What fixing changes, and the report of the files as they are then.
#[wasm_bindgen(js_name = applyFixes)]
pub fn apply_fixes(
    paths: Vec<String>,
    contents: &[u8],
    lengths: &[u32],
    config: Option<String>,
    options: &str,
) -> Result<Vec<String>, JsValue> {
    let options = CheckOptions::read(options)?;
    let chosen = options.analysis()?;
    let project = Given { paths, contents, lengths, config }.project(&options)?;
    let outcome = project.mend(&chosen, &options.allowed()).map_err(Refusal::from)?;
    Ok(vec![to_json(&Changes::new(&outcome)), render::json(outcome.analysis.report())])
}

/// All rules, without their pages.
#[wasm_bindgen(js_name = rules)]
pub fn all_rules() -> String {
    to_json(&rules::ALL.iter().map(Rule::new).collect::<Vec<_>>())
}

/// A rule with its page.
#[wasm_bindgen]
pub fn rule(id: &str) -> Result<String, JsValue> {
    Ok(to_json(&RulePage::new(report::rule(id).map_err(Refusal::not_found)?)))
}

/// The JSON schema of `canpull.yaml`.
#[wasm_bindgen(js_name = configSchema)]
pub fn config_schema() -> String {
    to_json(&canpull_core::config::schema())
}

/// The names that `outputFormat` takes.
#[wasm_bindgen]
pub fn formats() -> Vec<String> {
    render::FORMATS.iter().map(|format| format.name.to_owned()).collect()
}

/// The forms of the access graph.
#[wasm_bindgen(js_name = graphFormats)]
pub fn graph_formats() -> Vec<String> {
    graph::FORMATS.iter().map(|format| format.name.to_owned()).collect()
}

fn no_such(what: &str, name: &str, known: &[String]) -> Refusal {
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    Refusal::options(format!("no {what} is called `{name}`{hint}; there are {}", known.join(", ")))
}

/// The ranges of a file that may hold a credential, in order: the start and the end of each, in bytes of its text.
#[wasm_bindgen]
pub fn credentials(path: &str, contents: &[u8]) -> Vec<u32> {
    source::credentials(path, contents).iter().flat_map(|range| [range.start, range.end]).collect()
}

/// Whether a file of this path may be a source.
#[wasm_bindgen(js_name = isSource)]
pub fn is_source(path: &str) -> bool {
    source::is_candidate(path.rsplit('/').next().unwrap_or(path)) && !path.split('/').any(source::is_skipped)
}

/// canpull's version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
