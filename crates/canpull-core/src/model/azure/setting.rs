//! Settings of a resource that several sources speak of.

use canpull_syntax::Span;

use crate::fact::Field;
use crate::fact::azure::Statement;

/// What the sources together say of one setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting<T> {
    /// They agree, or one changes what another made.
    Known(T, Vec<Span>),
    /// Written, but not resolvable, or in dispute.
    Open(Vec<Span>),
    /// No source tells.
    Unseen,
}

impl<T: Copy> Setting<T> {
    /// The value, where known.
    pub const fn known(&self) -> Option<T> {
        match self {
            Self::Known(value, _) => Some(*value),
            _ => None,
        }
    }

    /// Where it is told.
    pub fn spans(&self) -> &[Span] {
        match self {
            Self::Known(_, spans) | Self::Open(spans) => spans,
            Self::Unseen => &[],
        }
    }
}

/// Joins what several facts say. A change overrides what was made before it; the last change of a file holds. What is
/// left must agree.
pub(super) fn of<'a, T: Clone + PartialEq + 'a>(fields: impl Iterator<Item = (Statement, &'a Field<T>)>) -> Setting<T> {
    let mut told: Vec<(Statement, &Field<T>)> = fields.filter(|(_, field)| !field.is_absent()).collect();
    if told.iter().any(|(statement, _)| *statement == Statement::Changes) {
        told.retain(|(statement, _)| *statement != Statement::Makes);
    }
    let last_of_its_file = |index: usize| {
        let Some((statement, field)) = told.get(index) else { return false };
        let same = |(other, later): &(Statement, &Field<T>)| {
            other == statement && later.span().file == field.span().file && later.span() > field.span()
        };
        *statement != Statement::Changes || !told.iter().skip(index + 1).any(same)
    };
    let last: Vec<&Field<T>> =
        (0..told.len()).filter(|&index| last_of_its_file(index)).filter_map(|index| Some(told.get(index)?.1)).collect();
    let spans: Vec<Span> = last.iter().map(|field| field.span()).collect();
    match last.split_first() {
        None => Setting::Unseen,
        Some((Field::Known(value, _), rest)) if rest.iter().all(|field| field.known() == Some(value)) => {
            Setting::Known(value.clone(), spans)
        }
        Some(_) => Setting::Open(spans),
    }
}
