//! What makes a finding the same one after lines have moved.

use std::collections::BTreeMap;

use canpull_syntax::{FileId, Span, TextRange, to_offset};

use super::{Input, SourceText, mask, place};

/// Characters of a line's hash, blanks not counted.
const WINDOW: usize = 100;
/// What stands for the end of the file in it.
const END: u16 = u16::MAX;

/// The hash of every line of a text with how many lines before have the same one, as GitHub's upload action computes
/// them: over the line's first hundred characters, those of later lines included. Where a secret is among them there is
/// none: a hash of few unknown characters gives them away.
pub(super) fn line_hashes(source: &SourceText, starts: &[u32]) -> Vec<Option<String>> {
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    let hash_of = |&start: &u32| {
        let (hash, range) = hash_from(source.text(), start);
        let count = seen.entry(hash).or_default();
        *count += 1;
        let first = source.masked().partition_point(|secret| secret.end <= range.start);
        let secret = source.masked().get(first).is_some_and(|secret| secret.start < range.end);
        (!secret).then(|| format!("{hash:x}:{count}"))
    };
    starts.iter().map(hash_of).collect()
}

/// The hash of the line that starts at `start`, and what it was computed from.
fn hash_from(text: &str, start: u32) -> (u64, TextRange) {
    let (mut hash, mut taken, mut behind_return) = (0u64, 0, false);
    let mut end = start;
    let mut units = [0; 2];
    for (at, character) in text.get(start as usize..).unwrap_or_default().char_indices() {
        if taken >= WINDOW {
            break;
        }
        let skipped = matches!(character, ' ' | '\t') || (behind_return && character == '\n');
        behind_return = character == '\r' && !skipped;
        if skipped {
            continue;
        }
        let character = if behind_return { '\n' } else { character };
        for unit in character.encode_utf16(&mut units).iter().take(WINDOW - taken) {
            hash = step(hash, *unit);
            taken += 1;
        }
        end = start + to_offset(at + character.len_utf8());
    }
    for at in taken..WINDOW {
        hash = step(hash, if at == taken { END } else { 0 });
    }
    (hash, TextRange::new(start, end))
}

fn step(hash: u64, unit: u16) -> u64 {
    hash.wrapping_mul(37).wrapping_add(u64::from(unit))
}

/// Hands out fingerprints of findings: from rule, path and masked line, and unique in one run.
#[derive(Default)]
pub(super) struct Fingerprints {
    given: BTreeMap<u64, u64>,
}

impl Fingerprints {
    /// The fingerprint of a finding of `rule` at `span`.
    pub(super) fn of(&mut self, input: &Input<'_>, rule: &str, span: Span) -> String {
        let path = place(input.report, span).path;
        let line = masked_line(input, span).unwrap_or_default();
        let own = digest([rule, path, line.trim()]);
        let before = self.given.entry(own).or_default();
        *before += 1;
        format!("{own:016x}{before:08x}")
    }
}

/// The line that `span` begins on, without what is secret of it.
fn masked_line(input: &Input<'_>, span: Span) -> Option<String> {
    let source = (input.text)(span.file)?;
    let line = line_range(input, span.file, span.range.start)?;
    Some(mask(line.slice(source.text()), line.start, source.masked()))
}

/// The line of a file that `offset` is on, its line break included.
pub(super) fn line_range(input: &Input<'_>, file: FileId, offset: u32) -> Option<TextRange> {
    let starts = input.report.files.get(file.0 as usize)?.lines.starts();
    let next = starts.partition_point(|&start| start <= offset);
    let start = starts.get(next.checked_sub(1)?)?;
    Some(TextRange::new(*start, starts.get(next).copied().unwrap_or(u32::MAX)))
}

/// FNV-1a: the same on every machine and in every release.
fn digest(parts: [&str; 3]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
