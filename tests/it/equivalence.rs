//! One estate, many languages: each folder below `fixtures/equivalence` is an estate, each folder in it but `shared` the
//! same estate written in another format. All must give the facts and verdicts of its `estate.golden`, except what the
//! format's `exceptions.diff` lists with the reason. `UPDATE=1` writes the golden files anew, from `az-json`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use canpull_core::config::Config;
use canpull_core::fact::azure::{ResourceKind, ResourceRef};
use canpull_core::fact::{Field, FileFacts};
use canpull_core::model::azure::{Assignment, Azure, Who};
use canpull_core::model::role::{BuiltIn, last_segment};
use canpull_core::model::{AccessModel, scope};
use canpull_core::proof::Truth;
use canpull_core::{Options, Report, analyze, deployment, read};
use canpull_syntax::FileId;

const SHARED: &str = "shared";
const GOLDEN: &str = "estate.golden";
const EXCEPTIONS: &str = "exceptions.diff";
/// Which formats an estate is not written in, and why: `format: reason`, one a line.
const MISSING: &str = "missing.txt";
/// The format that tells most.
const REFERENCE: &str = "az-json";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/equivalence")
}

/// The names of the folders in a folder.
fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let names: BTreeSet<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.into_iter().collect()
}

/// The folders of all estates.
pub(super) fn estates() -> Vec<PathBuf> {
    folders(&root()).into_iter().map(|name| root().join(name)).collect()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The facts of an estate as one format tells them, with those that all formats share.
fn facts(estate: &Path, format: &str) -> Vec<FileFacts> {
    let mut facts = Vec::new();
    for folder in [SHARED, format] {
        for entry in walkdir::WalkDir::new(estate.join(folder)).sort_by_file_name().into_iter().map(Result::unwrap) {
            let name = entry.path().strip_prefix(estate).unwrap().to_string_lossy().replace('\\', "/");
            if entry.file_type().is_file() && entry.file_name() != EXCEPTIONS {
                facts.push(read(FileId::at(facts.len()), &name, &fs::read(entry.path()).unwrap()));
            }
        }
    }
    deployment::resolve(&mut facts);
    facts
}

/// What a role assignment gives to whom and where, in words that every format shares.
fn assignment(azure: &Azure<'_>, assignment: &Assignment<'_>) -> String {
    let who = match &assignment.who {
        Who::Known(id, _) => azure.principals.get(*id).unwrap().label.clone(),
        Who::Stranger(_) => "a stranger".to_owned(),
        Who::Admin => "the admin user".to_owned(),
        Who::Nobody(_) => "nobody".to_owned(),
        Who::Open => "whoever".to_owned(),
    };
    let fact = assignment.fact;
    let role =
        fact.role.written.text().map_or("some role", |written| {
            BuiltIn::find(written).map_or_else(|| last_segment(written), |role| role.name)
        });
    let place = match &fact.scope {
        Field::Known(scope, _) => place(azure, scope),
        Field::Unknown(..) => "a scope that is open".to_owned(),
        Field::Absent(_) => "the default scope".to_owned(),
    };
    let condition = fact.condition.text().map(|condition| format!(" if {condition}")).unwrap_or_default();
    let maybe = if fact.maybe || assignment.ended.is_some() { " perhaps" } else { "" };
    format!("assignment of {role} to {who} on {place}{maybe}{condition}")
}

/// A scope, by the registry that it is or else by its sort and name.
fn place(azure: &Azure<'_>, scope: &ResourceRef) -> String {
    let registry =
        azure.registries.iter().find(|own| own.place.is(scope) == Truth::Yes && !scope::below_registry(scope));
    match registry {
        Some(registry) if scope.kind == ResourceKind::Registry => format!("registry {}", registry.label()),
        _ => format!("{:?} {}", scope.kind, scope.name.as_deref().unwrap_or("of unknown name")),
    }
}

/// The facts of Azure, one a line, identities by what they are.
fn told(files: &[FileFacts]) -> BTreeSet<String> {
    let config = Config::default();
    let model = AccessModel::new(files, &config);
    let azure = &model.azure;
    let mut lines: BTreeSet<String> = azure.assignments.iter().map(|own| assignment(azure, own)).collect();
    let registry = |resource: &ResourceRef| place(azure, resource);
    for token in &azure.tokens {
        let (name, map) = (token.name.text().unwrap_or("?"), token.scope_map.text().unwrap_or("?"));
        let state = if token.enabled.known() == Some(&false) { ", disabled" } else { "" };
        lines.insert(format!("token {name} of {} with scope map {map}{state}", registry(&token.registry)));
    }
    for map in &azure.scope_maps {
        let actions = map.actions.known().map_or_else(|| "?".to_owned(), |actions| actions.join(", "));
        lines.insert(format!("scope map {} of {}: {actions}", map.name.text().unwrap_or("?"), registry(&map.registry)));
    }
    lines
}

fn or_open<T>(told: Option<T>, say: impl Fn(T) -> String) -> String {
    told.map_or_else(|| "open".to_owned(), say)
}

fn switch(told: Option<bool>) -> String {
    or_open(told, |on| if on { "on" } else { "off" }.to_owned())
}

/// Verdicts with the ways that lead to them, and findings.
fn judged(report: &Report) -> String {
    let mut out = String::new();
    for registry in &report.registries {
        let name = registry.name.as_deref().unwrap_or("?");
        let host = registry.host.as_deref().unwrap_or("?");
        let mode = or_open(registry.mode, |mode| format!("{mode:?}").to_lowercase());
        let (anonymous, admin) = (switch(registry.anonymous_pull), switch(registry.admin_user));
        writeln!(out, "registry {name} at {host}: mode {mode}, anonymous pull {anonymous}, admin user {admin}")
            .unwrap();
    }
    for cluster in &report.clusters {
        let identity = or_open(cluster.identity, |kind| format!("{kind:?}"));
        writeln!(out, "cluster {}: {identity}", cluster.name.as_deref().unwrap_or("?")).unwrap();
    }
    for pull in &report.pulls {
        writeln!(out, "{} {}/{} {}", pull.verdict.as_str(), pull.kind, pull.name, pull.image).unwrap();
        for route in &pull.routes {
            writeln!(out, "  {} {}", route.truth().as_str(), route.kind.as_str()).unwrap();
        }
    }
    let findings: BTreeSet<String> =
        report.diagnostics.iter().map(|own| format!("{:?} {}", own.severity, own.rule)).collect();
    for finding in findings {
        writeln!(out, "{}", finding.to_lowercase()).unwrap();
    }
    out
}

/// All that is compared.
fn canonical(estate: &Path, format: &str) -> String {
    let facts = facts(estate, format);
    let mut out: String = told(&facts).into_iter().map(|line| line + "\n").collect();
    out += &judged(&analyze(facts, &Config::default(), &Options::default()));
    out
}

/// The lines by which a text differs from another: `-` lacks, `+` adds.
fn differences(golden: &str, found: &str) -> Vec<String> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let without = |mut all: Vec<String>, gone: &[String]| {
        for line in gone {
            if let Some(at) = all.iter().position(|own| own == line) {
                all.remove(at);
            }
        }
        all
    };
    let (golden, found) = (lines(golden), lines(found));
    let lacks = without(golden.clone(), &found).into_iter().map(|line| format!("-{line}"));
    let adds = without(found, &golden).into_iter().map(|line| format!("+{line}"));
    lacks.chain(adds).collect()
}

