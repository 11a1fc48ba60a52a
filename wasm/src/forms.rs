//! What goes over the border beside reports, as JSON.

use canpull_core::diagnostic::Severity;
use canpull_core::fix::{Mended, Outcome};
use canpull_core::project::ProjectError;
use canpull_core::rules;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// Why canpull did not do its work.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Refusal {
    /// A word for programs.
    code: Code,
    /// A sentence for people.
    pub(crate) message: String,
    /// Where the configuration is wrong.
    places: Vec<ErrorPlace>,
}

/// Why canpull did not do its work, for programs.
#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum Code {
    /// A file is not `{ path, text | bytes }`, or its path is none.
    InvalidInput,
    /// An option does not exist or has a wrong value.
    InvalidOptions,
    /// The configuration is wrong; `places` tells where.
    InvalidConfig,
    /// No file is named like a source.
    NothingToRead,
    /// No pull, or no rule, is what was asked for.
    NotFound,
}

/// A place where the configuration is wrong.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ErrorPlace {
    /// The configuration's path.
    path: String,
    /// From 1.
    line: u32,
    /// In UTF-16 units, from 1.
    column: u32,
    /// In bytes of the text as UTF-8.
    offset: u32,
    /// What is wrong there.
    message: String,
}

impl Refusal {
    const fn new(code: Code, message: String) -> Self {
        Self { code, message, places: Vec::new() }
    }

    pub(crate) const fn input(message: String) -> Self {
        Self::new(Code::InvalidInput, message)
    }

    pub(crate) const fn options(message: String) -> Self {
        Self::new(Code::InvalidOptions, message)
    }

    pub(crate) const fn not_found(message: String) -> Self {
        Self::new(Code::NotFound, message)
    }
}

impl From<ProjectError> for Refusal {
    fn from(error: ProjectError) -> Self {
        let message = error.to_string();
        let code = match &error {
            ProjectError::Path(_) => Code::InvalidInput,
            ProjectError::Choice(_) => Code::InvalidOptions,
            ProjectError::NothingToRead => Code::NothingToRead,
            ProjectError::NotText(_) | ProjectError::Config(_) => Code::InvalidConfig,
        };
        let ProjectError::Config(errors) = error else { return Self::new(code, message) };
        let places = errors.into_iter().map(|error| ErrorPlace {
            path: error.path,
            line: error.at.line,
            column: error.at.column,
            offset: error.at.offset,
            message: error.message,
        });
        Self { code, message, places: places.collect() }
    }
}

impl From<Refusal> for JsValue {
    fn from(refusal: Refusal) -> Self {
        Self::from_str(&to_json(&refusal))
    }
}

/// What fixing changes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Changes<'o> {
    /// The files that are changed, whole.
    files: Vec<ChangedFile<'o>>,
    /// How many fixes are applied.
    applied: usize,
    /// Why others were left out.
    skipped: &'o [String],
}

/// A file as fixes leave it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangedFile<'o> {
    /// Its path.
    path: &'o str,
    /// Its text.
    text: &'o str,
}

impl<'o> Changes<'o> {
    pub(crate) fn new<A>(outcome: &'o Outcome<A>) -> Self {
        // Only what is text is mended.
        let text = |file: &'o Mended| std::str::from_utf8(&file.after).unwrap_or_default();
        let files = outcome.files.iter().map(|(path, file)| ChangedFile { path, text: text(file) });
        Self { files: files.collect(), applied: outcome.applied, skipped: &outcome.skipped }
    }
}

/// A rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Rule {
    /// Its id, which names the defect.
    id: &'static str,
    /// How bad its findings are, unless the evidence or the configuration says otherwise.
    severity: Severity,
    /// The version that brought it.
    since: &'static str,
    /// Whether it offers edits.
    fixable: bool,
}

/// A rule with its page.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RulePage {
    #[serde(flatten)]
    rule: Rule,
    /// In Markdown.
    page: String,
}

impl Rule {
    pub(crate) const fn new(rule: &rules::Rule) -> Self {
        Self { id: rule.id, severity: rule.severity, since: rule.since, fixable: rule.fixable }
    }
}

impl RulePage {
    pub(crate) fn new(rule: &rules::Rule) -> Self {
        Self { rule: Rule::new(rule), page: rule.markdown() }
    }
}

pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
