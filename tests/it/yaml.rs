//! YAML and JSON as kubectl reads them: recorded cases, rechecked where kubectl is installed, and another parser.

mod differential;
#[path = "../../crates/canpull-syntax/src/yaml/equal/generated.rs"]
mod generated;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use canpull_syntax::{Kind, Node, Value, text, yaml};
use serde_json::{Map, Value as Json, json};

const TABLE: &str = "fixtures/tables/yaml_cases.json";

/// What stands in front of a case that gives an object's own fields only.
const HEAD: &str = "apiVersion: v1\nkind: T\n";

/// A text and what kubectl makes of it.
#[derive(serde::Deserialize)]
struct Case {
    text: String,
    /// The objects that kubectl prints before it is done or gives up.
    documents: Vec<Json>,
    /// Whether kubectl gives up.
    #[serde(default)]
    refused: bool,
    /// Why canpull reads it otherwise; it must, for this to stand.
    #[serde(default)]
    differs: Option<String>,
}

impl Case {
    /// The whole file: a case without an API version is the rest of an object.
    fn file(&self) -> String {
        if self.text.contains("apiVersion") { self.text.clone() } else { format!("{HEAD}{}", self.text) }
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&std::fs::read_to_string(TABLE).unwrap()).unwrap()
}

#[test]
fn every_case_is_read_as_kubectl_reads_it() {
    let mut wrong = Vec::new();
    for case in cases() {
        let file = case.file();
        let text = text::decode(file.as_bytes()).unwrap();
        let parsed = yaml::parse(&text);
        let refused = parsed.problems.iter().any(|problem| problem.fatal);
        let ours: Vec<Json> =
            parsed.roots().filter(|(_, root)| root.kind() == Kind::Map).map(|(_, root)| plain(json_of(root))).collect();
        let theirs: Vec<Json> = case.documents.into_iter().map(plain).collect();
        // kubectl stops at the first document that it refuses, canpull goes on.
        let same = if case.refused { ours.starts_with(&theirs) } else { ours == theirs };
        if (same && refused == case.refused) == case.differs.is_some() {
            let messages: Vec<_> = parsed.problems.iter().map(|problem| &problem.message).collect();
            wrong.push(format!(
                "{:?}\n  kubectl {theirs:?} refused {}\n  ours {ours:?} {messages:?}",
                case.text, case.refused
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// With `UPDATE=1` the records are written anew.
#[test]
fn the_records_are_what_kubectl_says() {
    if !has_kubectl() {
        return;
    }
    let cases = cases();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut rows = Vec::new();
        while let Some((at, case)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, cases.get(at)?)))
        {
            rows.push((at, record(case, at)));
        }
        rows
    };
    let mut rows: Vec<(usize, Json)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    rows.sort_by_key(|(at, _)| *at);
    let visible = |row: &Json| row.to_string().replace('\u{feff}', "\\ufeff").replace('\u{7f}', "\\u007f");
    let lines: Vec<String> = rows.iter().map(|(_, row)| visible(row)).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(TABLE, text).unwrap();
    } else {
        assert!(std::fs::read_to_string(TABLE).unwrap() == text, "kubectl reads a case otherwise: look with UPDATE=1");
    }
}

/// Only the release whose reading is recorded counts.
fn has_kubectl() -> bool {
    let version = Command::new("kubectl").args(["version", "--client"]).output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("Client Version: v1.32."))
}

fn record(case: &Case, at: usize) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{at}.yaml"));
    std::fs::write(&path, case.file()).unwrap();
    let mut kubectl = Command::new("kubectl");
    kubectl.env("KUBECONFIG", "/dev/null").args(["annotate", "--local", "-o", "json", "q=1", "-f"]).arg(&path);
    let output = kubectl.output().unwrap();
    let documents: Vec<Json> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .map(|document| own(document.unwrap()))
        .collect();
    let mut row = json!({ "text": case.text, "documents": documents });
    // Other errors come after reading: what was read is no object.
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("error parsing") || errors.contains("cannot unmarshal number 1e400") {
        row["refused"] = true.into();
    }
    if let Some(differs) = &case.differs {
        row["differs"] = differs.as_str().into();
    }
    row
}

/// An object without the annotation that was asked for.
fn own(mut document: Json) -> Json {
    let object = document.as_object_mut().unwrap();
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.remove("annotations");
        if metadata.is_empty() {
            object.remove("metadata");
        }
    }
    document
}

/// The JSON that a tree stands for.
fn json_of(node: Node<'_>) -> Json {
    match node.kind() {
        Kind::Map => {
            let entries = node.entries();
            Json::Object(entries.iter().map(|entry| (entry.name().into_owned(), json_of(entry.value))).collect())
        }
        Kind::List => Json::Array(node.items().map(json_of).collect()),
        Kind::Scalar => match node.value().unwrap() {
            Value::Null => Json::Null,
            Value::Bool(value) => value.into(),
            Value::Int(value) => i64::try_from(value).map_or_else(|_| u64::try_from(value).unwrap().into(), Json::from),
            Value::Float(value) => value.into(),
            Value::Str(text) => text.into(),
        },
        Kind::Opaque => json!("(opaque)"),
    }
}

/// Sorts keys, and gives whole numbers one form: kubectl prints `1.0` as `1`, and nothing over 64 bits exactly.
fn plain(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, plain(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Json::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(plain).collect()),
        Json::Number(number) if !number.is_i64() => match number.as_f64() {
            Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                value.to_string().parse::<i64>().unwrap().into()
            }
            value => value.into(),
        },
        other => other,
    }
}
