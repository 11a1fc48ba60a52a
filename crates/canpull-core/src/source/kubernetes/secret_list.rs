//! Lists of pull secrets, in the shape that Kubernetes demands and in those that custom resources use.

use canpull_syntax::{Kind, Node};

use super::object::{Reader, is_placeholder, is_template};
use crate::fact::{Field, SecretList, SecretRef, Why};

/// How a custom resource names pull secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A list of `{name}`, as in a pod spec.
    Names,
    /// A list of strings.
    Strings,
    /// One string.
    Text,
    /// One `{name}`, further keys ignored.
    Name,
}

/// `imagePullSecrets` of a pod spec or a service account.
pub(super) fn read(reader: &Reader<'_>, map: Node<'_>) -> SecretList {
    map.get("imagePullSecrets").map_or_else(|| SecretList::Empty(reader.start_of(map)), |list| of(reader, list))
}

/// What stands there.
pub(super) fn of(reader: &Reader<'_>, list: Node<'_>) -> SecretList {
    let span = reader.span(list);
    match list.kind() {
        Kind::Opaque => SecretList::Unknown(Why::NotText, span),
        Kind::Scalar if list.is_null() => SecretList::Empty(span),
        _ if is_placeholder(list) => SecretList::Unknown(Why::Placeholder, span),
        // What fills the place may be any number of entries.
        Kind::List if list.items().any(is_placeholder) => SecretList::Unknown(Why::Placeholder, span),
        Kind::List => {
            let refused = list.items().any(|item| match item.kind() {
                Kind::Scalar => !item.is_null(),
                kind => kind == Kind::List,
            });
            let entries: Vec<SecretRef> = list.items().map(|item| entry(reader, item)).collect();
            match entries.is_empty() {
                true => SecretList::Empty(span),
                false if refused => SecretList::Refused(entries, span),
                false => SecretList::Entries(entries, span),
            }
        }
        // Names are read all the same: they say what was meant.
        Kind::Scalar | Kind::Map => {
            SecretList::Refused(vec![entry(reader, list)].into_iter().filter(is_named).collect(), span)
        }
    }
}

fn is_named(entry: &SecretRef) -> bool {
    entry.name.text().is_none_or(|name| !name.is_empty())
}

/// One entry: `{name: x}`, or a bare string where there should be one.
pub(super) fn entry(reader: &Reader<'_>, item: Node<'_>) -> SecretRef {
    let span = reader.span(item);
    let name = match item.kind() {
        Kind::Map if is_template(item) => Field::Unknown(Why::Placeholder, span),
        Kind::Map => reader.field(item, "name"),
        Kind::Scalar => reader.string(item),
        Kind::List | Kind::Opaque => Field::Unknown(Why::NotText, span),
    };
    let name = if name.is_absent() { Field::Known(String::new(), name.span()) } else { name };
    SecretRef { name, span }
}

/// A pull-secret field of a custom resource. What does not have the shape is Unknown: the schema at hand may be of
/// another version.
pub(super) fn shaped(reader: &Reader<'_>, value: Node<'_>, shape: Shape) -> SecretList {
    let span = reader.span(value);
    if value.is_null() {
        return SecretList::Empty(span);
    }
    if is_placeholder(value) {
        return SecretList::Unknown(Why::Placeholder, span);
    }
    let items: Vec<Node<'_>> = match (shape, value.kind()) {
        (Shape::Names | Shape::Strings, Kind::List) => value.items().collect(),
        (Shape::Text, Kind::Scalar) | (Shape::Name, Kind::Map) => vec![value],
        _ => return SecretList::Unknown(Why::NotText, span),
    };
    let item_kind = if matches!(shape, Shape::Strings | Shape::Text) { Kind::Scalar } else { Kind::Map };
    if items.iter().any(|item| item.kind() != item_kind && !is_template(*item)) {
        return SecretList::Unknown(Why::NotText, span);
    }
    let entries: Vec<SecretRef> = items.into_iter().map(|item| entry(reader, item)).filter(is_named).collect();
    if entries.is_empty() { SecretList::Empty(span) } else { SecretList::Entries(entries, span) }
}
