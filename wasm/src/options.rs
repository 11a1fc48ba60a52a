//! The options of the command line, in camelCase, as JSON.

use canpull_core::diagnostic::Severity;
use canpull_core::fix::{Allowed, Choice};
use canpull_core::{Options, Report, report};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Refusal;

/// What the caller may choose, each as the command line's flag of that name.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckOptions {
    /// The time to hold expiry dates against, as RFC 3339 writes it; without it, expiry is unknown.
    now: Option<String>,
    /// Use no configuration, even where one is among the files.
    pub(crate) isolated: bool,
    /// Run only these rules.
    select: Vec<String>,
    /// Do not run these rules.
    ignore: Vec<String>,
    /// Report nothing below this severity.
    min_severity: Option<Severity>,
    /// Analyse everything, and report what touches these paths.
    only: Vec<String>,
    /// From which severity on findings fail a run: `warning` where it is left out.
    fail_on: FailOn,
    /// The form of the report: `json` where it is left out.
    pub(crate) output_format: Option<String>,
    /// Apply also fixes that change what is granted or used.
    unsafe_fixes: bool,
    /// Apply these fixes, safe or not, and no other.
    fixes: Option<Vec<FixChoice>>,
}

/// From which severity on findings fail a run.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum FailOn {
    Error,
    #[default]
    Warning,
    Info,
    Never,
}

/// A fix that somebody chose.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixChoice {
    /// Index of the finding in the report.
    diagnostic: usize,
    /// Index of the fix in the finding.
    fix: usize,
}

impl CheckOptions {
    /// Reads the options from JSON.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let fields: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| Refusal::options("options: they are an object".to_owned()))?;
        let read = |fields: Map<String, Value>| serde_json::from_value::<Self>(Value::Object(fields));
        // One by one, so that the one that is wrong is named.
        for (name, value) in &fields {
            let alone = read(std::iter::once((name.clone(), value.clone())).collect());
            alone.map_err(|error| Refusal::options(format!("options.{name}: {error}")))?;
        }
        read(fields).map_err(|error| Refusal::options(format!("options: {error}")))
    }

    /// What the analysis takes of them.
    pub(crate) fn analysis(&self) -> Result<Options, Refusal> {
        let time = |text| report::time(text).map_err(|reason| Refusal::options(format!("options.now: {reason}")));
        let options = Options {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            min_severity: self.min_severity,
            now: self.now.as_deref().map(time).transpose()?,
            only: self.only.clone(),
            partial: false,
        };
        options.check().map_err(Refusal::options)?;
        Ok(options)
    }

    /// Whether the report fails a run.
    pub(crate) fn fails(&self, report: &Report) -> bool {
        match self.fail_on {
            FailOn::Error => report.has(Severity::Error),
            FailOn::Warning => report.has(Severity::Warning),
            FailOn::Info => report.has(Severity::Info),
            FailOn::Never => false,
        }
    }

    /// Which fixes may be applied.
    pub(crate) fn allowed(&self) -> Allowed {
        let choice = |one: &FixChoice| Choice { diagnostic: one.diagnostic, fix: one.fix };
        match &self.fixes {
            Some(chosen) => Allowed::Chosen(chosen.iter().map(choice).collect()),
            None if self.unsafe_fixes => Allowed::Unsafe,
            None => Allowed::Safe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CheckOptions;

    #[test]
    fn what_is_wrong_is_named() {
        for (text, start) in [
            ("[]", "options: they are an object"),
            (r#"{"nwo": "x"}"#, "options.nwo: unknown field `nwo`, expected one of `now`"),
            (r#"{"select": "pull-denied"}"#, "options.select: invalid type: string"),
            (r#"{"minSeverity": "high"}"#, "options.minSeverity: unknown variant `high`"),
            (r#"{"fixes": [{"diagnostic": -1, "fix": 0}]}"#, "options.fixes: invalid value"),
        ] {
            let message = CheckOptions::read(text).err().map(|refusal| refusal.message).unwrap_or_default();
            assert!(message.starts_with(start), "{text}: {message}");
        }
        for (text, start) in [
            (r#"{"now": "noon"}"#, "options.now: not a time"),
            (r#"{"select": ["pull-denid"]}"#, "no rule is called `pull-denid`; did you mean `pull-denied`?"),
        ] {
            let read = CheckOptions::read(text).and_then(|options| options.analysis());
            let message = read.err().map(|refusal| refusal.message).unwrap_or_default();
            assert!(message.starts_with(start), "{text}: {message}");
        }
    }
}
