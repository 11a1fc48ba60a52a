//! The house's own rules: who may import whom, and that every module says what lives in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module of the core may import from the core. Imports go down only; siblings never import each other.
const FLOORS: [(&str, &[&str]); 20] = [
    // 0: words
    ("acr_host", &[]),
    ("glob", &[]),
    ("diagnostic", &[]),
    ("fact", &[]),
    ("placeholder", &["acr_host"]),
    ("password", &["placeholder"]),
    // 1: sources and the configuration
    ("lowering", &["fact", "placeholder"]),
    ("source", &["acr_host", "fact", "lowering", "password", "placeholder"]),
    ("config", &["diagnostic"]),
    // 1½: templates, over all files
    ("deployment", &["acr_host", "fact", "lowering", "placeholder", "source"]),
    // 2: what is deployed
    ("model", &["acr_host", "config", "fact", "glob", "password", "placeholder"]),
    // 3: proofs
    ("proof", &["config", "fact", "glob", "model"]),
    // 4: rules and suppressions
    ("rules", &["diagnostic", "fact", "model", "proof"]),
    ("suppress", &["config", "diagnostic", "fact", "glob", "model", "proof"]),
    // 5: the face
    ("report", &["config", "deployment", "diagnostic", "fact", "model", "proof", "rules", "suppress"]),
    ("fix", &["diagnostic", "report"]),
    ("project", &["config", "fix", "glob", "render", "report", "source"]),
    ("baseline", &["diagnostic", "report"]),
    ("render", &["config", "diagnostic", "fact", "glob", "proof", "report"]),
    ("lib", &["report", "source"]),
];

/// Words that a higher floor owns and a lower one may speak: imports of exactly these.
const WORDS: [(&str, &str); 1] = [
    // Kleene's three values are no proof.
    ("model", "proof::Truth"),
];

fn sources(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|own| own == "rs")).collect()
}

/// The paths below `crate::` that a source names, grouped imports taken apart, up to two steps deep.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        // `pub(crate)::` is no path, and `$crate` does not occur; comments are paths for people.
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with("//") {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let first = word(rest);
        let behind = rest[first.len()..].strip_prefix("::").unwrap_or_default();
        let names: Vec<String> = match behind.strip_prefix('{') {
            Some(group) => {
                group.split('}').next().unwrap_or_default().split(',').map(|name| word(name.trim())).collect()
            }
            None => vec![word(behind)],
        };
        found.extend(names.iter().map(|name| format!("{first}::{name}")));
    }
    found
}

#[test]
fn imports_go_down_only() {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.into();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/canpull-core/src");
    let mut wrong = Vec::new();
    for path in sources("crates/canpull-core/src") {
        let relative = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let module = relative.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(allowed) = floors.get(module) else {
            wrong.push(format!("{relative}: module `{module}` stands on no floor"));
            continue;
        };
        for import in imports(&std::fs::read_to_string(&path).unwrap()) {
            let target = import.split("::").next().unwrap();
            let word = WORDS.contains(&(module, import.as_str()));
            if target != module && floors.contains_key(target) && !allowed.contains(&target) && !word {
                wrong.push(format!("{relative} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the floors:\n{}", wrong.join("\n"));
}

#[test]
fn no_rule_knows_another() {
    let files = sources("crates/canpull-core/src/rules");
    let ids: Vec<String> = files.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    for (path, own) in files.iter().zip(&ids) {
        let text = std::fs::read_to_string(path).unwrap();
        for other in ids.iter().filter(|other| *other != own) {
            assert!(!text.contains(&format!("super::{other}")), "{} knows {other}", path.display());
        }
    }
}

#[test]
fn every_module_says_what_lives_in_it() {
    for folder in ["cli", "crates", "tests", "wasm/src", "wasm/bindgen/src"] {
        for path in sources(folder).iter().filter(|path| !path.components().any(|part| part.as_os_str() == "target")) {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.starts_with("//! "), "{} does not open with `//! `", path.display());
        }
    }
}

#[test]
fn every_rule_is_a_file_of_its_name() {
    let listed: BTreeSet<String> = canpull_core::rules::ALL.iter().map(|rule| rule.id.replace('-', "_")).collect();
    let files: BTreeSet<String> = sources("crates/canpull-core/src/rules")
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("rules")))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| {
            std::fs::read_to_string(format!("{}/crates/canpull-core/src/rules/{name}.rs", env!("CARGO_MANIFEST_DIR")))
                .unwrap()
                .contains("const RULE")
        })
        .collect();
    assert_eq!(listed, files);
    let ids: Vec<&str> = canpull_core::rules::ALL.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted(), "the list of rules is not in order: {ids:?}");
}

/// Their own two lock files keep them apart.
#[test]
fn the_module_and_its_bindings_are_of_one_version() {
    let locked = |lock: &str, package: &str| {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(lock)).unwrap();
        let at = text.find(&format!("name = \"{package}\"\nversion = ")).unwrap();
        text[at..].lines().nth(1).unwrap().to_owned()
    };
    let module = locked("Cargo.lock", "wasm-bindgen");
    assert_eq!(module, locked("wasm/bindgen/Cargo.lock", "wasm-bindgen-cli-support"));
}

#[test]
fn grouped_imports_are_taken_apart() {
    let found = imports(
        "use crate::proof::{self, Link};\nuse crate::glob;\npub(crate) fn f() -> crate::fact::Why {}\n// crate::no",
    );
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ["fact::Why", "glob::", "proof::Link", "proof::self"]);
}

#[test]
fn every_failure_mode_names_rules_that_exist_or_says_why_none() {
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/failure-modes.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| code"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 81);
    for row in rows {
        let found_by = row[2];
        if found_by.starts_with("none: ") {
            continue;
        }
        let rules = found_by.split(" (").next().unwrap().split(", ");
        for rule in rules.map(|rule| rule.trim_matches('`')) {
            assert!(canpull_core::rules::find(rule).is_some(), "{}: no rule `{rule}`", row[0]);
        }
    }
}
