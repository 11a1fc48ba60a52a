//! bash: statements, and the compound commands that they are flattened out of.

mod command;
mod here_document;
mod word;

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::quote::QuoteEnd;
use super::room::Room;
use super::{Assign, Mode, Pipeline, Scope, Statement, Steps, When, Word};
use crate::TextRange;
use here_document::Pending;
pub(super) use word::is_identifier;

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

/// Reads bash.
struct Scanner<'s> {
    cursor: Cursor<'s>,
    /// How many substitutions are open.
    depth: u8,
    /// The here-documents that begin below the current line.
    pending: Option<Pending>,
    /// For pieces of the current statement.
    room: Room,
    /// How many more bytes may be searched in vain for the ends of here-documents.
    budget: usize,
    /// The last looks ahead for a closing `'` and `"`.
    quotes: [Option<QuoteEnd>; 2],
}

/// A script while it is read: the whole, or that of one substitution.
#[derive(Default)]
struct Script<'s> {
    found: VecDeque<Statement<'s>>,
    blocks: Vec<Block>,
    /// How the next statement hangs on the one before, where `&&` or `||` joins them.
    link: Option<When>,
    /// `!` stands in front of the next statement.
    negated: bool,
    /// Whether an unmatched `)` ends it.
    closes: bool,
    /// How many of the blocks are subshells, and how many may not run.
    subshells: usize,
    uncertain: usize,
    /// How many of them never run.
    never: usize,
}

/// An open compound command.
#[derive(Clone, Copy)]
struct Block {
    kind: BlockKind,
    /// Whether its statements may not run.
    uncertain: bool,
    /// Whether they never do.
    never: bool,
    /// It is a loop over a list, whose body runs.
    entered: bool,
    /// How many scopes it is.
    scopes: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    If,
    Loop,
    CasePatterns,
    CaseBody,
    Group,
    Subshell,
}

/// How far back an ending word looks for its beginning.
const MAX_UNCLOSED: usize = 64;

/// The longest patterns of a branch of `case`: bounds the look ahead.
const MAX_PATTERNS: usize = 200;

impl Script<'_> {
    fn open(&mut self, kind: BlockKind, uncertain: bool) {
        self.negated = false;
        self.subshells += usize::from(kind == BlockKind::Subshell);
        self.uncertain += usize::from(uncertain);
        self.blocks.push(Block { kind, uncertain, never: false, entered: false, scopes: 0 });
    }

    /// From here on, the innermost block never runs, or may.
    fn never(&mut self, never: bool) {
        if let Some(block) = self.blocks.last_mut().filter(|block| block.never != never) {
            block.never = never;
            self.never = if never { self.never + 1 } else { self.never - 1 };
        }
    }

    /// Opens a block that hangs on the statement before it, where `&&` or `||` joins them.
    fn open_linked(&mut self, kind: BlockKind) {
        let link = self.link.take();
        self.open(kind, link.is_some());
        self.never(link == Some(When::Never));
    }

    /// The innermost block is a scope.
    fn enter_scope(&mut self, scope: Scope, range: TextRange) {
        if let Some(block) = self.blocks.last_mut() {
            block.scopes += 1;
            self.found.push_back(Statement::Enter(scope, range));
        }
    }

    /// Closes the innermost block of a kind and all within it.
    fn close(&mut self, kinds: &[BlockKind], look_back: usize, range: TextRange) {
        let recent = self.blocks.len().saturating_sub(look_back);
        let is_open = |block: &Block| kinds.contains(&block.kind);
        let Some(at) = self.blocks.iter().skip(recent).rposition(is_open) else { return };
        for block in self.blocks.drain(recent + at..) {
            self.subshells -= usize::from(block.kind == BlockKind::Subshell);
            self.uncertain -= usize::from(block.uncertain);
            self.never -= usize::from(block.never);
            self.found.extend((0..block.scopes).map(|_| Statement::Leave(range)));
        }
    }

    /// From here on, the innermost block may not run, if it is of this kind.
    fn enter(&mut self, kind: BlockKind) {
        let may_not = |block: &&mut Block| block.kind == kind && !block.uncertain && !block.entered;
        if let Some(block) = self.blocks.last_mut().filter(may_not) {
            block.uncertain = true;
            self.uncertain += 1;
        }
    }

    fn innermost(&self) -> Option<BlockKind> {
        self.blocks.last().map(|block| block.kind)
    }

    fn become_case(&mut self, kind: BlockKind) {
        if let Some(block) = self.blocks.last_mut() {
            block.kind = kind;
        }
    }

    /// Whether the next statement runs.
    fn when(&mut self) -> When {
        let link = self.link.take().unwrap_or(When::Always);
        match (self.never, self.uncertain) {
            (0, 0) => link,
            (0, _) => link.max(When::Maybe),
            _ => When::Never,
        }
    }
}

