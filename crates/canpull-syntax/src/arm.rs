//! ARM templates: JSON with comments, and expressions in its strings.

use std::borrow::Cow;

use crate::expression::{Accessor, Expression, ExpressionKind, MAX_DEPTH, Places, Property};
use crate::text::{TextRange, to_offset};
use crate::tree::{Kind, Node, Parsed, ScalarStyle, Value};

/// Parses a template as the service does: comments, trailing commas and strings of several lines are allowed.
pub fn parse(source: &str) -> Parsed<'_> {
    crate::yaml::parse_json_with_comments(source)
}

/// A value of a template, with the expressions in its strings read.
pub fn value(node: Node<'_>) -> Expression {
    read(node, string)
}

/// A value of a template that is itself a value of another: its expressions begin with two brackets there, and those that
/// begin with one are the other's.
pub fn quoted_value(node: Node<'_>) -> Expression {
    read(node, |text, node| match text.strip_prefix('[') {
        Some(own) if own.starts_with('[') => string(own, node),
        Some(own) if own.ends_with(']') => Expression::opaque(node.range()),
        _ => string(text, node),
    })
}

/// What a string says.
type Strings = fn(&str, Node<'_>) -> Expression;

fn read(node: Node<'_>, string: Strings) -> Expression {
    let range = node.range();
    let kind = match node.kind() {
        Kind::Map => {
            let properties = node.written_entries();
            let properties =
                properties.map(|entry| Property { key: read(entry.key, string), value: read(entry.value, string) });
            ExpressionKind::Object(exactly(node.written_entries().count(), properties))
        }
        Kind::List => ExpressionKind::List(exactly(node.items().count(), node.items().map(|item| read(item, string)))),
        Kind::Scalar => return scalar(node, string),
        Kind::Opaque => ExpressionKind::Opaque,
    };
    Expression { range, kind }
}

/// So many: counting is cheaper than growing.
fn exactly<T>(count: usize, all: impl Iterator<Item = T>) -> Box<[T]> {
    let mut found = Vec::with_capacity(count);
    found.extend(all);
    found.into()
}

fn scalar(node: Node<'_>, string: Strings) -> Expression {
    let range = node.range();
    let kind = match node.value() {
        Some(Value::Str(text)) => return string(&text, node),
        Some(Value::Null) => ExpressionKind::Null,
        Some(Value::Bool(value)) => ExpressionKind::Bool(value),
        Some(Value::Int(value)) => i64::try_from(value).map_or(ExpressionKind::Opaque, ExpressionKind::Number),
        Some(Value::Float(_)) | None => ExpressionKind::Opaque,
    };
    Expression { range, kind }
}

/// A string: an expression in brackets, or text, of which a first `[[` stands for `[`.
fn string(text: &str, node: Node<'_>) -> Expression {
    let range = node.range();
    if let Some(rest) = text.strip_prefix("[[") {
        return Expression { range, kind: ExpressionKind::Text(format!("[{rest}").into()) };
    }
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return Expression { range, kind: ExpressionKind::Text(text.into()) };
    };
    // Where escapes shift what stands in it, its parts are somewhere in the whole.
    let as_written = node.style() == Some(ScalarStyle::DoubleQuoted)
        && node.raw().strip_suffix('"').is_some_and(|raw| raw.ends_with(text));
    let places = if as_written { Places::From(range.end - to_offset(text.len())) } else { Places::Whole(range) };
    expression(inner, places).unwrap_or_else(|| Expression::opaque(range))
}

/// The expression between brackets, `None` where it does not parse.
fn expression(text: &str, places: Places) -> Option<Expression> {
    let mut parser = Parser { text, at: 0, places };
    let found = parser.expression(0)?;
    parser.space();
    (parser.at == text.len()).then_some(found)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    places: Places,
}

impl<'t> Parser<'t> {
    fn expression(&mut self, depth: usize) -> Option<Expression> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        let mut found = self.primary(depth)?;
        loop {
            self.space();
            let accessor = match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    self.space();
                    let name = self.name()?;
                    self.space();
                    // A function of a namespace: `contoso.name()`.
                    if let (Some(b'('), ExpressionKind::Name(namespace)) = (self.peek(), &found.kind) {
                        let function = format!("{namespace}.{name}");
                        let arguments = self.arguments(depth)?;
                        found = Expression { range: self.range(start), kind: call(&function, arguments) };
                        continue;
                    }
                    Accessor::Member(name.into())
                }
                Some(b'[') => {
                    self.at += 1;
                    let index = self.expression(depth + 1)?;
                    self.space();
                    self.take(b']')?;
                    match index.kind {
                        ExpressionKind::Text(name) => Accessor::Member(name.into()),
                        _ => Accessor::Index(Box::new(index)),
                    }
                }
                _ => return Some(found),
            };
            // A chain of accessors is as deep as it is long.
            if self.at - start > 4096 {
                return None;
            }
            found = Expression { range: self.range(start), kind: ExpressionKind::access(found, accessor) };
        }
    }

    fn primary(&mut self, depth: usize) -> Option<Expression> {
        let start = self.at;
        let kind = match self.peek()? {
            b'\'' => ExpressionKind::Text(self.quoted()?.into()),
            b'0'..=b'9' | b'-' | b'+' => {
                let rest = self.text.get(self.at..)?;
                let length = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count() + 1;
                self.at += length;
                ExpressionKind::Number(rest.get(..length)?.parse().ok()?)
            }
            _ => {
                let name = self.name()?;
                self.space();
                match (self.peek(), name) {
                    (Some(b'('), _) => call(name, self.arguments(depth)?),
                    (_, "true") => ExpressionKind::Bool(true),
                    (_, "false") => ExpressionKind::Bool(false),
                    (_, "null") => ExpressionKind::Null,
                    _ => {
                        let range = self.range(start);
                        return Some(Expression { range, kind: ExpressionKind::Name(name.into()) });
                    }
                }
            }
        };
        Some(Expression { range: self.range(start), kind })
    }

    fn arguments(&mut self, depth: usize) -> Option<Vec<Expression>> {
        self.take(b'(')?;
        let mut arguments = Vec::new();
        self.space();
        if self.peek() == Some(b')') {
            self.at += 1;
            return Some(arguments);
        }
        loop {
            arguments.push(self.expression(depth + 1)?);
            self.space();
            match self.peek()? {
                b',' => self.at += 1,
                b')' => {
                    self.at += 1;
                    return Some(arguments);
                }
                _ => return None,
            }
        }
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.text.get(self.at..)?;
        let length =
            rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')).count();
        self.at += length;
        rest.get(..length).filter(|name| !name.is_empty())
    }

    /// A text in single quotes; two of them stand for one.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        let mut text = Cow::Borrowed("");
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..)?;
            let end = memchr::memchr(b'\'', rest.as_bytes())?;
            text += rest.get(..end)?;
            self.at += end + 1;
            if self.peek() != Some(b'\'') {
                return Some(text);
            }
            text += "'";
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn range(&self, start: usize) -> TextRange {
        self.places.range(start, self.at)
    }
}

