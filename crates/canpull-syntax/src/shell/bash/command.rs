//! bash: one command with its assignments, words and redirections.

use std::collections::VecDeque;

use super::super::{Assign, Command, Mode, Pipeline, Redirect, RedirectKind, Statement, When, Word};
use super::{Scanner, word};

/// Passes a pipeline on, or the assignments that it is.
pub(super) fn emit<'s>(mut pipeline: Pipeline<'s>, into: &mut VecDeque<Statement<'s>>) {
    let when = pipeline.when;
    if let [command] = pipeline.commands.as_mut_slice() {
        let assigns = !command.assignments.is_empty()
            && (command.words.is_empty() || command.words.first().is_some_and(declares));
        if assigns {
            let local = declares_local(&command.words);
            into.extend(command.assignments.drain(..).map(|assign| Statement::Assign(Assign { local, ..assign })));
            return;
        }
    }
    let unknown: Vec<_> = pipeline.commands.iter().flat_map(|command| read_variables(command, when)).collect();
    into.push_back(Statement::Pipeline(pipeline));
    into.extend(unknown.into_iter().map(Statement::Assign));
}

/// Whether a command of this name takes assignments as arguments.
fn declares(name: &Word<'_>) -> bool {
    name.literal().is_some_and(|name| matches!(&*name, "export" | "local" | "declare" | "readonly" | "typeset"))
}

/// Whether what a command declares is its function's own.
fn declares_local(words: &[Word<'_>]) -> bool {
    let Some((name, flags)) = words.split_first() else { return false };
    let is_global = |word: &Word<'_>| word.literal().is_some_and(|flag| flag.starts_with('-') && flag.contains('g'));
    ["local", "declare", "typeset"].iter().any(|own| name.is(own)) && !flags.iter().any(is_global)
}

/// What `printf -v NAME` gives its variable: known where it prints one word as it stands.
fn printed_into<'s>(arguments: &[Word<'s>], when: When) -> Option<Assign<'s>> {
    let [flag, name, rest @ ..] = arguments else { return None };
    let [super::super::Part::Text { text: std::borrow::Cow::Borrowed(own), range }] = name.parts.as_slice() else {
        return None;
    };
    let value = match rest {
        [format, value] if format.is("%s") => Some(value),
        [value] if value.literal().is_some_and(|text| !text.contains(['%', '\\'])) => Some(value),
        _ => None,
    };
    (flag.is("-v") && word::is_identifier(own)).then(|| Assign {
        name: own,
        name_range: *range,
        mode: if value.is_some() { Mode::Set } else { Mode::Unknown },
        array: false,
        values: value.into_iter().cloned().collect(),
        local: false,
        when,
        range: *range,
    })
}

/// The variables that a command fills with what the script does not hold.
fn read_variables<'s>(command: &Command<'s>, when: When) -> Vec<Assign<'s>> {
    let Some((name, arguments)) = command.words.split_first() else { return Vec::new() };
    if name.is("printf") {
        return printed_into(arguments, when).into_iter().collect();
    }
    let with_value: &[&str] = match name.literal().as_deref() {
        Some("read") => &["-p", "-d", "-n", "-N", "-t", "-u", "-i"],
        Some("mapfile" | "readarray") => &["-d", "-n", "-O", "-s", "-u", "-C", "-c"],
        Some("unset") => &["-f"],
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        let option = word.literal().filter(|text| text.starts_with('-'));
        if option.is_some_and(|text| with_value.contains(&&*text)) {
            arguments.next();
        } else if let [super::super::Part::Text { text: std::borrow::Cow::Borrowed(name), range }] =
            word.parts.as_slice()
            && word::is_identifier(name)
        {
            found.push(Assign {
                name,
                name_range: *range,
                mode: Mode::Unknown,
                array: false,
                values: Vec::new(),
                local: false,
                when,
                range: *range,
            });
        }
    }
    found
}

