//! A text of an expression. Most are short keys and values, which stand in place: templates hold very many of them.

use std::borrow::Cow;
use std::ops::Deref;

/// So many bytes stand in place.
const SHORT: usize = 22;

/// A text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Kept);

/// How a text is kept, which its length alone decides.
#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// In place; behind its length all bytes are zero.
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kept::Short(length, bytes) => {
                let bytes = bytes.get(..usize::from(*length)).unwrap_or_default();
                str::from_utf8(bytes).unwrap_or_default()
            }
            Kept::Long(text) => text,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        Self(match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(own), Ok(length)) => {
                own.copy_from_slice(text.as_bytes());
                Kept::Short(length, bytes)
            }
            _ => Kept::Long(text.into()),
        })
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        text.as_ref().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Text> for Box<str> {
    fn from(text: Text) -> Self {
        match text.0 {
            Kept::Short(..) => (*text).into(),
            Kept::Long(text) => text,
        }
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{SHORT, Text};

    #[test]
    fn texts_of_any_length_stay_as_they_are() {
        for length in 0..2 * SHORT {
            let text = "ä".repeat(length) + "b";
            assert_eq!(*Text::from(text.as_str()), *text);
            assert_eq!(*Box::<str>::from(Text::from(text.as_str())), *text);
        }
    }
}
