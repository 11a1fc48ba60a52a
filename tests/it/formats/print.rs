//! Facts as compact text, without any secret value: what the golden files hold.

mod azure;
mod kubernetes;
mod script;

use std::fmt::Write as _;

use canpull_core::fact::{Field, FileFacts};
use canpull_syntax::{TextRange, text};

/// A file's facts with the text that they were read from.
struct Source<'f> {
    facts: &'f FileFacts,
    text: &'f str,
}

impl Source<'_> {
    /// The text of a range, on one line.
    fn slice(&self, range: TextRange) -> String {
        range.slice(self.text).replace('\n', "\\n").replace('\r', "\\r")
    }

    /// The line that a range starts on, from 1.
    fn line(&self, range: TextRange) -> u32 {
        self.facts.lines.position(range.start).line
    }
}

/// The facts of a file.
pub(super) fn facts(facts: &FileFacts, bytes: &[u8]) -> String {
    let decoded = text::decode(bytes).unwrap_or_default();
    let source = Source { facts, text: &decoded };
    let mut out = String::new();
    writeln!(
        out,
        "documents {} recognised {} touches-pulls {}",
        facts.documents,
        facts.recognised,
        facts.touches.images || facts.touches.access()
    )
    .unwrap();
    kubernetes::print(&source, &mut out);
    azure::print(&source, &mut out);
    script::print(&source, &mut out);
    ignores(&source, &mut out);
    problems(&source, &mut out);
    out
}

fn ignores(source: &Source<'_>, out: &mut String) {
    for ignore in &source.facts.ignores {
        let rules: Vec<String> =
            ignore.rules.iter().map(|rule| format!("{}={}", rule.id, source.slice(rule.range))).collect();
        writeln!(
            out,
            "ignore {} lines {}-{} {:?}",
            rules.join(","),
            ignore.first_line,
            ignore.last_line,
            ignore.reason
        )
        .unwrap();
    }
}

fn problems(source: &Source<'_>, out: &mut String) {
    let facts = source.facts;
    for problem in &facts.problems {
        let position = facts.lines.position(problem.range.start);
        let fatal = if problem.fatal { "error" } else { "note" };
        writeln!(out, "problem {fatal} {}:{} {}", position.line, position.column, problem.message).unwrap();
    }
    for open in &facts.unresolved {
        writeln!(out, "unresolved {} line {}", open.what, source.line(open.range)).unwrap();
    }
}

/// A text, what keeps it from being known, or `-`.
pub(super) fn field(field: &Field<String>) -> String {
    match field {
        Field::Known(text, _) => format!("{text:?}"),
        Field::Unknown(why, _) => format!("?{why:?}"),
        Field::Absent(_) => "-".to_owned(),
    }
}
