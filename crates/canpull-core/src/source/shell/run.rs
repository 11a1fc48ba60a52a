//! Reads a script in order of writing: what its variables come to, and what its commands are given.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::shell::{
    self, Assign, Command, Dialect, Mode, Pipeline, RedirectKind, Scope, Statement, When, Word,
};
use canpull_syntax::{FileId, Span, TextRange, to_offset};

use super::arguments::{Argument, Arguments, Style};
use super::environment::{Environment, Start, Variables, key};
use super::feed::{Feed, echo, quoted};
use super::section::Section;
use super::session::Shell;
use super::value::{self, Piece, Value};
use super::word::variable_symbol;
use super::{azure, conceal, kubectl, kustomize, powershell, query};
use crate::fact::azure::{ResourceKind, ResourceRef};
use crate::fact::script::ScriptSecretFact;
use crate::fact::{FileFacts, Why};

/// A list of more items is not kept.
const MAX_ITEMS: usize = 256;

/// So many commands of a file are looked at, and so many files that it writes.
pub(super) const MAX_COMMANDS: usize = 10_000;

/// Programs that print what is read elsewhere, or what others publish.
const PUBLISHERS: [&str; 6] = ["curl", "git", "helm", "kustomize", "oc", "wget"];

/// Commands that run another one: their own name and flags are stepped over.
const PREFIXES: [&str; 9] = ["sudo", "exec", "command", "time", "nohup", "winpty", "call", "&", "!"];

/// A file's scripts on their way to facts.
pub(super) struct Run<'r> {
    pub(super) file: FileId,
    /// The file's path, which makes symbols unique.
    pub(super) path: &'r str,
    /// The file's text.
    pub(super) text: &'r str,
    /// The script that is read.
    section: &'r Section<'r>,
    pub(super) facts: &'r mut FileFacts,
    pub(super) shell: Shell,
    pub(super) seen: Seen,
    /// Whether what runs now may not run.
    pub(super) maybe: bool,
    /// Whether what is read now never runs.
    pub(super) never: bool,
    /// How many secrets the scripts before this one make.
    secrets_before: usize,
    /// The script has ended, as far as can be told.
    ended: bool,
    /// How many commands that run others are open.
    pub(super) nesting: usize,
}

/// What has been met in a file.
#[derive(Default)]
pub(super) struct Seen {
    /// Manifests that scripts write to files, by the file's name as written.
    pub(super) files: BTreeMap<String, Feed>,
    /// Resources that commands ask for.
    mentioned: BTreeSet<String>,
    /// Commands that may state something.
    commands: usize,
    /// What login servers end with in the cloud that the script works in, where it says which.
    suffix: Option<&'static str>,
    /// Where outputs are chosen that the script compares with `msi`.
    compared: BTreeSet<TextRange>,
    /// The file with blanks in the place of the tabs that begin its lines.
    pub(super) untabbed: Option<Rc<str>>,
}

