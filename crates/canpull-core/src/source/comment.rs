//! Comments that mean something: suppressions, and the source that `helm template` names.

use canpull_syntax::yaml::Layout;
use canpull_syntax::{Parsed, TextRange, to_offset};

use crate::fact::{FileFacts, IgnoredRule, InlineIgnore};

/// What opens a suppression, behind the `#`.
const IGNORE: &str = "canpull: ignore[";

/// Takes the comments `# canpull: ignore[rule-id, other-id] reason`.
pub(super) fn ignores(text: &str, parsed: &Parsed<'_>, facts: &mut FileFacts) {
    // Most files have none.
    if !text.contains(IGNORE) {
        return;
    }
    for &range in parsed.tree.comments() {
        let removal = Layout::new(text, parsed.tree.comments()).comment_removal(range);
        if let Some(ignore) = ignore(text, range, Some(removal), facts) {
            facts.ignores.push(ignore);
        }
    }
}

/// Takes the same comments from a script, whatever its language: they begin at a `#`.
pub(super) fn in_script(text: &str, facts: &mut FileFacts) {
    behind("#", text, facts);
}

/// Takes the same comments from code of a language where they begin at `//`.
pub(super) fn in_code(text: &str, facts: &mut FileFacts) {
    behind("//", text, facts);
}

/// Takes the same comments from code of a language where they begin at `#` or at `//`.
pub(super) fn in_either(text: &str, facts: &mut FileFacts) {
    behind("#", text, facts);
    behind("//", text, facts);
}

fn behind(opener: &str, text: &str, facts: &mut FileFacts) {
    for (at, _) in text.match_indices(IGNORE) {
        let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let Some(mark) = text.get(line..at).and_then(|before| before.rfind(opener)) else { continue };
        let start = line + mark;
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let range = TextRange::new(to_offset(start), to_offset(start + length));
        // Behind something else on the line, it may be a part of a string.
        let layout = Layout::new(text, &[]);
        let removal = layout.stands_alone(range).then(|| layout.comment_removal(range));
        if let Some(ignore) = ignore(text, range, removal, facts) {
            facts.ignores.push(ignore);
        }
    }
}

/// What to delete so that one of several words is gone, with what stands between it and the next; `whole` where it is the
/// only one.
pub(super) fn removals(words: &[TextRange], whole: Option<TextRange>) -> Vec<Option<TextRange>> {
    let removal = |(at, word): (usize, &TextRange)| {
        let next = words.get(at + 1).map(|next| TextRange::new(word.start, next.start));
        let last = || Some(TextRange::new(words.get(at.checked_sub(1)?)?.end, word.end));
        if words.len() == 1 { whole } else { next.or_else(last) }
    };
    words.iter().enumerate().map(removal).collect()
}

fn ignore(text: &str, range: TextRange, removal: Option<TextRange>, facts: &FileFacts) -> Option<InlineIgnore> {
    let comment = range.slice(text);
    let inner = comment.trim_start_matches(['#', '/']).trim_start().strip_prefix(IGNORE)?;
    let (ids, reason) = inner.split_once(']')?;
    let start = range.start + to_offset(comment.len() - inner.len());
    let (mut names, mut places) = (Vec::new(), Vec::new());
    let mut at = 0;
    for part in ids.split(',') {
        let id = part.trim();
        if !id.is_empty() {
            let from = start + to_offset(at + part.len() - part.trim_start().len());
            names.push(id);
            places.push(TextRange::new(from, from + to_offset(id.len())));
        }
        at += part.len() + 1;
    }
    let rule = |((id, range), removal): ((&str, TextRange), Option<TextRange>)| IgnoredRule {
        id: id.to_owned(),
        range,
        removal,
    };
    let removals = removals(&places, removal);
    let rules = names.into_iter().zip(places).zip(removals).map(rule).collect();
    let before = text.get(..range.start as usize)?;
    let alone = before.rsplit(['\n', '\r']).next().is_none_or(|line| line.trim().is_empty());
    let line = facts.lines.position(range.start).line;
    Some(InlineIgnore {
        rules,
        reason: reason.trim().to_owned(),
        range,
        first_line: line,
        last_line: if alone { line + 1 } else { line },
    })
}

/// The `# Source: chart/templates/x.yaml` comments of a rendered chart, each with its place.
pub(super) fn helm_sources<'t>(text: &'t str, parsed: &Parsed<'_>) -> Vec<(u32, &'t str)> {
    if !text.contains("# Source: ") {
        return Vec::new();
    }
    let sources = parsed.tree.comments().iter().filter_map(|range| {
        let source = range.slice(text).strip_prefix("# Source: ")?.trim_end();
        // A web address or a remark behind the same words names no chart.
        let in_chart = ["/templates/", "/crds/", "/charts/"].iter().any(|folder| source.contains(folder));
        (in_chart && !source.contains("://") && !source.contains(char::is_whitespace)).then_some((range.start, source))
    });
    sources.collect()
}
