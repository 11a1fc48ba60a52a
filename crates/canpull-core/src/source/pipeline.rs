//! Workflows of GitHub, pipelines of Azure and of GitLab: the scripts in their steps, and the steps that hand out pull
//! secrets.

mod step;

use std::collections::BTreeSet;
use std::rc::Rc;

use canpull_syntax::shell::Dialect;
use canpull_syntax::{Kind, Node, ScalarStyle, TextRange, to_offset};

use super::shell::{self, Environment, Section, Start, Value};
use super::{Format, Input, template};
use crate::fact::FileFacts;
use crate::placeholder;

/// Maps and lists in each other are followed this deep.
const MAX_DEPTH: u8 = 64;

/// A pipeline in YAML.
pub(super) struct Pipeline;

impl Format for Pipeline {
    fn detect(&self, path: &str, text: &str) -> bool {
        // What most files fail at comes first.
        !template::begins_a_line(text, "apiVersion:")
            && (named(path) || shaped(path, text))
            && (shell::mentions_commands(text) || step::mentions_tasks(text))
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        let roots: Vec<Node<'_>> = input.parsed.roots().map(|(_, root)| root).collect();
        let defaults = Rc::default();
        let mut reader =
            Reader { input, set: set_by_scripts(input.text), scope: defaults, job: 0, sections: Vec::new() };
        let mut given = Environment::default();
        for root in &roots {
            reader.defaults(*root, &mut given, 0);
        }
        let given = Rc::new(given);
        for root in roots {
            reader.scope = Rc::clone(&given);
            reader.walk(root, 0, false, facts);
        }
        shell::sections((input.file, input.path, input.text), &reader.sections, facts);
        shell::finish(input.text, facts);
    }
}

/// Whether a file's name says that it is a pipeline.
fn named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let yaml = is_yaml(name);
    let workflow = path.contains(".github/workflows/") || path.contains(".github/actions/");
    let gitlab = [".gitlab-ci.yml", ".gitlab-ci.yaml"].iter().any(|ending| name.ends_with(ending));
    let action = ["action.yml", "action.yaml"].contains(&name);
    yaml && (workflow || gitlab || action || name.starts_with("azure-pipelines"))
}

