//! The functions of Bicep, of ARM templates and of Terraform.

mod hcl;
mod json;
mod lambda;
mod list;
mod load;

use std::rc::Rc;

use canpull_syntax::Span;
use canpull_syntax::expression::{Expression, Operator};

use super::Evaluator;
use super::instance::Env;
use super::operate::{coalesce, concat, logic, operate};
use super::target::{Place, Target, segments};
use super::value::{Data, Evaluated, Piece, same};
use crate::fact::azure::ResourceKind;
use crate::fact::template::{CONFIG_VALUE, OBJECT, PLACEHOLDER};

const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

impl<'f> Evaluator<'f> {
    /// What a function makes of its arguments.
    pub(super) fn call(&self, function: &str, arguments: &'f [Expression], env: &Env<'f>, span: Span) -> Evaluated {
        if env.instance.unit.is_terraform {
            return self.call_of_terraform(function, arguments, env, span);
        }
        let called = function;
        let function = function.to_ascii_lowercase();
        let own = || self.call_of_template(&function, arguments, env);
        if let Some(found) = self.call_with_lambda(&function, arguments, env, span).or_else(own) {
            return found;
        }
        let all: Vec<Evaluated> = arguments.iter().map(|own| self.evaluate(own, env)).collect();
        let firm = all.iter().all(|own| own.firm);
        let new = |data: Data| Evaluated::new(data, span).given(firm);
        let first = all.first();
        let text = first.and_then(|own| own.data.as_text());
        match function.as_str() {
            "parameters" | "variables" => {
                let Some(name) = text.map(str::to_ascii_lowercase) else { return Evaluated::unknown(span) };
                // Those of a function that the template defines.
                let own = env.local(&format!("parameters({name})")).filter(|_| function == "parameters");
                let found = if own.is_some() {
                    own.cloned()
                } else if function == "parameters" {
                    self.parameter(&env.instance, &name)
                } else {
                    self.variable(&env.instance, &name)
                };
                found.map_or_else(|| Evaluated::unknown(span), |found| found.through(span))
            }
            OBJECT => self.resource_of(&all, env, span),
            CONFIG_VALUE => text.map_or_else(|| Evaluated::unknown(span), |key| self.config_value(key, env, span)),
            PLACEHOLDER => new(Data::open(text.map(str::to_owned))),
            "lambdavariables" => {
                let found = text.and_then(|name| env.local(&name.to_ascii_lowercase()));
                found.map_or_else(|| Evaluated::unknown(span), |found| found.clone().through(span))
            }
            "copyindex" => copy_index(&all, env, span),
            "reference" => self.reference(&all, env, span),
            "resourceid" | "subscriptionresourceid" | "tenantresourceid" | "managementgroupresourceid" => {
                resource_id(&function, &all, env, span)
            }
            "extensionresourceid" => {
                let Some(kind) = all.get(1).and_then(|own| own.data.as_text()) else { return Evaluated::unknown(span) };
                let place = first.map(|scope| Target::place_of(scope, &env.instance.root)).unwrap_or_default();
                new(Data::part(Rc::new(named(kind, all.get(2..).unwrap_or_default(), &place, env, span)), &["id"]))
            }
            "subscription" | "resourcegroup" | "managementgroup" | "tenant" => scope(&function, &all, env, span),
            "any" | "nonnull" => first.cloned().unwrap_or_else(|| Evaluated::unknown(span)),
            "null" => new(Data::Null),
            "true" => new(Data::Bool(true)),
            "false" => new(Data::Bool(false)),
            "concat" => concat(&all, span),
            "format" => format(&all, span),
            "string" | "tostring" => match first {
                Some(own) if own.data.pieces().is_some() => own.clone(),
                _ => Evaluated::unknown(span),
            },
            "tolower" | "toupper" | "trim" => cased(&function, first, span),
            "coalesce" => coalesce(all, span),
            "and" => logic(&all, false, span),
            "or" => logic(&all, true, span),
            "not" => operate(Operator::Not, all, span),
            "equals" => operate(Operator::Equal, all, span),
            "less" => operate(Operator::Less, all, span),
            "lessorequals" => operate(Operator::LessOrEqual, all, span),
            "greater" => operate(Operator::Greater, all, span),
            "greaterorequals" => operate(Operator::GreaterOrEqual, all, span),
            "add" => operate(Operator::Add, all, span),
            "sub" => operate(Operator::Subtract, all, span),
            "empty" => new(empty(first)),
            "contains" => new(contains(&all)),
            "length" => new(length(first)),
            "first" | "last" => match first.map(|own| &own.data) {
                Some(Data::List(items)) => {
                    let item = if function == "first" { items.first() } else { items.last() };
                    item.map_or_else(|| new(Data::Null), |item| item.clone().through(span).given(firm))
                }
                _ => Evaluated::unknown(span),
            },
            "createarray" | "array"
                if function == "createarray" || !matches!(first.map(|own| &own.data), Some(Data::List(_))) =>
            {
                new(Data::List(all.into()))
            }
            "array" => first.cloned().unwrap_or_else(|| Evaluated::unknown(span)),
            "createobject" => {
                let mut pairs = Vec::new();
                let mut rest = all.into_iter();
                while let (Some(key), Some(value)) = (rest.next(), rest.next()) {
                    pairs.push((key, value));
                }
                Evaluated::new(Data::Object(pairs.into()), span)
            }
            "union" | "shallowmerge" => union(&all, span),
            "tryget" | "getproperty" => {
                let mut rest = all.iter();
                let of = rest.next().cloned().unwrap_or_else(|| Evaluated::unknown(span));
                rest.fold(of, |of, key| self.item(&of, key, span))
            }
            "range" => new(range(&all, span)),
            "split" => new(split(&all, span)),
            "replace" => new(replace(&all)),
            "loadtextcontent" | "loadjsoncontent" | "loadyamlcontent" => {
                self.loaded(&function, &all, env, span).unwrap_or_else(|| new(Data::open(written(called, &all))))
            }
            "json" => text
                .and_then(|text| json::value(text, span))
                .map_or_else(|| new(Data::open(written(called, &all))), |found| found.given(firm)),
            function => {
                let found = list::call(function, &all, span);
                found.map_or_else(|| new(Data::open(written(called, &all))), |found| found.given(firm))
            }
        }
    }

