//! Suppressions: inline comments, annotations and the configuration's ignores, each checked for use.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::edit::Edit;
use canpull_syntax::{FileId, Span, TextRange, order};

use crate::config::{Config, IgnoreDecl};
use crate::diagnostic::Diagnostic;
use crate::fact::{FileFacts, IgnoredRule, ObjectMeta};
use crate::glob;

/// Where a pull is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PullPlace {
    /// The image.
    image: Span,
    /// The object whose pod runs it.
    object: Span,
}

impl PullPlace {
    /// The pull of the image at `image`, wanted by the object at `object`.
    pub const fn new(image: Span, object: Span) -> Self {
        Self { image, object }
    }
}

/// What is known of the rules.
pub struct Rules<'a> {
    /// Whether a rule of this id exists.
    pub known: &'a dyn Fn(&str) -> bool,
    /// Whether it ran: a suppression of one that did not cannot be called unused.
    pub ran: &'a dyn Fn(&str) -> bool,
}

/// A suppression that silenced nothing, or that names no rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnusedSuppression {
    /// Where the rule's id stands in it.
    pub span: Span,
    /// What is the matter.
    pub message: String,
    /// It stands in the configuration.
    pub declared: bool,
    /// The rule's id, where no rule is called so.
    pub misspelt: Option<String>,
    /// What takes it away, where it silenced nothing.
    pub removal: Option<Edit>,
}

/// Takes out the findings that are suppressed, and tells which suppressions were of no use.
///
/// `pulls` are in the order that [`Diagnostic::pulls`] counts in. A finding that speaks of several workloads at their
/// images stays, for the others, until all are suppressed.
pub fn apply(
    diagnostics: Vec<Diagnostic>,
    files: &[FileFacts],
    config: &Config,
    pulls: &[PullPlace],
    rules: &Rules<'_>,
) -> (Vec<Diagnostic>, Vec<UnusedSuppression>) {
    let mut suppressions = collect(files, config);
    let objects: Vec<Vec<&ObjectMeta>> = files.iter().map(objects).collect();
    let index = Index::new(&suppressions);
    let lookup = Lookup { files, objects: &objects, pulls, index: &index };
    let kept = diagnostics.into_iter().filter_map(|finding| remaining(finding, &mut suppressions, &lookup)).collect();
    let mut unused: Vec<_> = suppressions.iter().filter_map(|suppression| suppression.unused(rules)).collect();
    remove_together(&mut unused, config);
    (kept, unused)
}

/// A list of which nothing is left is taken away as a whole.
fn remove_together(unused: &mut [UnusedSuppression], config: &Config) {
    let declared = || unused.iter().filter(|one| one.declared);
    let all = declared().count() == config.ignore.len() && declared().all(|one| one.misspelt.is_none());
    for one in unused.iter_mut().filter(|one| one.declared && all) {
        one.removal.clone_from(&config.without_ignore);
    }
}

/// Says of each finding which object it lies in.
pub fn name_objects(diagnostics: &mut [Diagnostic], files: &[FileFacts]) {
    let objects: Vec<Vec<&ObjectMeta>> = files.iter().map(objects).collect();
    let index = Index::default();
    let lookup = Lookup { files, objects: &objects, pulls: &[], index: &index };
    for finding in diagnostics {
        finding.object = lookup.object(finding.span).map(|object| {
            let namespace = object.namespace.text().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("{}/{namespace}{}", object.kind, object.name.text().unwrap_or_default())
        });
    }
}

struct Suppression<'a> {
    rule: &'a str,
    span: Span,
    scope: Scope<'a>,
    removal: Option<TextRange>,
    used: bool,
}

#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Lines of a file, from 1, both included.
    Lines(FileId, u32, u32),
    /// An object.
    Object(Span),
    /// What the configuration says.
    Declared(&'a IgnoreDecl),
}

impl<'a> Suppression<'a> {
    fn new(file: FileId, ignored: &'a IgnoredRule, scope: Scope<'a>) -> Self {
        let IgnoredRule { id, range, removal } = ignored;
        Self { rule: id, span: Span::new(file, *range), scope, removal: *removal, used: false }
    }

