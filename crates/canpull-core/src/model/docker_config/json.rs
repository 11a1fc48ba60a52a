//! JSON as Go's `encoding/json` reads it: fields in their order, with their duplicates, and faults in Go's words.

use std::fmt;

/// A value. It may hold a password, so it has no debug form.
pub(super) enum Json {
    Null,
    Bool,
    Number,
    String(String),
    /// Nothing that is read stands in an array.
    Array,
    /// In written order; empty below the levels that are kept.
    Object(Fields),
}

/// The fields of an object.
pub(super) type Fields = Vec<(String, Json)>;

/// A whole text.
pub(super) struct Document {
    pub(super) value: Json,
    /// A number somewhere is too large for a `float64`: only who decodes every value objects.
    pub(super) overflow: bool,
}

/// Levels of objects that are kept: the payload, its `auths`, an entry, and a header's or an entry's field.
const KEPT: usize = 4;

/// Go's limit of nesting.
const MAX_DEPTH: usize = 10_000;

/// Why a text is not JSON.
enum Fault {
    End,
    Depth,
    Character { at: usize, context: &'static str, expected: Option<char> },
}

impl Json {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String(_) => "string",
            Self::Array => "array",
            Self::Object(_) => "object",
        }
    }

    pub(super) const fn as_object(&self) -> Option<&Fields> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    pub(super) const fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

/// Reads a text. The error shows no character that may belong to a password.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let mut reader = Reader { text, at: 0, overflow: false };
    match reader.document() {
        Ok(value) => Ok(Document { value, overflow: reader.overflow }),
        Err(fault) => Err(Explained { text, fault }.to_string()),
    }
}