    /// `reference`: what stands under `properties` of a resource, the whole of it where that is asked for, or what a
    /// deployment gives out.
    fn reference(&self, all: &[Evaluated], env: &Env<'f>, span: Span) -> Evaluated {
        let Some(first) = all.first() else { return Evaluated::unknown(span) };
        let here = |data: Data| Evaluated { data, span, part_at: None, ..first.clone() };
        let named = first.data.as_text().filter(|name| !name.contains('/'));
        if let Some(found) = named.and_then(|name| self.by_symbol(name, env, span)) {
            return match found.data {
                Data::Module(id) => here(Data::Object(outputs(id, span))),
                data => here(data),
            };
        }
        let by_id = || {
            let pieces = first.data.pieces()?;
            if matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with('/')) {
                return Target::by_id(&pieces, &env.instance.root, span);
            }
            // `Microsoft.ContainerService/managedClusters/name`, or the name alone.
            let parts = segments(&pieces);
            let is_type = matches!(parts.first().map(Vec::as_slice), Some([Piece::Text(text)]) if text.contains('.'));
            if is_type && parts.len() > 2 {
                return Target::by_type(&parts, &env.instance.place, &env.instance.root, span).map(Rc::new);
            }
            self.resource_named(&first.data, env)
        };
        let target = match &first.data {
            Data::Resource(target, path) if path.iter().all(|key| &**key == "id") => Some(Rc::clone(target)),
            Data::Module(id) => return here(Data::Object(outputs(*id, span))),
            _ => by_id(),
        };
        let module = |name: Option<String>| {
            let found = self.module_named(&env.instance, &name?)?;
            Some(here(Data::Object(outputs(found.id, span))))
        };
        match target {
            Some(target) if target.kind.eq_ignore_ascii_case(DEPLOYMENT) => {
                let name = target.names.last().and_then(|name| super::value::symbol_of(name));
                module(name).unwrap_or_else(|| Evaluated::unknown(span))
            }
            Some(target) => here(Data::Resource(target, Rc::from([]))),
            None => module(first.data.symbol()).unwrap_or_else(|| Evaluated::unknown(span)),
        }
    }

    /// The resource or module of a symbol, `name`, or `name[0]` of those that a loop makes.
    fn by_symbol(&self, written: &str, env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let (name, round) = match written.strip_suffix(']').and_then(|written| written.split_once('[')) {
            Some((name, at)) => (name, Some(at.parse().ok()?)),
            None => (written, None),
        };
        self.symbolic(&name.to_ascii_lowercase(), env, span, round)
    }
}

