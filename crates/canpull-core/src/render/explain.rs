//! The proof of each pull that matches, as a tree with the places it rests on.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{one_line, place, route_title, verdict_title};
use crate::glob;
use crate::proof::{Link, Truth, evidence};
use crate::report::{Pull, Report};

/// How the trees look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint {
    /// With the colours of a terminal.
    pub color: bool,
    /// Longer lines are broken between words.
    pub columns: usize,
}

impl Paint {
    /// Without colours, and with lines as long as they come.
    pub const PLAIN: Self = Self { color: false, columns: usize::MAX };
}

/// The trees of the pulls whose workload, container or image `pattern` fits, and what would settle the open ones.
///
/// # Errors
/// Says what a pattern may be, where none fits.
pub fn explain(report: &Report, pattern: &str, paint: &Paint) -> Result<String, String> {
    let matching: Vec<&Pull> = report.pulls.iter().filter(|pull| matches(pattern, pull)).collect();
    if matching.is_empty() {
        return Err(format!("no pull matches `{pattern}`; it may be a glob or a part of {}", example(report)));
    }
    let trees = matching.iter().map(|pull| tree(report, pull, paint));
    let parts: Vec<String> = trees.chain(recipe(report, &matching)).collect();
    Ok(parts.join("\n"))
}

/// What to run where pulls are open for want of what Azure knows: a script, since its listing then counts as whole.
fn recipe(report: &Report, pulls: &[&Pull]) -> Option<String> {
    let cluster = match report.clusters.as_slice() {
        [only] => only.name.as_deref().zip(only.group.as_deref()),
        _ => None,
    };
    let of = |pull: &&Pull| Some(evidence::commands(pull.verdict, &pull.routes, pull.registry.as_deref()?, cluster));
    let mut commands: Vec<(String, &str)> = pulls.iter().filter_map(of).flatten().collect();
    let mut seen = BTreeSet::new();
    commands.retain(|(command, _)| seen.insert(command.clone()));
    if commands.is_empty() {
        return None;
    }
    let mut out = "What Azure knows would settle this. Keep these commands in a script of the project, and what they print\nbeside it: canpull reads both.\n\n".to_owned();
    for (command, file) in commands {
        let _ = writeln!(out, "    {} > {file}", one_line(&command));
    }
    Some(out)
}

fn matches(pattern: &str, pull: &Pull) -> bool {
    let names = [pull.workload(), format!("{}/{}", pull.kind, pull.name), pull.container.clone(), pull.image.clone()];
    names.iter().any(|name| name.contains(pattern) || glob::matches(pattern, name))
}

fn example(report: &Report) -> String {
    match report.pulls.first() {
        Some(pull) => {
            one_line(&format!("a workload, a container or an image, such as `{}` or `{}`", pull.workload(), pull.image))
        }
        None => "a workload, a container or an image, and these files have none".to_owned(),
    }
}

impl Paint {
    fn mark(&self, truth: Truth) -> String {
        let (mark, code) = match truth {
            Truth::Yes => ("✓", "32"),
            Truth::No => ("✗", "31"),
            Truth::Unknown => ("?", "33"),
        };
        self.in_color(mark, code)
    }

    fn faint(&self, text: &str) -> String {
        self.in_color(text, "2")
    }

    fn in_color(&self, text: &str, code: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn tree(report: &Report, pull: &Pull, paint: &Paint) -> String {
    let mut out = String::new();
    let place = place(report, pull.span);
    let at = format!("{}:{}", place.path, place.start.line);
    let world = if pull.world == "." { String::new() } else { format!(", in {}", pull.world) };
    let head = format!("{}, container {}{world}", pull.workload(), pull.container);
    let verdict = verdict_title(pull.verdict);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}  {}", one_line(&head), paint.faint(&one_line(&at)));
    let _ = writeln!(out, "{} {} {verdict}", paint.mark(pull.verdict), one_line(&pull.image));
    let groups = usize::from(!pull.common.is_empty()) + pull.routes.len();
    let mut left = groups;
    let mut branch = || {
        left = left.saturating_sub(1);
        if left == 0 { ("└─ ", "   ") } else { ("├─ ", "│  ") }
    };
    if !pull.common.is_empty() {
        let (joint, stem) = branch();
        let truth = pull.common.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        let _ = writeln!(out, "{joint}{} needed by every pull of the pod", paint.mark(truth));
        links(&mut out, report, &pull.common, stem, paint);
    }
    for route in &pull.routes {
        let (joint, stem) = branch();
        let secret = route.secret_name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let title = format!("{}{secret}", route_title(route.kind));
        let _ = writeln!(out, "{joint}{} {}", paint.mark(route.truth()), one_line(&title));
        links(&mut out, report, &route.links, stem, paint);
    }
    if pull.routes.is_empty() {
        let _ = writeln!(out, "   no way leads to this image");
    }
    out
}

fn links(out: &mut String, report: &Report, links: &[Link], stem: &str, paint: &Paint) {
    for (index, link) in links.iter().enumerate() {
        let (joint, under) = if index + 1 == links.len() { ("└─", "   ") } else { ("├─", "│  ") };
        let assumed = if link.assumed { " (assumed)" } else { "" };
        let places = link.because.iter().map(|&span| {
            let place = place(report, span);
            format!("{}:{}", place.path, place.start.line)
        });
        let mut places: Vec<String> = places.collect();
        places.dedup();
        let places = one_line(&places.join(", "));
        let indent = stem.chars().count() + "├─ ✓ ".chars().count();
        let text = format!("{}{assumed}", one_line(&link.text));
        let mut lines = broken(&text, paint.columns.saturating_sub(indent));
        let room = paint.columns.saturating_sub(indent + places.chars().count() + 2);
        match lines.last_mut() {
            _ if places.is_empty() => {}
            Some(last) if last.chars().count() <= room => last.push_str(&paint.faint(&format!("  {places}"))),
            _ => lines.push(paint.faint(&places)),
        }
        let text = lines.join(&format!("\n{stem}{under}  "));
        let _ = writeln!(out, "{stem}{joint} {} {text}", paint.mark(link.truth));
    }
}

/// The text in lines of at most so many characters, where its words allow.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(broken("the pod names a-very-long-name here", 9), ["the pod", "names", "a-very-long-name", "here"]);
        assert_eq!(broken("ein  Wort", usize::MAX), ["ein  Wort"]);
    }
}