/// Reads all sections of a file into facts.
pub(in crate::source) fn sections(
    file: (FileId, &str, &str),
    mut sections: &[(Section<'_>, Start)],
    facts: &mut FileFacts,
) {
    let mut seen = [Seen::default(), Seen::default()];
    let mut handed = Rc::new(Variables::default());
    let mut last = None;
    while let Some((_, start)) = sections.first() {
        let goes_on = |(_, start): &(Section<'_>, Start)| matches!(start, Start::GoOn);
        let length = 1 + sections.iter().skip(1).take_while(|section| goes_on(section)).count();
        let (own, rest) = sections.split_at(length.min(sections.len()));
        sections = rest;
        let (environment, job) = match start {
            Start::GoOn => (Rc::default(), None),
            Start::Shell { environment, job } => (Rc::clone(environment), Some(*job)),
        };
        if job != last {
            handed = Rc::default();
            last = job;
        }
        let handing = shell(file, own, (&environment, &handed), &mut seen, facts);
        Rc::make_mut(&mut handed).extend(handing);
    }
}

/// Reads the sections of one shell into facts: once for what its variables are given anywhere, and once more for what
/// they hold at each place. Returns what is handed on to later steps.
fn shell(
    (file, path, text): (FileId, &str, &str),
    sections: &[(Section<'_>, Start)],
    (environment, handed): (&Rc<Environment>, &Rc<Variables>),
    seen: &mut [Seen; 2],
    facts: &mut FileFacts,
) -> Variables {
    let mut shell = Shell::default();
    for (collects, seen) in [true, false].into_iter().zip(seen) {
        let mut dropped = FileFacts::default();
        shell = Shell {
            environment: Rc::clone(environment),
            handed: Rc::clone(handed),
            anywhere: shell.anywhere,
            ..Shell::default()
        };
        for (section, _) in sections {
            let facts = if collects { &mut dropped } else { &mut *facts };
            let own = std::mem::take(seen);
            let secrets_before = facts.script.secrets.len();
            let mut run = Run {
                file,
                path,
                text,
                section,
                facts,
                shell,
                seen: own,
                maybe: section.maybe,
                never: false,
                secrets_before,
                ended: false,
                nesting: 0,
            };
            for statement in shell::parse(&section.text, 0, section.language) {
                run.statement(&statement);
            }
            shell = run.shell;
            shell.scopes.clear();
            *seen = run.seen;
        }
    }
    shell.handing
}

impl Run<'_> {
    /// Where a range of the script stands.
    pub(super) fn span(&self, range: TextRange) -> Span {
        Span::new(self.file, self.place(range))
    }

    /// Where a flag would stand that a command lacks: at its end.
    pub(super) fn end_of(&self, range: TextRange) -> Span {
        Span::new(self.file, TextRange::empty(self.place(range).end))
    }

    /// A range of the script in the file.
    pub(super) fn place(&self, range: TextRange) -> TextRange {
        self.section.place(range)
    }

    /// The script's text in a range.
    pub(super) fn slice(&self, range: TextRange) -> &str {
        range.slice(&self.section.text)
    }

    /// The name of a symbol among all sources.
    pub(super) fn symbol(&self, own: &str) -> String {
        format!("{}#{own}", self.path)
    }

    /// Whether a resource is asked for the first time in the file: once is enough to know that it is there.
    pub(super) fn mentions(&mut self, resource: &ResourceRef) -> bool {
        if resource.is_open() {
            return false;
        }
        let ResourceRef { kind, id, name, group, subscription, symbol, .. } = resource;
        self.seen.mentioned.insert(format!("{kind:?} {id:?} {name:?} {group:?} {subscription:?} {symbol:?}"))
    }

    /// Whether what is read now runs, and runs here: a function runs where it is called.
    pub(super) fn is_certain(&self) -> bool {
        !self.maybe && self.shell.scopes.iter().all(|(scope, _)| *scope != Scope::Function)
    }

    /// What tells the script from others of the file, with which it need not run.
    pub(super) fn sequence(&self) -> u32 {
        self.place(TextRange::empty(0)).start
    }

    /// The secrets that the script has made so far.
    pub(super) fn secrets(&mut self) -> &mut [ScriptSecretFact] {
        self.facts.script.secrets.get_mut(self.secrets_before..).unwrap_or_default()
    }

    pub(super) fn is_powershell(&self) -> bool {
        self.section.language == Dialect::PowerShell
    }

    pub(super) fn statement(&mut self, statement: &Statement<'_>) -> Value {
        let outside = (self.maybe, self.never);
        self.never |= statement.when() == When::Never;
        self.maybe |= self.never || self.ended || statement.when() == When::Maybe;
        let value = match statement {
            Statement::Assign(assign) => {
                self.assign(assign);
                Value::text("")
            }
            Statement::Pipeline(pipeline) => {
                self.ended |= self.ends(pipeline);
                self.pipeline(&pipeline.commands)
            }
            Statement::Enter(scope, _) => {
                self.shell.enter(*scope);
                Value::unknown()
            }
            Statement::Leave(_) => {
                self.shell.leave();
                Value::unknown()
            }
        };
        (self.maybe, self.never) = outside;
        value
    }

    /// Whether the script ends with this `exit`: no condition, function or subshell is around it.
    fn ends(&self, pipeline: &Pipeline<'_>) -> bool {
        let exits = |command: &Command<'_>| command.words.first().is_some_and(|word| word.is("exit"));
        let alone = pipeline.when == When::Always && !self.maybe && self.nesting == 0 && self.shell.scopes.is_empty();
        alone && matches!(pipeline.commands.as_slice(), [command] if exits(command))
    }

    fn assign(&mut self, assign: &Assign<'_>) {
        let mut values = Vec::new();
        for word in &assign.values {
            values.extend(self.argument(word).into_iter().map(|argument| argument.value).take(MAX_ITEMS));
            self.mask_assigned(assign.name, word);
        }
        let symbol = variable_symbol(assign.name, self.is_powershell());
        let key = key(self.is_powershell(), assign.name);
        let old = self.shell.now(&key).cloned();
        let open = || vec![Value::open(Why::FilledAtRunTime, Some(symbol.clone()))];
        values = match assign.mode {
            Mode::Unknown => open(),
            Mode::Each => {
                self.shell.looped = values.last().map(|last| (key.clone(), Some(vec![last.clone().named(&symbol)])));
                values.into_iter().reduce(Value::or).map_or_else(open, |value| vec![value.named(&symbol).in_turn()])
            }
            Mode::Append if assign.array => old.clone().unwrap_or_default().into_iter().chain(values).collect(),
            Mode::Append => {
                let before = old.clone().and_then(|old| old.into_iter().next()).unwrap_or_else(|| Value::text(""));
                vec![values.first().map_or_else(Value::unknown, |value| before.then(value)).named(&symbol)]
            }
            Mode::Set if assign.array => values,
            // `NAME=""` is for the reader to fill in.
            Mode::Set => match joined(values) {
                value if value.as_text() == Some("") => vec![Value::open(Why::Placeholder, Some(symbol.clone()))],
                value => vec![value.named(&symbol)],
            },
        };
        if values.len() > MAX_ITEMS {
            values = open();
        }
        if !assign.local && self.shell.scopes.iter().all(|(scope, _)| *scope != Scope::Subshell) {
            let all = self.shell.anywhere.get(&key).cloned();
            self.shell.anywhere.hold(key.clone(), either(all.as_deref(), values.clone()));
        }
        // What may not run leaves the old value as an alternative.
        if self.maybe && assign.mode != Mode::Append {
            values = either(old.as_deref(), values);
        }
        self.shell.hold(key, values, assign.local);
    }

    /// A value that its variable's name calls secret is not shown, whatever becomes of it.
    fn mask_assigned(&mut self, name: &str, word: &Word<'_>) {
        for range in conceal::assigned(name, word) {
            self.mask(range);
        }
    }

    fn pipeline(&mut self, commands: &[Command<'_>]) -> Value {
        for range in conceal::credentials(commands) {
            self.mask(range);
        }
        let mut feed = Feed::Nothing;
        for command in commands {
            feed = self.command(command, feed);
        }
        match feed {
            Feed::Value(value) => value,
            Feed::Nothing | Feed::Unread | Feed::Text(..) | Feed::Secret(_) | Feed::Copy(_) | Feed::Object(_) => {
                Value::unknown()
            }
        }
    }

    fn command(&mut self, command: &Command<'_>, mut feed: Feed) -> Feed {
        for assign in &command.assignments {
            for word in &assign.values {
                self.word(word);
                self.mask_assigned(assign.name, word);
            }
        }
        let mut arguments: Vec<Argument> = Vec::new();
        for word in &command.words {
            arguments.extend(self.argument(word));
        }
        let mut output = None;
        let mut hands_on = false;
        for redirect in &command.redirects {
            let target = self.word(&redirect.target);
            match redirect.kind {
                RedirectKind::HereString => {
                    let whole = redirect.target.content();
                    feed = if target.as_text().is_some() || target.is_anonymous() {
                        Feed::Text(quoted(whole, true))
                    } else {
                        Feed::Value(target)
                    };
                }
                // What goes wrong is told elsewhere.
                RedirectKind::Output if self.slice(redirect.range).starts_with('2') => {}
                RedirectKind::Output if is_github_env(&target) => hands_on = true,
                RedirectKind::Output => output = target.as_text().map(str::to_owned).or(output),
                RedirectKind::Input | RedirectKind::HereDocument => {}
            }
        }
        if let Some(body) = command.input {
            feed = Feed::Text(body);
        }
        // PowerShell puts a text into a pipe by writing it.
        if let [word] = command.words.as_slice()
            && self.is_powershell()
            && self.slice(word.content()).contains("apiVersion")
        {
            return self.kept(Feed::Text(quoted(word.content(), true)), output.as_deref());
        }
        let skipped = arguments.iter().take_while(|word| word.value.as_text().is_some_and(is_prefix)).count();
        arguments.drain(..skipped);
        if !self.never {
            kustomize::edit(self, &arguments);
        }
        let Some(name) = arguments.first().and_then(|name| name.value.as_text()).map(program) else {
            // A value that PowerShell puts into a pipe: `$x | ConvertFrom-Json`.
            return arguments.first().map_or(Feed::Nothing, |first| Feed::Value(first.value.clone()));
        };
        arguments.remove(0);
        let start = command.words.first().map_or(command.range.start, |word| word.range.start);
        let range = TextRange::new(start, command.range.end);
        let printed = self.program(&name, arguments, feed, output.as_deref(), range);
        if let Feed::Value(value) = &printed
            && let Some((name, value)) = value::handed(value, hands_on)
        {
            self.hand_on(&name, &value);
        }
        printed
    }

    /// Gives a variable a value for later steps of the job.
    fn hand_on(&mut self, name: &str, value: &Value) {
        for powershell in [false, true] {
            let key = key(powershell, name);
            let old = if self.maybe { self.shell.handing.get(&key).or_else(|| self.shell.now(&key)) } else { None };
            let values = either(old.map(Vec::as_slice), vec![value.clone()]);
            self.shell.handing.hold(key, values);
        }
    }

    pub(super) fn program(
        &mut self,
        name: &str,
        arguments: Vec<Argument>,
        feed: Feed,
        output: Option<&str>,
        range: TextRange,
    ) -> Feed {
        if self.never && name != "kubectl" {
            return Feed::Nothing;
        }
        if matches!(name, "az" | "kubectl") || name.contains("-az") {
            self.seen.commands += 1;
            if self.seen.commands > MAX_COMMANDS {
                return Feed::Nothing;
            }
        }
        self.uses(name, &arguments);
        if name == "xargs"
            && let Some(printed) = self.xargs(&arguments, &feed, output, range)
        {
            return printed;
        }
        match name {
            "az" => {
                let arguments = Arguments::new(arguments, Style::Azure);
                Feed::Value(azure::run(self, &arguments, output, range))
            }
            "kubectl" => {
                let printed = kubectl::run(self, arguments, &feed, range);
                self.kept(printed, output)
            }
            "echo" | "printf" | "write-output" | "write-host" => self.kept(echo(arguments), output),
            "break" => {
                self.shell.breaks = true;
                Feed::Nothing
            }
            "[" | "[[" | "test" => {
                self.test(&arguments);
                Feed::Nothing
            }
            "eval" => {
                self.eval(&arguments, range);
                Feed::Nothing
            }
            "cat" | "envsubst" | "sed" | "tee" | "tr" | "head" | "tail" | "sort" | "uniq" | "xargs" | "base64"
            | "convertfrom-json" | "out-string" | "cut" | "awk" | "out-file" | "set-content" | "grep" => {
                self.pass(name, &arguments, feed, output)
            }
            "jq" | "yq" => {
                let query = arguments.iter().filter_map(|word| word.value.as_text()).find_map(query::jq);
                match (feed, query) {
                    (Feed::Value(value), Some(query)) => Feed::Value(value.select(&query.path, (range, false))),
                    (feed @ (Feed::Secret(_) | Feed::Copy(_) | Feed::Object(_)), _) => self.kept(feed, output),
                    _ => Feed::Nothing,
                }
            }
            "bash" | "sh" | "zsh" | "dash" | "pwsh" => {
                match feed {
                    Feed::Text(body) => {
                        // `-n` only looks at the script.
                        let checks = arguments.iter().any(|own| own.value.as_text() == Some("-n"));
                        self.nested(body.range, checks);
                    }
                    _ if name == "pwsh" => self.may_grant(name, &arguments, range),
                    _ => self.shell(&arguments, range),
                }
                Feed::Nothing
            }
            name => {
                if !self.is_powershell() {
                    self.behind(name, &arguments, range);
                }
                self.may_grant(name, &arguments, range);
                let value = powershell::run(self, name, arguments, feed, range);
                let unread = if PUBLISHERS.contains(&name) { Feed::Nothing } else { Feed::Unread };
                value.map_or(unread, Feed::Value)
            }
        }
    }

    /// Notes the managed identities that a command is given, unless it only shows or grants, or is about a cluster.
    fn uses(&mut self, name: &str, arguments: &[Argument]) {
        const GRANTS_OR_SHOWS: [&str; 8] =
            ["echo", "printf", "write-output", "write-host", "[", "[[", "test", "new-azroleassignment"];
        const GROUPS: [&str; 4] = ["aks", "role", "ad", "identity"];
        let group = arguments.first().filter(|_| name == "az").and_then(|group| group.value.as_text());
        let known = GRANTS_OR_SHOWS.contains(&name) || name.ends_with("-azakscluster");
        let full = self.facts.azure.identity_uses.len() >= MAX_ITEMS;
        if known || full || group.is_some_and(|group| GROUPS.contains(&group)) {
            return;
        }
        let pieces = arguments.iter().flat_map(|argument| argument.value.alternatives()).flatten();
        let given = pieces.filter_map(|piece| match piece {
            Piece::Output(output) if output.resource.kind == ResourceKind::Identity => Some(output.resource.clone()),
            _ => None,
        });
        self.facts.azure.identity_uses.extend(given);
    }

    /// Notes what a test compares with `msi`: whoever asks knows of the trap.
    fn test(&mut self, arguments: &[Argument]) {
        if arguments.iter().any(|own| own.value.as_text() == Some("msi")) {
            let outputs =
                arguments.iter().flat_map(|own| own.value.alternatives()).filter_map(|own| value::as_output(own));
            self.seen.compared.extend(outputs.map(|output| output.chosen.0));
        }
    }

    /// From here on the script works in a cloud.
    pub(super) fn enter_cloud(&mut self, suffix: Option<&'static str>) {
        // In a branch it may be in either.
        self.seen.suffix = if self.maybe { None } else { suffix };
    }

    /// What login servers end with in the cloud that the script works in.
    pub(super) fn suffix(&self) -> Option<&'static str> {
        self.seen.suffix
    }

    /// Whether the script compares an output, chosen here, with `msi`.
    pub(super) fn compares(&self, chosen: TextRange) -> bool {
        self.seen.compared.contains(&chosen)
    }

    /// A here-document that a shell runs, or `may` run.
    fn nested(&mut self, body: TextRange, may: bool) {
        let section = self.section;
        let outside = self.maybe;
        self.maybe |= may;
        let scopes = self.shell.scopes.len();
        self.shell.enter(Scope::Subshell);
        // A shell within such a shell is not followed.
        for statement in shell::parse(body.slice(&section.text), body.start, section.language).take(MAX_ITEMS) {
            if let Statement::Pipeline(pipeline) = &statement
                && pipeline.commands.iter().any(|command| command.input.is_some())
            {
                continue;
            }
            self.statement(&statement);
        }
        self.shell.leave_to(scopes);
        self.maybe = outside;
    }

    /// Hides a range of the script in all output.
    pub(super) fn mask(&mut self, range: TextRange) {
        let range = self.place(range);
        self.facts.masked.push(range);
    }

    /// A range of the script that starts `skipped` bytes into another.
    pub(super) fn within(range: TextRange, (start, end): (usize, usize)) -> TextRange {
        TextRange::new(range.start + to_offset(start), (range.start + to_offset(end)).min(range.end))
    }
}

/// Whether a file is the one in which steps of GitHub hand on variables.
fn is_github_env(file: &Value) -> bool {
    let symbol = file.alternatives().first().and_then(|own| value::symbol(own));
    symbol.is_some_and(|symbol| ["$github_env", "${{ github.env }}"].contains(&&*symbol.to_ascii_lowercase()))
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words in a row, as an assignment of PowerShell puts them.
fn joined(values: Vec<Value>) -> Value {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None, _) => Value::text(""),
        (Some(only), None) => only,
        _ => Value::unknown(),
    }
}

/// The old or the new values of a variable.
fn either(old: Option<&[Value]>, new: Vec<Value>) -> Vec<Value> {
    match (old, new.as_slice()) {
        (None, _) => new,
        (Some([old]), [own]) => vec![old.clone().or(own.clone())],
        _ => vec![Value::unknown()],
    }
}

pub(super) fn is_prefix(text: &str) -> bool {
    PREFIXES.contains(&text)
}

/// A program's name without its folder and ending, in lower case.
pub(super) fn program(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let bare = [".exe", ".cmd", ".bat"].iter().find_map(|ending| last.strip_suffix(ending));
    bare.map_or(last.clone(), str::to_owned)
}
