//! The parts of a file that are scripts, each as the text that a shell would read, with the way back to the file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::shell::Dialect;
use canpull_syntax::{TextRange, to_offset};

/// So many scripts of a file are read.
pub(in crate::source) const MAX_SECTIONS: usize = 10_000;

/// A script within a file.
pub(in crate::source) struct Section<'t> {
    /// What the shell reads.
    pub(super) text: Cow<'t, str>,
    /// Its language.
    pub(super) language: Dialect,
    /// Whether only some runs of the file run it.
    pub(super) maybe: bool,
    /// Pairs of offsets, in the text and in the file, from which on both run in step.
    steps: Vec<(u32, u32)>,
}

impl<'t> Section<'t> {
    /// A range of the file, as it stands there.
    pub(in crate::source) fn plain(file: &'t str, range: TextRange, language: Dialect) -> Self {
        Self { text: Cow::Borrowed(range.slice(file)), language, maybe: false, steps: vec![(0, range.start)] }
    }

    /// The same with words in front, which stand at its start in the file.
    pub(in crate::source) fn behind(self, words: &str) -> Self {
        let length = to_offset(words.len());
        let first = self.steps.first().map_or(0, |(_, file)| *file);
        let moved = self.steps.into_iter().map(|(own, file)| (own + length, file));
        let steps = std::iter::once((0, first)).chain(moved).collect();
        Self { text: Cow::Owned(format!("{words}{}", self.text)), steps, ..self }
    }

    /// Lines of the file without what stands in front of each.
    pub(super) fn lines(file: &str, lines: impl IntoIterator<Item = TextRange>, language: Dialect) -> Self {
        let mut text = String::new();
        let mut steps: Vec<(u32, u32)> = Vec::new();
        for line in lines {
            let own = to_offset(text.len());
            let in_step = steps.last().is_some_and(|&(before, file)| own - before == line.start.wrapping_sub(file));
            if !in_step {
                steps.push((own, line.start));
            }
            text.push_str(line.slice(file));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        Self { text: Cow::Owned(text), language, maybe: false, steps }
    }

    /// Adds a line of a recipe that stands at a place of the file.
    fn push_recipe(&mut self, recipe: &str, mut at: u32) {
        let text = self.text.to_mut();
        for (index, part) in recipe.split("$$").enumerate() {
            if index > 0 {
                // The second of the two dollars stands for both.
                self.steps.push((to_offset(text.len()), at + 1));
                text.push('$');
                at += 2;
            }
            self.steps.push((to_offset(text.len()), at));
            text.push_str(part);
            at += to_offset(part.len());
        }
    }

    /// Where a range of the text stands in the file.
    pub(super) fn place(&self, range: TextRange) -> TextRange {
        let start = self.offset(range.start);
        let end = if range.is_empty() { start } else { self.offset(range.end - 1) + 1 };
        TextRange::new(start, end.max(start))
    }

    fn offset(&self, at: u32) -> u32 {
        let next = self.steps.partition_point(|(own, _)| *own <= at);
        let step = next.checked_sub(1).and_then(|index| self.steps.get(index));
        step.map_or(at, |(own, file)| file + (at - own))
    }
}

/// The lines of a range of the file, line breaks included.
pub(super) fn lines(file: &str, range: TextRange) -> impl Iterator<Item = TextRange> {
    let mut at = range.start;
    range.slice(file).split_inclusive('\n').map(move |line| {
        let start = at;
        at += to_offset(line.len());
        TextRange::new(start, at)
    })
}

/// Lines without the blanks that all of them begin with, as YAML reads a block and Markdown a fence in a list.
pub(in crate::source) fn dedented(file: &str, range: TextRange, language: Dialect) -> Section<'_> {
    let indent = |line: &TextRange| {
        let text = line.slice(file);
        let blank = text.trim().is_empty();
        (!blank).then(|| text.len() - text.trim_start_matches([' ', '\t']).len())
    };
    let common = to_offset(lines(file, range).filter_map(|line| indent(&line)).min().unwrap_or(0));
    let cut = |line: TextRange| {
        let blank = line.slice(file).trim().is_empty();
        let start = if blank { line.end - to_offset(line_break(line.slice(file))) } else { line.start + common };
        TextRange::new(start, line.end)
    };
    Section::lines(file, lines(file, range).map(cut), language)
}

