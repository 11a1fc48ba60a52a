//! Shell scripts: bash and PowerShell as statements, commands and words with ranges. Nothing is run or looked up.

mod bash;
mod cursor;
mod powershell;
mod quote;
mod room;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::text::TextRange;

/// The language of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// bash and the shells like it.
    Bash,
    /// PowerShell.
    PowerShell,
}

impl Dialect {
    /// The dialect that a script looks to be written in, where it tells: on pages, PowerShell often stands under the
    /// name of another shell.
    pub fn guess(text: &str) -> Option<Self> {
        let signs = |sign: fn(&str) -> bool| text.lines().filter(|line| sign(line)).count();
        match signs(is_powershell).cmp(&signs(is_bash)) {
            Ordering::Greater => Some(Self::PowerShell),
            Ordering::Less => Some(Self::Bash),
            Ordering::Equal => None,
        }
    }
}

/// Whether a line assigns to `$name`, or goes on behind a backtick.
fn is_powershell(line: &str) -> bool {
    let assigns = line.trim_start().strip_prefix('$').is_some_and(|rest| {
        let name = rest.trim_start_matches(|character: char| character.is_ascii_alphanumeric() || character == '_');
        let value = name.trim_start_matches(' ').strip_prefix('=');
        name.len() < rest.len() && value.is_some_and(|value| !value.starts_with('='))
    });
    assigns || line.trim_end().ends_with(" `")
}

/// Whether a line assigns to `NAME`, or goes on behind a backslash.
fn is_bash(line: &str) -> bool {
    let name = line.trim_start().split_once('=').map(|(name, _)| name);
    name.is_some_and(bash::is_identifier) || line.trim_end().ends_with(" \\")
}

/// Reads a script, one statement at a time: even a huge one takes no more memory than its longest statement.
///
/// `text` stands at the byte `base` of its file; all ranges are of the file. Never fails: what cannot be read becomes
/// plain words or [`Part::Opaque`]. Statements come in the order of writing; what stands in `if`, loops, functions,
/// groups and lists is flattened: [`When`] says whether it runs, [`Scope`] where its variables count. Only substitutions are nested.
pub fn parse(text: &str, base: u32, dialect: Dialect) -> Statements<'_> {
    Statements(match dialect {
        Dialect::Bash => Reader::Bash(Box::new(bash::Reader::new(text, base))),
        Dialect::PowerShell => Reader::PowerShell(Box::new(powershell::Reader::new(text, base))),
    })
}

/// The statements of a script, read as they are asked for.
pub struct Statements<'s>(Reader<'s>);

enum Reader<'s> {
    Bash(Box<bash::Reader<'s>>),
    PowerShell(Box<powershell::Reader<'s>>),
}

impl<'s> Iterator for Statements<'s> {
    type Item = Statement<'s>;

    fn next(&mut self) -> Option<Statement<'s>> {
        match &mut self.0 {
            Reader::Bash(reader) => next(&mut **reader),
            Reader::PowerShell(reader) => next(&mut **reader),
        }
    }
}

/// A script on its way to statements.
trait Steps<'s> {
    /// Reads a little further; whether there is more. Of a statement that is too long nothing is kept.
    fn step(&mut self) -> bool;

    /// The statements that were read and not yet asked for.
    fn found(&mut self) -> &mut VecDeque<Statement<'s>>;
}

fn next<'s>(reader: &mut impl Steps<'s>) -> Option<Statement<'s>> {
    loop {
        if let Some(statement) = reader.found().pop_front() {
            return Some(statement);
        }
        if !reader.step() && reader.found().is_empty() {
            return None;
        }
    }
}

/// How deep substitutions are followed.
const MAX_DEPTH: u8 = 64;

