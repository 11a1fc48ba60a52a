//! Holds the reader of block style against the parser: what it reads, it reads byte for byte as the parser does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{block, events, split};
use crate::tree::{Node, Parsed};

mod corpus;
mod generated;

/// What mutations put into a text.
const PIECES: [&str; 76] = [
    "\\\n",
    "\\ ",
    " \"a \\\n  b\"",
    "\n\n  x",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "-",
    "- ",
    ":",
    ": ",
    "#",
    " # c",
    "'",
    "\"",
    "\\",
    "\\n",
    "|",
    ">",
    "|-",
    ">+",
    "|2",
    "[",
    "]",
    "{",
    "}",
    ",",
    ", ",
    "[]",
    "{}",
    "[a, 'b']",
    "{a: b}",
    "&a",
    "*a",
    "!",
    "!!str ",
    "? ",
    "<<",
    "<<: ",
    "~",
    "null",
    ".nan",
    "---",
    "--- ",
    "...",
    "%",
    "@",
    "`",
    "é",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{3000}",
    "\0",
    "\u{7f}",
    "x",
    "a: b",
    "a:\n",
    "- a\n",
    "\n\n",
    "\n ",
    "\n  ",
    "\n    ",
    "   \n",
    "#\n",
    " #\n",
    ": |\n",
    ": >-\n  ",
    "''",
    "\"\"",
    "1",
    "a b",
];

/// A sequence of numbers that a seed fixes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// How many documents were held against the parser, and how many of them it was not needed for.
#[derive(Default)]
struct Count {
    documents: usize,
    quick: usize,
}

impl Count {
    /// Reads every document of a text in both ways.
    fn compare(&mut self, text: &str) {
        let (mut both, mut slow) = (super::empty(text), super::empty(text));
        for chunk in split::chunks(text, 0) {
            self.documents += 1;
            let before = sizes(&both);
            let quick = block::document(&mut both, chunk.range);
            if quick.is_none() {
                assert_eq!(sizes(&both), before, "something is left behind of {text:?}");
                events::document(&mut both, chunk.range);
            }
            let written = events::document(&mut slow, chunk.range);
            assert!(quick.is_none_or(|quick| quick == written), "{text:?}");
            self.quick += usize::from(quick.is_some());
        }
        assert!(are_same(&both, &slow), "{text:?}\n{both:?}\n{slow:?}");
    }

    fn compare_mutations(&mut self, text: &str, seed: u64) {
        for mutation in 1..=mutations() {
            let mut random = Random((seed << 32 | mutation).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            self.compare(&mutated(text, &mut random));
        }
    }

    /// Fails where fewer than `least` of a hundred documents needed no parser.
    fn check(&self, least: usize, what: &str) {
        let Self { documents, quick } = self;
        println!("{what}: {quick} of {documents} documents need no parser");
        assert!(quick * 100 >= documents * least, "{what}: only {quick} of {documents} documents need no parser");
    }
}

/// How many mutations are tried of each text. `MUTATIONS` sets another number.
fn mutations() -> u64 {
    std::env::var("MUTATIONS").map_or(8, |count| count.parse().unwrap())
}

/// How much is known of what was parsed.
fn sizes(Parsed { tree, documents, problems }: &Parsed<'_>) -> [usize; 7] {
    let [nodes, comments] = [tree.nodes.len(), tree.comments.len()];
    let [cooked, aliases, tags] = [tree.cooked.len(), tree.aliases.len(), tree.tags.len()];
    [nodes, comments, cooked, aliases, tags, documents.len(), problems.len()]
}

fn are_same(one: &Parsed<'_>, other: &Parsed<'_>) -> bool {
    let (tree, other_tree) = (&one.tree, &other.tree);
    tree.nodes == other_tree.nodes
        && tree.comments == other_tree.comments
        && tree.cooked == other_tree.cooked
        && tree.aliases == other_tree.aliases
        && tree.tags == other_tree.tags
        && one.documents == other.documents
        && one.problems == other.problems
}

/// A part of a text, at most so long that trying it is quick, with pieces put in, taken out and doubled.
fn mutated(text: &str, random: &mut Random) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let start = if random.below(2) == 0 { 0 } else { random.below(lines.len()) };
    let mut text: String = lines.iter().skip(start).take(1 + random.below(40)).copied().collect();
    for _ in 0..=random.below(3) {
        let at = text.floor_char_boundary(random.below(text.len() + 1));
        let end = text.ceil_char_boundary((at + random.below(4)).min(text.len()));
        match random.below(5) {
            0 => text.replace_range(at..end, ""),
            1 => text.replace_range(at..end, PIECES[random.below(PIECES.len())]),
            2 => {
                // Lines change their order and indentation.
                let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
                let (from, to) = (random.below(lines.len()), random.below(lines.len()));
                if let Some(line) = lines.get(from).cloned() {
                    lines.insert(to, line);
                }
                text = lines.concat();
            }
            3 => {
                let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
                if random.below(2) == 0 {
                    text.insert_str(start, [" ", "  ", "- "][random.below(3)]);
                } else if text[start..].starts_with(' ') {
                    text.remove(start);
                }
            }
            _ => text.insert_str(at, PIECES[random.below(PIECES.len())]),
        }
    }
    text
}