fn call(function: &str, arguments: Vec<Expression>) -> ExpressionKind {
    let is = |name: &str| function.eq_ignore_ascii_case(name);
    if is("if") && arguments.len() == 3 {
        return Box::try_from(arguments.into_boxed_slice()).map_or(ExpressionKind::Opaque, ExpressionKind::Condition);
    }
    ExpressionKind::call(function, arguments)
}

#[cfg(test)]
mod tests {
    use super::{parse, quoted_value, value};
    use crate::expression::{Access, Accessor, Expression, ExpressionKind};

    fn read(text: &str) -> Expression {
        let source = format!("{{\"a\": {text}}}");
        let parsed = parse(&source);
        assert_eq!(parsed.problems, [], "{text}");
        value(parsed.roots().next().unwrap().1.get("a").unwrap())
    }

    #[test]
    fn expressions_have_their_places() {
        let source = "{\"a\": \"[reference(parameters('id'), 'x').identityProfile['kubeletidentity'].objectId]\"}";
        let parsed = parse(source);
        let found = value(parsed.roots().next().unwrap().1.get("a").unwrap());
        assert!(found.range.slice(source).starts_with("reference(") && found.range.slice(source).ends_with("objectId"));
        let ExpressionKind::Access(access) = &found.kind else { panic!("{found:?}") };
        let Access { of, accessor: Accessor::Member(name) } = &**access else { panic!("{found:?}") };
        assert_eq!(&**name, "objectId");
        assert!(of.range.slice(source).ends_with("['kubeletidentity']"));
    }

    #[test]
    fn what_is_quoted_has_one_bracket_more() {
        let source = "{\"a\": [\"[[parameters('id')]\", \"[[[x]\", \"[variables('y')]\", \"z\"]}";
        let parsed = parse(source);
        let found = quoted_value(parsed.roots().next().unwrap().1.get("a").unwrap());
        let [own, text, other, plain] = found.items() else { panic!("{found:?}") };
        assert!(matches!(own.kind, ExpressionKind::Call(_)));
        assert_eq!(own.range.slice(source), "parameters('id')");
        assert_eq!((text.text(), plain.text()), (Some("[x]"), Some("z")));
        assert_eq!(other.kind, ExpressionKind::Opaque);
    }

    #[test]
    fn strings_that_are_no_expressions_are_text() {
        assert_eq!(read("\"[[x]\"").text(), Some("[x]"));
        assert_eq!(read("\"a\"").text(), Some("a"));
        assert_eq!(read("\"['it''s']\"").text(), Some("it's"));
        assert_eq!(read("\"[concat(\"").text(), Some("[concat("));
        assert_eq!(read("\"[concat(]\"").kind, ExpressionKind::Opaque);
        assert_eq!(read("\"[-1]\"").kind, ExpressionKind::Number(-1));
        assert!(matches!(read("\"[if(true, 1, 2)]\"").kind, ExpressionKind::Condition(_)));
        let called = read("\"[contoso.name(1)]\"").kind;
        assert!(matches!(called, ExpressionKind::Call(call) if &*call.function == "contoso.name"));
    }

    #[test]
    fn comments_and_commas_are_allowed() {
        let parsed = parse("// first\n{\"a\": [1, /* two */ 2,], \"b\": \"x\ny\", // c\n}\n");
        assert_eq!(parsed.problems, []);
        let (_, root) = parsed.roots().next().unwrap();
        assert_eq!(root.get("a").unwrap().items().count(), 2);
        assert_eq!(root.get("b").unwrap().as_str().unwrap(), "x\ny");
        assert_eq!(parse("{\"a\": [1, 2}").problems.len(), 1);
        assert_eq!(parse("{\"a\": 1} x").problems.len(), 1);
        assert_eq!(parse("{\"a\": 1 /* x").problems.len(), 1);
    }

    #[test]
    fn hostile_expressions_end_soon() {
        for part in ["f(", "a[", "a.", "'", "-", "(", "f()."] {
            read(&format!("\"[{}]\"", part.repeat(100_000)));
        }
    }
}
