//! Another parser reads what ours reads, on streams made at random; where the two differ is listed with the reasons.

use canpull_syntax::yaml;
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::generated::stream;
use super::{json_of, plain};

const STREAMS: u64 = 4_000;

/// What canpull, as Kubernetes, takes for something else than `yaml_serde`, and why.
const DIFFERENCES: [(&str, &str); 13] = [
    ("a: yes\n", "Kubernetes reads YAML 1.1, whose `yes`, `no`, `on` and `off` are truth values"),
    ("y: 1\n", "so are keys"),
    ("a: 0777\n", "a leading zero means octal in YAML 1.1"),
    ("a: 1_000\n", "YAML 1.1 lets underscores part digits"),
    ("b: &b {x: 1}\na:\n  x: 2\n  <<: *b\n", "to Kubernetes a merge overrides what stands before it"),
    ("a: 1\na: 2\n", "kubectl lets the last of equal keys win, `yaml_serde` refuses them"),
    ("a: !!binary YQ==\n", "Kubernetes decodes it"),
    ("a: !own x\n", "Kubernetes drops tags that it does not know"),
    ("a: 1\n--- b\n", "kubectl splits the stream at `---` and lets no text follow it"),
    ("a: 1\n...\nb: 2\n", "kubectl reads nothing behind `...`"),
    ("%YAML 1.2\n---\na: 1\n", "kubectl cuts a directive off its document"),
    ("{\"a\": \"\\ud834\\udd1e\"}\n", "JSON writes astral characters as two escapes"),
    ("a: .inf\n", "JSON has no infinity, so that Kubernetes refuses it"),
];

/// The documents as canpull reads them, empty ones left out; nothing where any is refused.
fn ours(text: &str) -> Option<Vec<Json>> {
    let parsed = yaml::parse(text);
    let refused = parsed.problems.iter().any(|problem| problem.fatal);
    let documents = parsed.roots().map(|(_, root)| plain(json_of(root)));
    (!refused).then(|| documents.filter(|document| !document.is_null()).collect())
}

/// The documents as the other parser reads them.
fn theirs(text: &str) -> Option<Vec<Json>> {
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let mut value = serde_yaml::Value::deserialize(document).ok()?;
        value.apply_merge().ok()?;
        documents.push(plain(as_json(value)));
    }
    documents.retain(|document| !document.is_null());
    Some(documents)
}

fn as_json(value: serde_yaml::Value) -> Json {
    use serde_yaml::Value;
    match value {
        Value::Mapping(map) => {
            Json::Object(map.into_iter().map(|(key, value)| (as_key(key), as_json(value))).collect())
        }
        Value::Sequence(items) => Json::Array(items.into_iter().map(as_json).collect()),
        Value::Tagged(tagged) => json!({ "tagged": as_json(tagged.value) }),
        Value::Number(number) if number.is_f64() && !number.is_finite() => json!(number.to_string()),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

fn as_key(key: serde_yaml::Value) -> String {
    match as_json(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

#[test]
fn another_parser_reads_the_same() {
    let (mut read, mut wrong) = (0, Vec::new());
    for seed in 0..STREAMS {
        let text = stream(seed);
        let (ours, theirs) = (ours(&text), theirs(&text));
        if ours.is_some() && theirs.is_some() {
            read += 1;
        }
        if ours != theirs {
            wrong.push(format!("{text}\n{text:?}\n  ours {ours:?}\n  theirs {theirs:?}"));
        }
    }
    wrong.sort_by_key(String::len);
    let few: Vec<&str> = wrong.iter().take(3).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {STREAMS} differ, such as\n{}", wrong.len(), few.join("\n\n"));
    assert!(read == STREAMS, "only {read} are read by both");
}

#[test]
fn what_is_known_to_differ_differs() {
    let alike: Vec<_> = DIFFERENCES.iter().filter(|(text, _)| ours(text) == theirs(text)).collect();
    assert!(alike.is_empty(), "read alike now: {alike:?}");
}
