//! Annotations of GitHub workflows: `::error file=…,line=…,title=…::message`.

use std::io::{self, Write};

use super::{Input, concise, count, message_and_help, one_line, place, printable, severity_name};
use crate::diagnostic::{Diagnostic, Severity};

/// GitHub shows no more annotations of a kind for one step.
const MOST: usize = 10;

/// The worst come first; what exceeds the limit is printed as plain lines, so that nothing is lost.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let of_kind = || input.report.diagnostics.iter().filter(|finding| finding.severity == severity);
        for finding in of_kind().take(MOST) {
            writeln!(out, "{}", annotation(input, finding))?;
        }
        let rest = of_kind().count().saturating_sub(MOST);
        if rest == 0 {
            continue;
        }
        let what = if severity == Severity::Info { "note" } else { severity_name(severity) };
        writeln!(out, "::group::{} more than GitHub annotates", count(rest, what))?;
        for finding in of_kind().skip(MOST) {
            writeln!(out, "- {}", inert(&concise::line(input.report, finding)))?;
        }
        writeln!(out, "::endgroup::")?;
    }
    Ok(())
}

fn annotation(input: &Input<'_>, finding: &Diagnostic) -> String {
    let at = place(input.report, finding.span);
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (line, end) = (at.start.line, at.end.line);
    // GitHub refuses columns where the lines differ.
    let columns =
        if line == end { format!(",col={},endColumn={}", at.start.column, at.end.column) } else { String::new() };
    let path = property(&one_line(&format!("{}{}", input.folder, at.path)));
    let message = data(&printable(&message_and_help(finding, "\n")));
    format!("::{command} file={path},line={line},endLine={end}{columns},title=canpull%3A {}::{message}", finding.rule)
}

/// A command's text, as the runner reads it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log in which the runner sees no command: it takes `##[…]` for one wherever it stands.
fn inert(line: &str) -> String {
    line.replace("##[", "# #[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_no_command_and_starts_none() {
        assert_eq!(data("a%\r\n::b,c"), "a%25%0D%0A::b,c");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(inert("x ##[error]y"), "x # #[error]y");
    }
}
