//! Command-line arguments.

use std::path::PathBuf;
use std::str::FromStr;

use canpull_core::config::did_you_mean;
use canpull_core::diagnostic::Severity;
use canpull_core::render::{self, graph};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Parser, Subcommand, ValueEnum};

/// Proves, before anything is deployed, whether each container image can be pulled.
#[derive(Parser)]
#[command(
    name = "canpull",
    version,
    about,
    args_conflicts_with_subcommands = true,
    override_usage = "canpull [OPTIONS] [PATHS]...\n       canpull <COMMAND>",
    after_help = "Without a command, canpull checks. Exit codes: 0 nothing to complain of, 1 findings, 2 canpull could not do its work."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

/// What canpull can be told to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Analyse, report, exit; what is done without a command.
    Check(Box<CheckArgs>),
    /// Print the proof of every pull whose workload, container or image matches.
    Explain {
        /// A glob, or a part, of `Kind/namespace/name`, of the container's name or of the image.
        pattern: String,
        #[command(flatten)]
        input: InputArgs,
    },
    /// Print the access graph: workloads → images → registries ← routes.
    Graph {
        /// In which form.
        #[arg(long, default_value = "mermaid", value_parser = graph_formats())]
        format: String,
        #[command(flatten)]
        input: InputArgs,
    },
    /// Print a rule's page, or the list of rules.
    Rule {
        /// The rule's id.
        id: Option<String>,
        /// Print all pages.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Write a commented `canpull.yaml` that fits what the project holds; what exists is left as it is.
    Init {
        /// Also write an entry for the pre-commit framework.
        #[arg(long)]
        hook: bool,
        /// Also write a GitHub workflow.
        #[arg(long)]
        workflow: bool,
        #[command(flatten)]
        files: FileArgs,
    },
    /// Print the JSON schema of `canpull.yaml`.
    ConfigSchema,
    /// Print a completion script.
    Completions {
        /// For which shell.
        shell: CompletedShell,
    },
    /// Print the manual page.
    Man,
}

/// What is read, what it is judged by, and how canpull speaks of it.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Input and terminal")]
pub(crate) struct InputArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// Use this configuration, not the project's `canpull.yaml`.
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration.
    #[arg(long)]
    pub(crate) isolated: bool,
    /// The time to hold expiry dates against, such as 2026-01-31T12:00:00Z; else the system's.
    #[arg(long, value_name = "TIME", value_parser = canpull_core::report::time)]
    pub(crate) now: Option<i64>,
}

/// Which files are read, and how canpull speaks of them.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Input and terminal")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct FileArgs {
    /// Files or folders to analyse; `-` is standard input. Without any: the project's root.
    #[arg(help_heading = None::<&str>)]
    pub(crate) paths: Vec<PathBuf>,
    /// The name that standard input goes by; it stands in for the file of that name.
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Read what `.gitignore` leaves out and git does not track, too.
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Colours.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Print findings only: no notes, no summary.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Say what is read and with which configuration.
    #[arg(long, short, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Show no progress bar.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Arguments of `check`.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// How to print the report, and where. Repeatable: full, concise, json, sarif, github, azure, gitlab, junit, markdown.
    #[arg(help_heading = "Report", long = "output-format", value_name = "FORMAT[=FILE]", default_value = "full")]
    pub(crate) outputs: Vec<OutputSpec>,
    /// Run only these rules.
    #[arg(help_heading = "Rules", long, value_delimiter = ',', value_name = "RULES")]
    pub(crate) select: Vec<String>,
    /// Do not run these rules.
    #[arg(help_heading = "Rules", long, value_delimiter = ',', value_name = "RULES")]
    pub(crate) ignore: Vec<String>,
    /// Exit with code 1 on findings of at least this severity.
    #[arg(help_heading = "Report", long, value_enum, default_value = "warning", value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
    /// Report nothing below this severity.
    #[arg(help_heading = "Rules", long, value_enum, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<Least>,
    /// Apply the fixes that keep what the author meant.
    #[arg(help_heading = "Fixes", long)]
    pub(crate) fix: bool,
    /// Apply also fixes that change what is granted or used.
    #[arg(help_heading = "Fixes", long)]
    pub(crate) unsafe_fixes: bool,
    /// Print what the fixes would change, and change nothing.
    #[arg(help_heading = "Fixes", long)]
    pub(crate) diff: bool,
    /// Analyse everything, and report what touches these files.
    #[arg(help_heading = "Report", long, value_name = "FILES", num_args = 1..)]
    pub(crate) only: Vec<PathBuf>,
    /// Analyse what git has staged, and report what the commit would bring, or everything where nothing is staged.
    #[arg(help_heading = "Report", long, conflicts_with_all = ["paths", "only", "no_ignore", "stdin_filename"])]
    pub(crate) staged: bool,
    /// Hide the findings that this file lists, as --write-baseline wrote it.
    #[arg(help_heading = "Adoption", long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings to the file of --baseline, or to `canpull-baseline.json` at the root, and stop.
    #[arg(
        help_heading = "Adoption",
        long,
        conflicts_with_all = ["select", "ignore", "min_severity", "only", "staged", "fix", "unsafe_fixes", "diff", "watch"]
    )]
    pub(crate) write_baseline: bool,
    /// Stay, and check anew whenever a file of the project changes.
    #[arg(help_heading = "Report", long, conflicts_with_all = ["staged", "fix", "unsafe_fixes", "diff", "show_files"])]
    pub(crate) watch: bool,
    /// Count the findings of each rule.
    #[arg(help_heading = "Report", long)]
    pub(crate) statistics: bool,
    /// List the files that would be read, and stop.
    #[arg(help_heading = "Report", long)]
    pub(crate) show_files: bool,
}

/// The shells that are known.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum CompletedShell {
    /// Bash.
    Bash,
    /// Elvish.
    Elvish,
    /// Fish.
    Fish,
    /// Nushell.
    Nushell,
    /// PowerShell.
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh.
    Zsh,
}

/// Whether to colour.
#[derive(Clone, Copy, ValueEnum, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere if `FORCE_COLOR` is.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// An output format.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// For people: source lines, colours, help.
    Full,
    /// For machines.
    Machine(&'static render::Format),
}

impl Format {
    /// The name of the format for people.
    const FULL: &str = "full";

    fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once(Self::FULL).chain(render::FORMATS.iter().map(|format| format.name))
    }

    fn find(name: &str) -> Option<Self> {
        if name == Self::FULL { Some(Self::Full) } else { render::Format::find(name).map(Self::Machine) }
    }
}

/// A format, and the file that it goes to; else standard output.
#[derive(Clone)]
pub(crate) struct OutputSpec {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for OutputSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("no file is named behind `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = Format::find(name).ok_or_else(|| {
            let near = did_you_mean(name, Format::names());
            format!("no format is called `{name}`{near}; there are {}", Format::names().collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// A severity by name.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum Least {
    /// Everything.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
}

impl Least {
    /// The severity.
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

/// From which severity on findings fail the run.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(crate) enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Info,
    /// Nothing.
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

fn graph_formats() -> PossibleValuesParser {
    let forms = graph::FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about));
    forms.collect::<Vec<_>>().into()
}
