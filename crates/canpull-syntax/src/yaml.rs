//! YAML and JSON as `kubectl` reads them: the one wall in front of the parser.

mod block;
mod build;
#[cfg(test)]
mod equal;
mod events;
mod json;
mod layout;
mod message;
mod scalar;
mod split;
mod view;

pub use layout::Layout;

/// What a problem says of text behind `---`, which neither kubectl nor kustomize takes.
pub const BAD_SEPARATOR: &str = "only a comment may follow `---` on its line";

/// What a problem says of a key that stands in its map already.
pub const DUPLICATE_KEY: &str = "this key stands twice in its map; only the last one counts";
pub(crate) use scalar::{float_key, resolve as resolve_scalar};

use crate::order;
use crate::text::{TextRange, to_offset};
use crate::tree::{Document, MAX_ALIAS_VISITS, Parsed, Problem, Tree};

/// How many bytes of a manifest make a node, about: space for all of them is taken at once.
const BYTES_PER_NODE: usize = 24;

/// Parses a stream of YAML or JSON documents. Never fails: problems stand beside what could be read.
pub fn parse(source: &str) -> Parsed<'_> {
    let mut parsed = empty(source);
    let (at, problem) = json::values(&mut parsed);
    match problem {
        None => yaml(&mut parsed, at),
        Some(problem) => not_json(&mut parsed, at, problem),
    }
    parsed
}

/// Parses a stream as kustomize does: to it, a text that begins with `{` may as well be YAML in flow style.
pub fn parse_flow(source: &str) -> Parsed<'_> {
    let mut parsed = empty(source);
    let (at, _) = json::values(&mut parsed);
    yaml(&mut parsed, at);
    parsed
}

/// Parses one document that stands in a text of another sort. Its ranges are those of the whole text.
pub fn parse_within(source: &str, range: TextRange) -> Parsed<'_> {
    let mut parsed = empty(source);
    document(&mut parsed, range);
    parsed
}

/// Reads the document in `range`. Tells whether there was one.
fn document(parsed: &mut Parsed<'_>, range: TextRange) -> bool {
    parsed.tree.nodes.reserve(range.slice(parsed.tree.source).len() / BYTES_PER_NODE);
    block::document(parsed, range).unwrap_or_else(|| events::document(parsed, range))
}

/// Parses one JSON value as those do who allow comments, trailing commas and strings of several lines.
pub(crate) fn parse_json_with_comments(source: &str) -> Parsed<'_> {
    let mut parsed = empty(source);
    if let Some(problem) = json::with_comments(&mut parsed) {
        let range = TextRange::new(0, to_offset(source.len()));
        parsed.documents.push(Document { root: None, range, broken: true });
        parsed.problems.push(problem);
    }
    parsed
}

fn empty(source: &str) -> Parsed<'_> {
    let tree = Tree { source, visits: MAX_ALIAS_VISITS.into(), ..Tree::default() };
    Parsed { tree, documents: Vec::new(), problems: Vec::new() }
}

/// Reads what follows `from` as YAML.
fn yaml(parsed: &mut Parsed<'_>, from: usize) {
    let source = parsed.tree.source;
    for (at, chunk) in split::chunks(source, from).into_iter().enumerate() {
        let mut range = chunk.range;
        if let Some(separator) = chunk.bad_separator {
            range.start = separator.start;
            ill_separated(parsed, range, separator);
            continue;
        }
        if range.slice(source).starts_with('\u{feff}') {
            range.start += 3;
        }
        let written = document(parsed, range);
        let Some(end) = chunk.end else { continue };
        range.end = end.range.end;
        // A file's first `---` is the parser's to read, and makes an empty document.
        if !written && (at > 0 || !source.starts_with("---")) {
            broken(parsed, range, end.range, "a document must stand in front of `...`");
            continue;
        }
        if let Some(document) = parsed.documents.last_mut().filter(|_| written) {
            document.range = range;
        }
        if end.drops {
            let message = "Kubernetes reads nothing from `...` up to the next `---`".to_owned();
            parsed.problems.push(Problem { range: end.range, message, fatal: false });
        }
    }
}

/// Reads a document that begins behind `---` on its line as YAML all the same, so that it does not stay hidden.
fn ill_separated(parsed: &mut Parsed<'_>, range: TextRange, separator: TextRange) {
    let (documents, problems) = (parsed.documents.len(), parsed.problems.len());
    let written = range.slice(parsed.tree.source);
    let blanks = to_offset(written.len() - written.trim_start().len());
    document(parsed, TextRange::new(range.start + blanks, range.end));
    let root = parsed.documents.get(documents).and_then(|read| read.root);
    // One error is enough.
    parsed.documents.truncate(documents);
    parsed.problems.truncate(problems);
    broken(parsed, range, separator, BAD_SEPARATOR);
    if let Some(document) = parsed.documents.last_mut() {
        document.root = root;
    }
}

