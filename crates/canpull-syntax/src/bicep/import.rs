//! `import` statements: what is taken over from other files.

use super::{Parser, Result};

/// What a statement takes over from another file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The file, as written.
    pub path: Box<str>,
    /// What is taken over.
    pub names: Vec<Imported>,
}

/// Something that is taken over from another file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// Its name in that file; `None` is everything.
    pub name: Option<Box<str>>,
    /// What it goes by here.
    pub alias: Box<str>,
}

impl Parser<'_> {
    /// `import {name, other as own} from 'path'` or `import * as own from 'path'`; of an extension nothing is kept.
    pub(super) fn import(&mut self) -> Result<Option<Import>> {
        self.space();
        let names = match self.peek() {
            Some(b'{') => self.imported_names()?,
            Some(b'*') => {
                self.at += 1;
                self.space();
                let Some(alias) = self.alias()? else { return self.stop("an `as` should stand here") };
                vec![Imported { name: None, alias }]
            }
            _ => {
                self.skip_balanced()?;
                return Ok(None);
            }
        };
        self.space();
        if !self.starts_word("from") {
            return self.stop("a `from` should stand here");
        }
        self.at += "from".len();
        self.space();
        let path = self.literal()?;
        Ok(Some(Import { path, names }))
    }

    fn imported_names(&mut self) -> Result<Vec<Imported>> {
        self.at += 1;
        let mut names = Vec::new();
        loop {
            self.lines();
            match self.peek() {
                Some(b'}') => break,
                Some(b',') => self.at += 1,
                _ => {
                    // What is no name of Bicep stands in quotes.
                    let name: Box<str> = if self.peek() == Some(b'\'') { self.literal()? } else { self.name()?.into() };
                    self.space();
                    let alias = self.alias()?.unwrap_or_else(|| name.clone());
                    names.push(Imported { name: Some(name), alias });
                }
            }
        }
        self.at += 1;
        Ok(names)
    }

    /// `as own`.
    fn alias(&mut self) -> Result<Option<Box<str>>> {
        if !self.starts_word("as") {
            return Ok(None);
        }
        self.at += "as".len();
        self.space();
        Ok(Some(self.name()?.into()))
    }
}
