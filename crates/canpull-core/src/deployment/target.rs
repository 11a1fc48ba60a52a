//! Resources that expressions mean: by type and name, by id, or by their place in a template.

use std::rc::Rc;

use canpull_syntax::Span;

use super::instance::InstanceId;
use super::value::{self, Data, Evaluated, Piece, symbol_of};
use crate::fact::azure::{PrincipalAttribute, ResourceKind, ResourceRef, kind_of, name_in};
use crate::fact::template::Words;
use crate::{lowering, placeholder};

const REGISTRY: &str = "microsoft.containerregistry/registries";

/// A resource that is meant.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its type.
    pub(super) kind: String,
    /// Which one. Of what belongs to a registry: that registry.
    pub(super) reference: ResourceRef,
    /// The names, from the outside in.
    pub(super) names: Vec<Vec<Piece>>,
    /// Where it is declared.
    pub(super) declared: Option<(InstanceId, usize)>,
    /// What its parts are called where it is declared.
    pub(super) words: Words,
    /// Where the last of its names is written, and nothing but that.
    pub(super) named_at: Option<Span>,
}

/// Where something is deployed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Place {
    /// The resource group, where told.
    pub(super) group: Option<String>,
    /// What stands for the resource group where its name is not known.
    pub(super) group_symbol: Option<String>,
    /// The subscription, where told.
    pub(super) subscription: Option<String>,
    /// What stands for the subscription where its id is not known.
    pub(super) subscription_symbol: Option<String>,
}

impl Place {
    /// A resource group by its name, which may be open, in some subscription.
    pub(super) fn group(name: &[Piece], subscription: Option<String>, root: &str) -> Self {
        let group = known(name);
        let symbol = || symbol_of(name).map(|symbol| format!("{root}:resourcegroups#{symbol}"));
        let group_symbol = if group.is_none() { symbol() } else { None };
        Self { group_symbol, group, subscription, subscription_symbol: None }
    }
}

impl Target {
    /// A resource by its type and names. `root` tells its symbols from those of other deployments.
    pub(super) fn new(kind: &str, mut names: Vec<Vec<Piece>>, place: &Place, root: &str, span: Span) -> Self {
        // Targets stay until all is evaluated: without room for more names.
        names.iter_mut().for_each(Vec::shrink_to_fit);
        names.shrink_to_fit();
        let lower = kind.to_ascii_lowercase();
        let is_part = is_below_registry(&lower) && names.len() > 1;
        let own_kind = if is_part { REGISTRY } else { lower.as_str() };
        let own_name = if is_part { names.first() } else { names.last() };
        // No registry has a blank in its name: somebody fills it in.
        let name = own_name.and_then(|name| known(name)).filter(|name| own_kind != REGISTRY || !name.contains(' '));
        let symbol = match (&name, own_name.and_then(|name| symbol_of(name))) {
            (None, Some(symbol)) => {
                let last = own_kind.rsplit('/').next().unwrap_or(own_kind);
                Some(format!("{root}:{last}#{symbol}"))
            }
            _ => None,
        };
        let reference = ResourceRef {
            name,
            symbol,
            group: place.group.clone(),
            group_symbol: place.group_symbol.clone(),
            subscription: place.subscription.clone(),
            subscription_symbol: place.subscription_symbol.clone(),
            ..ResourceRef::unknown(kind_of(own_kind), span)
        };
        Self { kind: kind.to_owned(), reference, names, declared: None, named_at: None, words: &[] }
    }

    /// A resource group, a subscription or what is above.
    pub(super) fn scope(kind: ResourceKind, place: &Place, root: &str, span: Span) -> Self {
        let (of_kind, name, symbol) = match kind {
            ResourceKind::ResourceGroup => {
                ("Microsoft.Resources/resourceGroups", &place.group, place.group_symbol.clone())
            }
            ResourceKind::Subscription => {
                ("Microsoft.Resources/subscriptions", &place.subscription, Some(format!("{root}#subscription()")))
            }
            _ => ("Microsoft.Management/managementGroups", &None, Some(format!("{root}#managementGroup()"))),
        };
        let reference = ResourceRef {
            name: name.clone(),
            group: place.group.clone().filter(|_| kind == ResourceKind::ResourceGroup),
            subscription: place.subscription.clone(),
            subscription_symbol: place.subscription_symbol.clone(),
            symbol: symbol.filter(|_| name.is_none()),
            ..ResourceRef::unknown(kind, span)
        };
        let names = name.iter().map(|name| vec![Piece::Text(name.as_str().into())]).collect();
        Self { kind: of_kind.to_owned(), reference, names, declared: None, named_at: None, words: &[] }
    }

    /// Whether it belongs to a registry.
    pub(super) fn is_below_registry(&self) -> bool {
        is_below_registry(&self.kind.to_ascii_lowercase())
    }

    /// Where what is in it is, or beside it where it is no resource group.
    pub(super) fn place(&self) -> Place {
        let own = &self.reference;
        let is_group = own.kind == ResourceKind::ResourceGroup;
        let (group, group_symbol) = if is_group {
            (own.name.clone().or_else(|| own.group.clone()), own.symbol.clone())
        } else {
            (own.group.clone(), own.group_symbol.clone())
        };
        let (subscription, subscription_symbol) = (own.subscription.clone(), own.subscription_symbol.clone());
        Place { group, group_symbol, subscription, subscription_symbol }
    }