/// One step of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement<'s> {
    /// A variable gets a value.
    Assign(Assign<'s>),
    /// Commands run, each fed by the one before.
    Pipeline(Pipeline<'s>),
    /// What follows is within a scope, up to its [`Statement::Leave`].
    Enter(Scope, TextRange),
    /// The innermost scope ends.
    Leave(TextRange),
}

/// A part of a script with variables of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// `( )`: no assignment within it counts behind it.
    Subshell,
    /// The body of a function: it is run when it is called, and what it declares `local` is its own.
    Function,
    /// The body of a loop over values: behind it the variable that was assigned last before it is the last of them.
    Loop,
}

/// Whether a statement runs when its script, function or substitution does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum When {
    /// Yes.
    Always,
    /// If the statement before it succeeds: it follows `&&`.
    OnSuccess,
    /// Perhaps: it stands in a branch, in a loop over what may be nothing, or follows `||`. The body of a function counts
    /// as called.
    Maybe,
    /// No: it stands behind `if false` or follows `false &&`.
    Never,
}

/// A variable that gets a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assign<'s> {
    /// The variable's name as written. PowerShell ignores its case; `$env:X` is `env:X`.
    pub name: &'s str,
    /// Where the name stands.
    pub name_range: TextRange,
    /// What happens to the variable.
    pub mode: Mode,
    /// Whether the value is a list, of which `values` are the items. Otherwise there is at most one.
    pub array: bool,
    /// What is assigned; empty for [`Mode::Unknown`].
    pub values: Vec<Word<'s>>,
    /// Whether it counts in its function alone: `local X=…`.
    pub local: bool,
    /// Whether it runs.
    pub when: When,
    /// From the name to the end of the value.
    pub range: TextRange,
}

/// What an assignment does to its variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It gets the value.
    Set,
    /// The value is added at its end.
    Append,
    /// It is each of the values in turn: the variable of a loop.
    Each,
    /// It gets a value that the script does not hold: `read x`.
    Unknown,
}

/// Commands joined by `|`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pipeline<'s> {
    /// The commands in order; at least one.
    pub commands: Vec<Command<'s>>,
    /// Whether it runs.
    pub when: When,
    /// From the first command to the last.
    pub range: TextRange,
}

/// A command with its arguments. Prefixes such as `sudo` or `exec` are words like any other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command<'s> {
    /// Assignments before the command's name, which hold for the command alone.
    pub assignments: Vec<Assign<'s>>,
    /// The name and the arguments.
    pub words: Vec<Word<'s>>,
    /// Redirections in order.
    pub redirects: Vec<Redirect<'s>>,
    /// What the last here-document feeds to the command.
    pub input: Option<Body>,
    /// From the first of the above to the last, bodies of here-documents excluded.
    pub range: TextRange,
}

/// A redirection of input or output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirect<'s> {
    /// What it does.
    pub kind: RedirectKind,
    /// The file, the descriptor, the here-string, or the delimiter of a here-document.
    pub target: Word<'s>,
    /// From the operator, its descriptor included, to the target.
    pub range: TextRange,
}

/// What a redirection does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedirectKind {
    /// `<`
    Input,
    /// `>`, `>>`, `&>` and the like.
    Output,
    /// `<<<`: the target itself is the input.
    HereString,
    /// `<<`: the lines up to the target are the input.
    HereDocument,
}

/// The body of a here-document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Body {
    /// Its lines, the last line break included, the delimiter excluded.
    pub range: TextRange,
    /// Whether variables and substitutions in it are replaced: the delimiter was not quoted.
    pub expands: bool,
    /// Whether leading tabs are dropped from each line (`<<-`).
    pub strips_tabs: bool,
}

/// A word of a command: what becomes one argument, or several where an unquoted variable holds blanks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word<'s> {
    /// What it is put together from; empty for `""`.
    pub parts: Vec<Part<'s>>,
    /// The word as written, quotes included.
    pub range: TextRange,
}

