//! GitLab's code quality report.

use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::{Input, message_and_help, place, printable};
use crate::diagnostic::{Diagnostic, Severity};

#[derive(Serialize)]
struct Issue<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'r str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let findings = &input.report.diagnostics;
    let issues: Vec<Issue<'_>> = findings.iter().map(|finding| issue(input, finding, &mut fingerprints)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

fn issue<'r>(input: &Input<'r>, finding: &'r Diagnostic, fingerprints: &mut Fingerprints) -> Issue<'r> {
    let at = place(input.report, finding.span);
    let security = input.rules.iter().any(|rule| rule.id == finding.rule && rule.security.is_some());
    Issue {
        kind: "issue",
        check_name: finding.rule,
        description: printable(&message_and_help(finding, "\n")),
        categories: [if security { "Security" } else { "Bug Risk" }],
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        fingerprint: fingerprints.of(input, finding.rule, finding.span),
        location: Location {
            path: format!("{}{}", input.folder, at.path),
            lines: Lines { begin: at.start.line, end: at.end.line },
        },
    }
}
