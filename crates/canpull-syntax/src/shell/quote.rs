//! Quotes, and where those end that nobody closed.

use super::cursor::Cursor;

/// What a look ahead from one place found.
#[derive(Clone, Copy)]
pub(super) struct QuoteEnd {
    from: usize,
    /// The closing quote, or the end of the text.
    to: usize,
    /// Where the quote ends although it is not closed: before a blank line.
    blank: Option<usize>,
}

/// Where the quote that opens at the cursor must end because nobody closed it: before the next blank line, where the
/// next quote of its kind opens rather than closes, or there is none. Each byte is looked at once only.
/// `escape` keeps a double quote from closing.
pub(super) fn unclosed(cursor: &Cursor<'_>, quote: u8, escape: u8, seen: &mut Option<QuoteEnd>) -> Option<usize> {
    let at = cursor.at;
    let end = match *seen {
        Some(end) if end.from <= at && at < end.to => end,
        _ => look_ahead(cursor, quote, escape),
    };
    *seen = Some(end);
    end.blank.filter(|&blank| blank > at)
}

fn look_ahead(cursor: &Cursor<'_>, quote: u8, escape: u8) -> QuoteEnd {
    let rest = cursor.rest();
    let mut blank = None;
    let mut line_is_blank = false;
    let mut line_end = 0;
    let mut nests = false;
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\n' => {
                if line_is_blank && blank.is_none() {
                    blank = Some(cursor.at + line_end);
                }
                if !line_is_blank {
                    line_end = at;
                }
                line_is_blank = true;
            }
            b' ' | b'\t' | b'\r' => {}
            _ if byte == quote => break,
            _ if byte == escape && quote == b'"' => {
                line_is_blank = false;
                at += 1;
            }
            _ => {
                line_is_blank = false;
                nests |= quote == b'"' && (byte == b'`' || byte == b'$' && rest.get(at + 1) == Some(&b'('));
            }
        }
        at += 1;
    }
    let closes = rest.get(at).is_some() && (nests || !opens(rest, at));
    QuoteEnd { from: cursor.at, to: cursor.at + at.min(rest.len()), blank: blank.filter(|_| !closes) }
}

/// Whether a quote looks as if it did not close: it stands behind a blank or `=` and before a letter, or is an
/// apostrophe between two.
fn opens(rest: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| rest.get(at)).copied().unwrap_or_default();
    let after = rest.get(at + 1).copied().unwrap_or_default();
    let apostrophe = rest.get(at) == Some(&b'\'') && before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
    apostrophe || matches!(before, b' ' | b'=') && after.is_ascii_alphanumeric()
}

/// Whether the quote at the cursor is an apostrophe, as in "don't" or "it's".
pub(super) fn is_apostrophe(cursor: &Cursor<'_>) -> bool {
    let rest = cursor.rest();
    let ending = ["s", "t", "d", "m", "re", "ll", "ve"].iter().find(|ending| {
        let after = rest.get(1..).unwrap_or_default();
        after.strip_prefix(ending.as_bytes()).is_some_and(|after| {
            after.first().is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'.' | b',' | b'!' | b'?' | b':'))
        })
    });
    let in_word = cursor.behind().is_some_and(|byte| byte.is_ascii_alphabetic());
    let line = rest.get(1..).unwrap_or_default().iter().take(400);
    ending.is_some() && in_word && !line.take_while(|&&byte| byte != b'\n').any(|&byte| byte == b'\'')
}