/// A piece of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part<'s> {
    /// Text with quotes and escapes undone.
    Text {
        /// The text.
        text: Cow<'s, str>,
        /// Where it stands, quotes excluded.
        range: TextRange,
    },
    /// The value of a variable.
    Variable(Box<Variable<'s>>),
    /// The output of a script: `$(…)`, `` `…` ``, PowerShell's `(…)`.
    Substitution(Box<Substitution<'s>>),
    /// The path of a pipe to or from a script: `<(…)`, `>(…)`.
    Process(Box<Substitution<'s>>),
    /// A place for the reader to fill in, written so that a shell would not take it for text:
    /// `<acr-name>`, `{{ x }}`, `${{ secrets.X }}`, `#{X}#`.
    Hole(TextRange),
    /// What is not evaluated: arithmetic, brace expansion, cut or replaced values, nesting beyond all use.
    Opaque(TextRange),
}

/// A variable that is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable<'s> {
    /// The name, as in [`Assign::name`]; `1`, `@`, `?` and so on for the special ones.
    pub name: &'s str,
    /// What is taken out of its value, step by step.
    pub path: Vec<Access<'s>>,
    /// What stands in for it when it is unset or empty: `${X:-default}`.
    pub default: Option<Word<'s>>,
    /// Whether it stands in quotes. Otherwise bash splits its value at blanks.
    pub quoted: bool,
    /// The whole reference.
    pub range: TextRange,
}

/// A script whose output is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Substitution<'s> {
    /// The script.
    pub statements: Vec<Statement<'s>>,
    /// What is taken out of its output: PowerShell's `(…).id`.
    pub path: Vec<Access<'s>>,
    /// Whether it stands in quotes. Otherwise bash splits its output at blanks.
    pub quoted: bool,
    /// The script with its brackets.
    pub range: TextRange,
}

/// One step into a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access<'s> {
    /// `.name`
    Member(&'s str),
    /// `[index]`, as written.
    Index(&'s str),
    /// All items: `[@]`, `[*]`, PowerShell's splatting.
    Each,
}

impl<'s> Word<'s> {
    /// The word's text where the script alone decides it.
    pub fn literal(&self) -> Option<Cow<'s, str>> {
        match self.parts.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [Part::Text { text, .. }] => Some(text.clone()),
            parts => parts
                .iter()
                .map(|part| if let Part::Text { text, .. } = part { Some(&**text) } else { None })
                .collect::<Option<String>>()
                .map(Cow::Owned),
        }
    }

    /// Whether a loop over this word is entered: all but the output of a command, which may be nothing.
    fn is_something(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Substitution(_)))
    }

    /// Whether the word is just this text.
    pub fn is(&self, text: &str) -> bool {
        match self.parts.as_slice() {
            [Part::Text { text: own, .. }] => own == text,
            _ => self.literal().is_some_and(|literal| literal == text),
        }
    }

    /// From the first byte of its first part to the last of its last: the word without the quotes around it.
    pub fn content(&self) -> TextRange {
        match (self.parts.first(), self.parts.last()) {
            (Some(first), Some(last)) => TextRange::new(first.range().start, last.range().end),
            _ => TextRange::empty(self.range.start),
        }
    }
}

impl Part<'_> {
    /// Where the part stands.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Text { range, .. } | Self::Hole(range) | Self::Opaque(range) => *range,
            Self::Variable(variable) => variable.range,
            Self::Substitution(substitution) | Self::Process(substitution) => substitution.range,
        }
    }
}

impl Statement<'_> {
    /// Where the statement stands.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Assign(assign) => assign.range,
            Self::Pipeline(pipeline) => pipeline.range,
            Self::Enter(_, range) | Self::Leave(range) => *range,
        }
    }

    /// Whether the statement runs.
    pub fn when(&self) -> When {
        match self {
            Self::Assign(assign) => assign.when,
            Self::Pipeline(pipeline) => pipeline.when,
            Self::Enter(..) | Self::Leave(_) => When::Always,
        }
    }
}