    fn unused(&self, rules: &Rules<'_>) -> Option<UnusedSuppression> {
        let unknown = self.rule != "*" && !(rules.known)(self.rule);
        let message = if unknown {
            format!("this suppresses `{}`, and no rule is called so", self.rule)
        } else if !self.used && (self.rule == "*" || (rules.ran)(self.rule)) {
            format!("this suppresses `{}`, and there is no such finding here", self.rule)
        } else {
            return None;
        };
        let removal = self.removal.filter(|_| !unknown).map(|range| Edit { range, text: String::new() });
        Some(UnusedSuppression {
            span: self.span,
            message,
            declared: matches!(self.scope, Scope::Declared(_)),
            misspelt: unknown.then(|| self.rule.to_owned()),
            removal,
        })
    }
}

fn collect<'a>(files: &'a [FileFacts], config: &'a Config) -> Vec<Suppression<'a>> {
    let mut all = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let id = FileId::at(index);
        for comment in &file.ignores {
            let scope = Scope::Lines(id, comment.first_line, comment.last_line);
            all.extend(comment.rules.iter().map(|ignored| Suppression::new(id, ignored, scope)));
        }
        for object in objects(file) {
            let scope = Scope::Object(object.span);
            all.extend(object.ignores.iter().map(|ignored| Suppression::new(id, ignored, scope)));
        }
    }
    all.extend(config.ignore.iter().map(|ignore| Suppression {
        rule: &ignore.rule.value,
        span: ignore.rule.span,
        scope: Scope::Declared(ignore),
        removal: ignore.removal,
        used: false,
    }));
    all
}

/// A file's objects in order of position, one for each span: an object may have left several facts.
fn objects(file: &FileFacts) -> Vec<&ObjectMeta> {
    let workloads = file.workloads.iter().map(|fact| &fact.object);
    let accounts = file.service_accounts.iter().map(|fact| &fact.object);
    let secrets = file.secrets.iter().map(|fact| &fact.object);
    let producers = file.producers.iter().map(|fact| &fact.object);
    let patchers = file.patchers.iter().map(|fact| &fact.object);
    let defects = file.defects.iter().map(|fact| &fact.object);
    let mut all: Vec<&ObjectMeta> =
        workloads.chain(accounts).chain(secrets).chain(producers).chain(patchers).chain(defects).collect();
    // Facts of one object agree on its span; the one that lists the most ignores read its annotations.
    order::sort_by_key(&mut all, |object| (object.span, std::cmp::Reverse(object.ignores.len())));
    all.dedup_by_key(|object| object.span);
    all
}

/// Suppressions by what they cover, so that a finding meets only those that may be its own.
#[derive(Default)]
struct Index {
    lines: BTreeMap<(FileId, u32), Vec<usize>>,
    objects: BTreeMap<Span, Vec<usize>>,
    declared: Vec<usize>,
}

impl Index {
    fn new(all: &[Suppression<'_>]) -> Self {
        let mut index = Self::default();
        for (at, suppression) in all.iter().enumerate() {
            match suppression.scope {
                Scope::Lines(file, first, last) => {
                    // A comment covers its own line and at most the next.
                    for line in [first, last] {
                        index.lines.entry((file, line)).or_default().push(at);
                    }
                }
                Scope::Object(span) => index.objects.entry(span).or_default().push(at),
                Scope::Declared(_) => index.declared.push(at),
            }
        }
        index
    }
}

struct Lookup<'a> {
    files: &'a [FileFacts],
    objects: &'a [Vec<&'a ObjectMeta>],
    pulls: &'a [PullPlace],
    index: &'a Index,
}

impl<'a> Lookup<'a> {
    fn line(&self, span: Span) -> Option<u32> {
        Some(self.files.get(span.file.0 as usize)?.lines.position(span.range.start).line)
    }

