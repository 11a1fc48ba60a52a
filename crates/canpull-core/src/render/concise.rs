//! One line a finding: `path:line:column: severity[rule] message`.

use std::fmt::Write as _;

use super::{place, severity_name};
use crate::report::Report;

/// Renders the findings as lines that editors and `grep` understand.
pub fn concise(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.diagnostics {
        let at = place(report, finding.span);
        let message = finding.message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let severity = severity_name(finding.severity);
        let (line, column) = (at.start.line, at.start.column);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}:{line}:{column}: {severity}[{}] {message}", at.path, finding.rule);
    }
    out
}
