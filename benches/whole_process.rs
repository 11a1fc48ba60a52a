//! Holds a whole run of canpull against a process that only reads the same files and parses their events.
//!
//! Without arguments it measures the ratio of the two; with `memory`, how much memory templates take; with `scaling`, how
//! the time grows with what is hostile to it.

#[path = "../crates/canpull-syntax/src/yaml/equal/corpus/mod.rs"]
mod corpus;
mod scaling;
mod templates;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use granit_parser::Parser;
use wait4::Wait4;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How often each process runs, by turns, so that what disturbs the machine disturbs both.
const ROUNDS: usize = 11;

/// A run that came to its end.
struct Run {
    /// On the processor, which is all of it for one thread whose files are in the disk's cache.
    time: Duration,
    /// The most memory that it held, in bytes.
    memory: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => [2_000, 10_000].into_iter().try_for_each(ratio),
        ["memory"] => [1, 10, 50].into_iter().try_for_each(memory),
        ["scaling"] => scaling::scaling(""),
        ["scaling", shape] => scaling::scaling(shape),
        ["events", folder] => events(Path::new(folder)),
        ["write", count, folder] => write(corpus::files(count.parse().unwrap_or_default()), Path::new(folder)),
        _ => Err("usage: whole-process [memory | scaling [PART OF A NAME]]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures a corpus of `count` files.
fn ratio(count: usize) -> Outcome<()> {
    let folder = written(corpus::files(count))?;
    let canpull = canpull()?;
    let this = std::env::current_exe()?;
    let mut ratios = Vec::new();
    let mut memory = 0;
    for round in 0..=ROUNDS {
        let bare = run(Command::new(&this).arg("events").arg(folder.path()))?;
        let whole = run(Command::new(&canpull).arg(folder.path()))?;
        // The first round warms the disk's cache.
        if round > 0 {
            ratios.push(whole.time.as_secs_f64() / bare.time.as_secs_f64());
            memory = memory.max(whole.memory);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or(f64::NAN);
    println!(
        "{count} files: {:.2} times bare event parsing ({:.2} to {:.2}), at most {} MiB",
        at(ROUNDS / 2),
        at(0),
        at(ROUNDS - 1),
        memory >> 20
    );
    Ok(())
}

/// Measures the most memory that canpull holds for templates of so many megabytes, in times their size.
fn memory(megabytes: usize) -> Outcome<()> {
    let canpull = canpull()?;
    let bytes = megabytes * 1_000_000;
    for (name, text) in [("azuredeploy.json", templates::arm(bytes)), ("main.bicep", templates::bicep(bytes))] {
        let size = text.len() as u64;
        let folder = written(std::iter::once((name.to_owned(), text)))?;
        let run = run(Command::new(&canpull).arg(folder.path()))?;
        let tenths = run.memory * 10 / size;
        let times = format!("{}.{}", tenths / 10, tenths % 10);
        println!("{name} of {megabytes} MB: {times} times its size in memory, {:.2} s", run.time.as_secs_f64());
    }
    Ok(())
}

/// A temporary folder with these files.
fn written(files: impl Iterator<Item = corpus::File>) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    write(files, folder.path())?;
    Ok(folder)
}

fn write(files: impl Iterator<Item = corpus::File>, folder: &Path) -> Outcome<()> {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// The canpull beside this program, built anew.
fn canpull() -> Outcome<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.ancestors().nth(2).ok_or("no target folder")?;
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "--bin", "canpull", "--target-dir"]);
    if !build.arg(folder.parent().unwrap_or(folder)).status()?.success() {
        return Err("canpull does not build".into());
    }
    Ok(folder.join(format!("canpull{}", std::env::consts::EXE_SUFFIX)))
}

/// Runs a process to its end on one thread, its output dropped.
fn run(command: &mut Command) -> Outcome<Run> {
    let child = command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let used = child.wait4()?;
    // canpull's code 1 tells of findings.
    if !matches!(used.status.code(), Some(0 | 1)) {
        return Err(format!("{command:?} failed: {}", used.status).into());
    }
    Ok(Run { time: used.rusage.utime + used.rusage.stime, memory: used.rusage.maxrss })
}

/// Reads every file below a folder and parses its events.
fn events(folder: &Path) -> Outcome<()> {
    let mut events = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                let text = fs::read_to_string(entry.path())?;
                events += Parser::new_from_str(&text).flatten().count();
            }
        }
    }
    println!("{events} events");
    Ok(())
}