/// The texts of a folder's YAML and JSON files.
fn texts(folder: &Path) -> impl Iterator<Item = String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|name| name == "yaml" || name == "yml" || name == "json") {
                found.insert(path);
            }
        }
    }
    found.into_iter().filter_map(|path| std::fs::read_to_string(path).ok())
}

/// Holds texts and mutations of them against the parser.
fn compare(texts: impl Iterator<Item = String>) -> (Count, Count) {
    let (mut as_written, mut mutated) = (Count::default(), Count::default());
    for (seed, text) in (0..).zip(texts) {
        as_written.compare(&text);
        mutated.compare_mutations(&text, seed);
    }
    (as_written, mutated)
}

/// The fixtures of the repository; `None` in a package of this crate alone, which brings none.
fn fixtures() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    repository.join("ARCHITECTURE.md").is_file().then(|| repository.join("fixtures"))
}

#[test]
fn fixtures_are_read_as_the_parser_reads_them() {
    let Some(folder) = fixtures() else { return };
    let (as_written, mutated) = compare(texts(&folder));
    as_written.check(50, "fixtures");
    mutated.check(10, "mutations of fixtures");
}

#[test]
fn cases_are_read_as_the_parser_reads_them() {
    let Some(folder) = fixtures() else { return };
    let table = std::fs::read_to_string(folder.join("tables/yaml_cases.json")).unwrap();
    let parsed = super::parse(&table);
    let (_, cases) = parsed.roots().next().unwrap();
    let text = |case: Node<'_>| case.get("text").unwrap().text().unwrap().into_owned();
    let (as_written, mutated) = compare(cases.items().map(text));
    assert!(as_written.documents > 500, "only {} documents", as_written.documents);
    as_written.check(10, "cases");
    mutated.check(5, "mutations of cases");
}

#[test]
fn streams_are_read_as_the_parser_reads_them() {
    let (as_written, mutated) = compare((0..2_000).map(generated::stream));
    as_written.check(1, "streams");
    mutated.check(1, "mutations of streams");
}

#[test]
fn ordinary_manifests_need_no_parser() {
    let (as_written, mutated) = compare(corpus::files(400).map(|(_, text)| text));
    as_written.check(99, "manifests");
    mutated.check(10, "mutations of manifests");
}

#[test]
#[ignore = "reads the files below the folder that CORPUS names"]
fn a_corpus_is_read_as_the_parser_reads_it() {
    let folder = std::env::var("CORPUS").unwrap();
    let (as_written, mutated) = compare(texts(Path::new(&folder)));
    as_written.check(50, "files");
    mutated.check(10, "mutations of files");
}
