//! Commands that another one is handed: as text, as `eval` and `bash -c` are, or behind its own words, as `xargs` and
//! `timeout` are.

use canpull_syntax::TextRange;

use super::arguments::Argument;
use super::azure;
use super::feed::Feed;
use super::run::{Run, is_name, program};
use super::value::{Joined, Piece, Value};
use crate::fact::Why;

/// So many commands of one text are followed, and commands run others this deep.
const MAX_COMMANDS: usize = 32;
const MAX_DEPTH: usize = 4;

/// Flags of `xargs` that take a value.
const TAKES: [&str; 11] =
    ["-n", "-P", "-L", "-d", "-s", "-a", "-E", "--max-args", "--max-procs", "--delimiter", "--arg-file"];

/// Programs that run what stands behind their own words, and do nothing else.
const RUNNERS: [&str; 10] =
    ["timeout", "env", "nice", "ionice", "stdbuf", "setsid", "chronic", "unbuffer", "caffeinate", "doas"];

/// Programs that run what a text says that they are handed.
const TEXTS: [&str; 11] = [
    "cmd",
    "iex",
    "invoke-expression",
    "parallel",
    "powershell",
    "pwsh",
    "ssh",
    "start-process",
    "su",
    "trap",
    "watch",
];

/// Programs that send requests; one that puts something makes it.
const REQUESTS: [&str; 5] = ["curl", "invoke-azrestmethod", "invoke-restmethod", "invoke-webrequest", "wget"];

/// What in a text tells that it may grant a role.
const GRANTS: [&str; 4] = ["role assignment create", "--attach-acr", "roleAssignments/", "New-AzRoleAssignment"];

impl Run<'_> {
    /// What `eval` runs. Where its text cannot be taken apart it may grant what it speaks of.
    pub(super) fn eval(&mut self, arguments: &[Argument], range: TextRange) {
        let blank = Value::text(" ");
        let whole = arguments.iter().map(|own| own.value.clone()).reduce(|all, own| all.then(&blank).then(&own));
        let Some(whole) = whole.filter(|_| self.nesting < MAX_DEPTH) else { return };
        let outside = self.maybe;
        self.maybe |= whole.alternatives().len() > 1;
        self.nesting += 1;
        for text in whole.alternatives() {
            match self.commands(text) {
                Some(commands) => commands.into_iter().for_each(|command| self.again(command, range)),
                None if mentions(text) => azure::open_grant(self, range),
                None => {}
            }
        }
        self.nesting -= 1;
        self.maybe = outside;
    }

    /// What a shell is told to run: `bash -c "…"`.
    pub(super) fn shell(&mut self, arguments: &[Argument], range: TextRange) {
        let is_flag = |own: &Argument| {
            own.value
                .as_text()
                .is_some_and(|text| text.starts_with('-') && !text.starts_with("--") && text.ends_with('c'))
        };
        let at = arguments.iter().position(is_flag);
        if let Some(text) = at.and_then(|at| arguments.get(at + 1)) {
            self.eval(std::slice::from_ref(text), range);
        }
    }

    /// A command that stands behind another one, which runs it, or may: `retry 3 az …`, `run az …`.
    pub(super) fn behind(&mut self, name: &str, arguments: &[Argument], range: TextRange) {
        let is_own = |own: &Argument| own.value.as_text().is_some_and(|text| matches!(text, "az" | "kubectl"));
        let Some(at) = arguments.iter().position(is_own).filter(|_| self.nesting < MAX_DEPTH) else { return };
        let Some((own, rest)) = arguments.get(at..).and_then(<[Argument]>::split_first) else { return };
        let own = own.value.as_text().unwrap_or_default().to_owned();
        let outside = self.maybe;
        self.maybe |= !RUNNERS.contains(&name);
        self.nesting += 1;
        let mut given = rest.to_vec();
        // What the other one puts in.
        for own in &mut given {
            own.value = own.value.filled("{}", &Value::unknown());
        }
        self.program(&own, given, Feed::Nothing, None, range);
        self.nesting -= 1;
        self.maybe = outside;
    }

    /// Notes that a command may grant what a text speaks of which it runs, or what it puts at an address.
    pub(super) fn may_grant(&mut self, name: &str, arguments: &[Argument], range: TextRange) {
        let is_put = |own: &Argument| own.value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("put"));
        let may = TEXTS.contains(&name) || (REQUESTS.contains(&name) && arguments.iter().any(is_put));
        if may && arguments.iter().flat_map(|own| own.value.alternatives()).any(|text| mentions(text)) {
            azure::open_grant(self, range);
        }
    }

    /// Runs a command that is put together from values, which all stand in one place.
    fn again(&mut self, command: Vec<Joined>, range: TextRange) {
        let values = command.into_iter().map(Value::pieces);
        let mut arguments: Vec<Argument> =
            values.map(|value| Argument { value, range, literal: false, spread: false }).collect();
        let skipped = arguments.iter().take_while(|own| own.value.as_text().is_some_and(super::run::is_prefix)).count();
        arguments.drain(..skipped);
        let Some(name) = arguments.first().and_then(|name| name.value.as_text()).map(program) else { return };
        arguments.remove(0);
        self.program(&name, arguments, Feed::Nothing, None, range);
    }

    /// The commands of a text, in words; `None` where more than variables would have to be worked out.
    fn commands(&self, text: &[Piece]) -> Option<Vec<Vec<Joined>>> {
        let is_plain = |piece: &Piece| !matches!(piece, Piece::Text(text) if text.contains("$(") || text.contains('`'));
        if !text.iter().all(is_plain) {
            return None;
        }
        let mut split = Split::default();
        for piece in text {
            match piece {
                Piece::Text(text) => text.chars().for_each(|c| split.take(c)),
                piece => split.piece(piece.clone()),
            }
        }
        let mut commands = split.finish();
        commands.truncate(MAX_COMMANDS);
        for word in commands.iter_mut().flatten() {
            *word = self.expanded(word);
        }
        Some(commands)
    }

    /// The variables in a text replaced by what they are.
    pub(super) fn expanded(&self, joined: &[Piece]) -> Joined {
        let mut found = Joined::new();
        for piece in joined {
            match piece {
                Piece::Text(text) => self.expand(text, &mut found),
                piece => found.push(piece.clone()),
            }
        }
        found
    }

    fn expand(&self, text: &str, found: &mut Joined) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            let (name, behind) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((name, behind)) => (name, behind),
                None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
            };
            let known = self.value_of(name).and_then(|value| match value.alternatives() {
                [only] => Some(only.clone()),
                _ => None,
            });
            found.push(Piece::Text(before.to_owned()));
            match known {
                Some(known) => found.extend(known),
                None => found.push(Piece::Open { why: Why::FilledAtRunTime, symbol: Some(format!("${name}")) }),
            }
            rest = behind;
        }
        found.push(Piece::Text(rest.to_owned()));
        found.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    }

    /// What `xargs` runs with what it reads, which is one thing or each of several. `None` where it only passes that on.
    pub(super) fn xargs(
        &mut self,
        arguments: &[Argument],
        feed: &Feed,
        output: Option<&str>,
        range: TextRange,
    ) -> Option<Feed> {
        let (hole, command) = behind_flags(arguments);
        let name = command.first()?.value.as_text().map(program).filter(|name| name != "echo")?;
        if self.nesting >= MAX_DEPTH {
            return Some(Feed::Nothing);
        }
        let (item, is_known) = match feed {
            Feed::Value(value) => (each_word(value), true),
            _ => (Value::unknown(), false),
        };
        let mut given: Vec<Argument> = command.get(1..).unwrap_or_default().to_vec();
        match hole {
            Some(hole) => {
                for own in &mut given {
                    own.value = own.value.filled(&hole, &item);
                }
            }
            None => given.push(Argument { value: item, range, literal: false, spread: !is_known }),
        }
        let outside = self.maybe;
        self.maybe |= !is_known;
        self.nesting += 1;
        let found = self.program(&name, given, Feed::Nothing, output, range);
        self.nesting -= 1;
        self.maybe = outside;
        Some(found)
    }
}

