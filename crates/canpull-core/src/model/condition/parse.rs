//! The documented grammar of conditions. Fails on whatever lies outside of it; unknown operators lie within.

use canpull_syntax::{TextRange, to_offset};

use super::operator::Operator;
use super::{Condition, Expression, Literal, Operand};

/// Longer conditions are not read, in bytes; Azure itself accepts 8 KiB.
const MAX_LENGTH: usize = 64 << 10;

/// Parentheses and negations within each other are read this deep.
const MAX_DEPTH: u8 = 64;

/// Why a condition cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConditionError {
    /// The byte of the condition's text at which it goes wrong.
    pub offset: u32,
    /// What is wrong, in a short sentence.
    pub message: String,
}

/// Reads a condition.
pub fn parse(text: &str) -> Result<Condition, ConditionError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if text.len() > MAX_LENGTH {
        return Err(parser.error("the condition is longer than any that Azure accepts"));
    }
    let root = parser.expression()?;
    match parser.peek() {
        None => Ok(Condition { root }),
        Some(_) => Err(parser.error("`AND`, `OR` or the end of the condition belongs here")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u8,
}

impl<'t> Parser<'t> {
    fn error(&self, message: &str) -> ConditionError {
        ConditionError { offset: to_offset(self.at), message: message.to_owned() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character that is not white space, which is passed over.
    fn peek(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    /// Passes over a mark, if it is next.
    fn eat(&mut self, mark: &str) -> bool {
        self.peek();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), ConditionError> {
        if self.eat(mark) { Ok(()) } else { Err(self.error(&format!("`{mark}` is missing"))) }
    }

    /// The next word, which is not passed over.
    fn word(&mut self) -> &'t str {
        self.peek();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.')));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Passes over a keyword, if it is next.
    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word();
        let fits = found.eq_ignore_ascii_case(word);
        if fits {
            self.at += found.len();
        }
        fits
    }

    /// What stands up to a mark, which is passed over.
    fn up_to(&mut self, mark: char) -> Result<(&'t str, TextRange), ConditionError> {
        let start = self.at;
        let inner = self.rest().split_once(mark).map(|(inner, _)| inner);
        let Some(inner) = inner else { return Err(self.error(&format!("`{mark}` is missing"))) };
        self.at += inner.len() + mark.len_utf8();
        Ok((inner, TextRange::new(to_offset(start), to_offset(start + inner.len()))))
    }

    fn expression(&mut self) -> Result<Expression, ConditionError> {
        let mut operands = vec![self.term()?];
        let (mut and, mut or) = (false, false);
        loop {
            if self.eat("&&") || self.eat_word("AND") {
                and = true;
            } else if self.eat("||") || self.eat_word("OR") {
                or = true;
            } else {
                break;
            }
            operands.push(self.term()?);
        }
        Ok(match (and, or) {
            (true, true) => Expression::Unordered(operands),
            (false, true) => Expression::Any(operands),
            _ => Expression::All(operands),
        })
    }

    fn term(&mut self) -> Result<Expression, ConditionError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("the condition is nested too deeply"));
        }
        self.depth += 1;
        let term = self.nested_term();
        self.depth -= 1;
        term
    }

    fn nested_term(&mut self) -> Result<Expression, ConditionError> {
        if self.eat("!") || self.eat_word("NOT") {
            return Ok(Expression::Not(Box::new(self.term()?)));
        }
        if self.eat("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if matches!(self.peek(), Some('@' | '{' | '\'')) {
            return self.comparison();
        }
        self.function()
    }

    /// `ActionMatches{'…'}`, or another function of an attribute or of values.
    fn function(&mut self) -> Result<Expression, ConditionError> {
        let name = self.word();
        let start = self.at;
        if name.is_empty() {
            return Err(self.error("an expression is missing"));
        }
        self.at += name.len();
        if !matches!(self.peek(), Some('{' | '@')) {
            return Err(self.error(&format!("`{name}` takes values in braces")));
        }
        let argument = self.operand()?;
        let range = TextRange::new(to_offset(start), to_offset(self.at));
        Ok(match argument {
            Operand::Literals(patterns) if name.eq_ignore_ascii_case("ActionMatches") => {
                Expression::Action { patterns, range }
            }
            _ => Expression::Open,
        })
    }

    fn comparison(&mut self) -> Result<Expression, ConditionError> {
        let left = self.operand()?;
        let name = self.word();
        if name.is_empty() {
            return Err(self.error("an operator is missing"));
        }
        self.at += name.len();
        let right = self.operand()?;
        Ok(match Operator::named(name) {
            Some(operator) => Expression::Comparison { left, operator, right },
            None => Expression::Open,
        })
    }

    fn operand(&mut self) -> Result<Operand, ConditionError> {
        match self.peek() {
            Some('@') => self.attribute(),
            Some('{') => self.set().map(Operand::Literals),
            _ => self.literal().map(|literal| Operand::Literals(vec![literal])),
        }
    }

    /// `@Source[name]`.
    fn attribute(&mut self) -> Result<Operand, ConditionError> {
        let start = self.at;
        self.expect("@")?;
        let source = self.word();
        self.at += source.len();
        self.expect("[")?;
        let (name, _) = self.up_to(']')?;
        let range = TextRange::new(to_offset(start), to_offset(self.at));
        Ok(Operand::Attribute { source: source.to_owned(), name: name.trim().to_owned(), range })
    }

    /// `{'a', 'b'}`.
    fn set(&mut self) -> Result<Vec<Literal>, ConditionError> {
        self.expect("{")?;
        let mut literals = Vec::new();
        if self.eat("}") {
            return Ok(literals);
        }
        loop {
            literals.push(self.literal()?);
            if self.eat("}") {
                return Ok(literals);
            }
            self.expect(",")?;
        }
    }

    /// `'text'`, or a number, an id or a truth value without quotes.
    fn literal(&mut self) -> Result<Literal, ConditionError> {
        if self.eat("'") {
            let (text, range) = self.up_to('\'')?;
            return Ok(Literal { text: text.to_owned(), range });
        }
        let text = self.word();
        if text.is_empty() {
            return Err(self.error("a value is missing"));
        }
        let range = TextRange::new(to_offset(self.at), to_offset(self.at + text.len()));
        self.at += text.len();
        Ok(Literal { text: text.to_owned(), range })
    }
}
