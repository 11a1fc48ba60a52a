//! What a word of a script may come to: text, the output of a command, or something that only its symbol tells.

use canpull_syntax::TextRange;

use crate::fact::Why;
use crate::fact::azure::{PrincipalAttribute, ResourceRef};
use crate::placeholder;

/// So many alternatives are kept; with more a value is open.
const MAX_ALTERNATIVES: usize = 8;

/// Longer texts are no names, ids or roles, in bytes.
const MAX_LENGTH: usize = 2 << 10;

/// A value: one of some alternatives, most often of one.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::source) struct Value {
    alternatives: Vec<Joined>,
    /// It is each of the alternatives in turn, as the variable of a loop is.
    each: bool,
}

/// Pieces in a row; none is the empty text.
pub(super) type Joined = Vec<Piece>;

/// A piece of a value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Piece {
    /// Known.
    Text(String),
    /// Not known.
    Open {
        /// Why.
        why: Why,
        /// How it is written: the same text stands for the same thing in all of a file.
        symbol: Option<String>,
    },
    /// What a command tells of a resource.
    Output(Box<Output>),
}

/// The output of a command that tells of one resource, or a part of it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Output {
    /// Of which resource.
    pub(super) resource: ResourceRef,
    /// What the command prints of it.
    pub(super) shape: Shape,
    /// The property that is taken out of it, key by key; indexes are left out.
    pub(super) path: Vec<String>,
    /// Where that is chosen, and whether it is written there letter by letter.
    pub(super) chosen: (TextRange, bool),
}

/// What a command prints.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shape {
    /// The resource as `show` prints it.
    Resource,
    /// A cluster's kubelet identity as `az identity show` prints it.
    KubeletIdentity,
    /// The directory's entry for the principal that is this attribute of the resource.
    Directory(PrincipalAttribute),
    /// The directory's entry for an id as written.
    DirectoryOf(String),
    /// A new service principal with its password.
    ForRbac,
    /// The registry's admin user and its passwords.
    AdminCredential,
    /// A token that soon ends: `az acr login --expose-token`.
    LoginToken,
    /// A role definition of this name.
    Role(String),
}

impl Value {
    /// Known text.
    pub(in crate::source) fn text(text: impl Into<String>) -> Self {
        Self::one(vec![Piece::Text(text.into())])
    }

    /// Not known; the symbol is how it is written.
    pub(super) fn open(why: Why, symbol: Option<String>) -> Self {
        Self::one(vec![Piece::Open { why, symbol }])
    }

    /// Known only to a running script.
    pub(in crate::source) fn unknown() -> Self {
        Self::open(Why::FilledAtRunTime, None)
    }

    /// What a command tells of a resource, as a whole.
    pub(super) fn output(resource: ResourceRef, shape: Shape) -> Self {
        let chosen = (resource.span.range, false);
        Self::one(vec![Piece::Output(Box::new(Output { resource, shape, path: Vec::new(), chosen }))])
    }

    /// Pieces in a row.
    pub(super) fn pieces(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self::one(pieces.into_iter().collect())
    }

    fn one(mut joined: Joined) -> Self {
        joined.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Self { alternatives: vec![joined], each: false }
    }

    /// Whether it is each of several alternatives in turn.
    pub(super) fn is_each(&self) -> bool {
        self.each && self.alternatives.len() > 1
    }

    /// The same, taken to be one of its alternatives.
    pub(super) fn either(self) -> Self {
        Self { each: false, ..self }
    }

    /// The same, taken to be each of its alternatives in turn.
    #[must_use]
    pub(super) fn in_turn(self) -> Self {
        Self { each: true, ..self }
    }

    /// What it may be; at least one.
    pub(super) fn alternatives(&self) -> &[Joined] {
        &self.alternatives
    }

