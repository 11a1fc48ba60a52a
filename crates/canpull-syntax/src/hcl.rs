//! HCL, the language of Terraform: blocks and attributes with their expressions. A block that does not parse costs
//! itself, no other.

mod convert;
mod mend;

use hcl_edit::parser::{parse_body, parse_expr, parse_template};

use crate::expression::{Expression, ExpressionKind, Places};
use crate::text::{TextRange, to_offset};
use crate::tree::Problem;

/// Larger files are no one's writing, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// What parsing gives: always a body, with problems beside it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What could be read.
    pub body: Body,
    /// Problems in order of position.
    pub problems: Vec<Problem>,
}

/// What stands between the braces of a block, or in a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Body {
    /// `name = value`.
    pub attributes: Vec<Attribute>,
    /// `kind "label" { … }`.
    pub blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_range: TextRange,
    /// What it is.
    pub value: Expression,
}

/// `kind "label" { … }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Its first word.
    pub kind: Box<str>,
    /// What stands between that and the brace.
    pub labels: Vec<Box<str>>,
    /// What stands in it.
    pub body: Body,
    /// The whole.
    pub range: TextRange,
}

impl Body {
    /// The value of an attribute.
    pub fn value(&self, name: &str) -> Option<&Expression> {
        self.attribute(name).map(|own| &own.value)
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|own| &*own.name == name)
    }

    /// The blocks of a kind.
    pub fn blocks<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |own| &*own.kind == kind)
    }
}

/// Parses a file. Never fails: problems stand beside what could be read.
pub fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    if text.len() > MAX_BYTES {
        parsed.problems.push(problem(text, 0, "it is larger than 4 MiB"));
        return parsed;
    }
    let whole = if mend::is_heavy(text) { None } else { parse_body(text).ok() };
    if let Some(body) = whole {
        parsed.body = convert::body(&body, text, 0);
        return parsed;
    }
    for (at, part) in mend::parts(text) {
        match part_body(part) {
            Ok(body) => {
                let own = convert::body(&body, text, at);
                parsed.body.attributes.extend(own.attributes);
                parsed.body.blocks.extend(own.blocks);
            }
            Err((offset, message)) => parsed.problems.push(problem(text, at + offset, &message)),
        }
    }
    parsed
}

/// What a string of the JSON syntax says: a text with expressions in it, or the one expression that it holds. `at` is where
/// the string stands; `is_plain` that it stands there letter by letter between its quotes.
pub fn template(text: &str, at: TextRange, is_plain: bool) -> Expression {
    // Most have nothing in them.
    if !text.contains(['$', '%']) {
        return Expression::new(at, ExpressionKind::Text(text.into()));
    }
    if text.len() > MAX_BYTES || mend::is_heavy(text) {
        return Expression::opaque(at);
    }
    match parse_template(text) {
        Ok(own) => Expression::new(at, convert::template(&own, text, places(at, is_plain))),
        Err(_) => Expression::opaque(at),
    }
}

/// The expression that a string of the JSON syntax is.
pub fn expression(text: &str, at: TextRange, is_plain: bool) -> Expression {
    if text.len() > MAX_BYTES || mend::is_heavy(text) {
        return Expression::opaque(at);
    }
    parse_expr(text).map_or(Expression::opaque(at), |own| convert::expression(&own, text, places(at, is_plain)))
}

fn places(at: TextRange, is_plain: bool) -> Places {
    if is_plain { Places::From(at.start + 1) } else { Places::Whole(at) }
}

/// Parses a part of a file, mended where the parser refuses what Terraform takes.
fn part_body(part: &str) -> Result<hcl_edit::structure::Body, (usize, String)> {
    if mend::is_heavy(part) {
        return Err((0, "an object has too many items".to_owned()));
    }
    let error = match parse_body(part) {
        Ok(body) => return Ok(body),
        Err(error) => error,
    };
    let refused = (error.location().offset(), error.message().to_owned());
    mend::mended(part, error).ok_or(refused)
}

fn problem(text: &str, at: usize, message: &str) -> Problem {
    let at = text.floor_char_boundary(at);
    let length =
        text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    let range = TextRange::new(to_offset(at), to_offset(at + length));
    Problem { range, message: message.to_owned(), fatal: true }
}
