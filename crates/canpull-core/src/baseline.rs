//! The baseline: findings that are known, told apart by rule, object, container and image, never by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use canpull_syntax::Span;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::report::{BaselineUse, Pull, Report};

/// The form of the file.
const VERSION: u32 = 1;

/// What makes a finding the same one after a change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct Key {
    rule: String,
    /// `Kind/namespace/name`; where a finding lies in no object, the file's path.
    object: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    container: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    image: String,
}

/// Known findings, with how many there are of each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    known: BTreeMap<Key, usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

const fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
const fn is_one(count: &usize) -> bool {
    *count == 1
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.rule, self.object)?;
        if self.image.is_empty() { Ok(()) } else { write!(f, ", {} pulling {}", self.container, self.image) }
    }
}

impl Baseline {
    /// All findings of a report.
    pub fn of(report: &Report) -> Self {
        let mut known = BTreeMap::new();
        for finding in &report.diagnostics {
            match keys(report, finding) {
                Keys::Pulls(keys) => known.extend(keys.into_iter().map(|(_, key)| (key, 1))),
                Keys::Place(key) => *known.entry(key).or_default() += 1,
            }
        }
        Self { known }
    }

    /// Reads a baseline file.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("not a baseline: {error}"))?;
        if file.version != VERSION {
            return Err(format!("a baseline of version {}; this canpull reads version {VERSION}", file.version));
        }
        Ok(Self { known: file.findings.into_iter().map(|entry| (entry.key, entry.count)).collect() })
    }

    /// The file's text: in order, a line break at its end.
    pub fn text(&self) -> String {
        let entry = |(key, count): (&Key, &usize)| Entry { key: key.clone(), count: *count };
        let file = File { version: VERSION, findings: self.known.iter().map(entry).collect() };
        // Maps with text for keys can always be written.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Hides what is known. A finding that speaks of several pulls stays for those that are not. Where `whole`, all
    /// rules ran on all files, so that entries without a finding are stale.
    pub fn apply(&self, report: &mut Report, whole: bool) {
        let mut used: BTreeMap<Key, usize> = BTreeMap::new();
        let findings = std::mem::take(&mut report.diagnostics);
        let before = findings.len();
        let kept = findings.into_iter().filter_map(|finding| self.remaining(report, finding, &mut used));
        let kept: Vec<Diagnostic> = kept.collect();
        let stale = |(key, count): &(&Key, &usize)| whole && used.get(key).copied().unwrap_or_default() < **count;
        report.baseline = Some(BaselineUse {
            hidden: before - kept.len(),
            stale: self.known.iter().filter(stale).map(|(key, _)| key.to_string()).collect(),
        });
        report.diagnostics = kept;
    }

    fn remaining(
        &self,
        report: &Report,
        mut finding: Diagnostic,
        used: &mut BTreeMap<Key, usize>,
    ) -> Option<Diagnostic> {
        match keys(report, &finding) {
            Keys::Place(key) => {
                let known = self.known.get(&key).copied().unwrap_or_default();
                let count = used.entry(key).or_default();
                *count += 1;
                (*count > known).then_some(finding)
            }
            Keys::Pulls(keys) => {
                let (known, fresh): (Vec<_>, Vec<_>) =
                    keys.into_iter().partition(|(_, key)| self.known.contains_key(key));
                if known.is_empty() {
                    return Some(finding);
                }
                let hidden: BTreeSet<usize> = known.iter().map(|(pull, _)| *pull).collect();
                used.extend(known.into_iter().map(|(_, key)| (key, 1)));
                let first = report.pulls.get(fresh.first()?.0)?.span;
                narrow(report, &mut finding, &hidden, first);
                Some(finding)
            }
        }
    }
}

/// Takes known pulls out of a finding, and moves it where it stood at the image of one.
fn narrow(report: &Report, finding: &mut Diagnostic, hidden: &BTreeSet<usize>, first: Span) {
    let image = |index: &usize| report.pulls.get(*index).map(|pull| pull.span);
    let gone: BTreeSet<Span> = hidden.iter().filter_map(image).collect();
    finding.pulls.retain(|index| !hidden.contains(index));
    if gone.contains(&finding.span) {
        finding.span = first;
    }
    let primary = finding.span;
    finding.related.retain(|note| note.span != primary && !gone.contains(&note.span));
}

enum Keys {
    /// One for each pull that a finding speaks of.
    Pulls(Vec<(usize, Key)>),
    /// One for its place.
    Place(Key),
}

fn keys(report: &Report, finding: &Diagnostic) -> Keys {
    let of_pull = |&index: &usize| Some((index, pull_key(finding, report.pulls.get(index)?)));
    let pulls: Vec<(usize, Key)> = finding.pulls.iter().filter_map(of_pull).collect();
    if !pulls.is_empty() {
        return Keys::Pulls(pulls);
    }
    let path = || report.files.get(finding.span.file.0 as usize).map(|file| file.path.clone()).unwrap_or_default();
    let object = finding.object.clone().unwrap_or_else(path);
    Keys::Place(Key { rule: finding.rule.to_owned(), object, container: String::new(), image: String::new() })
}

fn pull_key(finding: &Diagnostic, pull: &Pull) -> Key {
    Key {
        rule: finding.rule.to_owned(),
        object: pull.workload(),
        container: pull.container.clone(),
        image: pull.image.clone(),
    }
}
