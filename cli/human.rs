//! Reports for people: source lines of every file that a finding speaks of, colours, help, a summary.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use canpull_core::Report;
use canpull_core::diagnostic::{Applicability, Change, Diagnostic, Severity};
use canpull_core::project::source_text;
use canpull_core::render::{self, SourceText, count, one_line, printable};
use canpull_core::rules;
use canpull_syntax::{FileId, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};

use crate::run::Analysis;
use crate::snippet::{Label, Snippets};

/// How many files' texts are held for their snippets at a time.
const HELD: usize = 8;

/// What findings are shown on.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// Whether it shows colours.
    pub(crate) color: bool,
    /// Whether rule ids link to the documentation that they rest on.
    pub(crate) links: bool,
    /// Its columns.
    pub(crate) width: usize,
}

/// Renders the findings one by one, each as soon as it is asked for.
pub(crate) struct Renderer<'a> {
    analysis: &'a Analysis,
    handler: GraphicalReportHandler,
    texts: Texts<'a>,
}

impl<'a> Renderer<'a> {
    /// A renderer for such output.
    pub(crate) fn new(analysis: &'a Analysis, style: Style) -> Self {
        let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(true)
            .with_urls(style.links)
            .with_link_display_text("")
            .with_width(style.width)
            .tab_width(4);
        Self { analysis, handler, texts: Texts::new(analysis) }
    }

    /// One finding, with an empty line behind it.
    pub(crate) fn finding(&self, finding: &Diagnostic) -> String {
        let labels = self.labels(finding);
        let snippets = Snippets::new(&labels, |file| self.texts.get(file));
        let place = render::place(&self.analysis.report, finding.span);
        // Without its source line a finding still says where it is.
        let message = if snippets.is_empty() {
            format!("{}:{}:{}: {}", one_line(place.path), place.start.line, place.start.column, finding.message)
        } else {
            finding.message.clone()
        };
        let shown = Shown {
            rule: finding.rule,
            docs: rules::find(finding.rule).and_then(|rule| rule.docs),
            severity: finding.severity,
            message: printable(&message),
            help: printable(&help(finding)),
            snippets,
        };
        let mut out = String::new();
        if self.handler.render_report(&mut out, &shown).is_err() {
            out = format!("{}[{}] {}\n", render::severity_name(finding.severity), finding.rule, shown.message);
        }
        // The renderer pads empty lines; what is copied from a terminal should not.
        let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
        format!("{}\n{}\n", lines.join("\n").trim_matches('\n'), commands(finding))
    }

    fn labels(&self, finding: &Diagnostic) -> Vec<Label<'a>> {
        let others = finding.related.iter().map(|annotation| (annotation.span, annotation.message.as_str()));
        let all = std::iter::once((finding.span, finding.label.as_str())).chain(others);
        let report = &self.analysis.report;
        let label = |(at, (span, message)): (usize, (Span, &str))| {
            let place = render::place(report, span);
            Label { span, place, message: one_line(message), primary: at == 0 }
        };
        all.enumerate().map(label).collect()
    }
}

/// What is said in place of the summary where a commit has nothing to look at.
pub(crate) const NOTHING_STAGED: &str = "Nothing is staged that canpull reads.\n";

/// The last line: what came out.
pub(crate) fn summary(report: &Report) -> String {
    let files = count(usize::try_from(report.file_count).unwrap_or(usize::MAX), "file");
    format!("{}. {} in {files}\n", render::pull_counts(report), render::finding_counts(report))
}

/// The commands that mend a finding, each whole on a line, however long: to be copied and run.
fn commands(finding: &Diagnostic) -> String {
    let commands = finding.fixes.iter().filter_map(|fix| match &fix.change {
        Change::Command(command) => {
            Some(format!("        {}:\n          {}\n", one_line(&fix.title), one_line(command)))
        }
        Change::Edits(_) => None,
    });
    commands.collect()
}

/// Findings by rule, the most frequent first.
pub(crate) fn statistics(report: &Report) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.diagnostics {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    let lines: Vec<String> = counts.iter().map(|(rule, count)| format!("{count:>6}  {rule}\n")).collect();
    lines.concat()
}

fn help(finding: &Diagnostic) -> String {
    let mut help = finding.help.clone();
    for fix in &finding.fixes {
        let how = match (&fix.change, fix.applicability) {
            (Change::Command(_), _) => continue,
            (Change::Edits(_), Applicability::Safe) => format!("--fix: {}", fix.title),
            (Change::Edits(_), Applicability::Unsafe) => format!("--unsafe-fixes: {}", fix.title),
            (Change::Edits(_), Applicability::DisplayOnly) => fix.title.clone(),
        };
        help = if help.is_empty() { how } else { format!("{help}\n{how}") };
    }
    help
}

/// Files read again, a few held at a time.
pub(crate) struct Texts<'a> {
    analysis: &'a Analysis,
    held: RefCell<Vec<Held>>,
}

type Held = (FileId, Option<Rc<SourceText>>);

impl<'a> Texts<'a> {
    /// The texts of the analysed files.
    pub(crate) fn new(analysis: &'a Analysis) -> Self {
        Self { analysis, held: RefCell::default() }
    }

    /// `None` where the file cannot be read any more, or has changed: its secrets are then anywhere.
    pub(crate) fn get(&self, id: FileId) -> Option<Rc<SourceText>> {
        let mut all = self.held.borrow_mut();
        if let Some((_, text)) = all.iter().find(|(held, _)| *held == id) {
            return text.clone();
        }
        let text = self.read(id).map(Rc::new);
        if all.len() >= HELD {
            all.remove(0);
        }
        all.push((id, text.clone()));
        text
    }

    fn read(&self, id: FileId) -> Option<SourceText> {
        let bytes = self.analysis.sources.get(id.0 as usize)?.bytes()?;
        Some(source_text(self.analysis.report.files.get(id.0 as usize)?, &bytes))
    }
}

/// A finding as the graphical renderer wants it.
struct Shown {
    rule: &'static str,
    docs: Option<&'static str>,
    severity: Severity,
    message: String,
    help: String,
    snippets: Snippets,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let named = format!("{}[{}]", render::severity_name(self.severity), self.rule);
        Some(Box::new(named))
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.docs?))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        (!self.snippets.is_empty()).then_some(&self.snippets as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.snippets.is_empty()).then(|| Box::new(self.snippets.labels()) as _)
    }
}
