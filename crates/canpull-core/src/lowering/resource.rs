//! A typed resource, as its reader fills it in.

use canpull_syntax::Span;

use super::Value;
use crate::fact::azure::{ResourceRef, Statement};
use crate::fact::grant::{LooseName, PullerInstead};
use crate::fact::{Field, Why};

/// A resource of Azure.
#[derive(Clone, Debug)]
pub(crate) struct Resource<V> {
    /// `Microsoft.ContainerRegistry/registries`, in any case of letters.
    pub(crate) kind: String,
    /// Which one. Of a token, a scope map or an endpoint: the registry that it belongs to.
    pub(crate) reference: ResourceRef,
    /// The last part of its name.
    pub(crate) name: Field<String>,
    /// Where a role or deny assignment applies.
    pub(crate) scope: Field<ResourceRef>,
    /// How the source comes to state it.
    pub(crate) statement: Statement,
    /// Its map, with properties below `properties` or beside the name.
    pub(crate) body: V,
    /// Under a condition: it may not be made.
    pub(crate) maybe: bool,
    /// Of a role assignment: what its reader knows beside what it states.
    pub(crate) amends: Amends,
}

/// What a reader knows of how a role assignment is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amends {
    /// Where its name is made from a seed that leaves out the principal.
    pub(crate) name_without_principal: Option<LooseName>,
    /// Where the principal is handed on.
    pub(crate) principal_via: Vec<Span>,
    /// The `principalType` of whom it is for, if that is a person or a group, and where it is written.
    pub(crate) member: Option<(&'static str, Span)>,
    /// The edit that would make it what pulls in the cluster.
    pub(crate) puller_instead: Option<PullerInstead>,
    /// The edit that would tell the principal's type.
    pub(crate) with_type: Option<(Span, String)>,
    /// The edit that would give the only registry beside it as its scope.
    pub(crate) with_scope: Option<(Span, String)>,
    /// Where the role's name or GUID is written out, and nothing but that.
    pub(crate) role_at: Option<Span>,
}

impl<V: Value> Resource<V> {
    /// Where the whole is written.
    pub(super) fn span(&self) -> Span {
        self.body.span()
    }

    /// A property that is written and not `null`.
    pub(super) fn property(&self, path: &[&str]) -> Option<V> {
        let nested = self.body.get("properties").and_then(|properties| properties.at(path));
        nested.or_else(|| self.body.at(path))
    }

    /// Where a property that is not written would stand.
    pub(super) fn home(&self) -> Span {
        self.body.at(&["properties"]).unwrap_or(self.body).start()
    }

    /// A property, read in some way.
    pub(super) fn field<T>(&self, path: &[&str], read: impl FnOnce(V) -> Field<T>) -> Field<T> {
        self.property(path).map_or_else(|| Field::Absent(self.home()), read)
    }

    /// A property that is a text.
    pub(super) fn text(&self, path: &[&str]) -> Field<String> {
        self.field(path, Value::text)
    }

    /// A property that is a truth value.
    pub(super) fn flag(&self, path: &[&str]) -> Field<bool> {
        self.field(path, Value::flag)
    }

    /// A property that is one of some words, in any case of letters.
    pub(super) fn choice<T: Copy>(&self, path: &[&str], choices: &[(&str, T)]) -> Field<T> {
        self.field(path, |value| choice(value, choices))
    }

    /// The items of a property that is a list.
    pub(super) fn items(&self, path: &[&str]) -> Vec<V> {
        self.property(path).map(Value::items).unwrap_or_default()
    }
}

/// What a word stands for.
pub(super) fn choice<V: Value, T: Copy>(value: V, choices: &[(&str, T)]) -> Field<T> {
    match value.text() {
        Field::Known(text, span) => {
            let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text));
            found.map_or(Field::Unknown(Why::NotText, span), |(_, meaning)| Field::Known(*meaning, span))
        }
        Field::Unknown(why, span) => Field::Unknown(why, span),
        Field::Absent(span) => Field::Absent(span),
    }
}
