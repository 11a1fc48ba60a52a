//! A manifest that does not parse.

use canpull_syntax::{FileId, Span};

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};

/// The rule.
pub(super) const RULE: Rule =
    Rule { id: "unparsable-source", severity: Severity::Error, since: "0.1.0", fixable: false, page: PAGE, check };

const PAGE: &str = "## What it does\nReports documents that claim to be Kubernetes objects and do not parse, and files that are not text.\n\n## Why it matters\nkubectl refuses them, and nothing in them could be checked.\n\n## How to fix\nMend the syntax at the place shown.\n";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, file) in context.model.files.iter().enumerate() {
        let id = FileId(u32::try_from(index).unwrap_or(u32::MAX));
        for problem in file.problems.iter().filter(|problem| problem.fatal) {
            let message = format!("not readable: {}", problem.message);
            let help = "mend the syntax here; the other documents were read";
            found.push(finding(&RULE, Span::new(id, problem.range), message, help));
        }
    }
}
