//! An ignore that ignores nothing, or names no rule.

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};

/// The rule. Its findings are made where suppressions are applied, for only there it shows which of them were used.
pub(super) const RULE: Rule =
    Rule { id: "unused-suppression", severity: Severity::Warning, since: "0.1.0", fixable: false, page: PAGE, check };

/// What to do about one.
pub(super) const HELP: &str = "remove it, or mend the rule's id";

const PAGE: &str = "## What it does\nReports comments, annotations and `ignore` entries of canpull.yaml that silence no finding, and those that name a rule that does not exist.\n\n## Why it matters\nA suppression that outlives its finding hides the next one at the same place; one with a misspelt rule never worked.\n\n## How to fix\nRemove it, or mend the rule's id: `canpull rule` lists them all.\n";

fn check(_: &Context<'_>, _: &mut Vec<Diagnostic>) {}
