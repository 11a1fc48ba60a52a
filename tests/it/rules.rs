//! Every rule's page is executed: Wrong yields the rule and what the page names, Right nothing, every edit mends.

use canpull_core::config::Config;
use canpull_core::diagnostic::{Applicability, Change};
use canpull_core::fact::FileFacts;
use canpull_core::rules::{ALL, Rule};
use canpull_core::{Options, Report, analyze, read, read_config};
use canpull_syntax::{FileId, LineIndex, edit};

/// Noon of 2026-01-01 UTC: what the pages' expiry dates are held against.
const NOW: i64 = 1_767_268_800;

/// The file of an example that is its configuration.
const CONFIG: &str = "canpull.yaml";

/// The files of an example, with their names: a fence names its file behind its language, `page.yaml` where it does not.
pub(super) type Files = Vec<(String, String)>;

/// The configuration among an example's files, and the report of the rest.
fn report(files: &Files) -> Report {
    let (configs, sources): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| name == CONFIG);
    let mut facts: Vec<FileFacts> = sources
        .iter()
        .enumerate()
        .map(|(index, (name, text))| read(FileId::at(index), name, text.as_bytes()))
        .collect();
    let mut config = Config::default();
    for (name, text) in configs {
        let (read, errors) = read_config(name, FileId::at(facts.len()), text);
        assert!(errors.is_empty(), "{name}: {errors:?}");
        config = read;
        facts.push(FileFacts { path: name.clone(), lines: LineIndex::new(text), ..FileFacts::default() });
    }
    analyze(facts, &config, &Options { now: Some(NOW), ..Options::default() })
}

/// The rules that find something in an example.
pub(super) fn found(files: &Files) -> Vec<&'static str> {
    let mut rules: Vec<_> = report(files).diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

pub(super) fn example(page: &str, heading: &str) -> Option<Files> {
    let section = page.split_once(&format!("## {heading}\n"))?.1;
    let files = fences(section.split("\n## ").next()?);
    (!files.is_empty()).then_some(files)
}

/// The files that the fences of a section hold.
pub(super) fn fences(section: &str) -> Files {
    // Every second piece is a fence: its info string, a line break, its text.
    let fences = section.split("```").skip(1).step_by(2).filter_map(|fence| fence.split_once('\n'));
    let name = |info: &str| info.split_once(' ').map_or("page.yaml", |(_, name)| name).to_owned();
    fences.map(|(info, text)| (name(info), text.to_owned())).collect()
}

fn beside(page: &str) -> Vec<&str> {
    let line = page.lines().find_map(|line| line.strip_prefix("Reported beside it: "));
    line.into_iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The files after the edits that this rule offers, the first of each finding.
fn fixed(rule: &Rule, files: &Files) -> Files {
    let report = report(files);
    let findings = report.diagnostics.iter().filter(|diagnostic| diagnostic.rule == rule.id);
    let edits: Vec<_> = findings
        .filter_map(|diagnostic| diagnostic.fixes.iter().find(|fix| fix.applicability != Applicability::DisplayOnly))
        .flat_map(|fix| match &fix.change {
            Change::Edits(edits) => edits.clone(),
            Change::Command(_) => Vec::new(),
        })
        .collect();
    let mend = |(name, text): &(String, String)| {
        let index = report.files.iter().position(|file| file.path == *name).expect("every file is read");
        let mut own: Vec<_> =
            edits.iter().filter(|(file, _)| *file == FileId::at(index)).map(|(_, edit)| edit.clone()).collect();
        own.sort();
        (name.clone(), edit::apply(text, &own).expect("the edits fit and do not overlap"))
    };
    files.iter().map(mend).collect()
}

#[test]
fn every_page_is_true() {
    let mut failed = Vec::new();
    for rule in ALL {
        for heading in ["What it does", "Why it matters", "How to fix"] {
            if !rule.page.contains(&format!("## {heading}\n")) {
                failed.push(format!("{}: its page has no `{heading}`", rule.id));
            }
        }
        // What a suppression or a broken file looks like is shown by the tests of those subjects.
        let (Some(wrong), Some(right)) = (example(rule.page, "Wrong"), example(rule.page, "Right")) else {
            failed.push(format!("{}: its page has no examples", rule.id));
            continue;
        };
        let mut expected = beside(rule.page);
        expected.push(rule.id);
        expected.sort_unstable();
        if found(&wrong) != expected {
            failed.push(format!("{}: Wrong yields {:?}, not {expected:?}", rule.id, found(&wrong)));
        }
        if !found(&right).is_empty() {
            failed.push(format!("{}: Right yields {:?}", rule.id, found(&right)));
        }
        let mended = fixed(rule, &wrong);
        if rule.fixable != (mended != wrong) {
            failed.push(format!("{}: offers edits: {}, and says {}", rule.id, mended != wrong, rule.fixable));
        }
        let after = found(&mended);
        if rule.fixable && (after.contains(&rule.id) || !after.iter().all(|id| expected.contains(id))) {
            failed.push(format!("{}: the fix gives {after:?}\n{mended:?}", rule.id));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
