//! Bicep: any text is parsed, and every range is in it.
#![no_main]

use canpull_fuzz::{expression, holds};
use canpull_syntax::bicep::{Declaration, Statement, parse};

fn declaration(text: &str, own: &Declaration) {
    holds(text, own.range);
    expression(text, &own.body);
    own.condition.iter().for_each(|own| expression(text, own));
    own.nested.iter().for_each(|own| declaration(text, own));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let parsed = parse(text);
    parsed.problems.iter().for_each(|problem| holds(text, problem.range));
    for statement in &parsed.statements {
        match statement {
            Statement::Setting(_, value) | Statement::Variable { value, .. } | Statement::Output { value, .. } => {
                expression(text, value);
            }
            Statement::Parameter { value, range, .. } => {
                holds(text, *range);
                value.iter().for_each(|own| expression(text, own));
            }
            Statement::Resource(own) | Statement::Module(own) => declaration(text, own),
            Statement::Import(_, range) => holds(text, *range),
        }
    }
});
