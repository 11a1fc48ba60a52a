//! Which files templates and kustomizations load others from, which those are, and what is kept of them.

use crate::fact::Content;

use super::{bicep, kustomization, terraform};

/// Files that are longer hold no settings, in bytes.
const MAX_CONTENT: usize = 64 << 10;

/// What the names of functions end in that load a file: `loadJsonContent(`, `file(`.
const ENDINGS: [&str; 2] = ["Content(", "file("];

/// Whether a file may load others.
pub fn loads_files(path: &str) -> bool {
    terraform::claims(path) || bicep::claims(path) || kustomization::directory(path).is_some()
}

/// What may be loaded from a file.
pub(super) fn content(text: &str) -> Option<Content> {
    (text.len() <= MAX_CONTENT).then(|| Content(text.into()))
}

/// The names, without folders, of the files that a template loads by names that are written there.
pub(super) fn names(text: &str) -> Vec<Box<str>> {
    let calls = ENDINGS.iter().flat_map(|ending| text.match_indices(ending).map(|(at, _)| at + ending.len()));
    let arguments = calls.filter_map(|at| text.get(at..)?.split(['\'', '"', ')']).nth(1));
    arguments.filter_map(|path| path.rsplit('/').next()).filter(|name| !name.is_empty()).map(Box::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_are_written() {
        let bicep = "var a = loadJsonContent('../x/names.json', '$.a')\nvar b = loadTextContent(\n  'b.txt'\n)";
        let terraform = r#"a = jsondecode(file("${path.module}/a.json"))\nb = file(var.b)\nc = file("${var.c}")"#;
        let found = |text| names(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found(bicep), ["names.json", "b.txt"]);
        assert_eq!(found(terraform)[0], "a.json");
        assert!(found("file(").is_empty() && found("file()").is_empty());
    }
}
