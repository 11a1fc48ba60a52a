//! JSON in any file that holds objects, and what Azure prints.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| canpull_fuzz::json(text));
