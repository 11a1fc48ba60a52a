//! PowerShell: values, as they stand behind `=` and between brackets.

use std::borrow::Cow;

use super::super::{Access, Command, MAX_DEPTH, Part, Pipeline, Statement, Substitution, When, Word};
use super::Scanner;
use crate::TextRange;

/// The longest index: bounds the look ahead.
const MAX_INDEX: usize = 200;

impl<'s> Scanner<'s> {
    /// Reads the value of an assignment, and whether it is a list. None where a statement follows that makes it.
    pub(super) fn value(&mut self) -> (Vec<Word<'s>>, bool) {
        let start = self.cursor.at;
        if self.sees_statement() {
            return (Vec::new(), false);
        }
        if let Some(words) = self.table() {
            return (words, true);
        }
        let (words, array) = if self.sees_command() { (Vec::new(), false) } else { self.operands() };
        let whole = self.cursor.range_since(start);
        self.skip_blanks();
        let is_end = matches!(self.cursor.peek(), None | Some(b'\n' | b';' | b')' | b'}' | b'#' | b'&'));
        let ends = is_end || self.cursor.sees("||");
        if ends && (array || !words.is_empty()) {
            return (words, array);
        }
        (self.computed(words, whole).into_iter().collect(), false)
    }

    /// Reads `@{ Name = value; … }`, if it comes next, as the arguments that it stands for where it is splatted:
    /// `-Name value …`.
    fn table(&mut self) -> Option<Vec<Word<'s>>> {
        let start = self.cursor.at;
        if self.cursor.sees("[ordered]") {
            self.cursor.skip("[ordered]".len());
        }
        if !self.cursor.take("@{") || self.depth >= MAX_DEPTH {
            self.cursor.at = start;
            return None;
        }
        self.depth += 1;
        let mut words = Vec::new();
        loop {
            self.skip_space();
            match self.cursor.peek() {
                None => break,
                Some(b'}') => {
                    self.cursor.skip(1);
                    break;
                }
                Some(_) => {
                    let from = self.cursor.at;
                    if let Some(entry) = self.table_entry() {
                        words.extend(entry);
                    }
                    self.room.keep(&mut words);
                    if self.cursor.at == from {
                        self.cursor.skip_char();
                    }
                }
            }
        }
        self.depth -= 1;
        Some(words)
    }

    /// Reads `Name = value`.
    fn table_entry(&mut self) -> Option<Vec<Word<'s>>> {
        let quote = self.cursor.peek().filter(|byte| matches!(byte, b'"' | b'\''));
        self.cursor.skip(usize::from(quote.is_some()));
        let start = self.cursor.at;
        self.cursor.skip_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let (name, range) = (self.cursor.since(start), self.cursor.range_since(start));
        if quote.is_some() && self.cursor.peek() == quote {
            self.cursor.skip(1);
        }
        self.skip_blanks();
        if name.is_empty() || !self.cursor.take("=") {
            return None;
        }
        self.skip_space();
        let (values, _) = self.value();
        let key = Word { parts: vec![Part::Text { text: Cow::Owned(format!("-{name}")), range }], range };
        Some(std::iter::once(key).chain(values).collect())
    }

    /// Reads one value of a list of values with names.
    pub(super) fn single_value(&mut self) -> (Vec<Word<'s>>, bool) {
        self.operand()
    }

    /// A value that commands or operators make out of the words before the cursor and what follows them.
    fn computed(&mut self, words: Vec<Word<'s>>, range: TextRange) -> Option<Word<'s>> {
        let mut commands = Vec::new();
        if !words.is_empty() {
            let rest = self.command().unwrap_or_default();
            let end = rest.range.end.max(range.end);
            let words = words.into_iter().chain(rest.words).collect();
            commands.push(Command { words, range: TextRange::new(range.start, end), ..rest });
        }
        if commands.is_empty() || self.pipe() {
            commands.extend(self.commands(When::Always).into_iter().flat_map(|pipeline| pipeline.commands));
        }
        let range = TextRange::new(commands.first()?.range.start, commands.last()?.range.end);
        Some(script_word(vec![Statement::Pipeline(Pipeline { commands, when: When::Always, range })], range))
    }

    /// Whether the value is what a statement such as `if` gives.
    fn sees_statement(&self) -> bool {
        let letters = self.letters();
        ["if", "foreach", "switch", "try", "while", "for", "do"].iter().any(|word| letters.eq_ignore_ascii_case(word))
    }

    fn sees_quote(&self) -> bool {
        matches!(self.cursor.peek(), Some(b'"' | b'\''))
    }

    fn sees_command(&self) -> bool {
        self.cursor
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'&' | b'.' | b'\\' | b'/' | b'_'))
    }

    /// Reads values joined by `,` or `+`.
    fn operands(&mut self) -> (Vec<Word<'s>>, bool) {
        let mut text = self.sees_quote();
        let (mut words, mut array) = self.operand();
        loop {
            let before = self.cursor.at;
            self.skip_blanks();
            if self.cursor.take(",") {
                self.skip_space();
                words.extend(self.operand().0);
                self.room.keep(&mut words);
                array = true;
                continue;
            }
            if self.cursor.sees("+") && !self.cursor.sees("+=") {
                self.cursor.skip(1);
                self.skip_space();
                text |= self.sees_quote();
                // What does not join is read as part of a command: read here as well, what nests would be read over and over.
                if !array && (words.len() != 1 || !text || self.sees_list()) {
                    self.cursor.at = before;
                    return (words, array);
                }
                let (more, many) = self.operand();
                match (words.as_mut_slice(), <[Word<'s>; 1]>::try_from(more)) {
                    ([word], Ok([next])) if !array && !many && text => {
                        word.range.end = next.range.end;
                        word.parts.extend(next.parts);
                        self.room.keep(&mut word.parts);
                        continue;
                    }
                    (_, Err(more)) if array => {
                        words.extend(more);
                        continue;
                    }
                    (_, Ok([next])) if array => {
                        words.push(next);
                        continue;
                    }
                    _ => {}
                }
            }
            self.cursor.at = before;
            return (words, array);
        }
    }

    /// Whether `@(` comes next, behind types or not.
    fn sees_list(&mut self) -> bool {
        let start = self.cursor.at;
        while self.cursor.peek() == Some(b'[') {
            self.cursor.skip_balanced(b'[', b']', 0);
            self.skip_blanks();
        }
        let found = self.cursor.sees("@(");
        self.cursor.at = start;
        found
    }

    /// Reads a value: its words, and whether they are a list.
    fn operand(&mut self) -> (Vec<Word<'s>>, bool) {
        let start = self.cursor.at;
        while self.cursor.peek() == Some(b'[') {
            self.cursor.skip_balanced(b'[', b']', 0);
            if self.cursor.take("::") {
                self.cursor.skip_while(|byte| byte.is_ascii_alphanumeric());
                if self.cursor.peek() == Some(b'(') {
                    self.cursor.skip_balanced(b'(', b')', 0);
                }
                let range = self.cursor.range_since(start);
                return (vec![Word { parts: vec![Part::Opaque(range)], range }], false);
            }
            self.skip_blanks();
        }
        if self.cursor.sees("@(") {
            return (self.items(), true);
        }
        let word = self.operand_word();
        if word.range.is_empty() { (Vec::new(), false) } else { (vec![word], false) }
    }

    /// Reads the items of `@(…)`.
    pub(super) fn items(&mut self) -> Vec<Word<'s>> {
        let start = self.cursor.at;
        self.cursor.skip(1);
        if self.depth >= MAX_DEPTH {
            self.cursor.skip_balanced(b'(', b')', 0);
            let range = self.cursor.range_since(start);
            return vec![Word { parts: vec![Part::Opaque(range)], range }];
        }
        self.cursor.skip(1);
        self.depth += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.cursor.peek() {
                None => break,
                Some(b')') => {
                    self.cursor.skip(1);
                    break;
                }
                Some(b',' | b';' | b'|' | b'{' | b'}') => self.cursor.skip(1),
                Some(_) if self.sees_command() => {
                    let from = self.cursor.at;
                    let statements = self.script();
                    items.push(script_word(statements, self.cursor.range_since(from)));
                    break;
                }
                Some(_) => {
                    let from = self.cursor.at;
                    items.extend(self.operand().0);
                    self.room.keep(&mut items);
                    if self.cursor.at == from {
                        self.cursor.skip_char();
                    }
                }
            }
        }
        self.depth -= 1;
        items
    }

    /// Reads the script in the brackets at the cursor.
    pub(super) fn bracketed(&mut self) -> Vec<Statement<'s>> {
        if self.depth >= MAX_DEPTH {
            self.cursor.skip_balanced(b'(', b')', 0);
            return Vec::new();
        }
        self.cursor.skip(1);
        self.depth += 1;
        let statements = self.script();
        self.depth -= 1;
        statements
    }

    /// Reads `$(…)` or `(…)` with what is taken out of its output. Brackets around a mere value vanish.
    pub(super) fn substitution(&mut self, start: usize, quoted: bool) -> Vec<Part<'s>> {
        if self.depth >= MAX_DEPTH {
            self.cursor.skip_balanced(b'(', b')', 0);
            return vec![Part::Opaque(self.cursor.range_since(start))];
        }
        let mut statements = self.bracketed();
        let range = self.cursor.range_since(start);
        let parts = match lone_word(&mut statements) {
            Some(mut word) => {
                if let [part] = word.parts.as_mut_slice() {
                    widen(part, range);
                }
                word.parts
            }
            None => {
                vec![Part::Substitution(Box::new(Substitution { statements, path: Vec::new(), quoted, range }))]
            }
        };
        if quoted { parts } else { self.taken(start, parts) }
    }

    /// Reads what is taken out of a value: properties and items. The result of a method is that of a command that
    /// nobody knows.
    pub(super) fn taken(&mut self, start: usize, mut parts: Vec<Part<'s>>) -> Vec<Part<'s>> {
        let mut path = Vec::new();
        let mut known = true;
        let from = self.cursor.at;
        loop {
            match self.cursor.peek() {
                Some(b'.') if self.cursor.ahead(1).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') => {
                    self.cursor.skip(1);
                    let name = self.cursor.at;
                    self.cursor.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    let name = self.cursor.since(name);
                    if self.cursor.peek() == Some(b'(') {
                        self.cursor.skip_balanced(b'(', b')', 0);
                        known &= ["trim", "tostring"].iter().any(|same| name.eq_ignore_ascii_case(same));
                    } else {
                        path.push(Access::Member(name));
                    }
                }
                Some(b'[') => match self.index() {
                    Some(access) => path.push(access),
                    None => known = false,
                },
                _ => break,
            }
        }
        if self.cursor.at == from {
            return parts;
        }
        let range = self.cursor.range_since(start);
        match parts.as_mut_slice() {
            [Part::Variable(variable)] if known => {
                variable.path.extend(path);
                variable.range = range;
                parts
            }
            [Part::Substitution(substitution)] if known => {
                substitution.path.extend(path);
                substitution.range = range;
                parts
            }
            _ => {
                let end = self.cursor.range_since(from);
                let value = Word { parts, range: TextRange::new(range.start, end.start) };
                let access = Word { parts: vec![Part::Opaque(end)], range: end };
                let command = Command { words: vec![value, access], range, ..Command::default() };
                let pipeline = Pipeline { commands: vec![command], when: When::Always, range };
                script_word(vec![Statement::Pipeline(pipeline)], range).parts
            }
        }
    }

    /// Reads `[…]` behind a value.
    fn index(&mut self) -> Option<Access<'s>> {
        let inner = self.cursor.rest().get(1..).unwrap_or_default();
        let length = inner.iter().take(MAX_INDEX).position(|&byte| byte == b']' || byte == b'\n');
        let Some(length) = length.filter(|&length| inner.get(length) == Some(&b']')) else {
            self.cursor.skip(1);
            return None;
        };
        let start = self.cursor.at + 1;
        self.cursor.skip(length + 2);
        let index = self.cursor.slice(start, start + length).trim();
        let quoted = ['"', '\''].iter().find_map(|&quote| index.strip_prefix(quote)?.strip_suffix(quote));
        let number = index.strip_prefix('-').unwrap_or(index);
        match quoted {
            Some(name) => Some(Access::Member(name)),
            None if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Access::Index(index))
            }
            None => None,
        }
    }
}

/// The word that a script is, if it is nothing else.
fn lone_word<'s>(statements: &mut [Statement<'s>]) -> Option<Word<'s>> {
    let [Statement::Pipeline(pipeline)] = statements else { return None };
    let [command] = pipeline.commands.as_mut_slice() else { return None };
    let [word] = command.words.as_mut_slice() else { return None };
    let is_value = matches!(word.parts.as_slice(), [Part::Variable(_) | Part::Substitution(_)]);
    (is_value && command.redirects.is_empty()).then(|| std::mem::take(word))
}

fn widen(part: &mut Part<'_>, range: TextRange) {
    match part {
        Part::Variable(variable) => variable.range = range,
        Part::Substitution(substitution) => substitution.range = range,
        _ => {}
    }
}

/// A word that is the output of a script.
pub(super) fn script_word(statements: Vec<Statement<'_>>, range: TextRange) -> Word<'_> {
    let substitution = Substitution { statements, path: Vec::new(), quoted: true, range };
    Word { parts: vec![Part::Substitution(Box::new(substitution))], range }
}
