//! What an expression comes to: known, one of some values, or unknown; of a resource, which part of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use canpull_syntax::Span;

use super::instance::InstanceId;
use super::target::Target;
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceRef};
use crate::fact::grant::RoleRef;
use crate::fact::{Field, Why};
use crate::lowering::{Value, last_segment};
use crate::placeholder;

/// So many alternatives are kept; with more a value is unknown.
const MAX_ALTERNATIVES: usize = 8;

/// Longer texts are no names, ids or roles, in bytes.
pub(super) const MAX_LENGTH: usize = 4 << 10;

/// A value may be handed on so many times before its way is no longer kept.
const MAX_HOPS: usize = 8;

/// Where one of several objects is meant, so many of their keys are laid over one another, what these hold included.
const MAX_MERGED: usize = 1_000;

/// A value with the way that it came.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    /// What it is.
    pub(super) data: Data,
    /// Where it is written.
    pub(super) span: Span,
    /// Where it is handed on, the first place first: hardly ever anywhere.
    pub(super) hops: Vec<Span>,
    /// It does not rest on what a parameter is where nobody says otherwise.
    pub(super) firm: bool,
    /// Of a part of a resource: where the words begin that say which part, at the end of those that say which resource.
    pub(super) part_at: Option<u32>,
    /// Of a key: only some of the objects have it which its object may be.
    pub(super) optional: bool,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// `null`, or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text, parts of which may be open.
    Text(Rc<[Piece]>),
    /// Items.
    List(Rc<[Evaluated]>),
    /// Keys and values.
    Object(Rc<[(Evaluated, Evaluated)]>),
    /// A resource, or what stands at the end of a path in it.
    Resource(Rc<Target>, Path),
    /// A module.
    Module(InstanceId),
    /// What a module gives out, each in an object with its value where the flag is set, as ARM templates see it.
    Outputs(InstanceId, bool),
    /// One of these; what tells it from others, where something does.
    OneOf(Rc<[Evaluated]>, Option<Rc<str>>),
    /// Not known; what tells it from others, where something does.
    Open(Why, Option<Rc<str>>),
}

/// Keys from the outside in.
pub(super) type Path = Rc<[Box<str>]>;

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// Known.
    Text(Rc<str>),
    /// Not known.
    Open(Why, Option<Rc<str>>),
}

