//! A value in the body of a resource: what each language brings its own of.

use canpull_syntax::{Span, TextRange};

use super::time::seconds;
use crate::fact::azure::{PrincipalRef, ResourceRef};
use crate::fact::grant::RoleRef;
use crate::fact::{Field, Why};
use crate::placeholder;

/// A value, with the expressions of its language resolved as far as its reader can.
pub(crate) trait Value: Copy {
    /// Where it stands.
    fn span(self) -> Span;

    /// Whether it is `null`, which is as good as not written.
    fn is_null(self) -> bool;

    /// A map's keys and values in order of writing; nothing of anything else.
    fn entries(self) -> Vec<(Self, Self)>;

    /// What it may be; itself where that is settled.
    fn options(self) -> Vec<Self> {
        vec![self]
    }

    /// A list's items; `None` of anything else.
    fn list(self) -> Option<Vec<Self>>;

    /// A list's items; nothing of anything else.
    fn items(self) -> Vec<Self> {
        self.list().unwrap_or_default()
    }

    /// A text as it stands.
    fn written(self) -> Field<String>;

    /// A truth value.
    fn flag(self) -> Field<bool>;

    /// The value of a key, in any case of letters: `azureADAuthenticationAsArmPolicy` has several spellings. Of several
    /// the last counts.
    fn get(self, key: &str) -> Option<Self> {
        let fits = |own: &Self| own.written().text().is_some_and(|own| own.eq_ignore_ascii_case(key));
        self.entries().into_iter().rev().find(|(own, _)| fits(own)).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys, unless it is `null`.
    fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |value, key| value.get(key)).filter(|value| !value.is_null())
    }

    /// A text without placeholders.
    fn text(self) -> Field<String> {
        match self.written() {
            Field::Known(text, span) if placeholder::find(&text).is_some() => Field::Unknown(Why::Placeholder, span),
            field => field,
        }
    }

    /// Whom it means.
    fn principal(self) -> PrincipalRef {
        match self.text() {
            Field::Known(text, span) => PrincipalRef::Written(text, span),
            Field::Unknown(why, span) => PrincipalRef::Unknown(why, span),
            Field::Absent(span) => PrincipalRef::Absent(span),
        }
    }

    /// The resource that its id means.
    fn resource(self) -> Field<ResourceRef> {
        match self.text() {
            Field::Known(id, span) if id.starts_with('/') => Field::Known(ResourceRef::from_id(&id, span), span),
            Field::Known(_, span) => Field::Unknown(Why::NotText, span),
            Field::Unknown(why, span) => Field::Unknown(why, span),
            Field::Absent(span) => Field::Absent(span),
        }
    }

    /// The role that it means.
    fn role(self) -> RoleRef {
        RoleRef { written: self.text(), symbol: None }
    }

    /// The name at the end of an id.
    fn last_segment(self) -> Field<String> {
        last_segment(self.text())
    }

    /// Where a key that is not written would stand.
    fn start(self) -> Span {
        let span = self.span();
        Span::new(span.file, TextRange::empty(span.range.start))
    }
}

/// What stands behind the last slash of a text.
pub(crate) fn last_segment(id: Field<String>) -> Field<String> {
    match id {
        Field::Known(id, span) => Field::Known(id.rsplit('/').next().unwrap_or(&id).to_owned(), span),
        field => field,
    }
}

/// Whether a text is a GUID.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    let fits = lengths.iter().all(|length| {
        parts.next().is_some_and(|part| part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    fits && parts.next().is_none()
}

/// An id in the directory. Who shares what Azure showed blots ids out, with zeros as well; what is left means nobody.
pub(crate) fn guid(field: Field<String>) -> Field<String> {
    match field {
        Field::Known(text, span) if !is_guid(&text) || text.bytes().all(|byte| matches!(byte, b'0' | b'-')) => {
            Field::Unknown(Why::Placeholder, span)
        }
        field => field,
    }
}

/// The texts of a list; Unknown where any of them is.
pub(super) fn texts<V: Value>(value: V) -> Field<Vec<String>> {
    let Some(items) = value.list() else { return Field::Unknown(Why::NotText, value.span()) };
    let mut known = Vec::new();
    for item in items {
        match item.text() {
            Field::Known(text, _) => known.push(text),
            Field::Unknown(why, span) => return Field::Unknown(why, span),
            Field::Absent(span) => return Field::Unknown(Why::NotText, span),
        }
    }
    Field::Known(known, value.span())
}

/// When the passwords or secrets of a list end, by the first of these keys that is written.
pub(crate) fn times<V: Value>(list: V, keys: &[&str]) -> Vec<Field<i64>> {
    let end = |item: &V| {
        let Some(value) = keys.iter().find_map(|key| item.at(&[key])) else { return Field::Absent(item.start()) };
        let text = value.text();
        match text.text().and_then(seconds) {
            Some(end) => Field::Known(end, value.span()),
            None => Field::Unknown(Why::NotText, value.span()),
        }
    };
    list.items().iter().map(end).collect()
}
