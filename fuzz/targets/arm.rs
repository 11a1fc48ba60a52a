//! ARM templates: any text is parsed, and every range is in it, those within its strings too.
#![no_main]

use canpull_fuzz::{expression, parsed};
use canpull_syntax::arm;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = arm::parse(text);
    parsed(text, &read);
    read.roots().for_each(|(_, root)| expression(text, &arm::value(root)));
});
