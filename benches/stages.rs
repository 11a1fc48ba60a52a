//! What each stage of an analysis takes, one thread, files in memory: to be held against bare event parsing.

#[path = "../crates/canpull-syntax/src/yaml/equal/corpus/mod.rs"]
mod corpus;
mod templates;

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report};
use canpull_syntax::shell::{self, Dialect};
use canpull_syntax::{FileId, arm as syntax, bicep as language, yaml};
use divan::Bencher;
use divan::counter::BytesCount;

/// How many files each stage is given.
const FILES: usize = 2_000;

/// How long a template is, in bytes.
const TEMPLATE: usize = 1 << 20;

fn main() {
    divan::main();
}

/// A stage over the texts of the corpus.
fn over_texts<T>(bencher: Bencher<'_, '_>, stage: impl Fn(&[corpus::File]) -> T + Sync) {
    let files: Vec<corpus::File> = corpus::files(FILES).collect();
    bencher.counter(bytes(&files)).bench(|| stage(&files));
}

fn bytes(files: &[corpus::File]) -> BytesCount {
    BytesCount::new(files.iter().map(|(_, text)| text.len()).sum::<usize>())
}

/// The parser's events, which the other stages are held against.
#[divan::bench]
fn events(bencher: Bencher<'_, '_>) {
    let count = |(_, text): &corpus::File| granit_parser::Parser::new_from_str(text).flatten().count();
    over_texts(bencher, |files| files.iter().map(count).sum::<usize>());
}

/// Text to trees.
#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    over_texts(bencher, |files| files.iter().map(|(_, text)| yaml::parse(text).documents.len()).sum::<usize>());
}

/// Scripts to statements.
#[divan::bench(args = [Dialect::Bash, Dialect::PowerShell])]
fn scripts(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let text = match dialect {
        Dialect::Bash => include_str!("../fixtures/syntax/shell/commands.sh"),
        Dialect::PowerShell => include_str!("../fixtures/syntax/shell/cmdlets.ps1"),
    };
    let text = text.repeat(1_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| shell::parse(&text, 0, dialect).count());
}

/// Bicep to statements.
#[divan::bench]
fn bicep(bencher: Bencher<'_, '_>) {
    let text = templates::bicep(TEMPLATE);
    bencher.counter(BytesCount::of_str(&text)).bench(|| language::parse(&text).statements.len());
}

/// ARM templates to expressions.
#[divan::bench]
fn arm(bencher: Bencher<'_, '_>) {
    let text = templates::arm(TEMPLATE);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let parsed = syntax::parse(&text);
        parsed.roots().map(|(_, root)| syntax::value(root)).collect::<Vec<_>>()
    });
}

/// Text to facts.
#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    over_texts(bencher, facts);
}

/// Facts to a report.
#[divan::bench]
fn analyze(bencher: Bencher<'_, '_>) {
    let files: Vec<corpus::File> = corpus::files(FILES).collect();
    let facts = facts(&files);
    bencher.counter(bytes(&files)).with_inputs(|| facts.clone()).bench_values(report);
}

fn facts(files: &[corpus::File]) -> Vec<FileFacts> {
    let read = |(at, (path, text)): (usize, &corpus::File)| canpull_core::read(FileId::at(at), path, text.as_bytes());
    files.iter().enumerate().map(read).collect()
}

fn report(facts: Vec<FileFacts>) -> Report {
    canpull_core::analyze(facts, &Config::default(), &Options::default())
}
