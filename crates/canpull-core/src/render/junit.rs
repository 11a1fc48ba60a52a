//! JUnit XML: a pull that is proven is a test that passes, a finding is one that fails.

use std::collections::BTreeMap;
use std::io::{self, Write};

use canpull_syntax::Span;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Input, message_and_help, one_line, place, printable, severity_name, verdict_title};
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::Truth;
use crate::report::Pull;

struct Case {
    name: String,
    class: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Skipped(String),
    Failed { severity: &'static str, message: String, text: String },
}

/// One suite a file. What is not proven, and not complained of either, is a test that was skipped.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for pull in &input.report.pulls {
        suites.entry(path(input, pull.span)).or_default().push(pull_case(pull));
    }
    for finding in &input.report.diagnostics {
        suites.entry(path(input, finding.span)).or_default().push(finding_case(input, finding));
    }
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || suites.values().flatten();
    let (tests, failures) = (all().count().to_string(), failed(all()).to_string());
    let counts = [("name", "canpull"), ("tests", &tests), ("failures", &failures), ("errors", "0")];
    let root = xml.create_element("testsuites").with_attributes(counts);
    root.write_inner_content(|xml| suites.iter().try_for_each(|(path, cases)| suite(xml, path, cases)))?;
    xml.into_inner().write_all(b"\n")
}

fn failed<'c>(cases: impl Iterator<Item = &'c Case>) -> usize {
    cases.filter(|case| matches!(case.outcome, Outcome::Failed { .. })).count()
}

fn suite(xml: &mut Writer<&mut dyn Write>, path: &str, cases: &[Case]) -> io::Result<()> {
    let skipped = cases.iter().filter(|case| matches!(case.outcome, Outcome::Skipped(_))).count().to_string();
    let (tests, failures) = (cases.len().to_string(), failed(cases.iter()).to_string());
    let counts =
        [("name", path), ("tests", &tests), ("failures", &failures), ("errors", "0"), ("skipped", skipped.as_str())];
    let suite = xml.create_element("testsuite").with_attributes(counts);
    suite.write_inner_content(|xml| cases.iter().try_for_each(|case| write_case(xml, case)))?;
    Ok(())
}

fn write_case(xml: &mut Writer<&mut dyn Write>, case: &Case) -> io::Result<()> {
    let element = xml.create_element("testcase").with_attributes([("name", &*case.name), ("classname", &case.class)]);
    match &case.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Skipped(message) => element.write_inner_content(|xml| {
            xml.create_element("skipped").with_attribute(("message", message.as_str())).write_empty()?;
            Ok(())
        })?,
        Outcome::Failed { severity, message, text } => element.write_inner_content(|xml| {
            let failure =
                xml.create_element("failure").with_attributes([("message", message.as_str()), ("type", severity)]);
            failure.write_text_content(BytesText::new(text))?;
            Ok(())
        })?,
    };
    Ok(())
}

fn path(input: &Input<'_>, span: Span) -> String {
    legal(&one_line(&format!("{}{}", input.folder, place(input.report, span).path)))
}

fn pull_case(pull: &Pull) -> Case {
    let world = if pull.world == "." { String::new() } else { format!(" in {}", pull.world) };
    Case {
        name: legal(&one_line(&format!("{} pulls {}", pull.container, pull.image))),
        class: legal(&one_line(&format!("{}{world}", pull.workload()))),
        outcome: match pull.verdict {
            Truth::Yes => Outcome::Passed,
            verdict => Outcome::Skipped(verdict_title(verdict).to_owned()),
        },
    }
}

fn finding_case(input: &Input<'_>, finding: &Diagnostic) -> Case {
    let at = place(input.report, finding.span);
    let (line, column) = (at.start.line, at.start.column);
    let message = legal(&one_line(&finding.message));
    let text = legal(&printable(&message_and_help(finding, "\n")));
    Case {
        name: format!("{line}:{column} {}", finding.rule),
        class: format!("canpull.{}", finding.rule),
        outcome: match finding.severity {
            Severity::Info => Outcome::Skipped(message),
            Severity::Error | Severity::Warning => Outcome::Failed {
                severity: severity_name(finding.severity),
                message,
                text: format!("{}:{line}:{column}\n{text}", path(input, finding.span)),
            },
        },
    }
}

/// Text without the two characters that XML knows no way to write and that are no control characters either.
fn legal(text: &str) -> String {
    text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}
