//! YAML and JSON as `kubectl` reads them: the one wall in front of the parser.

mod build;
mod scalar;
mod split;

pub(crate) use scalar::resolve as resolve_scalar;

use crate::text::{TextRange, to_offset};
use crate::tree::{Document, MAX_ALIAS_VISITS, Parsed, Problem, Tree};

/// Parses a stream of YAML or JSON documents. Never fails: problems stand beside what could be read.
pub fn parse(source: &str) -> Parsed<'_> {
    let tree = Tree { source, visits: MAX_ALIAS_VISITS.into(), ..Tree::default() };
    let mut parsed = Parsed { tree, documents: Vec::new(), problems: Vec::new() };
    for chunk in split::chunks(source) {
        if let Some(range) = chunk.bad_separator {
            let message = "invalid YAML document separator: only a comment may follow `---`".to_owned();
            parsed.problems.push(Problem { range, message, fatal: true });
            parsed.documents.push(Document { root: None, range: chunk.range, broken: true });
            continue;
        }
        build::chunk(&mut parsed, chunk.range);
    }
    parsed
}

/// The range of the line break or character at `at`, for pointing at a place where something is missing.
fn point(source: &str, at: usize) -> TextRange {
    let at = source.floor_char_boundary(at.min(source.len()));
    let width = source.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    TextRange::new(to_offset(at), to_offset(at + width))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::tree::Kind;

    const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {}}\nspec:\n  containers:\n  - name: \"é\"\n    image: &i nginx # public\n  - image: *i\n    args: |\n      one\n      two\n  nothing:\n---\n# next\nkind: 'it''s'\n";

    #[test]
    fn spans_slice_to_what_they_claim() {
        let parsed = parse(MANIFEST);
        assert_eq!(parsed.problems, []);
        let roots: Vec<_> = parsed.roots().collect();
        assert_eq!(roots.len(), 2);
        let spec = roots[0].1.get("spec").unwrap();
        let containers = spec.get("containers").unwrap();
        assert_eq!(containers.kind(), Kind::List);
        let first = containers.items().next().unwrap();
        assert_eq!(first.get("name").unwrap().raw(), "\"é\"");
        assert_eq!(first.get("image").unwrap().raw(), "nginx");
        let second = containers.items().nth(1).unwrap();
        assert_eq!(second.get("image").unwrap().as_str().unwrap(), "nginx");
        assert_eq!(second.get("image").unwrap().raw(), "*i");
        assert!(second.get("args").unwrap().raw().ends_with("|\n      one\n      two"));
        assert_eq!(second.get("args").unwrap().as_str().unwrap(), "one\ntwo\n");
        assert!(spec.get("nothing").unwrap().is_null());
        assert_eq!(roots[0].1.at(&["metadata", "labels"]).unwrap().raw(), "{}");
        assert_eq!(roots[1].1.get("kind").unwrap().as_str().unwrap(), "it's");
        let comments: Vec<_> = parsed.tree.comments().iter().map(|range| range.slice(MANIFEST)).collect();
        assert_eq!(comments, ["# public", "# next"]);
        assert!(containers.raw().starts_with("name"), "{:?}", containers.raw());
        assert!(spec.raw().starts_with("containers:"));
        assert_eq!(parse("a: {b: c}\n").roots().next().unwrap().1.raw(), "a: {b: c}");
    }

    #[test]
    fn a_broken_document_hides_no_other() {
        let parsed = parse("a: 1\n---\nb: [\n---\nc: 3\n--- x\nd: 4\n");
        let readable: Vec<_> = parsed.roots().map(|(_, root)| root.raw().to_owned()).collect();
        assert_eq!(readable, ["a: 1", "c: 3"]);
        assert_eq!(parsed.problems.iter().filter(|problem| problem.fatal).count(), 2);
    }

    #[test]
    fn merge_keys_and_duplicates() {
        let parsed = parse("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  x: 3\nx: 1\nx: 2\n");
        let (_, root) = parsed.roots().next().unwrap();
        let used = root.get("use").unwrap();
        assert_eq!(used.get("x").unwrap().raw(), "3");
        assert_eq!(used.get("true").unwrap().raw(), "2");
        assert_eq!(used.entries().len(), 2);
        assert_eq!(root.get("x").unwrap().raw(), "2");
        assert_eq!(parsed.problems.len(), 1);
    }

    #[test]
    fn json_streams_are_read_value_by_value() {
        let parsed = parse("{\"a\": \"}\"}\n{\"b\":\t[1]}");
        let roots: Vec<_> = parsed.roots().map(|(_, root)| root.raw().to_owned()).collect();
        assert_eq!(roots, ["{\"a\": \"}\"}", "{\"b\":\t[1]}"]);
    }

    #[test]
    fn hostile_input_ends_soon() {
        for deep in ["[", "{a: ", "- ", "a:\n ", "? "] {
            let text = deep.repeat(100_000);
            let parsed = parse(&text);
            assert!(!parsed.problems.is_empty() || !parsed.documents.is_empty());
        }
        for cut in 0..MANIFEST.len() {
            if let Some(text) = MANIFEST.get(..cut) {
                let parsed = parse(text);
                parsed.roots().for_each(|(_, root)| drop(root.entries()));
            }
        }
        let keys = (0..5_000).map(|n| format!("k{n}: 1, ")).collect::<Vec<_>>().concat();
        let merges = format!("a: &a {{{keys}}}\nb: {{<<: [{}]}}\n", "*a, ".repeat(30));
        let parsed = parse(&merges);
        let (_, root) = parsed.roots().next().unwrap();
        assert_eq!(root.get("b").unwrap().entries().len(), 5_000);
    }

    #[test]
    fn aliases_are_limited_as_in_kubectl() {
        let layers = |first: &str, of: fn(usize) -> String| {
            (0..30).fold(format!("a0: &a0 {first}\n"), |text, n| text + &format!("a{}: &a{} {}\n", n + 1, n + 1, of(n)))
        };
        let lists = layers("[x]", |n| format!("[*a{n}, *a{n}, *a{n}]"));
        let merges = layers("{k: 1}", |n| format!("{{<<: [*a{n}, *a{n}, *a{n}]}}"));
        for (bomb, reason) in [
            (lists.as_str(), "excessive aliasing"),
            (&merges, "excessive aliasing"),
            ("a: &l [*l]\n", "the anchor contains itself"),
            ("a: &m {<<: *m}\n", "the anchor contains itself"),
        ] {
            let parsed = parse(bomb);
            let reasons: Vec<_> = parsed.problems.iter().map(|problem| problem.message.as_str()).collect();
            assert_eq!((reasons, parsed.roots().count()), (vec![reason], 0));
        }
        let usual = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(90), "*a, ".repeat(3_000));
        assert_eq!(parse(&usual).problems, []);
    }
}