/// Notes a document that cannot be read, and where and why.
fn broken(parsed: &mut Parsed<'_>, document: TextRange, range: TextRange, message: &str) {
    parsed.problems.push(Problem { range, message: message.to_owned(), fatal: true });
    parsed.documents.push(Document { root: None, range: document, broken: true });
}

/// Reads what follows `from` as YAML too, so that no document stays hidden, though Kubernetes stops there.
fn not_json(parsed: &mut Parsed<'_>, from: usize, problem: Problem) {
    let (documents, problems) = (parsed.documents.len(), parsed.problems.len());
    yaml(parsed, from);
    let limit = parsed.documents.get(documents + 1).map_or(u32::MAX, |next| next.range.start);
    if let Some(first) = parsed.documents.get_mut(documents) {
        first.broken = true;
        first.range.start = to_offset(from);
    } else {
        let range = TextRange::new(to_offset(from), to_offset(parsed.tree.source.len()));
        parsed.documents.push(Document { root: None, range, broken: true });
    }
    // One error is enough for the document that is no JSON.
    let mut later = parsed.problems.split_off(problems);
    later.retain(|other| !other.fatal || other.range.start >= limit);
    parsed.problems.push(problem);
    parsed.problems.append(&mut later);
    order::sort_by_key(&mut parsed.problems, |problem| problem.range);
}

/// The range of the line break or character at `at`, for pointing at a place where something is missing.
fn point(source: &str, at: usize) -> TextRange {
    let at = source.floor_char_boundary(at.min(source.len()));
    let width = source.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    TextRange::new(to_offset(at), to_offset(at + width))
}

