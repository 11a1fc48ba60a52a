//! A command's arguments: the words of the command itself, flags with their values, and the rest.

use canpull_syntax::TextRange;

use super::value::{Piece, Value};

/// One argument, evaluated.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// What it may come to.
    pub(super) value: Value,
    /// Where it stands, quotes excluded, in the script.
    pub(super) range: TextRange,
    /// Whether it is written letter by letter, so that an edit of the range changes just this value.
    pub(super) literal: bool,
    /// Whether it may be any number of arguments: `$FLAGS`, `"$@"`.
    pub(super) spread: bool,
}

/// A flag with what follows it.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// `--name`, without a value behind `=`. Those of PowerShell are in lower case.
    pub(super) name: String,
    /// Where the name stands.
    pub(super) range: TextRange,
    /// Its values.
    pub(super) values: Vec<Argument>,
}

/// How a program reads its flags.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// All that follows a flag is its own: `az`.
    Azure,
    /// A flag of this list takes one value, others stand alone: `kubectl`.
    Listed(&'static [&'static str]),
    /// `-Name value`, `-Switch`, `-Name:value`, in any case of letters.
    PowerShell,
}

/// The arguments of a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    /// What is no flag and no flag's value.
    pub(super) words: Vec<Argument>,
    /// The flags in order.
    pub(super) flags: Vec<Flag>,
    /// Whether flags may be hidden in values that are not known, so that none can be called missing.
    pub(super) open: bool,
}

impl Arguments {
    /// Takes the arguments behind a command's name apart.
    pub(super) fn new(arguments: impl IntoIterator<Item = Argument>, style: Style) -> Self {
        let mut found = Self::default();
        let mut wants = 0usize;
        for argument in arguments {
            if let Some((name, value)) = flag(&argument, style) {
                wants = match (&value, style) {
                    (Some(_), _) => 0,
                    (None, Style::Azure) => usize::MAX,
                    (None, Style::PowerShell) => 1,
                    (None, Style::Listed(list)) => usize::from(list.contains(&name.as_str())),
                };
                found.flags.push(Flag { name, range: argument.range, values: value.into_iter().collect() });
                continue;
            }
            let taken = found.flags.last_mut().filter(|_| wants > 0);
            let first = taken.as_ref().is_some_and(|flag| flag.values.is_empty());
            found.open |= argument.spread && !first;
            match taken {
                Some(flag) => {
                    flag.values.push(argument);
                    wants -= 1;
                }
                None => found.words.push(argument),
            }
        }
        found
    }

    /// Whether all that is open about the command is which round of a loop it runs in: it runs with each of one value's
    /// alternatives.
    pub(super) fn runs_in_turn(&self) -> bool {
        let values = self.words.iter().chain(self.flags.iter().flat_map(|flag| &flag.values));
        let mut several = values.filter(|argument| argument.value.alternatives().len() > 1);
        several.next().is_some_and(|only| only.value.is_each()) && several.next().is_none()
    }

    /// The last of the flags of these names: it counts.
    pub(super) fn flag(&self, names: &[&str]) -> Option<&Flag> {
        self.flags.iter().rev().find(|flag| names.contains(&flag.name.as_str()))
    }

    /// Whether a flag of these names stands there.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.flag(names).is_some()
    }

    /// The first value of a flag of these names.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Argument> {
        self.flag(names).and_then(|flag| flag.values.first())
    }

    /// The known text of a flag's first value.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        self.value(names).and_then(|argument| argument.value.as_text())
    }

    /// The known texts of the words, up to the first that is not known.
    pub(super) fn command(&self) -> Vec<&str> {
        self.words.iter().map_while(|word| word.value.as_text()).collect()
    }
}

/// A flag's name, and its value where that stands in the same word.
fn flag(argument: &Argument, style: Style) -> Option<(String, Option<Argument>)> {
    let mut name: Option<String> = None;
    let mut value: Option<Value> = None;
    for joined in argument.value.alternatives() {
        let (Piece::Text(first), rest) = joined.split_first()? else { return None };
        if !first.starts_with('-') || first.len() < 2 || first.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let separator = if matches!(style, Style::PowerShell) { ':' } else { '=' };
        let (own, behind) = match first.split_once(separator) {
            Some((own, behind)) => (own, Some(behind)),
            None if rest.is_empty() => (first.as_str(), None),
            None => return None,
        };
        let plain = own.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !plain || name.as_ref().is_some_and(|name| name != own) {
            return None;
        }
        name = Some(own.to_owned());
        if let Some(behind) = behind {
            let piece = Value::pieces(std::iter::once(Piece::Text(behind.to_owned())).chain(rest.iter().cloned()));
            value = Some(match value {
                Some(value) => value.or(piece),
                None => piece,
            });
        }
    }
    let name = name?;
    let skipped = canpull_syntax::to_offset(name.len() + 1);
    let value = value.map(|value| Argument {
        value,
        range: TextRange::new((argument.range.start + skipped).min(argument.range.end), argument.range.end),
        literal: argument.literal,
        spread: false,
    });
    let name = if matches!(style, Style::PowerShell) { name.to_ascii_lowercase() } else { name };
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str], style: Style) -> Arguments {
        let words = words.iter().map(|word| Argument {
            value: Value::text(*word),
            range: TextRange::new(10, 10 + canpull_syntax::to_offset(word.len())),
            literal: true,
            spread: false,
        });
        Arguments::new(words, style)
    }

    #[test]
    fn azure_flags_take_all_that_follows() {
        let found = arguments(&["acr", "token", "create", "--repository", "a", "content/read", "-n=x"], Style::Azure);
        assert_eq!(found.command(), ["acr", "token", "create"]);
        assert_eq!(found.flag(&["--repository"]).unwrap().values.len(), 2);
        assert_eq!(found.text(&["--name", "-n"]), Some("x"));
        assert_eq!(found.value(&["-n"]).unwrap().range, TextRange::new(13, 14));
    }

    #[test]
    fn listed_flags_take_one_value() {
        let found = arguments(&["-n", "shop", "create", "--save-config", "secret"], Style::Listed(&["-n"]));
        assert_eq!(found.command(), ["create", "secret"]);
        assert_eq!(found.text(&["-n"]), Some("shop"));
        assert!(found.has(&["--save-config"]));
    }

    #[test]
    fn powershell_ignores_case() {
        let found = arguments(&["-ObjectId", "x", "-Verbose:false"], Style::PowerShell);
        assert_eq!(found.text(&["-objectid"]), Some("x"));
        assert_eq!(found.text(&["-verbose"]), Some("false"));
    }
}
