//! HCL: any text is parsed, and every range is in it.
#![no_main]

use canpull_fuzz::{expression, holds};
use canpull_syntax::hcl::{Body, parse};

fn body(text: &str, own: &Body) {
    for attribute in &own.attributes {
        holds(text, attribute.name_range);
        expression(text, &attribute.value);
    }
    for block in &own.blocks {
        holds(text, block.range);
        body(text, &block.body);
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let parsed = parse(text);
    parsed.problems.iter().for_each(|problem| holds(text, problem.range));
    body(text, &parsed.body);
});
