//! Splits a stream into documents before any of them is parsed, as Kubernetes does.

use crate::text::{TextRange, to_offset};

/// A document's bytes.
pub(super) struct Chunk {
    pub(super) range: TextRange,
    /// Text after the `---` in front of it, which Kubernetes refuses.
    pub(super) bad_separator: Option<TextRange>,
}

/// YAML is split at every line that starts with `---`, whatever it stands in; JSON is one value after the other.
pub(super) fn chunks(source: &str) -> Vec<Chunk> {
    if source.trim_start().starts_with(['{', '[']) {
        return json_chunks(source);
    }
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut bad_separator = None;
    let mut line_start = 0;
    for line in source.split_inclusive('\n') {
        let line_end = line_start + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            push(&mut chunks, start, line_start, bad_separator.take());
            let rest_start = line_start + 3;
            let text = rest.trim();
            if !(text.is_empty() || text.starts_with('#')) {
                bad_separator =
                    Some(TextRange::new(to_offset(rest_start), to_offset(rest_start + rest.trim_end().len())));
            }
            // A comment behind the separator belongs to the document: it may suppress a finding.
            start = if text.starts_with('#') { rest_start } else { line_end };
        }
        line_start = line_end;
    }
    push(&mut chunks, start, source.len(), bad_separator);
    chunks
}

fn push(chunks: &mut Vec<Chunk>, start: usize, end: usize, bad_separator: Option<TextRange>) {
    if start < end || bad_separator.is_some() {
        chunks.push(Chunk { range: TextRange::new(to_offset(start), to_offset(end)), bad_separator });
    }
}

/// Top-level JSON values end where their brackets close.
fn json_chunks(source: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut start, mut depth, mut in_string, mut escaped) = (0, 0usize, false, false);
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                // Only another value of the same sort makes a stream; anything else is left to the parser to refuse.
                if depth == 0 && source.get(at + 1..).is_some_and(starts_value) {
                    push(&mut chunks, start, at + 1, None);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    push(&mut chunks, start, source.len(), None);
    chunks
}

fn starts_value(rest: &str) -> bool {
    rest.trim_start().starts_with(['{', '['])
}
