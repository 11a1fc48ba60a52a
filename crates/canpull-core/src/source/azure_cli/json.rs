//! Values of JSON and of the YAML that stands for it.

use canpull_syntax::{FileId, Kind, Node, Span};

use crate::fact::azure::PrincipalRef;
use crate::fact::{Field, Why};
use crate::lowering::{Value, guid};

/// A value of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<'t> {
    pub(super) node: Node<'t>,
    pub(super) file: FileId,
}

impl<'t> Json<'t> {
    const fn with(self, node: Node<'t>) -> Self {
        Self { node, ..self }
    }
}

impl Value for Json<'_> {
    fn span(self) -> Span {
        Span::new(self.file, self.node.range())
    }

    fn is_null(self) -> bool {
        self.node.is_null()
    }

    fn entries(self) -> Vec<(Self, Self)> {
        self.node.written_entries().map(|entry| (self.with(entry.key), self.with(entry.value))).collect()
    }

    fn list(self) -> Option<Vec<Self>> {
        (self.node.kind() == Kind::List).then(|| self.node.items().map(|item| self.with(item)).collect())
    }

    fn written(self) -> Field<String> {
        match self.node.as_str() {
            Some(text) if is_expression(&text) => Field::Unknown(Why::Placeholder, self.span()),
            Some(text) => Field::Known(text.into_owned(), self.span()),
            None if self.is_null() => Field::Absent(self.span()),
            None => Field::Unknown(Why::NotText, self.span()),
        }
    }

    fn flag(self) -> Field<bool> {
        match self.node.as_bool() {
            Some(flag) => Field::Known(flag, self.span()),
            None if self.is_null() => Field::Absent(self.span()),
            None => Field::Unknown(Why::NotText, self.span()),
        }
    }

    fn get(self, key: &str) -> Option<Self> {
        let entries = self.node.written_entries().filter(|entry| entry.name().eq_ignore_ascii_case(key));
        entries.last().map(|entry| self.with(entry.value))
    }

    /// Azure shows nothing but GUIDs here.
    fn principal(self) -> PrincipalRef {
        match guid(self.text()) {
            Field::Known(text, span) => PrincipalRef::Written(text, span),
            Field::Unknown(why, span) => PrincipalRef::Unknown(why, span),
            Field::Absent(span) => PrincipalRef::Absent(span),
        }
    }
}

/// Whether a text is an expression of a template that was filled in by nobody.
fn is_expression(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']') && !text.starts_with("[[")
}