impl Data {
    /// Known text.
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_empty() { Self::Text(Rc::from([])) } else { Self::Text(Rc::from([Piece::Text(text.into())])) }
    }

    /// Known only once it runs.
    pub(super) const fn unknown() -> Self {
        Self::Open(Why::FilledAtRunTime, None)
    }

    /// Not known, but the same wherever this stands for it.
    pub(super) fn open(symbol: Option<String>) -> Self {
        Self::part_of_open(Why::Placeholder, symbol)
    }

    /// A part of what is not known.
    pub(super) fn part_of_open(why: Why, symbol: Option<String>) -> Self {
        Self::Open(why, symbol.filter(|symbol| symbol.len() <= MAX_LENGTH).map(Into::into))
    }

    /// A part of a resource.
    pub(super) fn part(target: Rc<Target>, path: &[&str]) -> Self {
        Self::Resource(target, path.iter().map(|key| Box::from(*key)).collect())
    }

    /// Pieces in a row, neighbours joined.
    pub(super) fn joined(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut all: Vec<Piece> = Vec::new();
        let mut length = 0;
        for piece in pieces {
            length += match &piece {
                Piece::Text(text) => text.len(),
                Piece::Open(_, symbol) => 16 + symbol.as_ref().map_or(0, |symbol| symbol.len()),
            };
            match (all.last_mut(), piece) {
                (Some(Piece::Text(before)), Piece::Text(text)) => *before = format!("{before}{text}").into(),
                (_, piece) => all.push(piece),
            }
            if length > MAX_LENGTH {
                return Self::unknown();
            }
        }
        match all.as_slice() {
            [Piece::Open(why, symbol)] => Self::Open(*why, symbol.clone()),
            _ => Self::Text(all.into()),
        }
    }

    /// Known text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(pieces) => match &**pieces {
                [] => Some(""),
                [Piece::Text(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The pieces of a text that it is or stands for; `None` of what is no text.
    pub(super) fn pieces(&self) -> Option<Vec<Piece>> {
        Some(match self {
            Self::Text(pieces) => pieces.to_vec(),
            Self::Bool(value) => vec![Piece::Text(if *value { "True" } else { "False" }.into())],
            Self::Number(number) => vec![Piece::Text(number.to_string().into())],
            Self::Open(why, symbol) => vec![Piece::Open(*why, symbol.clone())],
            Self::Resource(target, path) => match target.name() {
                // Whatever is in front of it, an id ends with type and name.
                Some(name) if is_role_id(target, path) => vec![
                    Piece::Open(Why::FilledAtRunTime, None),
                    Piece::Text(format!("/providers/{}/{name}", target.kind).into()),
                ],
                _ => vec![Piece::Open(Why::FilledAtRunTime, self.symbol().map(Into::into))],
            },
            Self::OneOf(_, symbol) => vec![Piece::Open(Why::FilledAtRunTime, symbol.clone())],
            Self::Null | Self::List(_) | Self::Object(_) | Self::Module(_) | Self::Outputs(..) => return None,
        })
    }

    /// What tells the value from others, as its author might write it; `None` where nothing does.
    pub(super) fn symbol(&self) -> Option<String> {
        match self {
            Self::Text(pieces) => symbol_of(pieces),
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Open(_, symbol) | Self::OneOf(_, symbol) => symbol.as_deref().map(str::to_owned),
            Self::Resource(target, path) => {
                let own = target.symbol()?;
                Some(path.iter().fold(own, |text, key| text + "." + key))
            }
            Self::Null | Self::List(_) | Self::Object(_) | Self::Module(_) | Self::Outputs(..) => None,
        }
    }
}

/// A text as its author might write it, where each of its parts can be told from others.
pub(super) fn symbol_of(pieces: &[Piece]) -> Option<String> {
    if let [Piece::Open(_, symbol)] = pieces {
        return symbol.as_deref().map(str::to_owned);
    }
    pieces.iter().try_fold(String::new(), |text, piece| match piece {
        Piece::Text(own) => Some(text + own),
        Piece::Open(_, symbol) => Some(format!("{text}${{{}}}", symbol.as_deref()?)),
    })
}

impl Evaluated {
    /// A value that is written here.
    pub(super) fn new(data: Data, span: Span) -> Self {
        Self { data, span, hops: Vec::new(), firm: true, part_at: None, optional: false }
    }

    /// Known only once it runs.
    pub(super) fn unknown(span: Span) -> Self {
        Self::new(Data::unknown(), span)
    }

    /// The same value in another form.
    pub(super) fn with(self, data: Data) -> Self {
        Self { data, ..self }
    }

    /// The same, handed on here.
    pub(super) fn through(mut self, span: Span) -> Self {
        if self.span != span && self.hops.len() < MAX_HOPS {
            self.hops.push(span);
        }
        self
    }

    /// The same under a name: where parts of it are open that nothing tells from others, they are those of that name.
    pub(super) fn known_as(self, name: &str) -> Self {
        let mut count = 0;
        let mut symbol = || {
            count += 1;
            let own = if count == 1 { name.to_owned() } else { format!("{name} {count}") };
            Some(own.into())
        };
        let data = match &self.data {
            Data::Open(why, None) => Data::Open(*why, symbol()),
            Data::OneOf(all, None) => Data::OneOf(Rc::clone(all), symbol()),
            Data::Text(pieces) if pieces.iter().any(|piece| matches!(piece, Piece::Open(_, None))) => {
                let named = pieces.iter().map(|piece| match piece {
                    Piece::Open(why, None) => Piece::Open(*why, symbol()),
                    piece => piece.clone(),
                });
                Data::Text(named.collect())
            }
            _ => return self,
        };
        self.with(data)
    }

    /// The same, as firm as what it depends on.
    pub(super) fn given(self, firm: bool) -> Self {
        Self { firm: self.firm && firm, ..self }
    }

    /// One of some values. Of objects an object of what each key may be.
    pub(super) fn one_of(all: impl IntoIterator<Item = Self>, span: Span) -> Self {
        Self::one_of_few(all, span, &mut { MAX_MERGED })
    }

    /// The same, of which no more than `left` keys may be laid over one another.
    fn one_of_few(all: impl IntoIterator<Item = Self>, span: Span, left: &mut usize) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for value in all {
            for own in value.alternatives() {
                // Twice open is open.
                let is_open = |own: &Data| matches!(own, Data::Open(_, None));
                let is_there =
                    |known: &Self| same(&known.data, &own.data) || (is_open(&known.data) && is_open(&own.data));
                if !flat.iter().any(is_there) {
                    flat.push(own.clone());
                }
            }
            if flat.len() > MAX_ALTERNATIVES {
                return Self::unknown(span);
            }
        }
        if let [_] = flat.as_slice() {
            return flat.pop().unwrap_or_else(|| Self::unknown(span));
        }
        let objects = flat.iter().all(|value| matches!(value.data, Data::Object(_) | Data::Null));
        if objects && flat.iter().any(|value| matches!(value.data, Data::Object(_))) {
            return Self::merged(&flat, span, left);
        }
        Self::new(Data::OneOf(flat.into(), None), span)
    }

    /// An object of what each key of some objects may be.
    fn merged(objects: &[Self], span: Span, left: &mut usize) -> Self {
        let count = objects.iter().map(|object| object.pairs().len()).sum();
        let Some(rest) = left.checked_sub(count) else { return Self::unknown(span) };
        *left = rest;
        // Keys in order, each with its value in every object that has it; of several the last counts.
        let mut entries: Vec<(&Self, Vec<Option<&Self>>)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (at, object) in objects.iter().enumerate() {
            for (key, value) in object.pairs() {
                let place = match key.data.symbol() {
                    Some(symbol) => *places.entry(symbol).or_insert(entries.len()),
                    None => entries.len(),
                };
                if place == entries.len() {
                    entries.push((key, vec![None; objects.len()]));
                }
                if let Some(own) = entries.get_mut(place).and_then(|(_, values)| values.get_mut(at)) {
                    *own = Some(value);
                }
            }
        }
        // What only some have is null in the others.
        let of = |value: Option<&Self>| value.cloned().unwrap_or_else(|| Self::new(Data::Null, span));
        let entries = entries.into_iter().map(|(key, values)| {
            let key = Self { optional: key.optional || values.iter().any(Option::is_none), ..key.clone() };
            (key, Self::one_of_few(values.into_iter().map(of), span, left))
        });
        Self::new(Data::Object(entries.collect()), span)
    }

    /// Keys and values of an object; of anything else none.
    pub(super) fn pairs(&self) -> &[(Self, Self)] {
        match &self.data {
            Data::Object(pairs) => pairs,
            _ => &[],
        }
    }

    /// What it is where it is anything.
    pub(super) fn if_present(&self) -> Self {
        let there: Vec<Self> =
            self.alternatives().iter().filter(|own| !matches!(own.data, Data::Null)).cloned().collect();
        if there.is_empty() { self.clone() } else { Self::one_of(there, self.span) }
    }

    /// Whether it is an object of which it is not known how many keys it has.
    pub(super) fn has_optional_keys(&self) -> bool {
        self.pairs().iter().any(|(key, _)| key.optional)
    }

    /// How many values it holds; of anything but lists and objects none.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::List(items) => items.len(),
            Data::Object(pairs) => pairs.len(),
            _ => 0,
        }
    }

    /// What it may be; itself where that is settled.
    pub(super) fn alternatives(&self) -> &[Self] {
        match &self.data {
            Data::OneOf(all, _) => all,
            _ => std::slice::from_ref(self),
        }
    }

    /// A truth value, with whether nothing can change it.
    pub(super) fn decided(&self) -> Option<(bool, bool)> {
        match &self.data {
            Data::Bool(value) => Some((*value, self.firm)),
            _ => None,
        }
    }

    /// Whether some of its keys are not known.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.data, Data::Open(..) | Data::OneOf(..) | Data::Resource(..) | Data::Module(_) | Data::Outputs(..))
    }

    /// The value of a key, in any case of letters. Of what is not known nothing is known.
    pub(super) fn key(&self, key: &str) -> Option<&Self> {
        if self.is_open() {
            return Some(self);
        }
        let pairs = self.pairs();
        let fits = |own: &Self| own.data.as_text().is_some_and(|own| own.eq_ignore_ascii_case(key));
        let found = pairs.iter().rev().find(|(own, _)| fits(own));
        // Where a key is not known it may be any.
        let open = || pairs.iter().find(|(own, _)| own.data.as_text().is_none());
        found.or_else(open).map(|(own, value)| if own.data.as_text().is_some() { value } else { own })
    }
}

