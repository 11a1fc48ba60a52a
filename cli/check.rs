//! `canpull check`: analyse, mend where asked to, report, exit.

use std::path::Path;

use canpull_core::fix::{Allowed, Changed, mend};
use canpull_core::report::rule;
use canpull_core::{Options, Report, render};

use crate::args::{CheckArgs, Cli, Format, OutputSpec};
use crate::baseline;
use crate::codes;
use crate::fix;
use crate::human::{self, Renderer, Style, Texts};
use crate::output::{self, Sink};
use crate::progress::Progress;
use crate::project::Project;
use crate::run::Analysis;
use crate::watch;

/// Runs `check`, once or for as long as files change.
pub(crate) fn run(args: &CheckArgs) -> Result<u8, String> {
    args.select.iter().chain(&args.ignore).try_for_each(|id| rule(id).map(drop))?;
    distinct(&args.outputs)?;
    if args.watch { watch::watch(args) } else { check(args) }
}

/// One check.
pub(crate) fn check(args: &CheckArgs) -> Result<u8, String> {
    let project = if args.staged { Project::staged(&args.input) } else { Project::find(&args.input) };
    let project = project.map_err(|message| with_command_hint(message, args))?;
    if args.show_files {
        let names: Vec<String> = project.names().into_iter().map(|name| render::one_line(name) + "\n").collect();
        return output::print(&names.concat()).map(|()| codes::CLEAN);
    }
    tell(&project, args);
    let progress = Progress::new(!args.input.files.no_progress && !args.input.files.quiet);
    if args.write_baseline {
        return baseline::write(args, &project, &progress);
    }
    let project = project.with_baseline(baseline::read(args.baseline.as_deref())?);
    let options = Options {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        min_severity: args.min_severity.map(crate::args::Least::severity),
        now: None,
        only: args.only.iter().map(|path| project.name_of(path)).collect(),
        partial: false,
    };
    let analyse = |changed: &Changed| project.analyse(&options, changed, &progress);
    if args.diff {
        let mended = mend(analyse(&Changed::new())?, &allowed(args), analyse)?;
        report_skipped(&mended.skipped);
        output::print(&fix::diff(&mended.files)?)?;
        return Ok(if mended.files.is_empty() { codes::CLEAN } else { codes::FOUND });
    }
    let analysis = if args.fix || args.unsafe_fixes {
        let mended = mend(analyse(&Changed::new())?, &allowed(args), analyse)?;
        report_skipped(&mended.skipped);
        fix::write(&mended.files, |name| project.path_of(name))?;
        if !args.input.files.quiet && !mended.files.is_empty() {
            let plural = if mended.applied == 1 { "" } else { "es" };
            let places = render::count(mended.files.len(), "file");
            let next = if args.staged { "; add what changed to the commit with `git add`" } else { "" };
            output::note(&format!("applied {} fix{plural} in {places}{next}", mended.applied));
        }
        mended.analysis
    } else {
        analyse(&Changed::new())?
    };
    write_all(args, &project, &analysis)?;
    if !args.input.files.quiet {
        baseline::tell_stale(&analysis.report);
    }
    let code = exit_code(args, &analysis.report);
    if !args.watch {
        // The process ends soon: taking the report apart, piece by piece, would only take time.
        std::mem::forget(analysis);
    }
    Ok(code)
}

/// Each output has a place of its own.
fn distinct(outputs: &[OutputSpec]) -> Result<(), String> {
    let mut taken: Vec<Option<&Path>> = Vec::new();
    for spec in outputs {
        let file = spec.file.as_deref();
        match file {
            _ if !taken.contains(&file) => taken.push(file),
            Some(file) => return Err(format!("two output formats go to {}", file.display())),
            None => {
                let reason = "only one output format can go to standard output; give the others a file: FORMAT=FILE";
                return Err(reason.to_owned());
            }
        }
    }
    Ok(())
}

fn allowed(args: &CheckArgs) -> Allowed {
    if args.unsafe_fixes { Allowed::Unsafe } else { Allowed::Safe }
}

fn report_skipped(skipped: &[String]) {
    for reason in skipped {
        output::note(reason);
    }
}

fn exit_code(args: &CheckArgs, report: &Report) -> u8 {
    if args.fail_on.severity().is_some_and(|least| report.has(least)) { codes::FOUND } else { codes::CLEAN }
}

/// A path that does not exist may be a command with a slip in it.
fn with_command_hint(message: String, args: &CheckArgs) -> String {
    use clap::CommandFactory;
    let [path] = args.input.files.paths.as_slice() else { return message };
    let command = Cli::command();
    let commands = command.get_subcommands().map(clap::Command::get_name);
    match path.to_str() {
        Some(word) if !path.exists() => {
            let near = canpull_core::config::nearest(word, commands);
            near.map_or(message.clone(), |near| format!("{message}; did you mean the command `{near}`?"))
        }
        _ => message,
    }
}

/// Says on standard error what is of interest beside the findings.
fn tell(project: &Project, args: &CheckArgs) {
    if args.input.files.verbose {
        let config =
            project.config_name().map_or("no configuration".to_owned(), |name| format!("configuration {name}"));
        let files = render::count(project.names().len(), "file");
        output::note(&format!("root {}, {config}, {files} to read", project.root.display()));
    }
    if !args.input.files.quiet {
        for (name, reason) in project.notes() {
            output::note(&format!("note: {}: {reason}", render::one_line(name)));
        }
    }
}

/// Writes all outputs. One that fails keeps none of the others from being written.
fn write_all(args: &CheckArgs, project: &Project, analysis: &Analysis) -> Result<(), String> {
    let failed: Vec<String> =
        args.outputs.iter().filter_map(|spec| write(spec, args, project, analysis).err()).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn write(spec: &OutputSpec, args: &CheckArgs, project: &Project, analysis: &Analysis) -> Result<(), String> {
    let report = &analysis.report;
    let mut sink = Sink::open(spec.file.as_deref())?;
    let lines = match spec.format {
        Format::Machine(format) => {
            let texts = Texts::new(analysis);
            let (rules, folder) = (canpull_core::rule_infos(), project.folder());
            let input = render::Input { report, rules: &rules, text: &|file| texts.get(file), folder: &folder };
            sink.stream(|out| (format.write)(&input, out))?;
            format.lines
        }
        Format::Full => {
            let terminal = spec.file.is_none();
            let color = terminal && output::colored(args.input.files.color);
            let style =
                Style { color, links: color && output::linked(), width: if terminal { output::width() } else { 120 } };
            let renderer = Renderer::new(analysis, style);
            for finding in &report.diagnostics {
                sink.write(&renderer.finding(finding))?;
            }
            true
        }
    };
    if lines {
        if args.statistics {
            sink.write(&human::statistics(report))?;
        }
        if !args.input.files.quiet {
            sink.write(&if project.is_empty() { human::NOTHING_STAGED.to_owned() } else { human::summary(report) })?;
        }
    }
    sink.close()
}
