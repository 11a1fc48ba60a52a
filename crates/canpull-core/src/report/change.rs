//! What a change brings: a report held against the report of the state before.

use std::collections::BTreeSet;

use canpull_syntax::Span;

use super::{Pull, Report, level};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::proof::Truth;

/// Keeps the findings that touch one of the `changed` paths, that were not there `before`, or that tell of a pull that
/// was proven before and no longer is. The last are warnings at least, unless the configuration sets their rule's level.
///
/// Both reports must number their files alike.
pub fn keep_new(report: &mut Report, before: &Report, changed: &BTreeSet<&str>, config: &Config) {
    let files = &report.files;
    let is_changed = |span: Span| files.get(span.file.0 as usize).is_some_and(|file| changed.contains(&*file.path));
    let known: BTreeSet<(&str, Span)> =
        before.diagnostics.iter().flat_map(|finding| places(finding).map(|span| (finding.rule, span))).collect();
    let lost = lost(&report.pulls, &before.pulls);
    report.diagnostics.retain_mut(|finding| {
        let loses = finding.pulls.iter().any(|index| lost.contains(index));
        let raised = loses && finding.severity < Severity::Warning && level(finding.rule, config).is_none();
        if raised {
            finding.severity = Severity::Warning;
            finding.message.push_str("; before this change, it was proven that the image can be pulled");
        }
        loses || !known.contains(&(finding.rule, finding.span)) || places(finding).any(is_changed)
    });
}

fn places(finding: &Diagnostic) -> impl Iterator<Item = Span> {
    std::iter::once(finding.span).chain(finding.related.iter().map(|annotation| annotation.span))
}

/// Indexes of the pulls that were proven and no longer are, though the workload asks for the same.
fn lost(pulls: &[Pull], before: &[Pull]) -> BTreeSet<usize> {
    let proven: BTreeSet<_> = before.iter().filter(|pull| pull.verdict == Truth::Yes).map(asked).collect();
    let open = pulls.iter().enumerate().filter(|(_, pull)| pull.verdict != Truth::Yes);
    open.filter(|(_, pull)| proven.contains(&asked(pull))).map(|(index, _)| index).collect()
}

/// What a workload asks for: an image, and by which secrets.
fn asked(pull: &Pull) -> ([&str; 5], Option<&str>, Vec<&str>) {
    let secrets = pull.routes.iter().filter_map(|route| route.secret_name.as_deref()).collect();
    ([&pull.world, &pull.kind, &pull.name, &pull.container, &pull.image], pull.namespace.as_deref(), secrets)
}