struct Explained<'t> {
    text: &'t str,
    fault: Fault,
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, context, expected) = match self.fault {
            Fault::End => return f.write_str("unexpected end of JSON input"),
            Fault::Depth => return f.write_str("exceeded max depth"),
            Fault::Character { at, context, expected } => (at, context, expected),
        };
        let before = self.text.get(..at).unwrap_or_default();
        f.write_str("invalid character ")?;
        match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some('\'') => f.write_str(r"'\'' ")?,
            Some('\u{feff}') => f.write_str(r"'\ufeff' ")?,
            Some('\n') => f.write_str(r"'\n' ")?,
            Some('\r') => f.write_str(r"'\r' ")?,
            Some('\t') => f.write_str(r"'\t' ")?,
            Some(c @ ('{' | '}' | '[' | ']' | ':' | ',' | '"')) => write!(f, "'{c}' ")?,
            _ => {}
        }
        f.write_str(context)?;
        if let Some(expected) = expected {
            write!(f, " (expecting '{expected}')")?;
        }
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        write!(f, " (line {line}, column {column} of the decoded value)")
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    overflow: bool,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Json, Fault> {
        let value = self.value(0)?;
        match self.next() {
            None => Ok(value),
            Some(_) => Err(self.invalid("after top-level value")),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space; it is not consumed.
    fn next(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.byte()
    }

    /// The fault of the current byte, or of the text's end.
    const fn invalid(&self, context: &'static str) -> Fault {
        if self.at >= self.text.len() {
            return Fault::End;
        }
        Fault::Character { at: self.at, context, expected: None }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        match self.next() {
            Some(b'{') if depth < KEPT => self.object(depth + 1).map(Json::Object),
            Some(b'{') => self.skip(depth).map(|()| Json::Object(Fields::new())),
            Some(b'[') => self.skip(depth).map(|()| Json::Array),
            _ => self.scalar(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Fields, Fault> {
        let mut fields = Fields::new();
        self.at += 1;
        if self.next() == Some(b'}') {
            self.at += 1;
            return Ok(fields);
        }
        loop {
            let name = self.key()?;
            fields.push((name, self.value(depth)?));
            match self.next() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(fields);
                }
                _ => return Err(self.invalid("after object key:value pair")),
            }
        }
    }

    /// A field's name and the colon behind it.
    fn key(&mut self) -> Result<String, Fault> {
        if self.next() != Some(b'"') {
            return Err(self.invalid("looking for beginning of object key string"));
        }
        let name = self.string()?;
        if self.next() != Some(b':') {
            return Err(self.invalid("after object key"));
        }
        self.at += 1;
        Ok(name)
    }

    /// Passes over an array or an object. Without recursion: the nesting is the writer's choice.
    fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        let mut open = Vec::new();
        loop {
            match self.next() {
                Some(bracket @ (b'{' | b'[')) => {
                    open.push(bracket);
                    if depth + open.len() > MAX_DEPTH {
                        return Err(Fault::Depth);
                    }
                    self.at += 1;
                    let is_empty = matches!((bracket, self.next()), (b'{', Some(b'}')) | (b'[', Some(b']')));
                    if !is_empty {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => drop(self.scalar()?),
            }
            if self.close(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Reads on behind a value: to the next value (`false`), or to the end of all that is open (`true`).
    fn close(&mut self, open: &mut Vec<u8>) -> Result<bool, Fault> {
        while let Some(bracket) = open.last() {
            match (bracket, self.next()) {
                (b'{', Some(b'}')) | (b'[', Some(b']')) => {
                    self.at += 1;
                    open.pop();
                }
                (b'{', Some(b',')) => {
                    self.at += 1;
                    self.key()?;
                    return Ok(false);
                }
                (b'[', Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (b'{', _) => return Err(self.invalid("after object key:value pair")),
                _ => return Err(self.invalid("after array element")),
            }
        }
        Ok(true)
    }

    fn scalar(&mut self) -> Result<Json, Fault> {
        match self.next() {
            Some(b'"') => self.string().map(Json::String),
            Some(b't') => self.literal("true", "in literal true").map(|()| Json::Bool),
            Some(b'f') => self.literal("false", "in literal false").map(|()| Json::Bool),
            Some(b'n') => self.literal("null", "in literal null").map(|()| Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Json::Number),
            _ => Err(self.invalid("looking for beginning of value")),
        }
    }

    fn literal(&mut self, word: &'static str, context: &'static str) -> Result<(), Fault> {
        for expected in word.chars() {
            match self.byte() {
                Some(byte) if char::from(byte) == expected => self.at += 1,
                None => return Err(Fault::End),
                Some(_) => return Err(Fault::Character { at: self.at, context, expected: Some(expected) }),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let value = self.text.get(start..self.at).and_then(|number| number.parse::<f64>().ok());
        self.overflow |= value.is_some_and(f64::is_infinite);
        Ok(())
    }

    fn digits(&mut self, context: &'static str) -> Result<(), Fault> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.invalid(context)) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let start = self.at;
            while self.byte().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            text.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.invalid("in string literal")),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, Fault> {
        let c = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.invalid("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The four digits of `\u`, and of a second one that makes a pair with it. Half a pair reads as U+FFFD.
    fn unicode(&mut self) -> Result<char, Fault> {
        let unit = self.unit()?;
        if let Some(c) = char::from_u32(u32::from(unit)) {
            return Ok(c);
        }
        let behind = self.at;
        if self.text.get(behind..).is_some_and(|rest| rest.starts_with("\\u")) {
            self.at += 2;
            let low = self.unit()?;
            if let Some(Ok(c)) = char::decode_utf16([unit, low]).next() {
                return Ok(c);
            }
            self.at = behind;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn unit(&mut self) -> Result<u16, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit.and_then(|digit| u16::try_from(digit).ok()) else {
                return Err(self.invalid("in \\u hexadecimal character escape"));
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Json, parse};

    fn fault(text: &str) -> String {
        let error = parse(text).err().unwrap();
        error.split(" (line").next().unwrap_or_default().to_owned()
    }

    fn string(text: &str) -> String {
        parse(text).unwrap().value.as_text().unwrap().to_owned()
    }

    #[test]
    fn faults_are_told_in_gos_words() {
        for (text, expected) in [
            ("", "unexpected end of JSON input"),
            (" \n", "unexpected end of JSON input"),
            ("{\"a\":[1,", "unexpected end of JSON input"),
            ("\"a\\u00", "unexpected end of JSON input"),
            ("-", "unexpected end of JSON input"),
            ("tru", "unexpected end of JSON input"),
            ("{,", "invalid character ',' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("01", "invalid character after top-level value"),
            ("1.}", "invalid character '}' after decimal point in numeric literal"),
            ("1e,", "invalid character ',' in exponent of numeric literal"),
            ("-,", "invalid character ',' in numeric literal"),
            ("nul,", "invalid character ',' in literal null (expecting 'l')"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character in string escape code"),
            ("\"\\u12\"", "invalid character '\"' in \\u hexadecimal character escape"),
            ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        ] {
            assert_eq!(fault(text), expected, "{text:?}");
        }
        let placed = parse("{\n \"ä\": x}").err().unwrap();
        assert!(placed.ends_with("(line 2, column 7 of the decoded value)"), "{placed}");
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        assert_eq!(string(r#""\ud83d\ude00 \u00e4\/\b""#), "\u{1f600} ä/\u{8}");
        assert_eq!(string(r#""\ud83dx\ude00""#), "\u{fffd}x\u{fffd}");
        assert_eq!(string(r#""\ud83d\u0041""#), "\u{fffd}A");
        assert_eq!(string(r#""\ud83d\ud83d\ude00""#), "\u{fffd}\u{1f600}");
    }

    #[test]
    fn nesting_is_limited_as_in_go() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(10_000)).is_ok());
        assert_eq!(fault(&nested(10_001)), "exceeded max depth");
        assert_eq!(fault(&"{\"a\":".repeat(1_000_000)), "exceeded max depth");
        assert!(parse(&format!("{}{{}}{}", "{\"a\":".repeat(9_999), "}".repeat(9_999))).is_ok());
        assert_eq!(fault(&format!("{}{{}}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000))), "exceeded max depth");
    }

    #[test]
    fn fields_keep_their_order_and_their_duplicates() {
        let document = parse("{\"b\":1,\"a\":[{\"x\":{}},[]],\"b\":null} \n").unwrap();
        let names: Vec<&str> = document.value.as_object().unwrap().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert!(!document.overflow && parse("[1e999]").unwrap().overflow);
        assert!(matches!(parse("-0.5e+3").unwrap().value, Json::Number));
    }

    #[test]
    fn every_prefix_is_a_fault_and_none_panics() {
        let text = r#"{"auths":{"ä.io":{"auth":"\u00e4\ud83d\ude00","x":[1.5e3,{"y":[true,null]}]}}}"#;
        assert!(parse(text).is_ok());
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert_eq!(fault(text.get(..end).unwrap()), "unexpected end of JSON input", "{end}");
        }
    }
}
