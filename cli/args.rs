//! Command-line arguments.

use std::path::PathBuf;

use canpull_core::diagnostic::Severity;
use clap::{Parser, Subcommand, ValueEnum};

/// Proves, before anything is deployed, whether each container image can be pulled.
#[derive(Parser, Debug)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: Args,
}

/// What canpull can be told to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Analyse, report, exit; what is done without a command.
    Check(Args),
    /// Print a rule's page, or the list of rules.
    Rule {
        /// The rule's id.
        id: Option<String>,
    },
}

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files or folders to analyse; `-` is standard input.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to print the report.
    #[arg(long, value_enum, default_value = "concise")]
    pub(crate) output_format: Format,
    /// Fail with exit code 1 on findings of at least this severity.
    #[arg(long, value_enum, default_value = "warning")]
    pub(crate) fail_on: FailOn,
    /// Run only these rules.
    #[arg(long, value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Do not run these rules.
    #[arg(long, value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
}

/// An output format.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum Format {
    /// One line a finding.
    Concise,
    /// JSON, version 1.
    Json,
}

/// From which severity on findings fail the run.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    /// The severity; `None` where nothing fails.
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}
