//! The command line: arguments in, files read, report out, exit code.

mod args;
mod check;
mod codes;
mod explain;
mod fix;
mod git;
mod git_index;
mod graph;
mod human;
mod init;
mod output;
mod progress;
mod root;
mod run;
mod snippet;
mod staged;
mod walk;

use std::process::ExitCode;

use canpull_core::rules;
use clap::{CommandFactory, Parser};

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        None => check::check(&cli.check),
        Some(Command::Check(args)) => check::check(args),
        Some(Command::Explain { pattern, input }) => explain::explain(pattern, input),
        Some(Command::Graph { format, input }) => graph::print(format, input),
        Some(Command::Rule { id, all }) => rule(id.as_deref(), *all),
        Some(Command::Init { files }) => init::init(files),
        Some(Command::ConfigSchema) => config_schema(),
        Some(Command::Completions { shell }) => completions(*shell),
    };
    ExitCode::from(done.unwrap_or_else(|message| {
        output::note(&message);
        codes::FAILED
    }))
}

fn rule(id: Option<&str>, all: bool) -> Result<u8, String> {
    let longest = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let line = |rule: &rules::Rule| {
        let severity = canpull_core::render::severity_name(rule.severity);
        let line = format!("{severity:<8}{:<longest$}{}", rule.id, if rule.fixable { "  fixable" } else { "" });
        format!("{}\n", line.trim_end())
    };
    let text = match id {
        Some(id) => canpull_core::report::rule(id)?.markdown(),
        None if all => rules::ALL.iter().map(rules::Rule::markdown).collect::<Vec<_>>().join("\n"),
        None => rules::ALL.iter().map(line).collect(),
    };
    output::print(&text).map(|()| codes::CLEAN)
}

fn config_schema() -> Result<u8, String> {
    let schema = serde_json::to_string_pretty(&canpull_core::config::schema()).map_err(|error| error.to_string())?;
    output::print(&format!("{schema}\n")).map(|()| codes::CLEAN)
}

fn completions(shell: clap_complete::Shell) -> Result<u8, String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "canpull", &mut script);
    output::print(&String::from_utf8_lossy(&script)).map(|()| codes::CLEAN)
}