/// `{outputs: …}` of a deployment.
fn outputs(id: super::instance::InstanceId, span: Span) -> Rc<[(Evaluated, Evaluated)]> {
    let key = Evaluated::new(Data::text("outputs"), span);
    Rc::from([(key, Evaluated::new(Data::Outputs(id, true), span))])
}

/// A call as its author might write it, where each argument can be told from others.
fn written(function: &str, all: &[Evaluated]) -> Option<String> {
    let arguments: Option<Vec<String>> = all.iter().map(|own| own.data.symbol()).collect();
    Some(format!("{function}({})", arguments?.join(", ")))
}

/// `copyIndex()`, of a loop by its name, and from an offset on.
fn copy_index(all: &[Evaluated], env: &Env<'_>, span: Span) -> Evaluated {
    let name = all.first().and_then(|own| own.data.as_text()).unwrap_or_default();
    let offset = all.iter().find_map(|own| if let Data::Number(number) = own.data { Some(number) } else { None });
    match env.local(&format!("copyindex({name})")).map(|own| &own.data) {
        Some(Data::Number(at)) => match at.checked_add(offset.unwrap_or_default()) {
            Some(at) => Evaluated::new(Data::Number(at), span),
            None => Evaluated::unknown(span),
        },
        _ => Evaluated::unknown(span),
    }
}

/// A resource by its type and its names.
fn named(kind: &str, names: &[Evaluated], place: &Place, env: &Env<'_>, span: Span) -> Target {
    let open = || vec![Piece::Open(crate::fact::Why::FilledAtRunTime, None)];
    let pieces = names.iter().map(|name| name.data.pieces().unwrap_or_else(open));
    let all: Vec<Vec<Piece>> = pieces.flat_map(|name| segments(&name)).collect();
    let named_at = names.last().filter(|name| name.data.as_text().is_some()).map(|name| name.span);
    Target { named_at, ..Target::new(kind, all, place, &env.instance.root, span) }
}

/// `resourceId([subscription], [group], type, name, …)` and its like.
fn resource_id(function: &str, all: &[Evaluated], env: &Env<'_>, span: Span) -> Evaluated {
    let is_type = |own: &Evaluated| own.data.as_text().is_some_and(|text| text.contains('/') && text.contains('.'));
    let Some(at) = all.iter().position(is_type) else { return Evaluated::unknown(span) };
    let kind = all.get(at).and_then(|own| own.data.as_text()).unwrap_or_default();
    let before = all.get(..at).unwrap_or_default();
    let text = |own: Option<&Evaluated>| own.and_then(|own| own.data.as_text()).map(str::to_owned);
    let own = &env.instance.place;
    let place = match (function, before) {
        ("resourceid", []) => own.clone(),
        ("resourceid", [group]) => group_of(group, own.subscription.clone(), env),
        ("resourceid", [subscription, group, ..]) => group_of(group, text(Some(subscription)), env),
        ("subscriptionresourceid", []) => Place { subscription: own.subscription.clone(), ..Place::default() },
        ("subscriptionresourceid", [subscription, ..]) => {
            Place { subscription: text(Some(subscription)), ..Place::default() }
        }
        _ => Place::default(),
    };
    let target = named(kind, all.get(at + 1..).unwrap_or_default(), &place, env, span);
    let firm = all.iter().all(|own| own.firm);
    Evaluated::new(Data::part(Rc::new(target), &["id"]), span).given(firm)
}

