//! PowerShell: statements, and the blocks that they are flattened out of.

mod expression;
mod word;

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::quote::QuoteEnd;
use super::room::Room;
use super::{Assign, Command, Mode, Pipeline, Redirect, RedirectKind, Scope, Statement, Steps, When, Word};
use crate::TextRange;

/// A script on its way to statements.
pub(super) struct Reader<'s> {
    scanner: Scanner<'s>,
    script: Script<'s>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(text: &'s str, base: u32) -> Self {
        Self { scanner: Scanner::new(text, base), script: Script::default() }
    }
}

impl<'s> Steps<'s> for Reader<'s> {
    fn step(&mut self) -> bool {
        self.scanner.room = Room::new();
        let more = self.scanner.step(&mut self.script);
        if self.scanner.room.is_full() {
            self.script.found.clear();
        }
        more
    }

    fn found(&mut self) -> &mut VecDeque<Statement<'s>> {
        &mut self.script.found
    }
}

/// Reads PowerShell.
struct Scanner<'s> {
    cursor: Cursor<'s>,
    /// How many brackets are open.
    depth: u8,
    /// For pieces of the current statement.
    room: Room,
    /// The last looks ahead for a closing `'` and `"`.
    quotes: [Option<QuoteEnd>; 2],
    /// Which kinds of here-strings are not closed any more: `@'` and `@"`.
    unclosed: [bool; 2],
}

/// A script while it is read: the whole, or that in brackets.
#[derive(Default)]
struct Script<'s> {
    found: VecDeque<Statement<'s>>,
    /// Of each open block, whether its statements may not run, and which scope it is.
    blocks: Vec<(bool, Option<Scope>)>,
    /// How many of them may not.
    uncertain: usize,
    /// Whether the next block is one that always runs.
    certain_next: bool,
    /// The scope that the next block is.
    scope_next: Option<Scope>,
    /// How many of the blocks are bodies of functions.
    functions: usize,
    link: Option<When>,
    /// Whether an unmatched `)` ends it.
    closes: bool,
}

impl Script<'_> {
    fn open(&mut self, range: TextRange) {
        let linked = self.link.take().is_some();
        let uncertain = linked || !std::mem::take(&mut self.certain_next);
        self.uncertain += usize::from(uncertain);
        let scope = self.scope_next.take();
        self.functions += usize::from(scope == Some(Scope::Function));
        self.found.extend(scope.map(|scope| Statement::Enter(scope, range)));
        self.blocks.push((uncertain, scope));
    }

    fn close(&mut self, range: TextRange) {
        let Some((uncertain, scope)) = self.blocks.pop() else { return };
        self.uncertain -= usize::from(uncertain);
        self.functions -= usize::from(scope == Some(Scope::Function));
        self.found.extend(scope.map(|_| Statement::Leave(range)));
    }

    /// Whether the next statement runs.
    fn when(&mut self) -> When {
        let link = self.link.take().unwrap_or(When::Always);
        if self.uncertain > 0 { When::Maybe } else { link }
    }
}

impl<'s> Scanner<'s> {
    fn new(text: &'s str, base: u32) -> Self {
        Self {
            cursor: Cursor::new(text, base),
            depth: 0,
            room: Room::new(),
            quotes: [None, None],
            unclosed: [false; 2],
        }
    }

