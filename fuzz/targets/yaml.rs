//! Manifests: any text is parsed, and every range is in it.
#![no_main]

use canpull_fuzz::parsed;
use canpull_syntax::yaml;

libfuzzer_sys::fuzz_target!(|text: &str| {
    parsed(text, &yaml::parse(text));
    parsed(text, &yaml::parse_flow(text));
});
