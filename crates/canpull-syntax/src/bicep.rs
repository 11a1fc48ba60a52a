//! Bicep: statements with their expressions. What does not parse costs its statement, no other.

mod expression;
mod function;
mod import;
mod string;
mod trivia;

use crate::expression::{Expression, ExpressionKind};
use crate::text::{TextRange, to_offset};
use crate::tree::Problem;

pub use import::{Import, Imported};

/// What parsing gives: always statements, with problems beside them.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The statements that could be read, in order.
    pub statements: Vec<Statement>,
    /// Problems in order of position.
    pub problems: Vec<Problem>,
}

/// A statement. Types, functions, extensions and assertions are read over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// `targetScope = …`, `using …`, `metadata name = …`: by its first word.
    Setting(Box<str>, Expression),
    /// `param name type = default`, the default of a type that ends with `?` being null; and in a file of parameters `param name = value`.
    Parameter {
        /// Its name.
        name: Box<str>,
        /// What it is where nobody says.
        value: Option<Expression>,
        /// The statement.
        range: TextRange,
    },
    /// `var name = value`.
    Variable {
        /// Its name.
        name: Box<str>,
        /// What it is.
        value: Expression,
    },
    /// `output name type = value`.
    Output {
        /// Its name.
        name: Box<str>,
        /// What it is.
        value: Expression,
    },
    /// `resource symbol 'type@version' = …`.
    Resource(Declaration),
    /// `module symbol 'path' = …`.
    Module(Declaration),
    /// `import {…} from 'path'`, with the statement's place.
    Import(Import, TextRange),
}

/// A resource or module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// What it goes by.
    pub symbol: Box<str>,
    /// Its type with a version, or the path of its template.
    pub kind: Box<str>,
    /// `existing`.
    pub existing: bool,
    /// Only where this holds: `if (…)`.
    pub condition: Option<Expression>,
    /// Once for each: `[for item in items: …]`.
    pub each: Option<Each>,
    /// What is said of it.
    pub body: Expression,
    /// Resources that are declared in it.
    pub nested: Vec<Declaration>,
    /// The whole.
    pub range: TextRange,
}

/// What a declaration is repeated for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Each {
    /// What an item goes by, and its index where it has a name.
    pub names: Vec<Box<str>>,
    /// The items.
    pub over: Expression,
}

/// Words that open a statement.
const OPENERS: [&str; 18] = [
    "param",
    "var",
    "resource",
    "module",
    "output",
    "targetScope",
    "type",
    "func",
    "import",
    "metadata",
    "using",
    "extension",
    "extensionConfig",
    "provider",
    "assert",
    "test",
    "extends",
    "ambient",
];

/// Where and why a statement cannot be read.
struct Stop {
    at: usize,
    message: &'static str,
}

type Result<T> = std::result::Result<T, Stop>;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Where the last gap between lines begins and ends.
    gap: Option<(usize, usize)>,
    /// Resources that are declared in the bodies that are being read.
    nested: Vec<Declaration>,
}

/// Parses a file. Never fails: problems stand beside what could be read.
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser { text, at: 0, gap: None, nested: Vec::new() };
    let mut parsed = Parsed::default();
    loop {
        parser.lines();
        if parser.at >= text.len() {
            return parsed;
        }
        parser.nested.clear();
        let start = parser.at;
        match parser.statement().and_then(|statement| parser.end_of_line().map(|()| statement)) {
            Ok(statement) => parsed.statements.extend(statement),
            Err(stop) => {
                parsed.problems.push(problem(text, &stop));
                parser.recover(start, stop.at);
            }
        }
    }
}