/// A resource group by its name.
fn group_of(name: &Evaluated, subscription: Option<String>, env: &Env<'_>) -> Place {
    Place::group(&name.data.pieces().unwrap_or_default(), subscription, &env.instance.root)
}

/// A scope that a deployment may have.
fn scope(function: &str, all: &[Evaluated], env: &Env<'_>, span: Span) -> Evaluated {
    let text = |own: Option<&Evaluated>| own.and_then(|own| own.data.as_text()).map(str::to_owned);
    let own = &env.instance.place;
    let (kind, place) = match (function, all) {
        ("resourcegroup", []) => (ResourceKind::ResourceGroup, own.clone()),
        ("resourcegroup", [group]) => (ResourceKind::ResourceGroup, group_of(group, own.subscription.clone(), env)),
        ("resourcegroup", [subscription, group, ..]) => {
            (ResourceKind::ResourceGroup, group_of(group, text(Some(subscription)), env))
        }
        ("subscription", []) => {
            (ResourceKind::Subscription, Place { subscription: own.subscription.clone(), ..Place::default() })
        }
        ("subscription", [id, ..]) => {
            (ResourceKind::Subscription, Place { subscription: text(Some(id)), ..Place::default() })
        }
        _ => (ResourceKind::ManagementGroup, Place::default()),
    };
    let target = Target::scope(kind, &place, &env.instance.root, span);
    Evaluated::new(Data::Resource(Rc::new(target), Rc::from([])), span)
}

/// A text with its `{0}` filled in.
fn format(all: &[Evaluated], span: Span) -> Evaluated {
    let Some((first, rest)) = all.split_first() else { return Evaluated::unknown(span) };
    let Some(pattern) = first.data.as_text() else { return Evaluated::unknown(span) };
    let mut parts = Vec::new();
    let mut text = pattern;
    while let Some((before, after)) = text.split_once('{') {
        let Some((hole, after)) = after.split_once('}') else { return Evaluated::unknown(span) };
        let number: Option<usize> = hole.split([':', ',']).next().and_then(|number| number.trim().parse().ok());
        let Some(value) = number.and_then(|number| rest.get(number)) else { return Evaluated::unknown(span) };
        if !before.is_empty() {
            parts.push(Evaluated::new(Data::text(before), span));
        }
        parts.push(value.clone());
        text = after;
    }
    if !text.is_empty() || parts.is_empty() {
        parts.push(Evaluated::new(Data::text(text), span));
    }
    match parts.as_slice() {
        [only] => only.clone(),
        parts => concat(parts, span),
    }
}

/// Names and ids count in any case of letters: what is open stays what it is.
fn cased(function: &str, first: Option<&Evaluated>, span: Span) -> Evaluated {
    let Some(own) = first else { return Evaluated::unknown(span) };
    let Some(pieces) = own.data.pieces() else { return Evaluated::unknown(span) };
    let change = |text: &str| match function {
        "tolower" => text.to_lowercase(),
        "toupper" => text.to_uppercase(),
        _ => text.trim().to_owned(),
    };
    if matches!(own.data, Data::Resource(..)) {
        return own.clone();
    }
    let pieces = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => Piece::Text(change(&text).into()),
        open @ Piece::Open(..) => open,
    });
    own.clone().with(Data::joined(pieces))
}

fn empty(first: Option<&Evaluated>) -> Data {
    match first.map(|own| &own.data) {
        Some(Data::Null) => Data::Bool(true),
        Some(Data::List(items)) => Data::Bool(items.is_empty()),
        Some(Data::Object(pairs)) => Data::Bool(pairs.is_empty()),
        Some(Data::Text(pieces)) => match &**pieces {
            [] => Data::Bool(true),
            pieces if pieces.iter().any(|piece| matches!(piece, Piece::Text(_))) => Data::Bool(false),
            _ => Data::unknown(),
        },
        Some(Data::Resource(..)) => Data::Bool(false),
        _ => Data::unknown(),
    }
}

