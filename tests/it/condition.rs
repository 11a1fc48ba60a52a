//! Conditions of role assignments: every row of the table is a case; no text makes the reader panic.

use canpull_core::model::condition::{Condition, ConditionLintKind, parse};
use serde_json::Value;

const NAME: &str = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

fn table() -> Vec<Value> {
    let path = format!("{}/fixtures/tables/conditions.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn conditions_hold_as_documented() {
    let mut failed = Vec::new();
    for row in table() {
        let text = row["condition"].as_str().unwrap();
        let found = match parse(text) {
            Ok(condition) => {
                let truth = condition.allows(row["action"].as_str().unwrap_or_default(), row["repository"].as_str());
                truth.as_str().to_owned()
            }
            Err(error) => format!("error at {}: {}", error.offset, error.message),
        };
        let good = match row["expected"].as_str() {
            Some(expected) => found == expected,
            None => found.starts_with(&format!("error at {}: ", row["error_offset"])),
        };
        if !good {
            failed.push(format!("{found}, not {row}"));
        }
    }
    assert!(failed.is_empty(), "{} rows differ:\n{}", failed.len(), failed.join("\n"));
}

/// The lints of a condition, each with the text that it points at.
fn lints(text: &str) -> Vec<(ConditionLintKind, &str)> {
    parse(text).unwrap().lints().iter().map(|lint| (lint.kind, lint.range.slice(text))).collect()
}

/// A condition of the documented shape on two actions.
fn on(action: &str, expression: &str) -> String {
    let prefix = "Microsoft.ContainerRegistry/registries/repositories";
    format!(
        "((!(ActionMatches{{'{prefix}/content/{action}'}}) AND !(ActionMatches{{'{prefix}/metadata/{action}'}})) \
         OR ({NAME} {expression}))"
    )
}

#[test]
fn what_was_hardly_meant_is_pointed_at() {
    use ConditionLintKind::{CapitalsNeverMatch, PrefixWithoutSlash, PullNotCovered, ResourceAttribute};
    assert_eq!(lints(&on("read", "StringStartsWithIgnoreCase 'backend/'")), []);
    assert_eq!(lints(&on("read", "StringEqualsIgnoreCase 'Shop/Web'")), []);
    assert_eq!(lints(&on("read", "StringStartsWith 'base-'")), []);
    assert_eq!(lints(&on("read", "StringLike 'backend*'")), []);
    assert_eq!(lints(&on("read", "StringStartsWith 'backend'")), [(PrefixWithoutSlash, "backend")]);
    assert_eq!(lints(&on("read", "StringEquals 'Shop/web'")), [(CapitalsNeverMatch, "Shop/web")]);
    assert_eq!(
        lints(&on("read", "ForAnyOfAnyValues:StringStartsWith {'a/', 'B'}")),
        [(CapitalsNeverMatch, "B"), (PrefixWithoutSlash, "B")]
    );
    let write = "ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/write'}";
    assert_eq!(lints(&on("write", "StringEquals 'shop/web'")), [(PullNotCovered, write)]);
    // What is read has a condition of its own.
    let both = format!("{} AND {}", on("write", "StringEquals 'a'"), on("read", "StringEquals 'b'"));
    assert_eq!(lints(&both), []);
    assert_eq!(lints(&format!("{NAME} StringEquals 'a'")), []);
    let resource = NAME.replace("@Request", "@Resource");
    assert_eq!(lints(&format!("{resource} StringEquals 'A'")), [(ResourceAttribute, resource.as_str())]);
    let other = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringStartsWith 'A'";
    assert_eq!(lints(other), []);
}

/// Numbers that look random and are the same each time.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap()
}

#[test]
fn no_text_makes_the_reader_panic() {
    let rows = table();
    let texts: Vec<&str> = rows.iter().map(|row| row["condition"].as_str().unwrap()).collect();
    let marks =
        ["(", ")", "{", "}", "'", "[", "]", "@", "!", "&&", "||", " AND ", " OR ", "\\", "*", "?", ",", "é", "\0"];
    let mut state = 7;
    let mut read = 0;
    for _ in 0..40_000 {
        let mut text = texts[next(&mut state) % texts.len()].to_owned();
        for _ in 0..=next(&mut state) % 3 {
            let from = text.floor_char_boundary(next(&mut state) % (text.len() + 1));
            let to = text.floor_char_boundary((from + next(&mut state) % 4).min(text.len()));
            text.replace_range(from..to.max(from), marks[next(&mut state) % marks.len()]);
        }
        match parse(&text) {
            Ok(condition) => {
                condition.allows("a/read", Some("a"));
                let inside = |range: canpull_syntax::TextRange| text.get(range.start as usize..range.end as usize);
                assert!(condition.lints().iter().all(|lint| inside(lint.range).is_some()), "{text}");
                read += 1;
            }
            Err(error) => assert!(text.is_char_boundary(error.offset as usize), "{text}"),
        }
    }
    assert!(read > 1_000, "only {read} were read");
}

#[test]
fn hostile_conditions_end_soon() {
    for part in ["(", "!", "NOT ", "{'a',", "'a' StringEquals 'a' AND ", "@a[", "ActionMatches{", "\\", " "] {
        for count in [2_000, 1_000_000] {
            let _: Result<Condition, _> = parse(&part.repeat(count));
        }
    }
    let like = format!("{NAME} StringLike '{}b'", "a*".repeat(20_000));
    parse(&like).unwrap().allows("a", Some(&"a".repeat(255)));
}