/// The differences that are listed, and whether the reason stands above them.
fn listed(path: &Path) -> Vec<String> {
    let text = text(path);
    assert!(text.is_empty() || text.starts_with('#'), "{}: the reason comes first, behind `#`", path.display());
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_format_tells_the_same() {
    let mut wrong = Vec::new();
    for estate in estates() {
        let name = estate.file_name().unwrap().to_string_lossy();
        let golden = estate.join(GOLDEN);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&golden, canonical(&estate, REFERENCE)).unwrap();
        }
        let golden = text(&golden);
        for format in folders(&estate).into_iter().filter(|format| format != SHARED) {
            let (found, listed) =
                (differences(&golden, &canonical(&estate, &format)), listed(&estate.join(&format).join(EXCEPTIONS)));
            if found != listed {
                wrong.push(format!("{name}/{format}\n{}\nlisted:\n{}", found.join("\n"), listed.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_estate_is_written_in_every_format() {
    let estates = estates();
    assert!(estates.len() > 5, "{estates:?}");
    let formats: BTreeSet<String> = estates.iter().flat_map(|estate| folders(estate)).collect();
    for estate in estates {
        let own: BTreeSet<String> = folders(&estate).into_iter().collect();
        let missing = text(&estate.join(MISSING));
        let named: BTreeSet<String> =
            missing.lines().map(|line| line.split_once(": ").expect("`format: reason`").0.to_owned()).collect();
        let lacks: BTreeSet<String> = formats.difference(&own).cloned().collect();
        assert_eq!(lacks, named, "{}: what is missing is listed in {MISSING}", estate.display());
        assert!(estate.join("README.md").is_file(), "{} has no README.md", estate.display());
    }
}