fn problem(text: &str, stop: &Stop) -> Problem {
    let start = text.floor_char_boundary(stop.at.min(text.len()));
    let length = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let range = TextRange::new(to_offset(start), to_offset(start + length));
    Problem { range, message: stop.message.to_owned(), fatal: true }
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Option<Statement>> {
        while self.peek() == Some(b'@') {
            self.at += 1;
            self.expression(0)?;
            self.lines();
        }
        let start = self.at;
        let Some(word) = self.word() else { return self.stop("a statement should stand here") };
        self.space();
        Ok(match word {
            "targetScope" => {
                self.take(b'=', "a `=` should stand here")?;
                Some(Statement::Setting(word.into(), self.expression(0)?))
            }
            "using" | "extends" => {
                let value = self.expression(0)?;
                // `using … with { … }`
                self.skip_balanced()?;
                Some(Statement::Setting(word.into(), value))
            }
            "metadata" => {
                let (_, value) = self.assignment()?;
                Some(Statement::Setting(word.into(), value))
            }
            "param" => {
                let name = self.name()?.into();
                self.space();
                let before = self.at;
                self.kind()?;
                let kind = self.text.get(before..self.at).unwrap_or_default();
                let value = if self.peek() == Some(b'=') {
                    self.at += 1;
                    Some(self.expression(0)?)
                } else if kind.trim_end().ends_with('?') {
                    // What may be left out is null then.
                    Some(Expression::new(self.range(start), ExpressionKind::Null))
                } else {
                    None
                };
                Some(Statement::Parameter { name, value, range: self.range(start) })
            }
            "var" => {
                let (name, value) = self.assignment()?;
                Some(Statement::Variable { name, value })
            }
            "output" => {
                let (name, value) = self.assignment()?;
                Some(Statement::Output { name, value })
            }
            "resource" => Some(Statement::Resource(self.declaration(start, 0)?)),
            "module" => Some(Statement::Module(self.declaration(start, 0)?)),
            "type" => {
                self.name()?;
                self.space();
                self.take(b'=', "a `=` should stand here")?;
                self.space();
                self.kind()?;
                None
            }
            "func" => {
                let (name, value) = self.function()?;
                Some(Statement::Variable { name, value })
            }
            "import" => self.import()?.map(|import| Statement::Import(import, self.range(start))),
            "extension" | "extensionConfig" | "provider" | "assert" | "test" => {
                self.skip_balanced()?;
                None
            }
            _ => {
                self.at = start;
                return self.stop("no statement begins with this word");
            }
        })
    }

    /// `name type = value`, of which the type may be left out.
    fn assignment(&mut self) -> Result<(Box<str>, Expression)> {
        let name = self.name()?.into();
        self.space();
        self.kind()?;
        self.take(b'=', "a `=` should stand here")?;
        Ok((name, self.expression(0)?))
    }

    /// `symbol 'type' existing = if (…) {…}`, or `[for …: {…}]`.
    fn declaration(&mut self, start: usize, depth: usize) -> Result<Declaration> {
        let symbol = self.name()?.into();
        self.space();
        let kind = self.literal()?;
        self.space();
        let existing = self.starts_word("existing");
        if existing {
            self.at += "existing".len();
            self.space();
        }
        self.take(b'=', "a `=` should stand here")?;
        self.lines();
        let outer = std::mem::take(&mut self.nested);
        let mut each = None;
        let mut condition = None;
        let is_loop = self.peek() == Some(b'[');
        if is_loop {
            self.at += 1;
            self.lines();
            each = Some(self.loop_head(depth)?);
        }
        if self.starts_word("if") {
            self.at += 2;
            self.lines();
            if self.peek() != Some(b'(') {
                return self.stop("a `(` should stand here");
            }
            condition = Some(self.expression(depth + 1)?);
            self.lines();
        }
        let body = self.expression(depth + 1)?;
        if is_loop {
            self.lines();
            self.take(b']', "a `]` should stand here")?;
        }
        let nested = std::mem::replace(&mut self.nested, outer);
        Ok(Declaration { symbol, kind, existing, condition, each, body, nested, range: self.range(start) })
    }

    /// `for item in items:`, `for (item, index) in items:`.
    fn loop_head(&mut self, depth: usize) -> Result<Each> {
        if !self.starts_word("for") {
            return self.stop("a `for` should stand here");
        }
        self.at += 3;
        self.lines();
        let mut names = Vec::new();
        if self.peek() == Some(b'(') {
            self.at += 1;
            loop {
                self.lines();
                names.push(self.name()?.into());
                self.lines();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b')') => break,
                    _ => return self.stop("a `)` should stand here"),
                }
            }
            self.at += 1;
        } else {
            names.push(self.name()?.into());
        }
        self.lines();
        if !self.starts_word("in") {
            return self.stop("an `in` should stand here");
        }
        self.at += 2;
        self.lines();
        let over = self.expression(depth + 1)?;
        self.lines();
        self.take(b':', "a `:` should stand here")?;
        self.lines();
        Ok(Each { names, over })
    }

    /// Goes over a type, to the `=` or the end of the line behind it.
    fn kind(&mut self) -> Result<()> {
        let mut open = Vec::new();
        loop {
            let Some(byte) = self.peek() else { return Ok(()) };
            match byte {
                b'\'' => {
                    self.string(0)?;
                }
                b'/' if self.starts("//") || self.starts("/*") => self.space_at_least()?,
                b'(' | b'[' | b'{' | b'<' => {
                    open.push(byte);
                    self.at += 1;
                }
                b')' | b']' | b'}' | b'>' => {
                    if open.pop().is_none() {
                        return self.stop("no bracket is open here");
                    }
                    self.at += 1;
                }
                b'@' if !open.is_empty() => {
                    self.at += 1;
                    self.expression(0)?;
                }
                b'=' if open.is_empty() => return Ok(()),
                b'=' if self.starts("=>") => self.at += 2,
                b'\n' | b'\r' if open.is_empty() => {
                    let before = self.at;
                    self.lines();
                    // A union goes on where a line begins with `|`.
                    if self.peek() != Some(b'|') {
                        self.at = before;
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// Goes over the rest of a statement of which nothing is kept, its brackets and strings included.
    fn skip_balanced(&mut self) -> Result<()> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return Ok(()),
                Some(b'\n' | b'\r') if open == 0 => return Ok(()),
                Some(b'\'') => {
                    self.string(0)?;
                }
                Some(b'/') if self.starts("//") || self.starts("/*") => self.space_at_least()?,
                Some(b'(' | b'[' | b'{') => {
                    open += 1;
                    self.at += 1;
                }
                Some(b')' | b']' | b'}') => {
                    open = open.saturating_sub(1);
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn end_of_line(&mut self) -> Result<()> {
        self.space();
        match self.peek() {
            None | Some(b'\n' | b'\r') => Ok(()),
            Some(_) => self.stop("the line should end here"),
        }
    }

    /// Goes on behind a statement that does not parse: at a line that opens one, be it the one where the parser stopped.
    fn recover(&mut self, start: usize, stopped: usize) {
        let bytes = self.text.as_bytes();
        let before = bytes.get(..stopped.min(bytes.len())).unwrap_or_default();
        let mut from = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        loop {
            self.at = from;
            let opens = self.word().is_some_and(|word| OPENERS.contains(&word)) || bytes.get(from) == Some(&b'@');
            self.at = from;
            if opens && from > start {
                return;
            }
            let Some(newline) = bytes.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) else {
                self.at = bytes.len();
                return;
            };
            from += newline + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExpressionKind;
    use super::{Imported, Statement, parse};
    use crate::expression::{Access, Accessor, Expression, Operator};

    fn value(text: &str) -> ExpressionKind {
        let source = format!("var x = {text}\n");
        let mut parsed = parse(&source);
        assert_eq!(parsed.problems, [], "{text}");
        match parsed.statements.pop() {
            Some(Statement::Variable { value, .. }) => value.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn imports_are_read() {
        let imported = |text: &str| match parse(text).statements.pop() {
            Some(Statement::Import(import, _)) => {
                let name = |own: &Imported| format!("{}={}", own.alias, own.name.as_deref().unwrap_or("*"));
                format!("{} {}", import.path, import.names.iter().map(name).collect::<Vec<_>>().join(" "))
            }
            other => format!("{other:?}"),
        };
        assert_eq!(imported("import { a, b as c } from 'x.bicep'\n"), "x.bicep a=a c=b");
        assert_eq!(imported("import {\n  a // one\n  b as c\n} from 'x.bicep'"), "x.bicep a=a c=b");
        assert_eq!(imported("import { 'odd-name' as odd, b } from 'x.bicep'"), "x.bicep odd=odd-name b=b");
        assert_eq!(imported("import * as own from '../x.bicep'\n"), "../x.bicep own=*");
        assert_eq!(imported("import 'kubernetes@1.0.0' with {\n a: 1 \n} as k8s\n"), "None");
        assert_eq!(parse("import {a b} from 'x'\nvar b = 1\n").statements.len(), 2);
        assert_eq!(parse("import {a} form 'x'\nvar b = 1\n").problems.len(), 1);
        assert_eq!(parse("import {").problems.len(), 1);
    }

    #[test]
    fn statements_are_read() {
        let text = "// a\n#disable-next-line x\ntargetScope = 'subscription'\n@description('a')\n@allowed([\n  'a'\n])\nparam a string = 'b'\nparam c {\n  d: string?\n  e: 'x' | 'y'\n}[]\nparam f\n  | 'a'\n  | 'b'\ntype t = {\n  @minLength(1)\n  *: int\n}\nfunc g(a string) string => '${a}!'\nimport * as m from 'x.bicep'\nvar v = [for (i, n) in c: i]\noutput o string? = a /* c */\nmetadata m = {\n  a: 1\n}\n";
        let parsed = parse(text);
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.statements.len(), 9);
        for text in [
            "param a string",
            "extensionConfig k8s with {\n  a: 'b'\n}",
            "var x = 1",
            "var x string[] = []\r\n\r\n",
            "",
        ] {
            assert_eq!(parse(text).problems, [], "{text}");
        }
    }

    #[test]
    fn declarations_are_read() {
        let text = "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = if (a) {\n  name: 'x'\n  scope: resourceGroup('rg')\n  resource map 'scopeMaps' = [for m in maps: {\n    name: m\n  }]\n}\nmodule m 'br/public:avm/res/x:1' = [for (x, i) in xs: if (x.on) {\n  name: 'a${i}'\n}]\n";
        let parsed = parse(text);
        assert_eq!(parsed.problems, []);
        let [Statement::Resource(acr), Statement::Module(module)] = parsed.statements.as_slice() else {
            panic!("{parsed:?}")
        };
        assert!(acr.existing && acr.condition.is_some());
        assert_eq!(&*acr.nested[0].symbol, "map");
        assert!(acr.nested[0].each.is_some());
        assert_eq!(acr.body.properties().len(), 2);
        assert_eq!(module.each.as_ref().unwrap().names.len(), 2);
        assert!(module.condition.is_some());
    }

    #[test]
    fn expressions_bind_as_they_should() {
        let ExpressionKind::Condition(parts) = value("a == 'b' && !c || d\n  ? e\n  : f ?? 1 + 2 * 3") else {
            panic!()
        };
        let is = |own: &Expression, operator: Operator| matches!(&own.kind, ExpressionKind::Operation(own) if own.operator == operator);
        assert!(is(&parts[0], Operator::Or) && is(&parts[2], Operator::Coalesce));
        let ExpressionKind::Access(access) = value("any(a.b!.?c[?'d']!).e") else { panic!() };
        let Access { of, accessor: Accessor::Member(last) } = *access else { panic!() };
        assert_eq!(&*last, "e");
        assert!(matches!(of.kind, ExpressionKind::Call(..)));
        let ExpressionKind::Call(call) = value("map(a, x => x.y)") else { panic!() };
        assert!(matches!(&call.arguments[1].kind, ExpressionKind::Lambda(own) if own.names == ["x".into()]));
        let ExpressionKind::Call(call) = value("reduce(a, 0, (x, y) => x + y)") else { panic!() };
        assert!(matches!(&call.arguments[2].kind, ExpressionKind::Lambda(own) if own.names.len() == 2));
        assert!(matches!(value("acr.listCredentials().username"), ExpressionKind::Access(..)));
        assert!(matches!(value("a::b.id"), ExpressionKind::Access(..)));
        assert!(
            matches!(value("{\n  'a-b': 1, c: [\n  ]\n  ...d\n  '${e}': 2\n}"), ExpressionKind::Object(all) if all.len() == 4)
        );
        assert!(matches!(value("[\n  1\n  2, 3\n  ...d\n]"), ExpressionKind::List(all) if all.len() == 4));
    }

    #[test]
    fn strings_are_read() {
        let text = |kind: ExpressionKind| match kind {
            ExpressionKind::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(text(value(r"'it\'s \u{e9}\n\${x}'")), "it's \u{e9}\n${x}");
        assert_eq!(text(value("'''\na 'b' ''c'''")), "a 'b' ''c");
        assert_eq!(text(value("''")), "");
        let ExpressionKind::Template(parts) = value("'a${b}c${{'d': '${e}'}.d}'") else { panic!() };
        assert_eq!(parts.len(), 4);
        assert!(matches!(value("$'''a${b}'''"), ExpressionKind::Template(all) if all.len() == 2));
    }

    #[test]
    fn what_does_not_parse_costs_its_statement() {
        let text = "param a string\nvar b = [\nvar c = 1\nresource d 'x' = {\n  e: (\n}\noutput f string = c\n";
        let parsed = parse(text);
        assert_eq!(parsed.statements.len(), 3, "{parsed:?}");
        assert_eq!(parsed.problems.len(), 2);
    }

    #[test]
    fn hostile_input_ends_soon() {
        for part in [
            "(",
            "[",
            "{a:",
            "'${",
            "!",
            "a.",
            "a?",
            "a?b:",
            "-",
            "@",
            "a(",
            "[for a in ",
            "1+",
            "a[",
            "var x = (",
            "/*",
            "'''",
        ] {
            let text = format!("var x = {}", part.repeat(50_000));
            parse(&text);
            parse(&part.repeat(50_000));
        }
        let lines = "var x = (\n".repeat(20_000);
        assert!(parse(&lines).problems.len() <= 20_000);
    }
}
