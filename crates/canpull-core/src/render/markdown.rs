//! A summary in Markdown, fit for the page of a workflow's run and for a comment on a change.

use std::io::{self, Write};

use super::{Input, by_severity, count, finding_counts, one_line, place, pull_counts, severity_name};
use crate::diagnostic::Diagnostic;
use crate::proof::Truth;
use crate::report::Pull;

/// A comment on GitHub may have 65,536 characters; what is longer is counted, not shown.
const MOST_BYTES: usize = 60_000;
/// Of them for pulls that are not proven, which come last.
const MOST_PULL_BYTES: usize = 15_000;

pub(super) fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = input.report;
    writeln!(out, "## canpull\n\n**{}.** {}.", pull_counts(report), finding_counts(report))?;
    let findings = by_severity(report);
    if !findings.is_empty() {
        let rows = findings.iter().map(|finding| finding_row(input, finding));
        let left = rows_within(MOST_BYTES - MOST_PULL_BYTES, rows, "\n| | where | what |\n|---|---|---|\n", out)?;
        rest(left, "finding", out)?;
    }
    let open: Vec<&Pull> = report.pulls.iter().filter(|pull| pull.verdict != Truth::Yes).collect();
    if !open.is_empty() {
        let title = count(open.len(), "image");
        let head = format!(
            "\n<details><summary>{title} not proven to be pulled</summary>\n\n| image | wanted by | can it be pulled? |\n|---|---|---|\n"
        );
        let rows = open.iter().map(|pull| pull_row(pull));
        let left = rows_within(MOST_PULL_BYTES, rows, &head, out)?;
        rest(left, "image", out)?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

/// Writes as many rows as fit; how many do not.
fn rows_within(
    bytes: usize,
    mut rows: impl ExactSizeIterator<Item = String>,
    head: &str,
    out: &mut dyn Write,
) -> io::Result<usize> {
    out.write_all(head.as_bytes())?;
    let mut left = bytes;
    while let Some(row) = rows.next() {
        let Some(after) = left.checked_sub(row.len()) else { return Ok(rows.len() + 1) };
        left = after;
        out.write_all(row.as_bytes())?;
    }
    Ok(0)
}

fn rest(left: usize, what: &str, out: &mut dyn Write) -> io::Result<()> {
    if left > 0 { writeln!(out, "\n… and {} more.", count(left, what)) } else { Ok(()) }
}

fn finding_row(input: &Input<'_>, finding: &Diagnostic) -> String {
    let at = place(input.report, finding.span);
    let place = code(&format!("{}{}:{}", input.folder, at.path, at.start.line));
    let what = format!("{} {}", inline(&finding.message), code(finding.rule));
    let lines: Vec<String> = std::iter::once(what).chain(finding.help.lines().map(help_line)).collect();
    format!("| {} | {place} | {} |\n", severity_name(finding.severity), lines.join("<br>"))
}

/// A line of a help; where it is indented it is code, such as an example of a file.
fn help_line(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    if indent == 0 { inline(line) } else { format!("{}{}", "&nbsp;".repeat(indent * 2), code(line.trim())) }
}

fn pull_row(pull: &Pull) -> String {
    let answer = match pull.verdict {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Unknown => "unknown",
    };
    format!("| {} | {} | {answer} |\n", code(&pull.image), code(&pull.workload()))
}

/// Text of a message in a cell of a table: what stands between backticks is code, and nothing else is markup.
fn inline(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut out = String::with_capacity(text.len());
    for (at, part) in parts.iter().enumerate() {
        match (at % 2 == 1, at == last) {
            (true, false) => out.push_str(&code(part)),
            // A backtick without its second.
            (true, true) => {
                out.push_str("\\`");
                out.push_str(&escaped(part));
            }
            (false, _) => out.push_str(&escaped(part)),
        }
    }
    out
}

/// A code span in a cell. Nothing in it is markup, names no person and links nowhere.
fn code(text: &str) -> String {
    let text = one_line(text).replace('`', "'").replace('|', "\\|");
    if text.trim().is_empty() { format!("\"{text}\"") } else { format!("`{text}`") }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in one_line(&text.replace(['\r', '\n'], " ")).chars() {
        match character {
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Nobody is called by the name of a secret, and no address becomes a link.
            '@' => out.push_str("@\u{200B}"),
            ':' => out.push_str(":\u{200B}"),
            _ => out.push(character),
        }
    }
    out.replace(":\u{200B} ", ": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_no_markup() {
        assert_eq!(inline("image `a|b` of **c** <b>"), "image `a\\|b` of \\*\\*c\\*\\* &lt;b&gt;");
        assert_eq!(inline("a `b"), "a \\`b");
        assert_eq!(inline("`` x"), "\"\" x");
        assert_eq!(inline("@team see https://x: y\nz"), "@\u{200B}team see https:\u{200B}//x: y z");
        assert_eq!(code("a`b\u{202E}"), "`a'b\u{fffd}`");
    }
}
