//! What commands read and print, and the files that it is kept in.

use std::rc::Rc;

use canpull_syntax::shell::Body;
use canpull_syntax::{TextRange, to_offset};

use super::arguments::Argument;
use super::kubectl;
use super::run::{MAX_COMMANDS, Run, is_name};
use super::value::Value;
use crate::fact::script::ScriptSecretFact;
use crate::source::{self, Fill};

/// What a command reads.
#[derive(Clone, Debug, Default)]
pub(super) enum Feed {
    /// Nothing that can be told.
    #[default]
    Nothing,
    /// What a program of the project's own prints.
    Unread,
    /// The output of a command.
    Value(Value),
    /// Text of the script.
    Text(Body),
    /// A secret that a command would make and prints, by its place among those of the file's commands.
    Secret(usize),
    /// A secret that is read from the cluster.
    Copy(Rc<ScriptSecretFact>),
    /// Another object that is read from the cluster.
    Object(Rc<kubectl::patch::Target>),
}

impl Run<'_> {
    /// Programs that let through what they read, more or less.
    pub(super) fn pass(&mut self, name: &str, arguments: &[Argument], feed: Feed, output: Option<&str>) -> Feed {
        let words: Vec<&str> = arguments.iter().filter_map(|word| word.value.as_text()).collect();
        let file = match name {
            "tee" | "out-file" | "set-content" => words.iter().rev().copied().find(|word| !word.starts_with('-')),
            _ => output,
        };
        let feed = self.kept(feed, file);
        match (name, feed) {
            // Where a program takes text apart, only ids and names come through whole.
            ("sed" | "cut" | "awk" | "grep" | "base64", Feed::Value(_)) if !only_unquotes(&words) => Feed::Nothing,
            (_, feed) if output.is_none() => feed,
            _ => Feed::Nothing,
        }
    }

    /// Remembers a text that goes to a file.
    pub(super) fn kept(&mut self, feed: Feed, file: Option<&str>) -> Feed {
        if let (Some(file), Feed::Text(..) | Feed::Secret(_) | Feed::Copy(_) | Feed::Object(_)) = (file, &feed)
            && self.seen.files.len() < MAX_COMMANDS
        {
            self.seen.files.insert(file.trim_start_matches("./").to_owned(), feed.clone());
        }
        feed
    }

    /// What a script has written to a file.
    pub(super) fn written(&self, file: &str) -> Option<Feed> {
        self.seen.files.get(file.trim_start_matches("./")).cloned()
    }

    /// Text with its variables replaced by what they are known to hold; `None` where any is not.
    pub(super) fn fill(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at_checked(at)?;
            out.push_str(before);
            let after = after.get(1..)?;
            let (name, behind) = match after.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => after.split_at_checked(after.find(|c| !is_name(c)).unwrap_or(after.len()))?,
            };
            let plain = !name.is_empty() && name.chars().all(is_name);
            let value = self.lookup(name).filter(|_| plain)?.first()?.as_text()?;
            out.push_str(value);
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }

    /// Reads the manifests in a here-document or a quoted text.
    pub(super) fn manifest(&mut self, Body { range, expands, strips_tabs }: Body) {
        let place = self.place(range);
        // With the blanks in front of the first line, which all lines have.
        let before = self.text.get(..place.start as usize).unwrap_or_default();
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        let place = TextRange::new(place.start - to_offset(blanks), place.end);
        // Where lines are left out of the script, what stands between them is no manifest.
        if self.slice(range).lines().count() != place.slice(self.text).lines().count() {
            return;
        }
        let text = self.text;
        let blank = (strips_tabs && is_tabbed_evenly(place.slice(text)))
            .then(|| Rc::clone(self.seen.untabbed.get_or_insert_with(|| untabbed(text).into())));
        let mut facts = std::mem::take(self.facts);
        let fill = |text: &str| self.fill(text);
        let fill: Option<&Fill<'_>> = if expands { Some(&fill) } else { None };
        source::manifest((self.file, self.path, text), (place, blank.as_deref().unwrap_or(text)), fill, &mut facts);
        *self.facts = facts;
    }
}

/// A text that stands in quotes, as a here-document would hold it.
pub(super) const fn quoted(range: TextRange, expands: bool) -> Body {
    Body { range, expands, strips_tabs: false }
}

/// Whether as many tabs begin each line, blank ones aside: without them all lines are as far from one another as with them.
fn is_tabbed_evenly(text: &str) -> bool {
    let tabs = |line: &str| line.len() - line.trim_start_matches('\t').len();
    let mut all = text.lines().filter(|line| !line.trim().is_empty()).map(tabs);
    let first = all.next();
    all.all(|own| Some(own) == first)
}

/// A text with blanks in the place of the tabs that begin its lines.
fn untabbed(text: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start_matches('\t');
        " ".repeat(line.len() - rest.len()) + rest
    };
    text.split_inclusive('\n').map(line).collect()
}

/// What a command prints that only repeats its arguments.
pub(super) fn echo(arguments: Vec<Argument>) -> Feed {
    let shown = |argument: &Argument| {
        !argument.value.as_text().is_some_and(|text| text.starts_with('-') || text.starts_with('%'))
    };
    let mut words: Vec<Argument> = arguments.into_iter().filter(shown).collect();
    match words.as_slice() {
        [only] if only.value.as_text().is_some_and(|text| text.contains("apiVersion")) => {
            Feed::Text(quoted(only.range, !only.literal))
        }
        [_] => words.pop().map_or(Feed::Nothing, |only| Feed::Value(only.value)),
        _ => Feed::Nothing,
    }
}

/// Whether the words of `sed`, `cut` and the like only take quotes away.
fn only_unquotes(words: &[&str]) -> bool {
    words.iter().all(|word| word.starts_with('-') || word.contains(['"', '\'']))
}
