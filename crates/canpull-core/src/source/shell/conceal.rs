//! What of a script no output may show: values of flags and variables that are called secret, logins, and what is fed to
//! one.

use canpull_syntax::TextRange;
use canpull_syntax::shell::{Command, Part, RedirectKind, Word};

use super::super::secrecy::{has_login, names_credential};

/// What a variable is called whose value only points to a credential.
const POINTERS: [&str; 6] = ["name", "id", "server", "user", "namespace", "path"];

/// What tells in a word that a credential is in it.
const TELLING: [&str; 3] = ["authorization:", "bearer ", "\"auth"];

/// What else variables and flags that hold a credential are called, or end with behind a line.
const NAMES: [&str; 4] = ["key", "auth", "credential", "credentials"];

/// What holds a credential in a word that a variable gets.
pub(super) fn assigned(name: &str, word: &Word<'_>) -> Vec<TextRange> {
    let lower = name.to_ascii_lowercase();
    let is_secret = holds_secret(name) || lower.contains("secret");
    let points = POINTERS.iter().any(|end| lower.ends_with(end));
    if (is_secret && !points) || is_telling(word) { texts(word).collect() } else { Vec::new() }
}

fn holds_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-']).next().unwrap_or_default();
    names_credential(name) || NAMES.iter().any(|own| last.eq_ignore_ascii_case(own))
}

/// The texts of a word, each where it stands: variables and outputs of commands in it show.
fn texts<'w>(word: &'w Word<'_>) -> impl Iterator<Item = TextRange> + 'w {
    word.parts.iter().filter(|part| matches!(part, Part::Text { .. })).map(Part::range)
}

/// What holds a credential in a pipeline.
pub(super) fn credentials(commands: &[Command<'_>]) -> Vec<TextRange> {
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        of_command(command, &mut found);
        if takes_password(command) {
            let fed = commands.get(..index).unwrap_or_default().iter();
            found.extend(fed.flat_map(|before| before.words.iter().skip(1)).flat_map(texts));
            let strings = command.redirects.iter().filter(|own| own.kind == RedirectKind::HereString);
            found.extend(strings.flat_map(|own| texts(&own.target)));
        }
    }
    found
}

/// Whether a command reads a password from its input.
fn takes_password(command: &Command<'_>) -> bool {
    command.words.iter().any(|word| word.is("--password-stdin"))
}

fn of_command(command: &Command<'_>, found: &mut Vec<TextRange>) {
    let words = command.words.as_slice();
    let has = |wanted: &str| words.iter().any(|word| word.is(wanted));
    // `az keyvault secret set --value`, `ConvertTo-SecureString`.
    let sets_secret = || has("secret") && has("set");
    let login = || has("login") || has("create-for-rbac");
    let is_secure =
        words.first().and_then(Word::literal).is_some_and(|name| name.eq_ignore_ascii_case("ConvertTo-SecureString"));
    let mut before: Option<String> = None;
    for word in words.iter().skip(1) {
        let lead = lead(word).unwrap_or_default();
        let flag = lead.starts_with('-').then(|| split(lead));
        if let Some((name, Some(length))) = flag
            && holds_secret(name)
        {
            found.extend(texts(word).map(|range| behind(range, word, length)));
        } else if let (Some(flag), None) = (&before, flag) {
            let hidden = match flag.as_str() {
                "-p" => login(),
                "-u" | "--user" => lead.contains(':'),
                "--value" => sets_secret(),
                name => holds_secret(name),
            };
            if hidden {
                found.extend(texts(word));
            }
        }
        if is_telling(word) || (is_secure && flag.is_none()) {
            found.extend(texts(word));
        }
        before = flag.filter(|(_, value)| value.is_none()).map(|(name, _)| name.to_owned());
    }
}

/// The text that a word begins with.
fn lead<'w>(word: &'w Word<'_>) -> Option<&'w str> {
    match word.parts.first()? {
        Part::Text { text, .. } => Some(text),
        _ => None,
    }
}

/// A flag's name, and where its value begins that stands in the same word.
fn split(flag: &str) -> (&str, Option<usize>) {
    let at = flag.find(['=', ':']);
    (flag.get(..at.unwrap_or(flag.len())).unwrap_or(flag), at.map(|at| at + 1))
}

/// The part of a text of a word that stands behind its first bytes.
fn behind(range: TextRange, word: &Word<'_>, length: usize) -> TextRange {
    let start = word.content().start.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    TextRange::new(range.start.max(start).min(range.end), range.end)
}

fn is_telling(word: &Word<'_>) -> bool {
    word.parts.iter().any(|part| match part {
        Part::Text { text, .. } if has_login(text) => true,
        Part::Text { text, .. } if text.len() > 6 => {
            let lower = text.to_ascii_lowercase();
            TELLING.iter().any(|telling| lower.contains(telling))
        }
        _ => false,
    })
}