impl<'s> Scanner<'s> {
    /// Reads a command, if one comes next.
    pub(super) fn command(&mut self, when: When) -> Option<Command<'s>> {
        let start = self.cursor.at;
        let mut end = start;
        let mut command = Command::default();
        let mut declares_now = false;
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                Some(b'<' | b'>' | b'&' | b'0'..=b'9') if self.redirect(&mut command) => {}
                None | Some(b'\n' | b';' | b'|' | b'(' | b')' | b'&') => break,
                Some(b'#') if self.cursor.hole().is_none() => break,
                _ => {
                    let names = command.words.is_empty() || declares_now;
                    match names.then(|| self.assignment(when)).flatten() {
                        Some(assign) => {
                            command.assignments.push(assign);
                            self.room.keep(&mut command.assignments);
                        }
                        None => self.push_word(&mut command.words),
                    }
                    if let [name] = command.words.as_slice() {
                        declares_now = declares(name);
                        if name.is("[[") {
                            self.test(&mut command.words);
                        }
                    }
                }
            }
            end = self.cursor.at;
        }
        command.range = self.cursor.range(start, end);
        let empty = command.words.is_empty() && command.assignments.is_empty() && command.redirects.is_empty();
        // A command whose pieces were too many to keep stands here all the same.
        (!empty || self.room.is_full()).then_some(command)
    }

    /// Reads the words up to `]]`; what stands between them is no operator of the shell.
    fn test(&mut self, words: &mut Vec<Word<'s>>) {
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                None | Some(b'\n' | b';') => return,
                Some(b'<' | b'>' | b'(' | b')' | b'&' | b'|') => self.cursor.skip(1),
                _ => self.push_word(words),
            }
            if words.last().is_some_and(|word| word.is("]]")) {
                return;
            }
        }
    }

    /// Reads an assignment, if one comes next.
    fn assignment(&mut self, when: When) -> Option<Assign<'s>> {
        let start = self.cursor.at;
        let assign = self.assignment_at(start, when);
        if assign.is_none() {
            self.cursor.at = start;
        }
        assign
    }

    fn assignment_at(&mut self, start: usize, when: When) -> Option<Assign<'s>> {
        let name = self.identifier()?;
        let name_range = self.cursor.range_since(start);
        let item = self.cursor.peek() == Some(b'[');
        if item {
            self.cursor.skip_while(|byte| !matches!(byte, b']' | b'\n' | b' '));
            self.cursor.take("]");
        }
        let appends = self.cursor.take("+=");
        if !appends && !self.cursor.take("=") {
            return None;
        }
        let mode = if appends || item { Mode::Append } else { Mode::Set };
        let array = self.cursor.peek() == Some(b'(');
        let values = if array { self.array() } else { vec![self.word()] };
        Some(Assign {
            name,
            name_range,
            mode,
            array: array || item,
            values,
            local: false,
            when,
            range: self.cursor.range_since(start),
        })
    }

    /// Reads the items of an array.
    fn array(&mut self) -> Vec<Word<'s>> {
        self.cursor.skip(1);
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.cursor.peek() {
                None => return items,
                Some(b')') => {
                    self.cursor.skip(1);
                    return items;
                }
                Some(b';' | b'&' | b'|' | b'(' | b'<' | b'>') if self.cursor.hole().is_none() => self.cursor.skip(1),
                Some(_) => self.push_word(&mut items),
            }
        }
    }

    /// Reads a name that a variable may have.
    pub(super) fn identifier(&mut self) -> Option<&'s str> {
        let start = self.cursor.at;
        if self.cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.cursor.skip_while(word::in_identifier);
        (self.cursor.at > start).then(|| self.cursor.since(start))
    }

    /// Reads a redirection, if one comes next.
    fn redirect(&mut self, command: &mut Command<'s>) -> bool {
        let start = self.cursor.at;
        self.cursor.skip_while(|byte| byte.is_ascii_digit());
        if self.cursor.hole().is_some() || self.cursor.sees("<(") || self.cursor.sees(">(") {
            self.cursor.at = start;
            return false;
        }
        let Some(&(operator, kind)) = OPERATORS.iter().find(|(operator, _)| self.cursor.sees(operator)) else {
            self.cursor.at = start;
            return false;
        };
        self.cursor.skip(operator.len());
        self.skip_blanks();
        let target = self.word();
        if kind == RedirectKind::HereDocument {
            command.input = Some(self.here_document(&target, operator == "<<-"));
        }
        command.redirects.push(Redirect { kind, range: self.cursor.range_since(start), target });
        self.room.keep(&mut command.redirects);
        true
    }

    /// Reads a word into a list; moves on in any case.
    pub(super) fn push_word(&mut self, words: &mut Vec<Word<'s>>) {
        let start = self.cursor.at;
        let word = self.word();
        if self.cursor.at > start {
            words.push(word);
            self.room.keep(words);
        } else {
            self.cursor.skip_char();
        }
    }
}

/// The operators of redirection, longer ones first.
const OPERATORS: [(&str, RedirectKind); 12] = [
    ("<<<", RedirectKind::HereString),
    ("<<-", RedirectKind::HereDocument),
    ("<<", RedirectKind::HereDocument),
    ("<>", RedirectKind::Input),
    ("<&", RedirectKind::Input),
    ("<", RedirectKind::Input),
    ("&>>", RedirectKind::Output),
    ("&>", RedirectKind::Output),
    (">>", RedirectKind::Output),
    (">&", RedirectKind::Output),
    (">|", RedirectKind::Output),
    (">", RedirectKind::Output),
];
