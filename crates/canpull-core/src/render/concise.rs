//! One line a finding: `path:line:column: severity[rule] message`.

use std::io::{self, Write};

use super::{Input, one_line, place, severity_name};
use crate::diagnostic::Diagnostic;
use crate::report::Report;

/// Renders the findings as lines that editors and `grep` understand.
pub fn concise(report: &Report) -> String {
    report.diagnostics.iter().map(|finding| line(report, finding) + "\n").collect()
}

pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    input.report.diagnostics.iter().try_for_each(|finding| writeln!(out, "{}", line(input.report, finding)))
}

/// One finding, without a line break.
pub(super) fn line(report: &Report, finding: &Diagnostic) -> String {
    let at = place(report, finding.span);
    let message = one_line(&finding.message.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    let path = one_line(at.path);
    let severity = severity_name(finding.severity);
    let (line, column) = (at.start.line, at.start.column);
    format!("{path}:{line}:{column}: {severity}[{}] {message}", finding.rule)
}