/// The lines of a folded block, which YAML joins by blanks. Bytes keep their places.
pub(in crate::source) fn folded(file: &str, range: TextRange, language: Dialect) -> Section<'_> {
    let mut section = dedented(file, range, language);
    let mut text = String::with_capacity(section.text.len());
    let mut rest = &*section.text;
    while let Some((line, behind)) = rest.split_once('\n') {
        text.push_str(line);
        let ends = line.is_empty() || behind.starts_with(['\n', ' ', '\t']) || behind.is_empty();
        text.push(if ends { '\n' } else { ' ' });
        rest = behind;
    }
    text.push_str(rest);
    section.text = Cow::Owned(text);
    section
}

fn line_break(line: &str) -> usize {
    line.len() - line.trim_end_matches(['\n', '\r']).len()
}

/// The fenced blocks of a Markdown page that hold commands, in order.
pub(super) fn fences(file: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut open: Option<(char, usize, Fence, u32)> = None;
    for line in lines(file, TextRange::new(0, to_offset(file.len()))) {
        if sections.len() >= MAX_SECTIONS {
            return sections;
        }
        let text = line.slice(file).trim_start_matches([' ', '\t', '>']).trim_end();
        let Some(mark @ ('`' | '~')) = text.chars().next() else { continue };
        let length = text.chars().take_while(|c| *c == mark).count();
        let info = text.get(length..).unwrap_or_default().trim();
        match open {
            Some((own, width, holds, start)) if own == mark && length >= width && info.is_empty() => {
                sections.extend(holds.section(file, TextRange::new(start, line.start)));
                open = None;
            }
            None if length >= 3 && !(mark == '`' && info.contains('`')) => {
                open = Some((mark, length, Fence::new(info), line.end));
            }
            _ => {}
        }
    }
    if let Some((_, _, holds, start)) = open {
        sections.extend(holds.section(file, TextRange::new(start, to_offset(file.len()))));
    }
    tell_powershell(&mut sections);
    sections
}

/// What a fence says that it holds.
#[derive(Clone, Copy)]
enum Fence {
    /// Commands of this language.
    Commands(Dialect),
    /// Nothing: commands, where it looks like them.
    Unnamed,
    /// Something else.
    Other,
}

impl Fence {
    fn new(info: &str) -> Self {
        match language(info) {
            Some(language) => Self::Commands(language),
            None if info.is_empty() => Self::Unnamed,
            None => Self::Other,
        }
    }

    fn section(self, file: &str, range: TextRange) -> Option<Section<'_>> {
        match self {
            Self::Commands(language) => Some(fence(file, range, language)),
            Self::Unnamed if holds_commands(range.slice(file)) => Some(fence(file, range, Dialect::Bash)),
            Self::Unnamed | Self::Other => None,
        }
    }
}

/// Whether a text is made of commands: its first line is one of those that matter here, or gives a variable its value.
fn holds_commands(text: &str) -> bool {
    let first = text.lines().find(|line| !(line.trim().is_empty() || line.trim_start().starts_with('#')));
    first.is_some_and(|line| starts_command(line.trim_start_matches(['$', '>', ' '])))
}

/// Many pages show PowerShell under the name of another shell. Blocks that do not tell are taken for PowerShell where
/// no block of the page is anything else.
fn tell_powershell(sections: &mut [Section<'_>]) {
    let guess = |section: &Section<'_>| Dialect::guess(&section.text);
    let shells = || sections.iter().filter(|section| section.language == Dialect::Bash).map(guess);
    let told = |dialect| shells().any(|guess| guess == Some(dialect));
    let page = if told(Dialect::PowerShell) && !told(Dialect::Bash) { Dialect::PowerShell } else { Dialect::Bash };
    for section in sections.iter_mut().filter(|section| section.language == Dialect::Bash) {
        section.language = guess(section).unwrap_or(page);
    }
}

fn fence(file: &str, range: TextRange, language: Dialect) -> Section<'_> {
    let prompted = lines(file, range).any(|line| prompt(line.slice(file)) > 0);
    if !prompted {
        return dedented(file, range, language);
    }
    // Where commands stand behind prompts, lines without one are output, unless they go on with a command.
    let mut goes_on = false;
    let mut kept = Vec::new();
    for line in lines(file, range) {
        let text = line.slice(file);
        let skipped = prompt(text);
        if skipped > 0 || goes_on {
            kept.push(TextRange::new(line.start + to_offset(skipped), line.end));
            goes_on = text.trim_end().ends_with(['\\', '`']);
        }
    }
    Section::lines(file, kept, language)
}

