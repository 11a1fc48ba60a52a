//! Functions that a file defines: `func name(a string, b int) string => value`.

use super::{Parser, Result};
use crate::expression::{Expression, ExpressionKind};

impl Parser<'_> {
    /// A function, behind its word: as a name that stands for a lambda.
    pub(super) fn function(&mut self) -> Result<(Box<str>, Expression)> {
        let start = self.at;
        let name = self.name()?.into();
        self.space();
        self.take(b'(', "a `(` should stand here")?;
        let mut names = Vec::new();
        loop {
            self.lines();
            if self.peek() == Some(b')') {
                self.at += 1;
                break;
            }
            names.push(self.name()?.into());
            self.parameter_kind()?;
        }
        self.kind()?;
        if !self.starts("=>") {
            return self.stop("a `=>` should stand here");
        }
        self.at += 2;
        self.lines();
        let value = self.expression(0)?;
        Ok((name, Expression::new(self.range(start), ExpressionKind::lambda(names, value))))
    }

    /// Goes over the type of a parameter and the comma behind it.
    fn parameter_kind(&mut self) -> Result<()> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return self.stop("a `)` should stand here"),
                Some(b'\'') => {
                    self.string(0)?;
                    continue;
                }
                Some(b')') if open == 0 => return Ok(()),
                Some(b',') if open == 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'(' | b'[' | b'{' | b'<') => open += 1,
                Some(b')' | b']' | b'}' | b'>') => open = open.saturating_sub(1),
                Some(_) => {}
            }
            self.at += 1;
        }
    }
}