    /// The suppressions that may cover a finding, in order.
    fn candidates(&self, finding: &Diagnostic) -> BTreeSet<usize> {
        let pulls = || finding.pulls.iter().filter_map(|&index| self.pulls.get(index));
        let places = std::iter::once(finding.span).chain(pulls().map(|pull| pull.image));
        let lines = places.filter_map(|span| self.index.lines.get(&(span.file, self.line(span)?)));
        let own = self.object(finding.span).map(|object| object.span);
        let objects = own.into_iter().chain(pulls().map(|pull| pull.object));
        let objects = objects.filter_map(|span| self.index.objects.get(&span));
        lines.chain(objects).flatten().chain(&self.index.declared).copied().collect()
    }

    /// The object that `span` lies in. Objects do not nest, so the last to begin before it is the one.
    fn object(&self, span: Span) -> Option<&'a ObjectMeta> {
        let objects = self.objects.get(span.file.0 as usize)?;
        let after = objects.partition_point(|object| object.span.range.start <= span.range.start);
        let object = objects.get(after.checked_sub(1)?)?;
        object.span.range.contains(span.range).then_some(*object)
    }

    fn covers(&self, scope: Scope<'_>, span: Span) -> bool {
        match scope {
            Scope::Lines(file, first, last) => {
                span.file == file && self.line(span).is_some_and(|line| (first..=last).contains(&line))
            }
            Scope::Object(object) => object.file == span.file && object.range.contains(span.range),
            Scope::Declared(ignore) => {
                let path = self.files.get(span.file.0 as usize).map_or("", |file| file.path.as_str());
                ignore.path.as_ref().is_none_or(|glob| glob::matches_path(&glob.value, path))
                    && ignore
                        .object
                        .as_ref()
                        .is_none_or(|glob| self.object(span).is_some_and(|object| matches_object(&glob.value, object)))
            }
        }
    }
}

/// Whether `Kind/namespace/name` or `Kind/name` fits an object. The short form fits in every namespace.
fn matches_object(pattern: &str, object: &ObjectMeta) -> bool {
    let name = object.name.text().unwrap_or_default();
    if pattern.matches('/').count() < 2 {
        return glob::matches(pattern, &format!("{}/{name}", object.kind));
    }
    let namespace = object.namespace.text().unwrap_or_default();
    glob::matches(pattern, &format!("{}/{namespace}/{name}", object.kind))
}

/// The finding without what is suppressed of it; `None` where that is all.
fn remaining(mut finding: Diagnostic, all: &mut [Suppression<'_>], lookup: &Lookup<'_>) -> Option<Diagnostic> {
    let place = |index: &usize| lookup.pulls.get(*index).copied();
    let at_image = finding.pulls.iter().filter_map(place).any(|pull| pull.image == finding.span);
    let contains = |object: Span| object.file == finding.span.file && object.range.contains(finding.span.range);
    let in_workload = at_image || finding.pulls.iter().filter_map(place).any(|pull| contains(pull.object));
    let mut left = finding.pulls.clone();
    let mut hit = Vec::new();
    for at in lookup.candidates(&finding) {
        let Some(suppression) = all.get_mut(at) else { continue };
        if suppression.rule != finding.rule && suppression.rule != "*" {
            continue;
        }
        let scope = suppression.scope;
        let by_line = matches!(scope, Scope::Lines(..));
        // At an image, or within a workload, a finding speaks of that one among others; elsewhere it speaks of its place.
        if !(if by_line { at_image } else { in_workload }) && lookup.covers(scope, finding.span) {
            suppression.used = true;
            return None;
        }
        if by_line && !at_image {
            continue;
        }
        let covered = |pull: PullPlace| lookup.covers(scope, if by_line { pull.image } else { pull.object });
        let before = left.len();
        left.retain(|index| !place(index).is_some_and(covered));
        if left.len() < before {
            suppression.used = true;
            hit.push(scope);
        }
    }
    if hit.is_empty() {
        return Some(finding);
    }
    let silenced = |span: Span| hit.iter().any(|&scope| lookup.covers(scope, span));
    let first = left.iter().find_map(place)?;
    finding.pulls = left;
    if silenced(finding.span) {
        finding.span = first.image;
    }
    let primary = finding.span;
    finding.related.retain(|annotation| annotation.span != primary && !silenced(annotation.span));
    Some(finding)
}
