//! Every range of what was parsed is in its text, and between characters.

use canpull_syntax::bicep::Declaration;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For};
use canpull_syntax::hcl::Body;
use canpull_syntax::shell::{self, Dialect, Statement};
use canpull_syntax::{Kind, Node, Parsed, TextRange};

/// A range must be in the text, and between characters.
pub(super) fn holds(text: &str, range: TextRange) {
    assert!(text.get(range.start as usize..range.end as usize).is_some(), "{range:?} is not in the text");
}

/// The ranges of all that was parsed.
pub(super) fn parsed(text: &str, parsed: &Parsed<'_>) {
    parsed.problems.iter().for_each(|problem| holds(text, problem.range));
    for (document, root) in parsed.roots() {
        holds(text, document.range);
        node(text, root, 64);
    }
}

fn node(text: &str, own: Node<'_>, left: u8) {
    holds(text, own.range());
    let Some(left) = left.checked_sub(1).filter(|_| !own.is_alias()) else { return };
    match own.kind() {
        Kind::Map => own.written_entries().for_each(|entry| {
            node(text, entry.key, left);
            node(text, entry.value, left);
        }),
        Kind::List => own.items().for_each(|item| node(text, item, left)),
        Kind::Scalar | Kind::Opaque => {}
    }
}

/// The ranges of an expression.
pub(super) fn expression(text: &str, own: &Expression) {
    holds(text, own.range);
    let each = |own: &Expression| expression(text, own);
    match &own.kind {
        ExpressionKind::Template(parts) | ExpressionKind::List(parts) => parts.iter().for_each(each),
        ExpressionKind::Operation(own) => own.operands.iter().for_each(each),
        ExpressionKind::Call(call) => call.arguments.iter().for_each(each),
        ExpressionKind::Object(properties) => properties.iter().for_each(|property| {
            each(&property.key);
            each(&property.value);
        }),
        ExpressionKind::Access(access) => {
            each(&access.of);
            if let Accessor::Index(index) = &access.accessor {
                each(index);
            }
        }
        ExpressionKind::Condition(parts) => parts.iter().for_each(each),
        ExpressionKind::For(own) => {
            let For { over, key, body, condition, .. } = &**own;
            [Some(over), key.as_ref(), Some(body), condition.as_ref()].into_iter().flatten().for_each(each);
        }
        ExpressionKind::Spread(of) => each(of),
        ExpressionKind::Lambda(own) => each(&own.body),
        ExpressionKind::Null
        | ExpressionKind::Bool(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::Text(_)
        | ExpressionKind::Name(_)
        // Its ranges are another file's.
        | ExpressionKind::Elsewhere(_)
        | ExpressionKind::Opaque => {}
    }
}

/// The ranges of a declaration in Bicep.
pub(super) fn declaration(text: &str, own: &Declaration) {
    holds(text, own.range);
    expression(text, &own.body);
    own.condition.iter().for_each(|own| expression(text, own));
    own.nested.iter().for_each(|own| declaration(text, own));
}

/// The ranges of a block of HCL.
pub(super) fn body(text: &str, own: &Body) {
    for attribute in &own.attributes {
        holds(text, attribute.name_range);
        expression(text, &attribute.value);
    }
    for block in &own.blocks {
        holds(text, block.range);
        body(text, &block.body);
    }
}

/// The ranges of a script's statements.
pub(super) fn script(text: &str, dialect: Dialect) {
    for statement in shell::parse(text, 0, dialect) {
        holds(text, statement.range());
        if let Statement::Assign(assign) = &statement {
            holds(text, assign.name_range);
            assign.values.iter().for_each(|word| holds(text, word.range));
        }
    }
}
