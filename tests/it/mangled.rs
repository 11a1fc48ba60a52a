//! What Azure prints with wrong values in it: never a panic, never an error of what is none.

use std::path::Path;

use canpull_core::config::Config;
use canpull_core::diagnostic::Severity;
use canpull_core::fact::FileFacts;
use canpull_core::{Options, analyze, read};
use canpull_syntax::FileId;
use serde_json::{Value, json};

/// The places of all values in a document that are no lists or maps.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            leaves(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// Whether nothing is an error.
fn is_sound(facts: Vec<FileFacts>) -> bool {
    let report = analyze(facts, &Config::default(), &Options { now: Some(1_767_268_800), ..Options::default() });
    report.diagnostics.iter().all(|found| found.severity < Severity::Error)
}

/// What stands where something else should: no value of it makes an error of what is none.
#[test]
fn no_wrong_shape_in_what_azure_prints_makes_an_error() {
    let wrong = [json!(1), json!([]), json!(""), json!(null), json!("not-a-guid")];
    let (mut tried, mut failed) = (0, Vec::new());
    for folder in super::estates::estates().into_iter().filter(|folder| folder.parent().unwrap().ends_with("azure")) {
        let files = super::estates::sources(&folder);
        let read_at = |at: usize, bytes: &[u8]| read(FileId::at(at), &files[at].0, bytes);
        let facts: Vec<FileFacts> = files.iter().enumerate().map(|(at, (_, bytes))| read_at(at, bytes)).collect();
        if !is_sound(facts.clone()) {
            continue;
        }
        let printed = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "json");
        for (at, (name, bytes)) in files.iter().enumerate().filter(|(_, (name, _))| printed(name)) {
            let document: Value = serde_json::from_slice(bytes).unwrap();
            let mut places = Vec::new();
            leaves(&document, "", &mut places);
            for (place, value) in places.iter().flat_map(|place| wrong.iter().map(move |value| (place, value))) {
                let mut mangled = document.clone();
                *mangled.pointer_mut(place).unwrap() = value.clone();
                let mut facts = facts.clone();
                facts[at] = read_at(at, mangled.to_string().as_bytes());
                if !is_sound(facts) {
                    failed.push(format!("{} {name} {place} = {value}", folder.display()));
                }
                tried += 1;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(tried > 2_000, "{tried}");
}