    /// Its text, where there is but one and it is known.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self.alternatives.as_slice() {
            [joined] => as_text(joined),
            _ => None,
        }
    }

    /// Its output of a command, where it is one and nothing else.
    pub(super) fn as_output(&self) -> Option<&Output> {
        match self.alternatives.as_slice() {
            [joined] => as_output(joined),
            _ => None,
        }
    }

    /// Whether nothing at all is known of it, not even its symbol.
    pub(super) fn is_anonymous(&self) -> bool {
        self.alternatives.iter().all(|joined| matches!(joined.as_slice(), [Piece::Open { symbol: None, .. }]))
    }

    /// How much memory it takes, about, in bytes.
    pub(super) fn size(&self) -> usize {
        let size = |piece: &Piece| match piece {
            Piece::Text(text) => 64 + text.len(),
            Piece::Open { .. } => 256,
            Piece::Output(_) => 1024,
        };
        64 + self.alternatives.iter().flatten().map(size).sum::<usize>()
    }

    /// This or that.
    #[must_use]
    pub(super) fn or(mut self, other: Self) -> Self {
        for joined in other.alternatives {
            if !self.alternatives.contains(&joined) {
                self.alternatives.push(joined);
            }
        }
        self.each = false;
        if self.alternatives.len() > MAX_ALTERNATIVES { Self::unknown() } else { self }
    }

    /// This with that behind it.
    #[must_use]
    pub(super) fn then(self, other: &Self) -> Self {
        if self.alternatives.len() * other.alternatives.len() > MAX_ALTERNATIVES {
            return Self::unknown();
        }
        let mut alternatives = Vec::new();
        for first in &self.alternatives {
            for second in &other.alternatives {
                let Some(joined) = concat(first, second) else { return Self::unknown() };
                if !alternatives.contains(&joined) {
                    alternatives.push(joined);
                }
            }
        }
        let several = |value: &Self| value.alternatives.len() > 1;
        let each = (self.each && !several(other)) || (other.each && !several(&self));
        Self { alternatives, each }
    }

    /// The same with another value wherever a text stands in it.
    pub(super) fn filled(&self, hole: &str, item: &Self) -> Self {
        let of = |joined: &Joined| {
            joined.iter().fold(Self::text(""), |value, piece| match piece {
                Piece::Text(text) => text.split(hole).enumerate().fold(value, |value, (at, part)| {
                    let value = if at > 0 { value.then(item) } else { value };
                    value.then(&Self::text(part))
                }),
                piece => value.then(&Self::pieces([piece.clone()])),
            })
        };
        let filled = self.alternatives.iter().map(of).reduce(Self::or).unwrap_or_else(Self::unknown);
        Self { each: self.each || (item.each && filled.alternatives.len() > 1), ..filled }
    }

    /// The words that an unquoted variable of this value splits into: more than one only where all is known.
    pub(super) fn split(&self) -> Option<Vec<String>> {
        // Blanks within a placeholder part no words.
        let text = self.as_text().filter(|text| placeholder::find(text).is_none())?;
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        (words.len() > 1).then_some(words)
    }

    /// A property of each output that it may be; of anything else nothing can be told.
    #[must_use]
    pub(super) fn select(&self, path: &[String], chosen: (TextRange, bool)) -> Self {
        if path.is_empty() {
            return self.clone();
        }
        let alternatives = self.alternatives.iter().map(|joined| match joined.as_slice() {
            [Piece::Output(output)] => {
                let mut output = output.clone();
                output.path.extend_from_slice(path);
                output.chosen = chosen;
                vec![Piece::Output(output)]
            }
            [Piece::Open { why, symbol: Some(symbol) }] => {
                let symbol = Some(format!("{symbol}.{}", path.join(".")));
                vec![Piece::Open { why: *why, symbol }]
            }
            _ => vec![Piece::Open { why: Why::FilledAtRunTime, symbol: None }],
        });
        let mut selected = Self { alternatives: alternatives.collect(), each: self.each };
        selected.alternatives.dedup();
        selected
    }

    /// The output of another command on the same resources.
    #[must_use]
    pub(super) fn shaped(mut self, shape: &Shape) -> Self {
        for piece in self.alternatives.iter_mut().flatten() {
            if let Piece::Output(output) = piece {
                output.shape = shape.clone();
            }
        }
        self
    }

    /// The same of other resources.
    #[must_use]
    pub(super) fn of(mut self, other: impl Fn(ResourceRef) -> ResourceRef) -> Self {
        for piece in self.alternatives.iter_mut().flatten() {
            if let Piece::Output(output) = piece {
                output.resource = other(output.resource.clone());
            }
        }
        self
    }

    /// What is not known of it is known by this symbol from now on.
    #[must_use]
    pub(super) fn named(mut self, symbol: &str) -> Self {
        for piece in self.alternatives.iter_mut().filter_map(|joined| match joined.as_mut_slice() {
            [piece] => Some(piece),
            _ => None,
        }) {
            if let Piece::Open { symbol: own @ None, .. } = piece {
                *own = Some(symbol.to_owned());
            }
        }
        self
    }
}