#[cfg(test)]
mod tests {
    use super::{BAD_SEPARATOR, parse};
    use crate::text::LineIndex;
    use crate::tree::{Kind, Node};

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
        let parsed = parse("--- {a: 1} # x\n--- !t\nb: [2,\n 2]\n--- &x\nc: 3\n--- d: 4\ne: 5\n---# x\nf: 6\n");
        let readable: Vec<_> = parsed.roots().map(|(_, root)| root.raw().to_owned()).collect();
        assert_eq!(readable, ["{a: 1}", "b: [2,\n 2]", "c: 3", "d: 4\ne: 5", "f: 6"]);
        let broken: Vec<_> = parsed.documents.iter().map(|document| document.broken).collect();
        assert_eq!(broken, [true, true, true, true, false]);
        assert!(parsed.problems.iter().all(|problem| problem.message == BAD_SEPARATOR));
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
    fn what_is_not_written_stands_where_it_would() {
        let text = "a:\nb:   # c\nc: &x\nd: !!str # c\ne:\n-   # c\n-\n- {f, g: , h: }\n'i':\r\nj :";
        let parsed = parse(text);
        let (_, root) = parsed.roots().next().unwrap();
        let before = |node: Node<'_>| {
            assert!(node.range().is_empty(), "{node:?}");
            let before = &text[..node.range().start as usize];
            before[before.rfind('\n').map_or(0, |at| at + 1)..].to_owned()
        };
        let found: Vec<_> = ["a", "b", "c", "d", "i", "j"].iter().map(|key| before(root.get(key).unwrap())).collect();
        assert_eq!(found, ["a:", "b:", "c: &x", "d: !!str", "'i':", "j :"]);
        let items: Vec<_> = root.get("e").unwrap().items().collect();
        assert_eq!([before(items[0]), before(items[1])], ["-", "-"]);
        let flow = ["f", "g", "h"].map(|key| before(items[2].get(key).unwrap()));
        assert_eq!(flow, ["- {f", "- {f, g:", "- {f, g: , h:"]);
    }

    #[test]
    fn block_scalars_keep_their_headers() {
        let table = [
            ("\"k # |\": |+ # c > d\n  x\n\n", "|+ # c > d\n  x"),
            ("k:\n  # a | b\n  >-\n  x\n", ">-\n  x"),
            ("- '|'\n- &a !<b> |2\n    x\n", "|2\n    x"),
            ("? |\n x\n: 1\n", "|\n x"),
            ("a: |\nb: 1\n", "|"),
            ("a: >\n\n\n  x", ">\n\n\n  x"),
            ("a: |\r\n  x\r\n", "|\r\n  x"),
        ];
        for (text, raw) in table {
            let parsed = parse(text);
            let found: Vec<_> =
                parsed.tree.nodes.iter().map(|node| &text[node.start as usize..node.end as usize]).collect();
            assert!(found.contains(&raw), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn problems_are_plain_and_in_their_place() {
        let table = [
            ("a: [1\n", 1, 4, "this `[` is never closed"),
            ("a: [1\nb: 2\n", 2, 2, "a `:` cannot stand here; a bracket before it may be left open"),
            ("a: [1}\n", 1, 4, "this `[` is closed by `}`"),
            ("a: \"x\nb: 1\n", 1, 4, "this quote is never closed"),
            ("é: x\n\ty: 1\n", 2, 1, "a tab cannot indent YAML; use spaces"),
            ("a: b: c\n", 1, 5, "a `:` cannot stand here; put the value in quotes if it is text"),
            ("a: *b\n", 1, 4, "no anchor of this name stands before the alias in its document"),
            ("a: &b [*b]\n", 1, 8, "this alias stands inside the value that it stands for"),
            ("a: @b\n", 1, 4, "a value without quotes cannot begin with this character"),
            ("a: \u{1}\n", 1, 4, "the control character U+0001 is not allowed in YAML"),
            ("a: \"\\q\"\n", 1, 4, "there is no such escape in double quotes; double the `\\` or use single quotes"),
            ("a: 1\na: 2\n", 2, 1, "this key stands twice in its map; only the last one counts"),
            ("a: 1\n... b\n", 2, 1, "Kubernetes reads nothing from `...` up to the next `---`"),
            ("...\na: 1\n", 1, 1, "a document must stand in front of `...`"),
            ("--- b\n", 1, 4, "only a comment may follow `---` on its line"),
            ("a: {<<: 1}\n", 1, 5, "`<<` merges only a map or a list of maps"),
            ("~: 1\n", 1, 1, "a key cannot be null; put it in quotes if it is text"),
            ("a: .nan\n", 1, 4, "Kubernetes has no infinity and no NaN; put the value in quotes if it is text"),
            ("a: !!int x\n", 1, 10, "this value is not what its tag says"),
            ("a: \"\\/\"\n", 1, 4, "Kubernetes reads neither `\\/` nor surrogates such as `\\ud83d` in YAML"),
            ("# x\n{} y\n", 2, 4, "nothing from here up to the next `---` is read by Kubernetes"),
        ];
        for (text, line, column, message) in table {
            let parsed = parse(text);
            let lines = LineIndex::new(text);
            let found: Vec<_> =
                parsed.problems.iter().map(|problem| (lines.position(problem.range.start), problem)).collect();
            let found: Vec<_> = found.iter().map(|(at, problem)| (at.line, at.column, &*problem.message)).collect();
            assert_eq!(found, [(line, column, message)], "{text:?}");
            assert!(parsed.problems.iter().all(|problem| !problem.range.is_empty()), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_told_once_and_hides_nothing() {
        let parsed = parse("{\"a\": 1}\n---\n{\"b\": 2}\n---\nc: [\n---\nd: 4\n");
        let readable: Vec<_> = parsed.roots().map(|(_, root)| root.raw().to_owned()).collect();
        assert_eq!(readable, ["{\"a\": 1}", "{\"b\": 2}", "d: 4"]);
        let broken: Vec<_> = parsed.documents.iter().map(|document| document.broken).collect();
        assert_eq!(broken, [false, true, true, false]);
        let found: Vec<_> = parsed.problems.iter().map(|problem| (problem.range.start, &*problem.message)).collect();
        let reason = "a text that begins with `{` is read as JSON: `---` cannot stand between its values";
        assert_eq!(found, [(9, reason), (29, "this `[` is never closed")]);
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
            (lists.as_str(), "the aliases of this document unfold to too much"),
            (&merges, "the aliases of this document unfold to too much"),
            ("a: &l [*l]\n", "this alias stands inside the value that it stands for"),
            ("a: &m {<<: *m}\n", "this alias stands inside the value that it stands for"),
        ] {
            let parsed = parse(bomb);
            let reasons: Vec<_> = parsed.problems.iter().map(|problem| problem.message.as_str()).collect();
            assert_eq!((reasons, parsed.roots().count()), (vec![reason], 0));
        }
        let usual = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(90), "*a, ".repeat(3_000));
        assert_eq!(parse(&usual).problems, []);
    }
}
