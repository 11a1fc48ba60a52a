//! Every rule's page is executed: Wrong yields the rule and what the page names, Right nothing, every safe fix mends.

use canpull_core::config::Config;
use canpull_core::diagnostic::{Applicability, Change};
use canpull_core::rules::{ALL, Rule};
use canpull_core::{Options, Report, analyze, read};
use canpull_syntax::{FileId, edit};

/// Noon of 2026-01-01 UTC: what the pages' expiry dates are held against.
const NOW: i64 = 1_767_268_800;

fn report(text: &str) -> Report {
    let files = vec![read(FileId(0), "page.yaml", text.as_bytes())];
    analyze(files, &Config::default(), &Options { now: Some(NOW), ..Options::default() })
}

fn found(text: &str) -> Vec<&'static str> {
    let mut rules: Vec<_> = report(text).diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn example<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let section = page.split_once(&format!("## {heading}\n"))?.1;
    let section = section.split("\n## ").next()?;
    section.split_once("```yaml\n")?.1.split_once("```").map(|(text, _)| text)
}

fn beside(page: &str) -> Vec<&str> {
    let line = page.lines().find_map(|line| line.strip_prefix("Reported beside it: "));
    line.into_iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The text after the safe fixes of this rule.
fn fixed(rule: &Rule, text: &str) -> String {
    let report = report(text);
    let findings = report.diagnostics.iter().filter(|diagnostic| diagnostic.rule == rule.id);
    let mut edits: Vec<_> = findings
        .filter_map(|diagnostic| diagnostic.fixes.iter().find(|fix| fix.applicability == Applicability::Safe))
        .flat_map(|fix| match &fix.change {
            Change::Edits(edits) => edits.clone(),
            Change::Command(_) => Vec::new(),
        })
        .map(|(_, edit)| edit)
        .collect();
    edits.sort();
    edit::apply(text, &edits).expect("the edits fit and do not overlap")
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
        if found(wrong) != expected {
            failed.push(format!("{}: Wrong yields {:?}, not {expected:?}", rule.id, found(wrong)));
        }
        if !found(right).is_empty() {
            failed.push(format!("{}: Right yields {:?}", rule.id, found(right)));
        }
        if rule.fixable {
            let mended = fixed(rule, wrong);
            if mended == wrong
                || found(&mended).contains(&rule.id)
                || !found(&mended).iter().all(|id| expected.contains(id))
            {
                failed.push(format!("{}: the fix gives {:?}\n{mended}", rule.id, found(&mended)));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
