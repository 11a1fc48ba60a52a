//! Namespaces: written, left to deploy time, or not resolvable.

use canpull_syntax::Span;

use crate::config::Declared;
use crate::fact::Field;
use crate::glob;
use crate::proof::Truth;

/// A namespace as far as the sources tell.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Namespace {
    /// Written out.
    Written(String),
    /// Left out: given at deploy time, the same for all that leave it out.
    LeftOut,
    /// A placeholder, or one of many.
    Unknown,
}

impl Namespace {
    /// From a manifest's field.
    pub fn from_field(field: &Field<String>) -> Self {
        match field {
            Field::Known(name, _) if name.is_empty() => Self::LeftOut,
            Field::Known(name, _) => Self::Written(name.clone()),
            Field::Unknown(..) => Self::Unknown,
            Field::Absent(_) => Self::LeftOut,
        }
    }

    /// Whether two objects are in the same namespace.
    pub fn same(&self, other: &Self) -> Truth {
        match (self, other) {
            (Self::Written(a), Self::Written(b)) => Truth::from(a == b),
            (Self::LeftOut, Self::LeftOut) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }

    /// The declaration that an object of this name is made elsewhere, in this namespace or in one that may be it.
    pub fn declared(&self, globs: &[Declared<String>], name: &str) -> Option<(Truth, Span)> {
        // One that is given at deploy time certainly satisfies no glob but `*`.
        let namespace = self.written();
        let here =
            globs.iter().find(|declared| glob::matches_object(&declared.value, namespace.unwrap_or_default(), name));
        let maybe = || globs.iter().find(|declared| namespace.is_none() && glob::matches_name(&declared.value, name));
        let sure = here.map(|declared| (Truth::Yes, declared.span));
        sure.or_else(|| maybe().map(|declared| (Truth::Unknown, declared.span)))
    }

    /// The name, where written.
    pub fn written(&self) -> Option<&str> {
        match self {
            Self::Written(name) => Some(name),
            _ => None,
        }
    }

    /// For messages: `namespace shop`, or what is known of it.
    pub fn describe(&self) -> String {
        match self {
            Self::Written(name) => format!("namespace `{name}`"),
            Self::LeftOut => "the namespace given at deploy time".into(),
            Self::Unknown => "a namespace that is not resolvable".into(),
        }
    }
}
