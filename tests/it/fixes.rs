//! Every edit of every finding, over all fixtures: nothing changes in a manifest but what it is about.

use std::collections::BTreeMap;
use std::path::Path;

use canpull_core::config::Config;
use canpull_core::diagnostic::Change;
use canpull_core::rules::ALL;
use canpull_core::{Options, analyze, read};
use canpull_syntax::{FileId, edit, text, yaml};
use serde::Deserialize;
use serde_yaml::Value;

/// What edits of manifests are about, as the ends of the paths to it.
const ABOUT: [&str; 8] = ["pullsecret", "image", "apiversion", "script", "run", "principal", "role", "wellknownname"];

/// All manifests of the fixtures and of the rules' pages, each alone.
fn manifests() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| {
        entry.path().extension().is_some_and(|own| ["yaml", "yml", "json"].iter().any(|known| own == *known))
            && entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() < 200_000)
    });
    let mut all: Vec<(String, String)> = files
        .filter_map(|entry| {
            let bytes = std::fs::read(entry.path()).ok()?;
            Some((entry.path().display().to_string(), text::decode(&bytes).ok()?.into_owned()))
        })
        .collect();
    for rule in ALL {
        let fences = rule.page.split("```").skip(1).step_by(2).filter_map(|fence| fence.split_once('\n'));
        all.extend(fences.filter(|(info, _)| *info == "yaml").map(|(_, text)| (rule.id.to_owned(), text.to_owned())));
    }
    all
}

/// Every scalar of every document, by the path to it; `None` where another parser refuses the text.
fn scalars(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (at, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        walk(&format!("{at}"), &Value::deserialize(document).ok()?, &mut found);
    }
    Some(found)
}

fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                walk(&format!("{path}/{}", serde_yaml::to_string(key).unwrap().trim()), value, found);
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(&format!("{path}/{at}"), item, found);
            }
        }
        scalar => drop(found.insert(path.to_owned(), serde_yaml::to_string(scalar).unwrap())),
    }
}

#[test]
fn edits_change_what_they_are_about_and_nothing_else() {
    let mut edited = 0;
    for (name, text) in manifests() {
        let facts = vec![read(FileId(0), "x.yaml", text.as_bytes())];
        let report = analyze(facts, &Config::default(), &Options::default());
        let Some(before) = scalars(&text) else { continue };
        for fix in report.diagnostics.iter().flat_map(|finding| &finding.fixes) {
            let Change::Edits(edits) = &fix.change else { continue };
            let mut own: Vec<_> = edits.iter().map(|(_, edit)| edit.clone()).collect();
            own.sort();
            let mended = edit::apply(&text, &own).expect("edits fit");
            assert_eq!(yaml::parse(&mended).problems.len(), yaml::parse(&text).problems.len(), "{name}: {}", fix.title);
            let after = scalars(&mended).unwrap_or_else(|| panic!("{name}: {} breaks it:\n{mended}", fix.title));
            for path in before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)) {
                let about = path.to_lowercase();
                assert!(ABOUT.iter().any(|part| about.contains(part)), "{name}: {} changes {path}", fix.title);
            }
            edited += 1;
        }
    }
    assert!(edited > 30, "only {edited} edits in all fixtures");
}

#[cfg(unix)]
#[test]
fn a_mended_file_keeps_its_mode_and_its_links_and_is_left_alone_where_it_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let broken = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecret: [{name: s}]\n  containers: [{name: c, image: nginx}]\n";
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path(".git")).unwrap();
    for (name, mode) in [("a.yaml", 0o640), ("read-only.yaml", 0o444)] {
        std::fs::write(path(name), broken).unwrap();
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    std::os::unix::fs::symlink("a.yaml", path("link.yaml")).unwrap();
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder.path()).args(args).output().unwrap()
    };
    run(&["--fix", "link.yaml"]);
    assert!(std::fs::symlink_metadata(path("link.yaml")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(path("a.yaml")).unwrap().contains("  imagePullSecrets: [{name: s}]\n"));
    assert_eq!(std::fs::metadata(path("a.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    let refused = run(&["--fix", "read-only.yaml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("read-only.yaml: not fixed: the file is read-only"));
    assert_eq!(std::fs::read_to_string(path("read-only.yaml")).unwrap(), broken);
}