/// The variable that a step hands on by what it prints, and its value: `NAME=value` where it is `hands_on`, and
/// `##vso[task.setvariable variable=NAME]value` in any case.
pub(super) fn handed(printed: &Value, hands_on: bool) -> Option<(String, Value)> {
    let [joined] = printed.alternatives() else { return None };
    let (Piece::Text(text), rest) = joined.split_first()? else { return None };
    let (name, value) = match text.strip_prefix("##vso[task.setvariable ") {
        Some(command) => {
            let (properties, value) = command.split_once(']')?;
            let own = |key: &str| properties.split(';').find_map(|own| own.trim().strip_prefix(key));
            // An output goes by the name of its step.
            let is_output = own("isOutput=").or_else(|| own("isoutput=")).is_some();
            (own("variable=").filter(|_| !is_output)?, value)
        }
        None => text.split_once('=').filter(|_| hands_on)?,
    };
    let pieces = std::iter::once(Piece::Text(value.to_owned())).chain(rest.iter().cloned());
    Some((name.to_owned(), Value::pieces(pieces)))
}

/// The known text of an alternative. Placeholders in it are its author's.
pub(super) fn as_text(joined: &[Piece]) -> Option<&str> {
    match joined {
        [] => Some(""),
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

/// The output that an alternative is, and nothing else.
pub(super) fn as_output(joined: &[Piece]) -> Option<&Output> {
    match joined {
        [Piece::Output(output)] => Some(output),
        _ => None,
    }
}

/// An alternative as its author would write it, where all of it can be written: what tells it from others.
pub(super) fn symbol(joined: &[Piece]) -> Option<String> {
    let mut written = String::new();
    for piece in joined {
        match piece {
            Piece::Text(text) => written.push_str(text),
            Piece::Open { symbol, .. } => written.push_str(symbol.as_deref()?),
            Piece::Output(output) => {
                let of = output.resource.name.as_deref().or(output.resource.symbol.as_deref())?;
                written.push_str(of.rsplit('#').next().unwrap_or(of));
                written.push('.');
                written.push_str(&output.path.join("."));
            }
        }
    }
    (!written.is_empty()).then_some(written)
}

/// Why an alternative is not known, placeholders in its text among the reasons.
pub(super) fn why(joined: &[Piece]) -> Option<Why> {
    joined.iter().find_map(|piece| match piece {
        Piece::Text(text) => placeholder::find(text).map(|_| Why::Placeholder),
        Piece::Open { why, .. } => Some(*why),
        Piece::Output(_) => Some(Why::FilledAtRunTime),
    })
}

/// The text of an alternative where it is known and no placeholder.
pub(super) fn settled(joined: &[Piece]) -> Option<&str> {
    as_text(joined).filter(|text| !text.is_empty() && placeholder::find(text).is_none())
}

fn concat(first: &[Piece], second: &[Piece]) -> Option<Joined> {
    let mut joined = first.to_vec();
    let mut rest = second.iter();
    if let (Some(Piece::Text(end)), Some(Piece::Text(start))) = (joined.last_mut(), second.first()) {
        end.push_str(start);
        rest.next();
    }
    joined.extend(rest.cloned());
    // Two unknowns in a row tell no more than one.
    let unknown = |piece: &Piece| matches!(piece, Piece::Open { symbol: None, .. });
    joined.dedup_by(|one, other| unknown(one) && unknown(other));
    let length: usize = joined.iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 64 }).sum();
    (length <= MAX_LENGTH).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_join_and_alternatives_multiply() {
        let name = Value::text("contoso").or(Value::text("fabrikam"));
        let host = name.clone().then(&Value::text(".azurecr.io"));
        let texts: Vec<_> = host.alternatives().iter().filter_map(|joined| as_text(joined)).collect();
        assert_eq!(texts, ["contoso.azurecr.io", "fabrikam.azurecr.io"]);
        assert_eq!(name.clone().or(name.clone()), name);
        let open = Value::open(Why::Placeholder, Some("$ACR".to_owned())).then(&Value::text(".azurecr.io"));
        assert_eq!(symbol(&open.alternatives()[0]).as_deref(), Some("$ACR.azurecr.io"));
        assert_eq!(why(&open.alternatives()[0]), Some(Why::Placeholder));
    }

    #[test]
    fn values_stay_small() {
        let mut value = Value::text("ab").or(Value::text("cd"));
        for _ in 0..40 {
            value = value.clone().then(&value);
        }
        assert!(value.is_anonymous());
        let mut text = Value::text("ab");
        for _ in 0..40 {
            text = text.clone().then(&text);
        }
        assert!(text.is_anonymous());
        let many = (0..100).fold(Value::text("0"), |value, n| value.or(Value::text(n.to_string())));
        assert!(many.alternatives().len() <= MAX_ALTERNATIVES);
    }
}
