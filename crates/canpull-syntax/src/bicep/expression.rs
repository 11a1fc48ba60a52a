//! Expressions, by precedence from the loosest to the tightest.

use super::{Parser, Result};
use crate::expression::{Accessor, Expression, ExpressionKind, For, MAX_DEPTH, Operator, Property};

/// Operators and accessors in a row nest; more than so many are refused.
const MAX_CHAIN: usize = 200;

/// Operators between two values, the loosest first.
const LEVELS: [&[(&str, Operator)]; 7] = [
    &[("??", Operator::Coalesce)],
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("=~", Operator::EqualInAnyCase),
        ("!~", Operator::NotEqualInAnyCase),
    ],
    &[("<=", Operator::LessOrEqual), (">=", Operator::GreaterOrEqual), ("<", Operator::Less), (">", Operator::Greater)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Parser<'_> {
    /// An expression. Lines may break in front of `?`, `:`, `&&`, `||` and `??`, and behind every operator.
    pub(super) fn expression(&mut self, depth: usize) -> Result<Expression> {
        if depth > MAX_DEPTH {
            return self.stop("expressions nest too deep here");
        }
        self.space();
        let start = self.at;
        let test = self.binary(0, depth)?;
        let before = self.at;
        self.lines();
        let asks = self.peek() == Some(b'?') && !self.starts("??") && !self.starts("?.");
        if !asks {
            self.at = before;
            return Ok(test);
        }
        self.at += 1;
        self.lines();
        let yes = self.expression(depth + 1)?;
        self.lines();
        self.take(b':', "a `:` should stand here")?;
        self.lines();
        let no = self.expression(depth + 1)?;
        Ok(self.made(start, ExpressionKind::Condition(Box::new([test, yes, no]))))
    }

    fn made(&self, start: usize, kind: ExpressionKind) -> Expression {
        Expression::new(self.range(start), kind)
    }

    /// Values joined by operators that bind as tight as a level, or tighter.
    fn binary(&mut self, loosest: usize, depth: usize) -> Result<Expression> {
        let start = self.at;
        let mut left = self.unary(depth)?;
        for _ in 0..MAX_CHAIN {
            let before = self.at;
            self.space();
            let breaks = matches!(self.peek(), Some(b'\n' | b'\r'));
            if breaks {
                self.lines();
            }
            let found = self.operator().filter(|(level, ..)| *level >= loosest && (!breaks || *level < 3));
            let Some((level, sign, operator)) = found else {
                self.at = before;
                return Ok(left);
            };
            self.at += sign.len();
            self.lines();
            let right = self.binary(level + 1, depth + 1)?;
            left = self.made(start, ExpressionKind::operation(operator, [left, right]));
        }
        self.stop("too many operators stand in a row here")
    }

    /// The operator that stands here, with how tight it binds.
    fn operator(&self) -> Option<(usize, &'static str, Operator)> {
        // Nearly always a value ends here.
        if !matches!(self.peek()?, b'?' | b'|' | b'&' | b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%') {
            return None;
        }
        let mut all = LEVELS.iter().enumerate().flat_map(|(level, own)| own.iter().map(move |own| (level, own)));
        let (level, (sign, operator)) = all.find(|(_, (sign, _))| self.starts(sign))?;
        Some((level, sign, *operator))
    }

    fn unary(&mut self, depth: usize) -> Result<Expression> {
        if depth > MAX_DEPTH {
            return self.stop("expressions nest too deep here");
        }
        let start = self.at;
        let operator = match self.peek() {
            Some(b'!') => Operator::Not,
            Some(b'-') => Operator::Subtract,
            Some(b'+') => {
                self.at += 1;
                return self.unary(depth + 1);
            }
            _ => return self.postfix(depth),
        };
        self.at += 1;
        self.lines();
        let operand = self.unary(depth + 1)?;
        let kind = match (operator, &operand.kind) {
            (Operator::Subtract, ExpressionKind::Number(number)) => ExpressionKind::Number(number.saturating_neg()),
            _ => ExpressionKind::operation(operator, [operand]),
        };
        Ok(self.made(start, kind))
    }

    /// A value with what is taken out of it.
    fn postfix(&mut self, depth: usize) -> Result<Expression> {
        let start = self.at;
        let mut found = self.primary(depth)?;
        for _ in 0..MAX_CHAIN {
            let before = self.at;
            self.space();
            if matches!(self.peek(), Some(b'\n' | b'\r')) {
                // A chain may go on in the next line; nothing else begins with a point.
                self.lines();
                if self.peek() != Some(b'.') || self.starts("...") {
                    self.at = before;
                    return Ok(found);
                }
            }
            match self.peek() {
                Some(b'.') if !self.starts("...") => {
                    self.at += 1;
                    if self.peek() == Some(b'?') {
                        self.at += 1;
                    }
                    self.lines();
                    let member = self.name()?;
                    if self.is_call() {
                        let mut arguments = self.arguments(depth)?;
                        // What a function is part of, where its name alone is ambiguous.
                        if !matches!(&found.kind, ExpressionKind::Name(name) if matches!(&**name, "az" | "sys")) {
                            arguments.insert(0, found);
                        }
                        found = self.made(start, ExpressionKind::call(member, arguments));
                        continue;
                    }
                    found = self.made(start, ExpressionKind::access(found, Accessor::Member(member.into())));
                }
                Some(b':') if self.starts("::") => {
                    self.at += 2;
                    // A nested resource goes by its own symbol.
                    let name = self.name()?;
                    found = self.made(start, ExpressionKind::Name(name.into()));
                }
                Some(b'[') => {
                    self.at += 1;
                    if self.peek() == Some(b'?') {
                        self.at += 1;
                    }
                    let from_end = self.peek() == Some(b'^');
                    if from_end {
                        self.at += 1;
                    }
                    self.lines();
                    let index = self.expression(depth + 1)?;
                    self.lines();
                    self.take(b']', "a `]` should stand here")?;
                    let accessor = match index.kind {
                        _ if from_end => Accessor::Index(Box::new(Expression::opaque(index.range))),
                        ExpressionKind::Text(name) => Accessor::Member(name.into()),
                        _ => Accessor::Index(Box::new(index)),
                    };
                    found = self.made(start, ExpressionKind::access(found, accessor));
                }
                Some(b'!') if !self.starts("!=") && !self.starts("!~") => {
                    self.at += 1;
                    found.range = self.range(start);
                }
                _ => {
                    self.at = before;
                    return Ok(found);
                }
            }
        }
        self.stop("too many parts stand in a row here")
    }

    fn primary(&mut self, depth: usize) -> Result<Expression> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'\'' | b'$') => return self.string(depth),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'(') => return self.parentheses(depth),
            Some(b'0'..=b'9') => {
                let rest = self.rest();
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                self.at += length;
                rest.get(..length)
                    .and_then(|digits| digits.parse().ok())
                    .map_or(ExpressionKind::Opaque, ExpressionKind::Number)
            }
            _ => {
                let Some(name) = self.word() else { return self.stop("a value should stand here") };
                match name {
                    "true" => ExpressionKind::Bool(true),
                    "false" => ExpressionKind::Bool(false),
                    "null" => ExpressionKind::Null,
                    name => {
                        let range = self.range(start);
                        if self.is_call() {
                            let arguments = self.arguments(depth)?;
                            return Ok(self.made(start, ExpressionKind::call(name, arguments)));
                        }
                        let own = Expression::new(range, ExpressionKind::Name(name.into()));
                        if self.is_lambda() {
                            return self.lambda(start, &[own], depth);
                        }
                        return Ok(own);
                    }
                }
            }
        };
        Ok(self.made(start, kind))
    }

    /// Whether arguments follow, blanks in front of them.
    fn is_call(&mut self) -> bool {
        let before = self.at;
        self.space();
        let found = self.peek() == Some(b'(');
        if !found {
            self.at = before;
        }
        found
    }

    fn is_lambda(&mut self) -> bool {
        let before = self.at;
        self.space();
        let found = self.starts("=>");
        if !found {
            self.at = before;
        }
        found
    }

    /// `=> value`, behind its parameters.
    fn lambda(&mut self, start: usize, parameters: &[Expression], depth: usize) -> Result<Expression> {
        self.at += 2;
        self.lines();
        let value = self.expression(depth + 1)?;
        let name = |own: &Expression| match &own.kind {
            ExpressionKind::Name(name) => Some(name.clone()),
            _ => None,
        };
        let Some(names) = parameters.iter().map(name).collect() else {
            self.at = start;
            return self.stop("the parameters of a lambda are names");
        };
        Ok(self.made(start, ExpressionKind::lambda(names, value)))
    }

    /// `(value)`, or the parameters of a lambda.
    fn parentheses(&mut self, depth: usize) -> Result<Expression> {
        let start = self.at;
        self.at += 1;
        let mut inner = Vec::new();
        loop {
            self.lines();
            match self.peek() {
                Some(b')') => break,
                Some(b',') if !inner.is_empty() => self.at += 1,
                _ => inner.push(self.expression(depth + 1)?),
            }
            if inner.len() > MAX_CHAIN {
                return self.stop("a `)` should stand here");
            }
        }
        self.at += 1;
        if self.is_lambda() {
            return self.lambda(start, &inner, depth);
        }
        if let Ok([mut inner]) = <[Expression; 1]>::try_from(inner) {
            inner.range = self.range(start);
            return Ok(inner);
        }
        self.at = start;
        self.stop("one value should stand in these parentheses")
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Expression>> {
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            self.lines();
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    return Ok(arguments);
                }
                Some(b',') => self.at += 1,
                _ => arguments.push(self.expression(depth + 1)?),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<ExpressionKind> {
        self.at += 1;
        self.lines();
        if self.starts_word("for") {
            return self.for_loop(depth);
        }
        let mut items = Vec::new();
        loop {
            self.lines();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(ExpressionKind::List(items.into()));
                }
                Some(b',') => self.at += 1,
                Some(b'.') if self.starts("...") => items.push(self.spread(depth)?),
                _ => items.push(self.expression(depth + 1)?),
            }
        }
    }

    fn spread(&mut self, depth: usize) -> Result<Expression> {
        let start = self.at;
        self.at += 3;
        let of = self.expression(depth + 1)?;
        Ok(self.made(start, ExpressionKind::Spread(Box::new(of))))
    }

    fn for_loop(&mut self, depth: usize) -> Result<ExpressionKind> {
        let head = self.loop_head(depth)?;
        let mut condition = None;
        if self.starts_word("if") {
            self.at += 2;
            self.lines();
            condition = Some(self.expression(depth + 1)?);
            self.lines();
        }
        let body = self.expression(depth + 1)?;
        self.lines();
        self.take(b']', "a `]` should stand here")?;
        let own = For { names: head.names, over: head.over, key: None, body, condition };
        Ok(ExpressionKind::For(Box::new(own)))
    }

    fn object(&mut self, depth: usize) -> Result<ExpressionKind> {
        self.at += 1;
        let mut properties = Vec::new();
        loop {
            self.lines();
            let start = self.at;
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(ExpressionKind::Object(properties.into()));
                }
                Some(b',') => self.at += 1,
                Some(b'.') if self.starts("...") => {
                    let key = self.spread(depth)?;
                    let value = Expression::opaque(key.range);
                    properties.push(Property { key, value });
                }
                Some(b'@') => {
                    self.at += 1;
                    self.expression(depth + 1)?;
                }
                Some(b'\'' | b'$') => {
                    let key = self.string(depth)?;
                    properties.push(self.property(key, depth)?);
                }
                _ => {
                    let name = self.name()?;
                    let range = self.range(start);
                    self.space();
                    if name == "resource" && self.peek() != Some(b':') {
                        if depth + 1 > MAX_DEPTH {
                            return self.stop("resources nest too deep here");
                        }
                        let nested = self.declaration(start, depth + 1)?;
                        self.nested.push(nested);
                        continue;
                    }
                    let key = Expression::new(range, ExpressionKind::Text(name.into()));
                    properties.push(self.property(key, depth)?);
                }
            }
        }
    }

    /// `: value`, behind its key.
    fn property(&mut self, key: Expression, depth: usize) -> Result<Property> {
        self.space();
        self.take(b':', "a `:` should stand here")?;
        self.lines();
        let value = self.expression(depth + 1)?;
        Ok(Property { key, value })
    }
}
