//! The command line: arguments in, files read, report out, exit code.

mod args;
mod walk;

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report, analyze, render};
use canpull_syntax::FileId;
use clap::Parser;
use rayon::prelude::*;

use args::{Args, Cli, Command, Format};

/// Findings at or above `--fail-on`.
const FOUND: u8 = 1;
/// canpull could not do its work.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Some(Command::Rule { id }) => rule(id.as_deref()),
        Some(Command::Check(args)) => run(args),
        None => run(&cli.check),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            // Nothing is left to tell a reader whose standard error is gone.
            let _ = writeln!(std::io::stderr(), "canpull: {message}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(args: &Args) -> Result<u8, String> {
    for id in args.select.iter().chain(&args.ignore) {
        if canpull_core::rules::find(id).is_none() {
            return Err(format!("no rule is called `{id}`"));
        }
    }
    let files = facts(args)?;
    if files.is_empty() {
        return Err("nothing to read: no YAML or JSON file in the given paths".to_owned());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let options = Options {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        now: now.ok().and_then(|now| i64::try_from(now.as_secs()).ok()),
        ..Options::default()
    };
    let report = analyze(files, &Config::default(), &options);
    let text = match args.output_format {
        Format::Json => render::json(&report),
        Format::Concise => render::concise(&report) + &summary(&report),
    };
    print(&text)?;
    let failing = |least| report.diagnostics.iter().any(|diagnostic| diagnostic.severity >= least);
    Ok(if args.fail_on.severity().is_some_and(failing) { FOUND } else { 0 })
}

/// Writes to standard output; a reader that has gone away is no error.
fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn rule(id: Option<&str>) -> Result<u8, String> {
    let text = match id {
        Some(id) => canpull_core::rules::find(id).ok_or(format!("no rule is called `{id}`"))?.page.to_owned(),
        None => canpull_core::rules::ALL.iter().map(|rule| format!("{}\n", rule.id)).collect(),
    };
    print(&text).map(|()| 0)
}

/// Reads and parses all files in parallel; a tree lives only until its facts are taken.
fn facts(args: &Args) -> Result<Vec<FileFacts>, String> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
        return Ok(vec![canpull_core::read(FileId(0), "-", &bytes)]);
    }
    let paths = walk::files(&args.paths)?;
    let read = paths.par_iter().enumerate().map(|(index, path)| {
        let id = FileId(u32::try_from(index).unwrap_or(u32::MAX));
        let name = walk::name(path);
        match std::fs::read(path) {
            Ok(bytes) => Ok(canpull_core::read(id, &name, &bytes)),
            // A file that was asked for by name must be there; one that the walk found may vanish or be locked.
            Err(error) if args.paths.contains(path) => Err(format!("{name}: {error}")),
            Err(error) => Ok(canpull_core::fact::FileFacts::unreadable(name, &error.to_string())),
        }
    });
    read.collect()
}

fn summary(report: &Report) -> String {
    let count = |truth| report.pulls.iter().filter(|pull| pull.verdict == truth).count();
    use canpull_core::proof::Truth;
    format!(
        "{} pulls: {} proven, {} refuted, {} open; {} findings in {} files\n",
        report.pulls.len(),
        count(Truth::Yes),
        count(Truth::No),
        count(Truth::Unknown),
        report.diagnostics.len(),
        report.file_count,
    )
}