/// The words of a text, each in turn.
fn each_word(value: &Value) -> Value {
    let words = value.split().into_iter().flatten().map(Value::text);
    words.reduce(Value::or).map_or_else(|| value.clone(), Value::in_turn)
}

/// What stands for what `xargs` reads, where something does, and the command behind its own flags.
fn behind_flags(arguments: &[Argument]) -> (Option<String>, &[Argument]) {
    let mut hole = None;
    let mut at = 0;
    while let Some(flag) = arguments.get(at).and_then(|own| own.value.as_text()).filter(|own| own.starts_with('-')) {
        let next = || arguments.get(at + 1).and_then(|own| own.value.as_text());
        let mut taken = 1;
        if flag == "-I" {
            hole = next().map(str::to_owned);
            taken = 2;
        } else if let Some(own) = flag.strip_prefix("-I") {
            hole = Some(own.to_owned());
        } else if flag == "-i" || flag == "--replace" {
            hole = Some("{}".to_owned());
        } else if let Some(own) = flag.strip_prefix("--replace=") {
            hole = Some(own.to_owned());
        } else if TAKES.contains(&flag) {
            taken = 2;
        }
        at += taken;
    }
    (hole.filter(|hole| !hole.is_empty()), arguments.get(at..).unwrap_or_default())
}

/// Whether a text speaks of granting a role.
fn mentions(text: &[Piece]) -> bool {
    let speaks = |text: &str| GRANTS.iter().any(|word| text.contains(word));
    text.iter().any(|piece| matches!(piece, Piece::Text(text) if speaks(text)))
}

/// A text on its way to commands and their words.
#[derive(Default)]
struct Split {
    commands: Vec<Vec<Joined>>,
    command: Vec<Joined>,
    /// The word that is read, where one is.
    word: Option<Joined>,
    quote: Option<char>,
    is_escaped: bool,
    before: char,
}

impl Split {
    fn take(&mut self, c: char) {
        match (self.quote, c) {
            _ if self.is_escaped => {
                self.is_escaped = false;
                self.letter(c);
            }
            (quote, '\\') if quote != Some('\'') => self.is_escaped = true,
            (Some(quote), c) if c == quote => self.quote = None,
            (None, '"' | '\'') => {
                self.quote = Some(c);
                self.word.get_or_insert_default();
            }
            (None, ';' | '\n' | '|') => self.end_command(),
            (None, '&') if self.before != '>' => self.end_command(),
            (None, c) if c.is_whitespace() => self.end_word(),
            (_, c) => self.letter(c),
        }
        self.before = c;
    }

    fn letter(&mut self, c: char) {
        let word = self.word.get_or_insert_default();
        match word.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => word.push(Piece::Text(c.to_string())),
        }
    }

    fn piece(&mut self, piece: Piece) {
        self.word.get_or_insert_default().push(piece);
    }

    fn end_word(&mut self) {
        self.command.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }

    fn finish(mut self) -> Vec<Vec<Joined>> {
        self.end_command();
        self.commands
    }
}
