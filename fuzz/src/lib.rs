//! What the targets share: what must hold of all that is read.

use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For};
use canpull_syntax::{Kind, Node, Parsed, TextRange};

/// A range must be in the text, and between characters.
pub fn holds(text: &str, range: TextRange) {
    assert!(text.get(range.start as usize..range.end as usize).is_some(), "{range:?} is not in the text");
}

/// The ranges of all that was parsed.
pub fn parsed(text: &str, parsed: &Parsed<'_>) {
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
pub fn expression(text: &str, own: &Expression) {
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
        | ExpressionKind::Opaque => {}
    }
}

/// Names of files, each read as another format; what is fuzzed picks them by its first byte.
const PATHS: [&str; 19] = [
    "web.yaml",
    "azure.yaml",
    "base/kustomization.yaml",
    "kustomization.yaml",
    "secret.json",
    "roles.json",
    "cluster.json",
    "azuredeploy.json",
    "main.bicep",
    "module.bicep",
    "main.bicepparam",
    "main.parameters.json",
    "main.tf",
    "modules/pull/main.tf",
    "terraform.tfvars",
    "setup.sh",
    "setup.ps1",
    "README.md",
    ".github/workflows/deploy.yml",
];

/// Files parted by bytes that no text holds.
pub fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for part in data.split(|byte| *byte == 0xFF).take(PATHS.len()) {
        let Some((first, rest)) = part.split_first() else { continue };
        let path = PATHS[usize::from(*first) % PATHS.len()];
        if files.iter().all(|(own, _)| own != path) {
            files.push((path.to_owned(), rest.to_vec()));
        }
    }
    files
}
