//! Whole projects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| canpull_fuzz::project(data));
