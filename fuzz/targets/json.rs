//! JSON in any file that holds objects, and what Azure prints.
#![no_main]

use canpull_fuzz::holds;
use canpull_syntax::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let facts = canpull_core::read(FileId::at(0), "shown.json", text.as_bytes());
    facts.problems.iter().for_each(|problem| holds(text, problem.range));
    facts.masked.iter().for_each(|range| holds(text, *range));
});
