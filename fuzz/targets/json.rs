//! JSON in any file that holds objects, and what Azure prints.
#![no_main]

use canpull_fuzz::holds;
use canpull_syntax::FileId;
use canpull_syntax::text::decode;

libfuzzer_sys::fuzz_target!(|input: &str| {
    let facts = canpull_core::read(FileId::at(0), "shown.json", input.as_bytes());
    // Places are those of the text without its byte order mark.
    let Ok(text) = decode(input.as_bytes()) else { return };
    facts.problems.iter().for_each(|problem| holds(&text, problem.range));
    facts.masked.iter().for_each(|range| holds(&text, *range));
});