/// Whether two values are known to be one.
pub(super) fn same(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::Null, Data::Null) => true,
        (Data::Bool(one), Data::Bool(other)) => one == other,
        (Data::Number(one), Data::Number(other)) => one == other,
        (Data::Text(one), Data::Text(other)) => one == other,
        (Data::Open(_, Some(one)), Data::Open(_, Some(other)))
        | (Data::OneOf(_, Some(one)), Data::OneOf(_, Some(other))) => one == other,
        (Data::Resource(one, path), Data::Resource(other, other_path)) => {
            path == other_path
                && (Rc::ptr_eq(one, other) || one.symbol().is_some_and(|own| other.symbol() == Some(own)))
        }
        (Data::List(one), Data::List(other)) => Rc::ptr_eq(one, other) || (one.is_empty() && other.is_empty()),
        (Data::Object(one), Data::Object(other)) => Rc::ptr_eq(one, other) || (one.is_empty() && other.is_empty()),
        _ => false,
    }
}

impl Value for &Evaluated {
    fn span(self) -> Span {
        self.span
    }

    fn is_null(self) -> bool {
        matches!(self.data, Data::Null)
    }

    fn entries(self) -> Vec<(Self, Self)> {
        self.pairs().iter().map(|(key, value)| (key, value)).collect()
    }