fn contains(all: &[Evaluated]) -> Data {
    let [of, what] = all else { return Data::unknown() };
    match (&of.data, what.data.as_text()) {
        (Data::Object(pairs), Some(key)) => {
            let known = pairs.iter().all(|(key, _)| key.data.as_text().is_some());
            match of.key(key) {
                Some(_) if known => Data::Bool(true),
                None => Data::Bool(false),
                Some(_) => Data::unknown(),
            }
        }
        // The id of a resource holds its type, whatever else is in it.
        (Data::Resource(target, path), Some(part)) if path.iter().map(|key| &**key).eq(["id"]) => {
            let id = format!("/providers/{}/", target.kind).to_ascii_lowercase();
            if id.contains(&part.to_ascii_lowercase()) { Data::Bool(true) } else { Data::unknown() }
        }
        (Data::Text(_), Some(part)) => match of.data.as_text() {
            Some(text) => Data::Bool(text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())),
            None => Data::unknown(),
        },
        (Data::List(items), Some(part)) => {
            if items.iter().any(|item| item.data.as_text() == Some(part)) {
                Data::Bool(true)
            } else if items.iter().all(|item| item.data.as_text().is_some()) {
                Data::Bool(false)
            } else {
                Data::unknown()
            }
        }
        _ => Data::unknown(),
    }
}

fn length(first: Option<&Evaluated>) -> Data {
    let number = |length: usize| i64::try_from(length).map_or_else(|_| Data::unknown(), Data::Number);
    match first.filter(|own| !own.has_optional_keys()).map(|own| &own.data) {
        Some(Data::List(items)) => number(items.len()),
        Some(Data::Object(pairs)) => number(pairs.len()),
        Some(data) => data.as_text().map_or_else(Data::unknown, |text| number(text.chars().count())),
        None => Data::unknown(),
    }
}

/// Objects laid over one another, the last on top; or lists.
fn union(all: &[Evaluated], span: Span) -> Evaluated {
    if all.iter().all(|own| matches!(own.data, Data::List(_))) {
        return concat(all, span);
    }
    let mut pairs: Vec<(Evaluated, Evaluated)> = Vec::new();
    for own in all {
        match &own.data {
            Data::Object(more) if pairs.len() + more.len() < 1_000 => {
                for (key, value) in more.iter() {
                    let below = pairs.iter().rev().find(|(own, _)| key.optional && same(&own.data, &key.data));
                    let laid = below.map(|(below, own)| {
                        let either = Evaluated::one_of([own.clone(), value.if_present()], span);
                        (Evaluated { optional: below.optional, ..key.clone() }, either)
                    });
                    pairs.push(laid.unwrap_or_else(|| (key.clone(), value.clone())));
                }
            }
            Data::Null => {}
            // Its keys are not known.
            _ => pairs.push((Evaluated::unknown(span), Evaluated::unknown(span))),
        }
    }
    Evaluated::new(Data::Object(pairs.into()), span)
}

fn range(all: &[Evaluated], span: Span) -> Data {
    match all {
        [Evaluated { data: Data::Number(start), .. }, Evaluated { data: Data::Number(count @ 0..=64), .. }] => {
            let numbers = (0..*count).filter_map(|at| start.checked_add(at));
            Data::List(numbers.map(|number| Evaluated::new(Data::Number(number), span)).collect())
        }
        _ => Data::unknown(),
    }
}

fn split(all: &[Evaluated], span: Span) -> Data {
    match all.iter().map(|own| own.data.as_text()).collect::<Option<Vec<_>>>().as_deref() {
        Some([text, by]) if !by.is_empty() => {
            Data::List(text.split(by).take(256).map(|part| Evaluated::new(Data::text(part), span)).collect())
        }
        _ => Data::open(written("split", all)),
    }
}

fn replace(all: &[Evaluated]) -> Data {
    match all.iter().map(|own| own.data.as_text()).collect::<Option<Vec<_>>>().as_deref() {
        Some([text, from, to]) if !from.is_empty() && text.len() * (to.len() + 1) <= super::value::MAX_LENGTH => {
            Data::text(text.replace(from, to))
        }
        _ => Data::open(written("replace", all)),
    }
}