fn is_yaml(path: &str) -> bool {
    [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a file's keys at the left edge are those of a pipeline.
fn shaped(path: &str, text: &str) -> bool {
    let keys = ["steps:", "jobs:", "stages:"];
    let yaml = is_yaml(path) || path == "-";
    let opens = |line: &str| keys.iter().any(|key| line.strip_prefix(key).is_some_and(|rest| rest.trim().is_empty()));
    yaml && keys.iter().any(|key| text.contains(key)) && text.lines().any(opens)
}

/// The names of variables, in lower case, that scripts give to the steps behind them: `NAME=…` for `GITHUB_ENV`, and
/// `task.setvariable variable=NAME` for Azure.
fn set_by_scripts(text: &str) -> BTreeSet<String> {
    let (github, azure) = (text.contains("GITHUB_ENV"), text.contains("task.setvariable"));
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let name = |(at, _): (usize, &str)| {
        let (before, behind) = text.split_at_checked(at)?;
        let before = before.rsplit(|c| !in_name(c)).next()?;
        if azure && before == "variable" {
            behind.get(1..)?.split(|c| !in_name(c)).next()
        } else {
            Some(before).filter(|_| github)
        }
    };
    let equals = text.match_indices('=').filter(|_| github || azure);
    equals.filter_map(name).map(str::to_ascii_lowercase).collect()
}

/// A pipeline on its way to facts.
struct Reader<'i> {
    input: Input<'i>,
    /// The names that scripts set for the steps behind them, where they may have another value.
    set: BTreeSet<String>,
    /// The variables that hold where the reader is.
    scope: Rc<Environment>,
    /// How many jobs have begun.
    job: usize,
    sections: Vec<(Section<'i>, Start)>,
}

impl<'i> Reader<'i> {
    /// What parameters of Azure (`name` and `default` in a list) and inputs of GitHub (maps by name) are by default.
    fn defaults(&self, node: Node<'i>, given: &mut Environment, depth: u8) {
        if depth > MAX_DEPTH || node.is_alias() {
            return;
        }
        for entry in node.written_entries() {
            match &*entry.name() {
                "env" | "variables" => {}
                of @ ("parameters" | "inputs") => {
                    let listed = entry.value.items().filter_map(|item| Some((item.get("name")?.text()?, item)));
                    let named = entry.value.written_entries().map(|entry| (entry.name(), entry.value));
                    for (name, own) in named.chain(listed) {
                        if let Some(default) = own.get("default") {
                            self.set(&format!("{of}.{name}"), default, given);
                        }
                    }
                }
                _ => self.defaults(entry.value, given, depth + 1),
            }
        }
        node.items().for_each(|item| self.defaults(item, given, depth + 1));
    }

    /// The variables that hold within a node: those that it sets, over those around it.
    fn scope_of(&self, node: Node<'i>) -> Rc<Environment> {
        let mut own = Environment::within(&self.scope);
        let mut sets = false;
        for variables in ["env", "variables"].into_iter().filter_map(|key| node.get(key)) {
            sets = true;
            self.variables(variables, &mut own);
        }
        if sets { Rc::new(own) } else { Rc::clone(&self.scope) }
    }

    /// A map of variables, or a list of `name` and `value`.
    fn variables(&self, node: Node<'i>, own: &mut Environment) {
        for entry in node.entries() {
            self.set(&entry.name(), entry.value, own);
        }
        for item in node.items() {
            if let (Some(name), Some(value)) = (item.get("name").and_then(Node::text), item.get("value")) {
                self.set(&name, value, own);
            }
        }
    }

    fn set(&self, name: &str, value: Node<'i>, own: &mut Environment) {
        // GitLab takes a value with its description.
        let Some(text) = value.text().or_else(|| value.get("value")?.text()) else { return };
        let text = self.resolve(&text);
        let is_known = placeholder::find(&text).is_none() && !self.set.contains(&name.to_ascii_lowercase());
        own.set(name, &if is_known { Value::text(text) } else { Value::unknown() });
    }

    /// Text with the variables in it replaced, as far as they are known: `${{ env.X }}`, `$(X)`.
    fn resolve(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(before);
            let found = [("${{", "}}"), ("$(", ")"), ("$[", "]")].iter().find_map(|(open, close)| {
                let (name, behind) = reference.strip_prefix(open)?.split_once(close)?;
                let name = name.trim();
                let prefixes = ["env.", "variables.", "github.event."];
                let bare = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
                let value = self.scope.text(bare)?;
                Some((value, behind))
            });
            if let Some((value, behind)) = found {
                out.push_str(value);
                rest = behind;
            } else {
                out.push('$');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
        out.push_str(rest);
        out
    }

    /// A shell of the current job.
    fn shell(&self) -> Start {
        Start::Shell { environment: Rc::clone(&self.scope), job: self.job }
    }

    /// Takes the commands of a list, and of the lists in it: one shell runs them all.
    fn commands(&mut self, list: Node<'i>, start: &mut Start, depth: u8) {
        for item in list.items().filter(|item| depth < MAX_DEPTH && !item.is_alias()) {
            if item.kind() == Kind::Scalar
                && self.sections.len() < shell::MAX_SECTIONS
                && let Some(section) = section(self.input.text, item, Dialect::Bash)
            {
                self.sections.push((section, std::mem::replace(start, Start::GoOn)));
            }
            self.commands(item, start, depth + 1);
        }
    }

    /// Takes the commands of a job of GitLab. What is to run before them is run by the same shell.
    fn job_of_gitlab(&mut self, job: Node<'i>, depth: u8) {
        let mut start = self.shell();
        for key in ["before_script", "script", "after_script"] {
            if key == "after_script" {
                start = self.shell();
            }
            if let Some(list) = job.written_entries().find(|entry| entry.name() == key && is_list(entry.value)) {
                self.commands(list.value, &mut start, depth + 1);
            }
        }
    }

    /// Takes the scripts and steps of a node. `powershell` is set within a task that runs nothing else.
    fn walk(&mut self, node: Node<'i>, depth: u8, powershell: bool, facts: &mut FileFacts) {
        if depth > MAX_DEPTH || node.is_alias() || self.sections.len() >= shell::MAX_SECTIONS {
            return;
        }
        if never_runs(node) {
            return;
        }
        if node.kind() == Kind::Map {
            let within = self.scope_of(node);
            let around = std::mem::replace(&mut self.scope, within);
            self.job += usize::from(["steps", "script"].into_iter().any(|key| node.get(key).is_some_and(is_list)));
            step::read(self, node, facts);
            let task = node.get("task").and_then(Node::text).unwrap_or_default();
            let powershell = powershell || ["PowerShell@", "AzurePowerShell@"].iter().any(|own| task.starts_with(own));
            self.job_of_gitlab(node, depth);
            if let Some((command, arguments)) = step::kubectl(self, node)
                && let Some(section) = section(self.input.text, arguments, Dialect::Bash)
            {
                self.sections.push((section.behind(&command), self.shell()));
            }
            let is_used = depth > 0 || may_be_extended(self.input.path, self.input.text);
            for entry in node.written_entries().filter(|entry| is_used || !entry.name().starts_with('.')) {
                match language(node, &entry.name()) {
                    Some(language) if entry.value.kind() == Kind::Scalar => {
                        let language = if powershell { Dialect::PowerShell } else { language };
                        let section = section(self.input.text, entry.value, language);
                        let start = self.shell();
                        self.sections.extend(section.map(|section| (section, start)));
                    }
                    _ if lists_commands(&entry.name()) && is_list(entry.value) => {}
                    _ => self.walk(entry.value, depth + 1, powershell, facts),
                }
            }
            self.scope = around;
        }
        for item in node.items() {
            self.walk(item, depth + 1, powershell, facts);
        }
    }
}

/// Whether a job or a step is switched off.
fn never_runs(node: Node<'_>) -> bool {
    let says = |key: &str, words: &[&str]| {
        let own = node.get(key).and_then(Node::text).unwrap_or_default();
        words.contains(&&*own.replace(' ', "").to_ascii_lowercase())
    };
    let never = |rules: Node<'_>| {
        let mut rules = rules.items();
        let only = rules.next().filter(|rule| rule.get("when").and_then(Node::text).as_deref() == Some("never"));
        only.is_some_and(|rule| rule.entries().len() == 1) && rules.next().is_none()
    };
    says("if", &["false", "${{false}}"])
        || says("enabled", &["false"])
        || says("condition", &["false"])
        || node.get("rules").is_some_and(never)
}

/// Whether jobs of GitLab whose names begin with a dot may be taken up by others.
fn may_be_extended(path: &str, text: &str) -> bool {
    let marks = ["extends:", "!reference", "include:", "*"];
    !path.ends_with(".gitlab-ci.yml") || marks.iter().any(|mark| text.contains(mark))
}

fn is_list(node: Node<'_>) -> bool {
    node.kind() == Kind::List
}

/// Whether a key of a job of GitLab holds a list of commands.
fn lists_commands(key: &str) -> bool {
    ["script", "before_script", "after_script"].contains(&key)
}

/// The language of the script under a key of a step or of its inputs; `None` for other keys.
fn language(step: Node<'_>, key: &str) -> Option<Dialect> {
    let says = |key: &str, words: &[&str]| {
        let own = step.get(key).and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| own.starts_with(word))
    };
    match key {
        "pwsh" | "powershell" => Some(Dialect::PowerShell),
        "run" if says("shell", &["pwsh", "powershell"]) => Some(Dialect::PowerShell),
        "run" | "bash" | "script" | "before_script" | "after_script" => Some(Dialect::Bash),
        "inlineScript" | "Inline" | "inline" => {
            let powershell = says("scriptType", &["ps", "powershell"])
                || says("ScriptType", &["inline"])
                || step.get("azurePowerShellVersion").is_some()
                || step.get("azPSVersion").is_some();
            Some(if powershell { Dialect::PowerShell } else { Dialect::Bash })
        }
        _ => None,
    }
}

/// The script in a scalar. One whose escapes change it is not read.
fn section<'t>(text: &'t str, scalar: Node<'_>, language: Dialect) -> Option<Section<'t>> {
    let range = scalar.range();
    let raw = range.slice(text);
    match scalar.style()? {
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = raw.find('\n')? + 1;
            let body = TextRange::new(range.start + to_offset(header), range.end);
            if scalar.style() == Some(ScalarStyle::Folded) {
                return Some(shell::folded(text, body, language));
            }
            Some(shell::dedented(text, body, language))
        }
        ScalarStyle::Plain => {
            let same = scalar.text().is_some_and(|own| own == raw);
            same.then(|| Section::plain(text, range, language))
        }
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let inner = TextRange::new(range.start + 1, range.end.saturating_sub(1));
            let same = scalar.text().is_some_and(|own| own == inner.slice(text));
            same.then(|| Section::plain(text, inner, language))
        }
    }
}