    fn options(self) -> Vec<Self> {
        self.alternatives().iter().collect()
    }

    fn list(self) -> Option<Vec<Self>> {
        match &self.data {
            Data::List(items) => Some(items.iter().collect()),
            _ => None,
        }
    }

    fn written(self) -> Field<String> {
        match &self.data {
            Data::Null => Field::Absent(self.span),
            Data::Text(_) => match self.data.as_text() {
                Some(text) => Field::Known(text.to_owned(), self.span),
                None => Field::Unknown(Why::Placeholder, self.span),
            },
            Data::Open(why, _) => Field::Unknown(*why, self.span),
            Data::Resource(..) | Data::Module(_) | Data::Outputs(..) | Data::OneOf(..) => {
                Field::Unknown(Why::FilledAtRunTime, self.span)
            }
            Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Object(_) => {
                Field::Unknown(Why::NotText, self.span)
            }
        }
    }

    fn flag(self) -> Field<bool> {
        match &self.data {
            Data::Bool(flag) => Field::Known(*flag, self.span),
            Data::Null => Field::Absent(self.span),
            _ => Field::Unknown(Why::Placeholder, self.span),
        }
    }

    fn get(self, key: &str) -> Option<Self> {
        self.key(key)
    }

    fn principal(self) -> PrincipalRef {
        match &self.data {
            Data::Resource(target, path) => {
                let path: Vec<&str> = path.iter().map(|key| &**key).collect();
                match target.principal(&path) {
                    Some((resource, attribute)) => PrincipalRef::Of { resource, attribute, span: self.span },
                    None => PrincipalRef::Unknown(Why::FilledAtRunTime, self.span),
                }
            }
            _ => match self.text() {
                Field::Known(text, span) => PrincipalRef::Written(text, span),
                Field::Unknown(why, span) => PrincipalRef::Unknown(why, span),
                Field::Absent(span) => PrincipalRef::Absent(span),
            },
        }
    }

