//! What a rule says: a message at a place, why it fails at run time, and how to mend it.

use canpull_syntax::Span;
use canpull_syntax::edit::Edit;
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Works, but should be known.
    Info,
    /// Probably fails, or a trap that will.
    Warning,
    /// On this evidence the pull, or the object, fails.
    Error,
}

/// How sure the evidence makes a finding. Computed, never typed by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Rests on an Unknown link.
    Low,
    /// Rests on an assumption.
    Medium,
    /// Rests on what is written.
    High,
}

/// A second place that belongs to a finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Annotation {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Keeps what the author meant: `--fix`.
    Safe,
    /// Changes what is granted or used: `--unsafe-fixes`.
    Unsafe,
    /// To be read and run by a person.
    DisplayOnly,
}

/// What a fix does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// Edits of the project's files, each with its file.
    Edits(Vec<(canpull_syntax::FileId, Edit)>),
    /// A command to run; always display-only.
    Command(String),
}

/// A way to mend a finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
    /// The change.
    pub change: Change,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong and why it fails at run time.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub span: Span,
    /// What is to be seen there, short: the caret's label.
    pub label: String,
    /// Other places.
    pub related: Vec<Annotation>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// Indexes of the pulls it speaks of.
    pub pulls: Vec<usize>,
    /// The object that it lies in, as `Kind/namespace/name`; set when all findings are in.
    pub object: Option<String>,
}

/// A rule, for those who show its findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleInfo {
    /// Its id.
    pub id: &'static str,
    /// Its severity unless a finding's evidence or the configuration says otherwise.
    pub severity: Severity,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Where those who make Kubernetes or Azure document what it rests on.
    pub docs: Option<&'static str>,
    /// Where it concerns who else may get at images or credentials: how bad that is, on the scale of CVSS.
    pub security: Option<&'static str>,
}
