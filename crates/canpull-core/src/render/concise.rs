//! One line a finding: `path:line:column: severity[rule] message`.

use std::fmt::Write as _;

use super::{one_line, place, severity_name};
use crate::report::Report;

/// Renders the findings as lines that editors and `grep` understand.
pub fn concise(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.diagnostics {
        let at = place(report, finding.span);
        let message = one_line(&finding.message.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        let path = one_line(at.path);
        let severity = severity_name(finding.severity);
        let (line, column) = (at.start.line, at.start.column);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{path}:{line}:{column}: {severity}[{}] {message}", finding.rule);
    }
    out
}