    fn resource(self) -> Field<ResourceRef> {
        match &self.data {
            Data::Resource(target, path)
                if path.is_empty() || (path.len() == 1 && path.iter().any(|key| &**key == "id")) =>
            {
                Field::Known(ResourceRef { span: self.span, ..target.reference.clone() }, self.span)
            }
            _ => match self.text() {
                Field::Known(id, span) if id.starts_with('/') => Field::Known(ResourceRef::from_id(&id, span), span),
                Field::Known(_, span) => Field::Unknown(Why::NotText, span),
                Field::Unknown(why, span) => Field::Unknown(why, span),
                Field::Absent(span) => Field::Absent(span),
            },
        }
    }

    fn role(self) -> RoleRef {
        match &self.data {
            Data::Resource(target, path) if is_role(target, path) => {
                let symbol = target.reference.symbol.clone();
                let written = match target.name() {
                    Some(name) if placeholder::find(name).is_none() => Field::Known(name.to_owned(), self.span),
                    _ => Field::Unknown(Why::Placeholder, self.span),
                };
                RoleRef { written, symbol }
            }
            Data::Text(pieces) => {
                // `/subscriptions/…/roleDefinitions/<guid>`: the subscription may be open.
                let last = match &**pieces {
                    [_, .., Piece::Text(end)] => {
                        end.rsplit_once('/').map(|(_, last)| last).filter(|last| !last.is_empty())
                    }
                    _ => None,
                };
                let written = last.map_or_else(|| self.text(), |last| Field::Known(last.to_owned(), self.span));
                RoleRef { written, symbol: None }
            }
            _ => RoleRef { written: self.text(), symbol: None },
        }
    }

    fn last_segment(self) -> Field<String> {
        match &self.data {
            Data::Resource(target, _) => match target.name() {
                Some(name) => Field::Known(name.to_owned(), self.span),
                None => Field::Unknown(Why::Placeholder, self.span),
            },
            _ => last_segment(self.text()),
        }
    }
}

/// Which id of a resource stands at the end of a path, `properties` left out.
pub(super) fn attribute(target: &Target, path: &[&str]) -> Option<PrincipalAttribute> {
    let path = path.strip_prefix(&["properties"]).unwrap_or(path);
    let found = PrincipalAttribute::at(target.reference.kind, path);
    // Whatever else has an identity of its own is a principal too.
    let own = || (path == ["identity", "principalId"]).then_some(PrincipalAttribute::PrincipalId);
    found.or_else(own)
}

/// Whether a part of a resource is a role definition's id.
fn is_role_id(target: &Target, path: &Path) -> bool {
    let is_definition = target.kind.eq_ignore_ascii_case("Microsoft.Authorization/roleDefinitions");
    is_definition && path.iter().map(|key| &**key).eq(["id"])
}

/// Whether a part of a role definition tells which one it is.
fn is_role(target: &Target, path: &Path) -> bool {
    let path: Vec<&str> = path.iter().map(|key| &**key).collect();
    path.is_empty() || target.in_azure(&path).iter().any(|key| matches!(*key, "id" | "name"))
}
