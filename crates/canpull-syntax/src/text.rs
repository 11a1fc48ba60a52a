//! Places in text: files, byte ranges, lines and columns, and decoding of bytes to text.

use std::borrow::Cow;

/// A file of the analysed project: its index in the sorted list of files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

impl FileId {
    /// The id of the file at `index`.
    pub fn at(index: usize) -> Self {
        Self(to_offset(index))
    }
}

/// A half-open range of bytes in a file's text as decoded to UTF-8, byte-order mark excluded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TextRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range from `start` up to `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty range at `at`.
    pub const fn empty(at: u32) -> Self {
        Self { start: at, end: at }
    }

    /// Whether nothing is covered.
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies wholly inside.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text covered, or nothing where the range does not fit `text`.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A range in one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub range: TextRange,
}

impl Span {
    /// The span of `range` in `file`.
    pub const fn new(file: FileId, range: TextRange) -> Self {
        Self { file, range }
    }
}

/// A place for people: line and column count from 1, the column in UTF-16 units; the offset in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 code units, from 1.
    pub column: u32,
    /// Byte offset in the decoded text.
    pub offset: u32,
}

/// Turns offsets into lines and columns after the text itself is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineIndex {
    line_starts: Vec<u32>,
    /// Offsets just after each character that takes more bytes than UTF-16 units, with the difference.
    wide: Vec<(u32, u8)>,
}

impl LineIndex {
    /// Indexes `text`. Lines end at LF, CRLF or a lone CR, as in YAML.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut line_starts = Vec::with_capacity(bytes.len() / 32 + 1);
        line_starts.push(0);
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let closes_pair = at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
            match line_starts.last_mut().filter(|_| closes_pair && bytes.get(at) == Some(&b'\n')) {
                Some(last) => *last = to_offset(at + 1),
                None => line_starts.push(to_offset(at + 1)),
            }
        }
        // Nearly every file is ASCII, which is soon seen.
        let wide = if text.is_ascii() { Vec::new() } else { wide_characters(bytes) };
        Self { line_starts, wide }
    }

    /// Where each line starts, the first at 0.
    pub fn starts(&self) -> &[u32] {
        &self.line_starts
    }

    /// Where `offset` is.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = line.checked_sub(1).and_then(|i| self.line_starts.get(i)).copied().unwrap_or(0);
        let from = self.wide.partition_point(|&(end, _)| end <= start);
        let saved: u32 = self
            .wide
            .iter()
            .skip(from)
            .take_while(|&&(end, _)| end <= offset)
            .map(|&(_, difference)| u32::from(difference))
            .sum();
        Position { line: to_offset(line.max(1)), column: (offset - start).saturating_sub(saved) + 1, offset }
    }
}

/// See [`LineIndex::wide`].
fn wide_characters(bytes: &[u8]) -> Vec<(u32, u8)> {
    let wide = |(at, byte): (usize, &u8)| match byte {
        0xC2..=0xDF => Some((to_offset(at + 2), 1)),
        0xE0..=0xEF => Some((to_offset(at + 3), 2)),
        0xF0..=0xF4 => Some((to_offset(at + 4), 2)),
        _ => None,
    };
    bytes.iter().enumerate().filter_map(wide).collect()
}

/// The lines of a text from an offset on, each with where it starts; they end behind their `\n`.
pub(crate) fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let rest = text.get(from..).unwrap_or_default();
    let breaks = memchr::memchr_iter(b'\n', rest.as_bytes()).map(|at| at + 1);
    let ends = breaks.chain((!rest.ends_with('\n')).then_some(rest.len()));
    let mut start = 0;
    ends.filter_map(move |end| {
        let line = rest.get(start..end).filter(|line| !line.is_empty())?;
        let at = from + start;
        start = end;
        Some((at, line))
    })
}

/// An offset or index as `u32`. Files over 4 GiB are never read, so saturation is unreachable.
pub fn to_offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Why bytes are not text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// The first byte of the raw file that does not decode.
    pub offset: u32,
    /// What is wrong, in a short sentence.
    pub message: String,
    /// The longest valid text before it, for line and column.
    pub before: String,
}

/// Decodes a file as `kubectl` does: UTF-8, or UTF-16 announced by its byte-order mark, which is dropped.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest, 3),
        _ => decode_utf8(bytes, 0),
    }
}

fn decode_utf8(bytes: &[u8], skipped: usize) -> Result<Cow<'_, str>, DecodeError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Err(DecodeError {
                offset: to_offset(skipped + error.valid_up_to()),
                message: if bytes.contains(&0) { "it is binary".into() } else { "invalid UTF-8".into() },
                before: String::from_utf8_lossy(valid).into_owned(),
            })
        }
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let mut text = String::with_capacity(bytes.len());
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    let mut read = 2usize;
    for decoded in char::decode_utf16(units) {
        let Ok(character) = decoded else {
            return Err(DecodeError { offset: to_offset(read), message: "invalid UTF-16".into(), before: text });
        };
        read += character.len_utf16() * 2;
        text.push(character);
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err(DecodeError {
            offset: to_offset(read),
            message: "UTF-16 text ends in half a character".into(),
            before: text,
        })
    }
}
/// A message is cut where it is longer, in bytes: what a file's author wrote into it may be of any length.
const LONGEST_MESSAGE: usize = 2000;

/// A message of bounded length.
pub fn brief(message: String) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message;
    }
    let end = message.floor_char_boundary(LONGEST_MESSAGE);
    // Copied, so that the long text is let go.
    format!("{}…", message.get(..end).unwrap_or_default())
}
