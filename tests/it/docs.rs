//! The documentation: generated pages are those of the program, and links lead somewhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use canpull_core::render::severity_name;
use canpull_core::rules::ALL;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_canpull")).args(args).env("COLUMNS", "110").output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Every generated page, by its path.
fn generated() -> Vec<(String, String)> {
    let row = |rule: &canpull_core::rules::Rule| {
        let does = rule.page.split("## ").find_map(|part| part.strip_prefix("What it does")).unwrap().trim();
        let first = does.split_inclusive(". ").next().unwrap().trim().replace('\n', " ");
        let fixable = if rule.fixable { "edits" } else { "" };
        format!("| [{0}]({0}.md) | {1} | {fixable} | {first} |\n", rule.id, severity_name(rule.severity))
    };
    let list = format!(
        "# Rules\n\n{} rules. The severity is the usual one: a finding's evidence may lower it, `canpull.yaml` sets it.\n\n\
         | rule | severity | mends by | what it does |\n|---|---|---|---|\n{}",
        ALL.len(),
        ALL.iter().map(row).collect::<String>()
    );
    let mut command_line = format!("# Command line\n\n```text\n{}```\n", help(&["--help"]));
    for command in ["explain", "graph", "rule", "init", "config-schema", "completions", "man"] {
        write!(command_line, "\n## canpull {command}\n\n```text\n{}```\n", help(&[command, "--help"])).unwrap();
    }
    let rules = ALL.iter().map(|rule| {
        let severity = severity_name(rule.severity);
        let fixable = if rule.fixable { ", mends by edits" } else { "" };
        let head = format!("# {}\n\n*{severity}, since {}{fixable}*", rule.id, rule.since);
        (format!("docs/rules/{}.md", rule.id), format!("{head}\n\n{}", rule.body()))
    });
    let pages = [("docs/rules/README.md".to_owned(), list), ("docs/command-line.md".to_owned(), command_line)];
    rules.chain(pages).collect()
}

#[test]
fn generated_pages_are_those_of_the_program() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    std::fs::create_dir_all(root().join("docs/rules")).unwrap();
    let pages = generated();
    for (name, text) in &pages {
        let path = root().join(name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        if update {
            std::fs::write(&path, text).unwrap();
        } else {
            stale.push(name.clone());
        }
    }
    let known: BTreeSet<PathBuf> = pages.iter().map(|(name, _)| root().join(name)).collect();
    for entry in std::fs::read_dir(root().join("docs/rules")).unwrap() {
        let path = entry.unwrap().path();
        if !known.contains(&path) {
            stale.push(path.display().to_string());
        }
    }
    assert!(stale.is_empty(), "stale, `UPDATE=1 cargo test --test it docs::` writes them anew: {stale:?}");
}

/// The targets of a page's links that are files.
fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced || line.starts_with("    ") {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let target = line[at + 2..].split(')').next().unwrap();
            if !target.contains("://") && !target.starts_with('#') {
                targets.push(target.split('#').next().unwrap().to_owned());
            }
        }
    }
    targets
}

#[test]
fn links_of_the_documentation_lead_to_files() {
    let docs =
        walkdir::WalkDir::new(root().join("docs")).into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "BENCHMARKS.md"].map(|name| root().join(name));
    let pages: Vec<PathBuf> =
        docs.chain(pages).filter(|path| path.extension().is_some_and(|own| own == "md")).collect();
    let contents = std::fs::read_to_string(root().join("docs/README.md")).unwrap();
    let mut broken = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for target in links(&text) {
            if !page.parent().unwrap().join(&target).exists() {
                broken.push(format!("{} links to {target}", page.display()));
            }
        }
        let own = page.file_name().unwrap().to_string_lossy().into_owned();
        if page.parent() == Some(&root().join("docs")) && own != "README.md" && !contents.contains(&format!("({own})"))
        {
            broken.push(format!("docs/README.md does not name {own}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
