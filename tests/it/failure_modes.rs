//! How pulls fail, and what finds it: `docs/failure-modes.md` names for each mode the rules that fire in the estates of
//! `fixtures/failure-modes.md`, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::rules::{Files, fences, found};

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rules that the documentation names, by mode.
fn claimed() -> BTreeMap<String, BTreeSet<String>> {
    let table = text("docs/failure-modes.md");
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| code"));
    let rows = rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let rules = |found_by: &str| -> BTreeSet<String> {
        let names = found_by.split(" (").next().unwrap_or_default();
        names.split(", ").map(|rule| rule.trim_matches('`').to_owned()).collect()
    };
    rows.filter(|row| !row[2].starts_with("none: ")).map(|row| (row[0].to_owned(), rules(row[2]))).collect()
}

/// Each estate with its mode and the rule that fires in it.
fn estates() -> Vec<(String, String, Files)> {
    let page = text("fixtures/failure-modes.md");
    let sections = page.split("\n## ").skip(1).map(|section| {
        let (heading, body) = section.split_once('\n').unwrap();
        let (mode, rule) = heading.split_once(": ").unwrap();
        (mode.to_owned(), rule.to_owned(), fences(body))
    });
    sections.collect()
}

#[test]
fn every_mode_is_found_by_the_rules_that_are_named_for_it() {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut silent = Vec::new();
    for (mode, rule, files) in estates() {
        let found = found(&files);
        if !found.contains(&rule.as_str()) {
            silent.push(format!("{mode}: {rule} is not among {found:?}"));
        }
        shown.entry(mode).or_default().insert(rule);
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
    assert_eq!(shown, claimed());
}
