//! What fuzzing has found and kept holds still, and its targets still compile.

use std::fs;
use std::path::Path;

#[allow(unreachable_pub, reason = "the targets of another crate")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// The inputs that are kept for a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{target}");
    inputs
}

#[test]
fn texts_are_parsed() {
    holds("yaml", targets::yaml);
    holds("json", targets::json);
    holds("bash", targets::bash);
    holds("powershell", targets::powershell);
    holds("bicep", targets::bicep);
    holds("hcl", targets::hcl);
    holds("arm", targets::arm);
}

fn holds(target: &str, check: fn(&str)) {
    for input in corpus(target) {
        // As the fuzzer takes it: up to the first byte that is none of a text.
        check(input.utf8_chunks().next().map_or("", |chunk| chunk.valid()));
    }
}

#[test]
fn projects_are_judged() {
    for input in corpus("project") {
        targets::project(&input);
    }
}
