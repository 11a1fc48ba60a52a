//! The command line: arguments in, files read, report out, exit code.

mod args;
mod baseline;
mod bytes;
mod check;
mod codes;
mod config_file;
mod explain;
mod fix;
mod git;
mod git_index;
mod graph;
mod human;
mod init;
mod output;
mod progress;
mod project;
mod root;
mod run;
mod snippet;
mod staged;
mod walk;
mod watch;

use std::process::ExitCode;

use canpull_core::rules;
use clap::{CommandFactory, Parser};

use args::{Cli, Command, CompletedShell};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        None => check::run(&cli.check),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Explain { pattern, input }) => explain::explain(pattern, input),
        Some(Command::Graph { format, input }) => graph::print(format, input),
        Some(Command::Rule { id, all }) => rule(id.as_deref(), *all),
        Some(Command::Init { hook, workflow, files }) => {
            init::init(files, init::Extras { hook: *hook, workflow: *workflow })
        }
        Some(Command::ConfigSchema) => config_schema(),
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Man) => man(),
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

fn completions(shell: CompletedShell) -> Result<u8, String> {
    let (mut script, mut command) = (Vec::new(), Cli::command());
    let mut of = |own: clap_complete::Shell| clap_complete::generate(own, &mut command, "canpull", &mut script);
    match shell {
        CompletedShell::Bash => of(clap_complete::Shell::Bash),
        CompletedShell::Elvish => of(clap_complete::Shell::Elvish),
        CompletedShell::Fish => of(clap_complete::Shell::Fish),
        CompletedShell::PowerShell => of(clap_complete::Shell::PowerShell),
        CompletedShell::Zsh => of(clap_complete::Shell::Zsh),
        CompletedShell::Nushell => {
            clap_complete::generate(clap_complete_nushell::Nushell, &mut command, "canpull", &mut script);
        }
    }
    output::print(&String::from_utf8_lossy(&script)).map(|()| codes::CLEAN)
}

fn man() -> Result<u8, String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(|error| bytes::reason(&error))?;
    output::print(&String::from_utf8_lossy(&page)).map(|()| codes::CLEAN)
}