    /// Where what is in a scope is, by whatever tells which scope is meant.
    pub(super) fn place_of(scope: &Evaluated, root: &str) -> Place {
        match &scope.data {
            Data::Resource(target, _) => target.place(),
            Data::Text(id) => Self::by_id(id, root, scope.span).map(|own| own.place()).unwrap_or_default(),
            _ => Place::default(),
        }
    }

    /// The last of its names, where known.
    pub(super) fn name(&self) -> Option<&str> {
        match self.names.last()?.as_slice() {
            [Piece::Text(name)] => Some(name),
            _ => None,
        }
    }

    /// The last of its names as a value.
    pub(super) fn name_value(&self, span: Span) -> Evaluated {
        let data = self.names.last().map_or_else(Data::unknown, |name| Data::joined(name.iter().cloned()));
        Evaluated::new(data, span)
    }

    /// What tells it from others, as its author might write it.
    pub(super) fn symbol(&self) -> Option<String> {
        let last = self.kind.rsplit('/').next().unwrap_or(&self.kind);
        let names: Option<Vec<String>> = self.names.iter().map(|name| symbol_of(name)).collect();
        match names {
            Some(names) if !names.is_empty() => Some(format!("{last}({})", names.join(", "))),
            // Of what has no name its own symbol, without the deployment's.
            _ => self.reference.symbol.as_deref().map(|own| name_in(own).to_owned()),
        }
    }

    /// Which id of it stands at the end of a path.
    pub(super) fn principal(&self, path: &[&str]) -> Option<(ResourceRef, PrincipalAttribute)> {
        let attribute = value::attribute(self, &self.in_azure(path))?;
        (!self.reference.is_open()).then(|| (self.reference.clone(), attribute))
    }

    /// A path as Azure calls it.
    pub(super) fn in_azure<'p>(&self, path: &[&'p str]) -> Vec<&'p str> {
        // What `azapi` shows of a resource is what Azure shows.
        let path = path.strip_prefix(&["output"]).unwrap_or(path);
        let keys = |written: &'static str| written.split('.').map(|key| key.trim_end_matches("[0]"));
        let fits = |(own, _): &&(&'static str, &'static str)| keys(own).eq(path.iter().copied());
        match self.words.iter().find(fits) {
            Some((_, azure)) => azure.split('.').collect(),
            None => path.to_vec(),
        }
    }

    /// What a part is called where the resource is declared.
    pub(super) fn in_its_words(&self, azure: &str) -> Option<&'static str> {
        self.words.iter().find(|(_, own)| *own == azure).map(|(own, _)| *own)
    }

    /// A resource by its id, of which parts may be open: `/subscriptions/…/providers/<type>/<name>`; the last provider
    /// counts, as in the ids of what is set upon others.
    pub(super) fn by_id(pieces: &[Piece], root: &str, span: Span) -> Option<Rc<Self>> {
        let segments = segments(pieces);
        let is =
            |segment: &[Piece], word: &str| matches!(segment, [Piece::Text(own)] if own.eq_ignore_ascii_case(word));
        let after = |word: &str| {
            let at = segments.iter().position(|segment| is(segment, word))?;
            segments.get(at + 1)
        };
        let text = |segment: Option<&Vec<Piece>>| segment.and_then(|segment| known(segment));
        let subscription = text(after("subscriptions"));
        let symbol = after("subscriptions").filter(|_| subscription.is_none()).and_then(|own| symbol_of(own));
        // That of the deployment itself goes without saying.
        let symbol = symbol.filter(|symbol| symbol != "subscription().subscriptionId");
        let place = match after("resourceGroups") {
            Some(group) => Place::group(group, subscription, root),
            None => Place { subscription, ..Place::default() },
        };
        let place = Place { subscription_symbol: symbol.map(|symbol| format!("{root}#{symbol}")), ..place };
        let provider = segments.iter().rposition(|segment| is(segment, "providers"));
        let Some(of_type) = provider.map(|at| segments.get(at + 1..).unwrap_or_default()) else {
            let kind = match (after("resourceGroups"), after("subscriptions")) {
                (Some(_), _) => ResourceKind::ResourceGroup,
                (None, Some(_)) => ResourceKind::Subscription,
                (None, None) => return None,
            };
            return Some(Rc::new(Self::scope(kind, &place, root, span)));
        };
        Self::by_type(of_type, &place, root, span).map(Rc::new)
    }

    /// A resource by the segments behind `providers/`: a namespace, then types and names in turn.
    pub(super) fn by_type(segments: &[Vec<Piece>], place: &Place, root: &str, span: Span) -> Option<Self> {
        let (namespace, rest) = segments.split_first()?;
        let mut kind = known(namespace)?;
        for own in rest.iter().step_by(2) {
            kind = format!("{kind}/{}", known(own)?);
        }
        let names: Vec<Vec<Piece>> = rest.iter().skip(1).step_by(2).cloned().collect();
        (!names.is_empty()).then(|| Self::new(&kind, names, place, root, span))
    }
}

/// Whether what is of a kind, in lower case, belongs to a registry.
fn is_below_registry(kind: &str) -> bool {
    kind.strip_prefix(REGISTRY).is_some_and(|rest| rest.starts_with('/'))
}

/// A text of which all is known and nothing a placeholder.
fn known(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [Piece::Text(text)] if placeholder::find(text).is_none() => Some(text.to_string()),
        _ => None,
    }
}

fn known_text(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::Open(..) => None,
    }
}

/// The parts of a text between slashes; empty ones are left out.
pub(super) fn segments(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    lowering::segments(pieces, known_text, |text| Piece::Text(text.into()))
}