impl<'s> Scanner<'s> {
    fn new(text: &'s str, base: u32) -> Self {
        // A few vain searches are normal; more than this many bytes of them is an attack.
        let budget = text.len().saturating_mul(4);
        Self {
            cursor: Cursor::new(text, base),
            depth: 0,
            pending: None,
            room: Room::new(),
            budget,
            quotes: [None, None],
        }
    }

    /// Reads up to the `)` that ends a substitution, or to the end of what may be read.
    fn script(&mut self, closes: bool) -> Vec<Statement<'s>> {
        let mut script = Script { closes, ..Script::default() };
        while self.step(&mut script) {
            if self.room.is_full() {
                script.found.clear();
            }
        }
        script.found.into()
    }

    /// Reads a little further; whether there is more.
    fn step(&mut self, script: &mut Script<'s>) -> bool {
        let Some(next) = self.cursor.peek() else { return false };
        match next {
            b'\n' => self.newline(),
            b' ' | b'\t' | b'\r' => self.cursor.skip(1),
            b'#' => self.cursor.skip_line(),
            b';' => self.semicolon(script),
            _ if script.innermost() == Some(BlockKind::CasePatterns) => self.case_patterns(script),
            b'&' if self.cursor.take("&&") => script.link = Some(When::OnSuccess),
            b'|' if self.cursor.take("||") => script.link = Some(When::Maybe),
            b'&' | b'|' => self.cursor.skip(1),
            b')' => {
                let start = self.cursor.at;
                self.cursor.skip(1);
                if script.subshells > 0 {
                    script.close(&[BlockKind::Subshell], usize::MAX, self.cursor.range_since(start));
                } else if script.closes {
                    return false;
                }
            }
            b'(' if self.cursor.sees("((") => self.cursor.skip_balanced(b'(', b')', 0),
            b'(' => {
                let start = self.cursor.at;
                self.cursor.skip(1);
                script.open_linked(BlockKind::Subshell);
                script.enter_scope(Scope::Subshell, self.cursor.range_since(start));
            }
            _ => {
                if !self.keyword(script) {
                    self.pipeline(script);
                }
            }
        }
        true
    }

    fn semicolon(&mut self, script: &mut Script<'s>) {
        let ends_case = self.cursor.take(";;&") || self.cursor.take(";;") || self.cursor.take(";&");
        if !ends_case {
            self.cursor.skip(1);
        } else if script.innermost() == Some(BlockKind::CaseBody) {
            script.become_case(BlockKind::CasePatterns);
        }
        script.link = None;
    }

    /// Moves on over a line break, and over the here-documents below it.
    fn newline(&mut self) {
        let line_end = self.cursor.at;
        self.cursor.skip(1);
        if let Some(pending) = self.pending.take_if(|pending| pending.line_end <= line_end) {
            self.cursor.at = self.cursor.at.max(pending.resume).min(self.cursor.end);
        }
    }

    /// Moves on over blanks and continued lines.
    fn skip_blanks(&mut self) {
        loop {
            match self.cursor.peek() {
                Some(b' ' | b'\t' | b'\r') => self.cursor.skip(1),
                Some(b'\\') => match self.cursor.continuation() {
                    Some(length) => self.cursor.skip(length),
                    None => return,
                },
                _ => return,
            }
        }
    }

    /// Moves on over blanks, line breaks and comments.
    fn skip_space(&mut self) {
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                Some(b'\n') => self.newline(),
                Some(b'#') => self.cursor.skip_line(),
                _ => return,
            }
        }
    }

    /// The bare word that comes next.
    fn bare_word(&self) -> &'s str {
        let rest = self.cursor.rest();
        let length = rest.iter().position(|&byte| word::ends_bare(byte)).unwrap_or(rest.len());
        self.cursor.slice(self.cursor.at, self.cursor.at + length)
    }

    /// Whether a compound command comes next.
    fn sees_compound(&self) -> bool {
        let next = self.cursor.peek();
        next == Some(b'(')
            || matches!(next, Some(b'{' | b'}' | b'a'..=b'z'))
                && matches!(
                    self.bare_word(),
                    "{" | "}"
                        | "if"
                        | "fi"
                        | "then"
                        | "elif"
                        | "else"
                        | "for"
                        | "select"
                        | "while"
                        | "until"
                        | "do"
                        | "done"
                        | "case"
                        | "esac"
                )
    }

    /// Reads a word of the grammar, if one comes next.
    fn keyword(&mut self, script: &mut Script<'s>) -> bool {
        if !matches!(self.cursor.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'{' | b'}' | b'!')) {
            return false;
        }
        let word = self.bare_word();
        let start = self.cursor.at;
        self.cursor.skip(word.len());
        let range = self.cursor.range_since(start);
        match word {
            "if" => {
                script.open(BlockKind::If, false);
                script.never(self.sees_false());
            }
            "elif" | "else" if script.innermost() == Some(BlockKind::If) => {
                script.never(word == "elif" && self.sees_false());
            }
            "!" => script.negated = !script.negated,
            "elif" | "else" => {}
            "then" => script.enter(BlockKind::If),
            "fi" => script.close(&[BlockKind::If], MAX_UNCLOSED, range),
            "while" | "until" => script.open(BlockKind::Loop, false),
            "do" => script.enter(BlockKind::Loop),
            "done" => script.close(&[BlockKind::Loop], MAX_UNCLOSED, range),
            "for" | "select" => self.loop_head(script),
            "case" => self.case_head(script),
            "esac" => script.close(&[BlockKind::CaseBody, BlockKind::CasePatterns], MAX_UNCLOSED, range),
            "{" => script.open_linked(BlockKind::Group),
            "}" => script.close(&[BlockKind::Group], MAX_UNCLOSED, range),
            "function" => {
                self.skip_blanks();
                let name = self.bare_word();
                self.cursor.skip(name.len());
                self.parameter_list();
                self.function_body(script);
            }
            _ if !word.is_empty() && self.parameter_list() => self.function_body(script),
            _ => {
                self.cursor.at = start;
                return false;
            }
        }
        true
    }

    /// Whether a condition comes next that never holds, and nothing else before `then`.
    fn sees_false(&self) -> bool {
        let rest = self.cursor.slice(self.cursor.at, self.cursor.end).trim_start_matches([' ', '\t']);
        let Some(rest) = rest.strip_prefix("false") else { return false };
        let rest = rest.trim_start_matches([' ', '\t', '\r']);
        let then = rest.strip_prefix([';', '\n']).map(str::trim_start).and_then(|rest| rest.strip_prefix("then"));
        then.is_some_and(|behind| behind.starts_with(char::is_whitespace))
    }

    /// Moves on over the `()` of a function, if it comes next.
    fn parameter_list(&mut self) -> bool {
        let start = self.cursor.at;
        self.skip_blanks();
        if self.cursor.take("(") {
            self.skip_blanks();
            if self.cursor.take(")") {
                return true;
            }
        }
        self.cursor.at = start;
        false
    }

    /// Enters the body of a function, which is written to be called.
    fn function_body(&mut self, script: &mut Script<'s>) {
        self.skip_space();
        script.link = None;
        let start = self.cursor.at;
        if self.bare_word() == "{" {
            self.cursor.skip(1);
            script.open(BlockKind::Group, false);
            script.enter_scope(Scope::Function, self.cursor.range_since(start));
        } else if self.cursor.take("(") {
            script.open(BlockKind::Subshell, false);
            script.enter_scope(Scope::Subshell, self.cursor.range_since(start));
            script.enter_scope(Scope::Function, self.cursor.range_since(start));
        }
    }

    /// Reads what follows `for` or `select`: the variable and the values that it takes.
    fn loop_head(&mut self, script: &mut Script<'s>) {
        self.skip_blanks();
        script.open(BlockKind::Loop, false);
        if self.cursor.sees("((") {
            self.cursor.skip_balanced(b'(', b')', 0);
            return;
        }
        let start = self.cursor.at;
        let Some(name) = self.identifier() else { return };
        let name_range = self.cursor.range_since(start);
        self.skip_space();
        let listed = self.bare_word() == "in";
        let mut values = Vec::new();
        if listed {
            self.cursor.skip(2);
            self.skip_blanks();
            while !matches!(self.cursor.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'#')) {
                self.push_word(&mut values);
                self.skip_blanks();
            }
        } else if self.bare_word() != "do" && self.cursor.peek() != Some(b';') {
            return;
        }
        if let Some(block) = script.blocks.last_mut() {
            block.entered = values.iter().any(Word::is_something);
        }
        let mode = if listed { Mode::Each } else { Mode::Unknown };
        let (when, range) = (script.when(), self.cursor.range_since(start));
        script.found.push_back(Statement::Assign(Assign {
            name,
            name_range,
            mode,
            array: listed,
            values,
            local: false,
            when,
            range,
        }));
        if listed {
            script.enter_scope(Scope::Loop, range);
        }
    }

    fn case_head(&mut self, script: &mut Script<'s>) {
        self.skip_blanks();
        let mut subject = Vec::new();
        self.push_word(&mut subject);
        self.skip_space();
        if self.bare_word() == "in" {
            self.cursor.skip(2);
            script.open(BlockKind::CasePatterns, true);
        }
    }

    /// Reads the patterns of a branch of `case`, up to their `)`. Without it they are commands.
    fn case_patterns(&mut self, script: &mut Script<'s>) {
        let start = self.cursor.at;
        self.cursor.take("(");
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            match self.cursor.peek().filter(|_| self.cursor.at < start + MAX_PATTERNS) {
                Some(b')') => {
                    self.cursor.skip(1);
                    return script.become_case(BlockKind::CaseBody);
                }
                Some(b'|') => self.cursor.skip(1),
                None | Some(b'\n' | b';' | b'&' | b'(') => {
                    self.cursor.at = start;
                    return script.close(&[BlockKind::CasePatterns], 1, self.cursor.range_since(start));
                }
                Some(_) if patterns.is_empty() && self.bare_word() == "esac" => {
                    self.cursor.skip(4);
                    return script.close(&[BlockKind::CasePatterns], 1, self.cursor.range_since(start));
                }
                Some(_) => self.push_word(&mut patterns),
            }
        }
    }

    /// Reads commands up to the end of their pipeline.
    fn pipeline(&mut self, script: &mut Script<'s>) {
        let start = self.cursor.at;
        let when = script.when();
        let mut commands = Vec::with_capacity(1);
        while let Some(command) = self.command(when) {
            commands.push(command);
            self.room.keep(&mut commands);
            self.skip_blanks();
            if self.cursor.sees("||") || !self.cursor.take("|") {
                break;
            }
            self.cursor.take("&");
            self.skip_space();
            if self.sees_compound() {
                break;
            }
        }
        if self.cursor.at == start {
            self.cursor.skip_char();
        }
        let (Some(first), Some(last)) = (commands.first(), commands.last()) else { return };
        let range = TextRange::new(first.range.start, last.range.end);
        let tests = last.words.first().is_some_and(|word| word.is("[") || word.is("[[") || word.is("test"));
        let constant = if std::mem::take(&mut script.negated) { "true" } else { "false" };
        let fails = commands.len() == 1 && last.words.len() == 1 && last.words.iter().all(|word| word.is(constant));
        let when = if fails && self.cursor.sees("&&") { When::Never } else { when };
        command::emit(Pipeline { commands, when, range }, &mut script.found);
        self.link(script, when, tests);
    }

    /// Reads `&&` or `||` behind a statement.
    fn link(&mut self, script: &mut Script<'s>, when: When, tests: bool) {
        if self.cursor.take("&&") {
            script.link = Some(if tests { When::Maybe } else { when.max(When::OnSuccess) });
        } else if self.cursor.take("||") {
            script.link = Some(When::Maybe);
        }
    }
}
