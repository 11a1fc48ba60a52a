//! Scripts in Bash: any text is taken apart, and every range is in it.
#![no_main]

use canpull_fuzz::holds;
use canpull_syntax::shell::{Dialect, Statement, parse};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for statement in parse(text, 0, Dialect::Bash) {
        holds(text, statement.range());
        if let Statement::Assign(assign) = &statement {
            holds(text, assign.name_range);
            assign.values.iter().for_each(|word| holds(text, word.range));
        }
    }
});
