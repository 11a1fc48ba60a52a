//! Issues in the log of Azure Pipelines: `##vso[task.logissue type=…;sourcepath=…;…]message`.

use std::io::{self, Write};

use super::{Input, by_severity, concise, message_and_help, one_line, place, printable};
use crate::diagnostic::{Diagnostic, Severity};

/// The worst first. Azure Pipelines knows errors and warnings; the rest are plain lines.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    by_severity(input.report).into_iter().try_for_each(|finding| writeln!(out, "{}", line(input, finding)))
}

fn line(input: &Input<'_>, finding: &Diagnostic) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => return inert(&concise::line(input.report, finding)),
    };
    let at = place(input.report, finding.span);
    let path = property(&one_line(&format!("{}{}", input.folder, at.path)));
    let message = data(&inert(&printable(&message_and_help(finding, " — "))));
    let (line, column, rule) = (at.start.line, at.start.column, finding.rule);
    format!(
        "##vso[task.logissue type={kind};sourcepath={path};linenumber={line};columnnumber={column};code={rule};]{message}"
    )
}

/// A command's text, as the agent reads it.
fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(';', "%3B").replace(']', "%5D")
}

/// A line of the log in which the agent sees no command: it takes `##vso[…]` for one wherever it stands.
fn inert(line: &str) -> String {
    line.replace("##", "# #")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_no_command_and_starts_none() {
        assert_eq!(data("a%\r\n;]"), "a%AZP25%0D%0A;]");
        assert_eq!(property("a;b]c%"), "a%3Bb%5Dc%AZP25");
        assert_eq!(inert("x ##vso[task.complete]y"), "x # #vso[task.complete]y");
    }
}