/// The length of a prompt, `$ ` or `PS C:\> `, at the start of a line.
fn prompt(line: &str) -> usize {
    let bare = line.trim_start();
    let after = bare.strip_prefix("$ ").or_else(|| {
        let (directory, rest) = bare.strip_prefix("PS")?.split_once("> ")?;
        (!directory.contains([' ', '$']) || directory.starts_with(' ')).then_some(rest)
    });
    after.map_or(0, |after| line.len() - after.len())
}

/// The language that a fence says it holds, where it is one of commands.
fn language(info: &str) -> Option<Dialect> {
    let word = info.split([' ', ',', '{', ':', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    match word.to_ascii_lowercase().trim_start_matches('.') {
        "azurecli-interactive"
        | "azurecli"
        | "bash"
        | "sh"
        | "shell"
        | "console"
        | "zsh"
        | "terminal"
        | "shell-session"
        | "shellscript"
        | "cli"
        | "azurecli-bash"
        | "cmd"
        | "bat" => Some(Dialect::Bash),
        "powershell"
        | "powershell-interactive"
        | "azurepowershell"
        | "azurepowershell-interactive"
        | "pwsh"
        | "ps1"
        | "ps" => Some(Dialect::PowerShell),
        _ => None,
    }
}

/// Commands pasted into prose: lines that begin with one, and those that go on with it.
pub(super) fn pasted(file: &str) -> Vec<Section<'_>> {
    let mut kept = Vec::new();
    let mut goes_on = false;
    for line in lines(file, TextRange::new(0, to_offset(file.len()))) {
        let text = line.slice(file);
        if goes_on || starts_command(text) {
            kept.push(line);
            goes_on = text.trim_end().ends_with('\\');
        }
    }
    if kept.is_empty() { Vec::new() } else { vec![Section::lines(file, kept, Dialect::Bash)] }
}

/// Whether a line of prose is a command: `az …`, `kubectl …`, or a variable that gets a value.
fn starts_command(line: &str) -> bool {
    let bare = line.trim_start().trim_start_matches("$ ");
    if ["az ", "kubectl "].iter().any(|name| bare.starts_with(name)) {
        // "az is a tool" and the like: a command's second word is in lower case and its third is no prose.
        return true;
    }
    let Some((name, value)) = bare.split_once('=') else { return false };
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    named && !value.starts_with([' ', '='])
}

/// The recipes of a Makefile: lines behind a tab, where `$$` stands for `$`. Each is run on its own, with those that go on
/// with it, unless one shell runs them all.
pub(super) fn recipes(file: &str) -> Vec<Section<'_>> {
    let in_one = file.lines().any(|line| line.starts_with(".ONESHELL"));
    let mut found: Vec<Section<'_>> = Vec::new();
    let mut goes_on = false;
    let mut conditions = 0usize;
    for line in lines(file, TextRange::new(0, to_offset(file.len()))) {
        let own = line.slice(file);
        let recipe = match own.strip_prefix('\t') {
            // What goes on with a command is the shell's: it opens with options, not with marks of make.
            rest if goes_on => rest.unwrap_or(own),
            Some(recipe) => recipe.trim_start_matches(['@', '-', '+', ' ', '\t']),
            None => {
                conditions = conditions.saturating_add_signed(condition(own));
                continue;
            }
        };
        let joins = goes_on || (in_one && !found.is_empty());
        goes_on = recipe.trim_end_matches(['\n', '\r']).ends_with('\\');
        if !joins {
            if found.len() >= MAX_SECTIONS {
                return found;
            }
            let text = Cow::Owned(String::new());
            found.push(Section { text, language: Dialect::Bash, maybe: false, steps: Vec::new() });
        }
        if let Some(section) = found.last_mut() {
            section.maybe |= conditions > 0;
            section.push_recipe(recipe, line.end - to_offset(recipe.len()));
        }
    }
    found
}

/// How many conditions of make a line opens or closes.
fn condition(line: &str) -> isize {
    match line.split_whitespace().next() {
        Some("ifeq" | "ifneq" | "ifdef" | "ifndef") => 1,
        Some("endif") => -1,
        _ => 0,
    }
}