    /// Reads up to and over the `)` that ends a script in brackets, or to the end of what may be read.
    fn script(&mut self) -> Vec<Statement<'s>> {
        let mut script = Script { closes: true, ..Script::default() };
        while self.step(&mut script) {
            if self.room.is_full() {
                script.found.clear();
            }
        }
        script.found.into()
    }

    /// Reads a little further; whether there is more.
    fn step(&mut self, script: &mut Script<'s>) -> bool {
        self.skip_blanks();
        let Some(next) = self.cursor.peek() else { return false };
        match next {
            b'\n' | b';' => {
                self.cursor.skip(1);
                if next == b';' {
                    script.link = None;
                }
            }
            b'#' if self.cursor.hole().is_none() => self.cursor.skip_line(),
            b'&' if self.cursor.take("&&") => script.link = Some(When::OnSuccess),
            b'|' if self.cursor.take("||") => script.link = Some(When::Maybe),
            b'|' | b'&' | b',' => self.cursor.skip(1),
            b'{' if self.cursor.hole().is_none() => {
                let start = self.cursor.at;
                self.cursor.skip(1);
                script.open(self.cursor.range_since(start));
            }
            b'}' => {
                let start = self.cursor.at;
                self.cursor.skip(1);
                script.close(self.cursor.range_since(start));
            }
            b')' => {
                self.cursor.skip(1);
                return !script.closes;
            }
            _ => {
                if !self.keyword(script) && !self.assignment(script) {
                    self.pipeline(script);
                }
            }
        }
        true
    }

    /// Moves on over blanks, continued lines and comments in `<# #>`.
    fn skip_blanks(&mut self) {
        loop {
            match self.cursor.peek() {
                Some(b' ' | b'\t' | b'\r') => self.cursor.skip(1),
                // Pages that show bash to PowerShell continue lines with a backslash, which means nothing else there.
                Some(b'`' | b'\\') => match self.cursor.continuation() {
                    Some(length) => self.cursor.skip(length),
                    None => return,
                },
                Some(b'<') if self.cursor.sees("<#") => {
                    self.cursor.skip(2);
                    while self.cursor.peek().is_some() && !self.cursor.take("#>") {
                        self.cursor.skip(1);
                        self.cursor.skip_while(|byte| byte != b'#');
                    }
                }
                _ => return,
            }
        }
    }

    /// Moves on over blanks, line breaks and comments.
    fn skip_space(&mut self) {
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                Some(b'\n') => self.cursor.skip(1),
                Some(b'#') => self.cursor.skip_line(),
                _ => return,
            }
        }
    }

    /// The letters that come next.
    fn letters(&self) -> &'s str {
        let rest = self.cursor.rest();
        let length = rest.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len()).min(12);
        self.cursor.slice(self.cursor.at, self.cursor.at + length)
    }

    /// Reads a word of the grammar, if one comes next.
    fn keyword(&mut self, script: &mut Script<'s>) -> bool {
        let word = self.letters();
        let behind = self.cursor.ahead(word.len());
        if !matches!(behind, None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'(' | b'{')) {
            return false;
        }
        match word.to_ascii_lowercase().as_str() {
            "if" | "elseif" | "while" | "until" | "switch" | "for" => {
                self.cursor.skip(word.len());
                self.skip_blanks();
                if word.eq_ignore_ascii_case("elseif") {
                    script.link = Some(When::Maybe);
                }
                self.condition(script);
            }
            "else" | "do" | "catch" => self.cursor.skip(word.len()),
            "try" | "finally" | "begin" | "process" | "end" => {
                self.cursor.skip(word.len());
                self.skip_space();
                script.certain_next = self.cursor.peek() == Some(b'{');
            }
            "foreach" => {
                self.cursor.skip(word.len());
                self.loop_head(script);
            }
            "param" => {
                self.cursor.skip(word.len());
                self.parameters(script);
            }
            "function" | "filter" => {
                self.cursor.skip(word.len());
                self.skip_blanks();
                self.cursor.skip_while(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b'{'));
                script.uncertain += 1;
                self.parameters(script);
                script.uncertain -= 1;
                // A function is written to be called.
                self.skip_space();
                script.certain_next = self.cursor.peek() == Some(b'{');
                script.scope_next = Some(Scope::Function).filter(|_| script.certain_next);
            }
            _ => return false,
        }
        true
    }

    /// Reads `(…)` behind `if` and the like: its commands run.
    fn condition(&mut self, script: &mut Script<'s>) {
        if self.cursor.peek() != Some(b'(') {
            return;
        }
        let when = script.when();
        for mut statement in self.bracketed() {
            match &mut statement {
                Statement::Assign(assign) => assign.when = assign.when.max(when),
                Statement::Pipeline(pipeline) => pipeline.when = pipeline.when.max(when),
                Statement::Enter(..) | Statement::Leave(_) => {}
            }
            script.found.push_back(statement);
        }
    }

    /// Reads what follows `foreach`: the variable and the values that it takes.
    fn loop_head(&mut self, script: &mut Script<'s>) {
        self.skip_blanks();
        let mut entered = false;
        if !self.cursor.take("(") {
            return;
        }
        self.skip_space();
        let start = self.cursor.at;
        if let Some((name, name_range)) = self.target() {
            self.skip_space();
            if self.letters().eq_ignore_ascii_case("in") {
                self.cursor.skip(2);
                self.skip_space();
                let (values, _) = self.value();
                let (when, range) = (script.when(), self.cursor.range_since(start));
                let mode = if values.is_empty() { Mode::Unknown } else { Mode::Each };
                entered = values.iter().any(Word::is_something);
                let assign = Assign { name, name_range, mode, array: true, values, local: false, when, range };
                script.found.push_back(Statement::Assign(assign));
            }
        }
        self.skip_space();
        self.cursor.take(")");
        self.skip_space();
        let block = self.cursor.peek() == Some(b'{');
        script.certain_next = entered && block;
        script.scope_next = Some(Scope::Loop).filter(|_| entered && block);
    }

    /// Reads `($a, [type] $b = default, …)`: parameters without a default are unknown.
    fn parameters(&mut self, script: &mut Script<'s>) {
        self.skip_space();
        if !self.cursor.take("(") {
            return;
        }
        loop {
            self.skip_space();
            match self.cursor.peek() {
                None => return,
                Some(b')') => return self.cursor.skip(1),
                Some(b'[') => self.cursor.skip_balanced(b'[', b']', 0),
                Some(b'$') => {
                    if !self.parameter(script) {
                        self.cursor.skip_char();
                    }
                }
                Some(_) => self.cursor.skip_char(),
            }
        }
    }

    fn parameter(&mut self, script: &mut Script<'s>) -> bool {
        let start = self.cursor.at;
        let Some((name, name_range)) = self.target() else { return false };
        let named_end = self.cursor.at;
        self.skip_space();
        let (values, array) = if self.cursor.take("=") {
            self.skip_space();
            self.single_value()
        } else {
            self.cursor.at = named_end;
            (Vec::new(), false)
        };
        let mode = if values.is_empty() && !array { Mode::Unknown } else { Mode::Set };
        let when = if script.uncertain > 0 { When::Maybe } else { When::Always };
        let range = self.cursor.range_since(start);
        script.found.push_back(Statement::Assign(Assign {
            name,
            name_range,
            mode,
            array,
            values,
            local: script.functions > 0,
            when,
            range,
        }));
        true
    }

    /// Reads `$name = …`, `[type]$name = …`, `$name += …`, if one comes next.
    fn assignment(&mut self, script: &mut Script<'s>) -> bool {
        let start = self.cursor.at;
        while self.cursor.peek() == Some(b'[') {
            self.cursor.skip_while(|byte| !matches!(byte, b']' | b'\n' | b' '));
            self.cursor.take("]");
            self.skip_blanks();
        }
        let from = self.cursor.at;
        if let Some((name, name_range)) = self.target() {
            self.skip_blanks();
            let appends = self.cursor.take("+=");
            if appends
                || self.cursor.peek() == Some(b'=') && self.cursor.ahead(1) != Some(b'=') && self.cursor.take("=")
            {
                self.skip_space();
                let when = script.when();
                let (values, array) = self.value();
                let mode = match (values.is_empty() && !array, appends) {
                    (true, _) => Mode::Unknown,
                    (false, true) => Mode::Append,
                    (false, false) => Mode::Set,
                };
                let range = self.cursor.range_since(from);
                let local = script.functions > 0 && !self.is_shared(from, name, name_range);
                script.found.push_back(Statement::Assign(Assign {
                    name,
                    name_range,
                    mode,
                    array,
                    values,
                    local,
                    when,
                    range,
                }));
                self.link(script, when);
                return true;
            }
        }
        self.cursor.at = start;
        false
    }

    /// Whether a variable, as it is written from there on, lives outside of the function that gives it a value.
    fn is_shared(&self, from: usize, name: &str, name_range: TextRange) -> bool {
        let length = name_range.start.saturating_sub(self.cursor.range(from, from).start) as usize;
        let scope = self.cursor.slice(from, from + length).trim_start_matches(['$', '{']);
        let is =
            |text: &str, wanted: &str| text.get(..wanted.len()).is_some_and(|own| own.eq_ignore_ascii_case(wanted));
        is(scope, "script:") || is(scope, "global:") || is(name, "env:")
    }

    /// Reads the name of a variable that may be assigned to.
    fn target(&mut self) -> Option<(&'s str, TextRange)> {
        if self.cursor.peek() != Some(b'$') {
            return None;
        }
        self.variable_name()
    }

    /// Reads commands up to the end of their pipeline.
    fn pipeline(&mut self, script: &mut Script<'s>) {
        let start = self.cursor.at;
        let when = script.when();
        if let Some(pipeline) = self.commands(when) {
            script.found.push_back(Statement::Pipeline(pipeline));
            self.link(script, when);
        }
        if self.cursor.at == start {
            self.cursor.skip_char();
        }
    }

    /// Reads `&&` or `||` behind a statement.
    fn link(&mut self, script: &mut Script<'s>, when: When) {
        self.skip_blanks();
        if self.cursor.take("&&") {
            script.link = Some(when.max(When::OnSuccess));
        } else if self.cursor.take("||") {
            script.link = Some(When::Maybe);
        }
    }

    fn commands(&mut self, when: When) -> Option<Pipeline<'s>> {
        let mut commands = Vec::with_capacity(1);
        while let Some(command) = self.command() {
            commands.push(command);
            self.room.keep(&mut commands);
            if !self.pipe() {
                break;
            }
        }
        let range = TextRange::new(commands.first()?.range.start, commands.last()?.range.end);
        Some(Pipeline { commands, when, range })
    }

    /// Moves on over a `|`, which may stand at the start of the next line.
    fn pipe(&mut self) -> bool {
        let start = self.cursor.at;
        self.skip_blanks();
        let broken = self.cursor.peek() == Some(b'\n');
        if broken {
            self.skip_space();
        }
        if !self.cursor.sees("||") && self.cursor.take("|") {
            self.skip_space();
            return true;
        }
        if broken {
            self.cursor.at = start;
        }
        false
    }

    /// Reads a command, if one comes next. A block among its arguments ends it.
    fn command(&mut self) -> Option<Command<'s>> {
        if self.cursor.peek() == Some(b'&') && !self.cursor.sees("&&") {
            self.cursor.skip(1);
            self.skip_blanks();
        }
        let start = self.cursor.at;
        let mut end = start;
        let mut command = Command::default();
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                None | Some(b'\n' | b';' | b'|' | b'&' | b')' | b'}') => break,
                Some(b'#' | b'{') if self.cursor.hole().is_none() => break,
                Some(b'>' | b'*' | b'0'..=b'9') if self.redirect(&mut command) => {}
                Some(_) => {
                    let from = self.cursor.at;
                    let word = self.word();
                    if self.cursor.at > from {
                        command.words.push(word);
                        self.room.keep(&mut command.words);
                    } else {
                        self.cursor.skip_char();
                    }
                }
            }
            end = self.cursor.at;
        }
        command.range = self.cursor.range(start, end);
        let empty = command.words.is_empty() && command.redirects.is_empty();
        // A command whose pieces were too many to keep stands here all the same.
        (!empty || self.room.is_full()).then_some(command)
    }

    /// Reads a redirection, if one comes next.
    fn redirect(&mut self, command: &mut Command<'s>) -> bool {
        let start = self.cursor.at;
        self.cursor.skip_while(|byte| byte.is_ascii_digit() || byte == b'*');
        if !self.cursor.take(">") {
            self.cursor.at = start;
            return false;
        }
        self.cursor.take(">");
        let target = if self.cursor.peek() == Some(b'&') {
            let from = self.cursor.at;
            self.cursor.skip(1);
            self.cursor.skip_while(|byte| byte.is_ascii_digit());
            self.text_word(from)
        } else {
            self.skip_blanks();
            self.word()
        };
        let range = self.cursor.range_since(start);
        command.redirects.push(Redirect { kind: RedirectKind::Output, target, range });
        self.room.keep(&mut command.redirects);
        true
    }

    /// The text from `start` up to the cursor as a word.
    fn text_word(&self, start: usize) -> Word<'s> {
        let mut parts = Vec::new();
        self.cursor.push_text(start, &mut parts);
        Word { parts, range: self.cursor.range_since(start) }
    }
}
