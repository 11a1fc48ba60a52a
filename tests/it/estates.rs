//! Whole systems: each folder below `fixtures/estates` that has a README is an estate, its golden file beside it.
//! `UPDATE=1` rewrites the golden files; each must be right by what the kubelet does, not just frozen.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report, analyze, read, read_config};
use canpull_syntax::{FileId, LineIndex, Span};

/// Noon of 2026-01-01 UTC.
const NOW: i64 = 1_767_268_800;
const README: &str = "README.md";
const GOLDEN: &str = "verdicts.golden";
const CONFIG: &str = "canpull.yaml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// The folders of all estates.
pub(super) fn estates() -> Vec<PathBuf> {
    let readmes = files(&root()).into_iter().filter(|path| path.ends_with(README));
    readmes.map(|path| path.parent().unwrap().to_owned()).collect()
}

/// The sources of an estate, but for its configuration.
pub(super) fn sources(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let named = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
    let all = files(folder).into_iter().map(|path| (named(&path), path));
    let sources = all.filter(|(name, _)| ![README, GOLDEN, CONFIG].contains(&name.as_str()));
    sources.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// What canpull says of an estate.
pub(super) fn analysed(folder: &Path) -> Report {
    let sources = sources(folder).into_iter().enumerate();
    let mut facts: Vec<FileFacts> = sources.map(|(at, (name, bytes))| read(FileId::at(at), &name, &bytes)).collect();
    let mut config = Config::default();
    if let Ok(text) = std::fs::read_to_string(folder.join(CONFIG)) {
        let (read, errors) = read_config(CONFIG, FileId::at(facts.len()), &text);
        assert_eq!(errors, [], "{}", folder.display());
        config = read;
        facts.push(FileFacts { path: CONFIG.into(), lines: LineIndex::new(&text), ..FileFacts::default() });
    }
    analyze(facts, &config, &Options { now: Some(NOW), ..Options::default() })
}

/// `path:line` of a span.
fn place(report: &Report, span: Span) -> String {
    let file = &report.files[span.file.0 as usize];
    format!("{}:{}", file.path, file.lines.position(span.range.start).line)
}

/// Every pull with its verdict, then every finding, one a line.
fn golden(report: &Report) -> String {
    let mut out = String::new();
    for pull in &report.pulls {
        let object: Vec<&str> = [Some(pull.kind.as_str()), pull.namespace.as_deref(), Some(pull.name.as_str())]
            .into_iter()
            .flatten()
            .collect();
        let world = if pull.world == "." { String::new() } else { format!(" in {}", pull.world) };
        let (verdict, place, object) = (pull.verdict.as_str(), place(report, pull.span), object.join("/"));
        writeln!(out, "{verdict:<8} {place} {object} {} {}{world}", pull.container, pull.image).unwrap();
    }
    for found in &report.diagnostics {
        let severity = format!("{:?}", found.severity).to_lowercase();
        writeln!(out, "{severity:<8} {} {}", place(report, found.span), found.rule).unwrap();
    }
    out
}

#[test]
fn estates_are_judged_as_recorded() {
    let mut stale = Vec::new();
    let estates = estates();
    for folder in &estates {
        let found = golden(&analysed(folder));
        let path = folder.join(GOLDEN);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let recorded = std::fs::read_to_string(&path).unwrap_or_default();
        if recorded != found {
            stale.push(format!("{}\n--- recorded\n{recorded}--- found\n{found}", folder.display()));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
    assert!(estates.len() > 2, "{estates:?}");
}

#[test]
fn every_file_belongs_to_an_estate() {
    let estates = estates();
    let orphans: Vec<_> =
        files(&root()).into_iter().filter(|path| !estates.iter().any(|estate| path.starts_with(estate))).collect();
    assert!(orphans.is_empty(), "no README.md says what these are for: {orphans:?}");
}