/// The variables that a Makefile sets to plain text, with the last value of each. What only some runs set has none, but
/// for the default of a variable that is not defined.
pub(super) fn make_variables(file: &str) -> BTreeMap<&str, &str> {
    let mut set = BTreeMap::new();
    let mut by_target = BTreeSet::new();
    let mut conditions: Vec<&str> = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with(['\t', '#'])) {
        let word = line.split_whitespace().next().unwrap_or_default();
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => conditions.push(line.trim()),
            "endif" => drop(conditions.pop()),
            _ => {}
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let adds = name.ends_with('+');
        let name = name.trim_end_matches([':', '?', '+', ' ', '\t']).trim_start();
        // `target: NAME = value` holds for the recipes of the target.
        let (targets, name) =
            name.rsplit_once(": ").map_or((None, name), |(targets, name)| (Some(targets), name.trim()));
        let name = name.strip_prefix("export ").unwrap_or(name);
        if targets.is_some() {
            by_target.insert(name);
            continue;
        }
        let value = value.split(" #").next().unwrap_or(value).trim();
        let is_default = |condition: &&str| condition.strip_prefix("ifndef ").map(str::trim) == Some(name);
        let certain = conditions.iter().all(is_default) || set.get(name) == Some(&value);
        if certain && !adds && !value.contains('$') {
            set.insert(name, value);
        } else {
            set.remove(name);
        }
    }
    set.retain(|name, _| !by_target.contains(name));
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, section: &Section<'_>, word: &str) {
        let at = to_offset(section.text.find(word).unwrap());
        let range = section.place(TextRange::new(at, at + to_offset(word.len())));
        assert_eq!(range.slice(file), word);
    }

    #[test]
    fn fences_are_found_and_placed() {
        let file = "# T\n```bash\naz a\n```\n- item\n\n  ```azurecli-interactive\n  az b \\\n    -n c\n  ```\n```json\naz no\n```\n````sh\n```\naz d\n````\n";
        let sections = fences(file);
        let texts: Vec<&str> = sections.iter().map(|section| &*section.text).collect();
        assert_eq!(texts, ["az a\n", "az b \\\n  -n c\n", "```\naz d\n"]);
        check(file, &sections[1], "-n c");
        check(file, &sections[1], "az b");
        check(file, &sections[2], "az d");
    }

    #[test]
    fn powershell_is_known_under_any_name() {
        let languages = |file: &str| fences(file).iter().map(|section| section.language).collect::<Vec<_>>();
        let (bash, powershell) = (Dialect::Bash, Dialect::PowerShell);
        let page = "```bash\n$id = az a\n```\n```bash\naz b $id\n```\n";
        assert_eq!(languages(page), [powershell, powershell]);
        assert_eq!(languages(&format!("{page}```sh\nX=$(az c)\n```\n")), [powershell, bash, bash]);
        assert_eq!(languages("```sh\naz a\n```\n"), [bash]);
    }

    #[test]
    fn prompts_mark_commands_and_the_rest_is_output() {
        let file = "```console\n$ az a \\\n   -n b\n{ \"out\": 1 }\n$ az c\n```\n";
        let sections = fences(file);
        assert_eq!(&*sections[0].text, "az a \\\n   -n b\naz c\n");
        check(file, &sections[0], "az c");
    }

    #[test]
    fn pasted_commands_stand_out_of_prose() {
        let file =
            "Run the script.\n\nA=$(az b --query id)\naz c \\\n --name d\nThen az is done. x = y\nkubectl get pods\n";
        let sections = pasted(file);
        assert_eq!(&*sections[0].text, "A=$(az b --query id)\naz c \\\n --name d\nkubectl get pods\n");
        check(file, &sections[0], "kubectl get");
    }

    #[test]
    fn recipes_lose_a_dollar_and_keep_their_places() {
        let file = "NAME = x\nall:\n\t@az a -n $$B -g $(C)\n";
        let sections = recipes(file);
        assert_eq!(&*sections[0].text, "az a -n $B -g $(C)\n");
        check(file, &sections[0], "$B");
        check(file, &sections[0], "-g");
    }

    #[test]
    fn recipes_go_on_behind_a_backslash() {
        let file = "all:\n\t@az a \\\n\t\t--name b \\\n  -g c\n\t-az d\n";
        let sections = recipes(file);
        let texts: Vec<&str> = sections.iter().map(|section| &*section.text).collect();
        assert_eq!(texts, ["az a \\\n\t--name b \\\n  -g c\n", "az d\n"]);
        check(file, &sections[0], "--name b");
        check(file, &sections[1], "az d");
    }

    #[test]
    fn variables_of_some_runs_have_no_value() {
        let file = "A = 1\nB := 2 # why\nifeq ($(ENV),prod)\nA = 3\nC = 4\nB = 2\nendif\nifndef D\n  D = 5\nendif\nE ?= 6\nF = 7\nF += 8\nG = $(A)\n";
        assert_eq!(make_variables(file), BTreeMap::from([("B", "2"), ("D", "5"), ("E", "6")]));
    }
}
