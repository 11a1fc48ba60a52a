//! What expressions come to.

use std::rc::Rc;

use canpull_syntax::Span;
use canpull_syntax::expression::{Accessor, Expression, ExpressionKind, For, Property};

use super::Evaluator;
use super::instance::{Env, Round};
use super::target::Target;
use super::unit::Symbol;
use super::value::{Data, Evaluated};
use crate::fact::azure::{ResourceKind, name_in};

/// Expressions, and what they lead to, are followed this deep.
const MAX_DEPTH: usize = 160;

/// Loops within values go round so many times.
pub(super) const MAX_ROUNDS: usize = 64;

/// Lists and objects keep so many items.
const MAX_ITEMS: usize = 1_000;

/// So many items count as one visit.
const ITEMS_A_VISIT: u64 = 16;

impl<'f> Evaluator<'f> {
    /// What an expression comes to where it stands.
    pub(super) fn evaluate(&self, expression: &'f Expression, env: &Env<'f>) -> Evaluated {
        let span = env.span(expression);
        let (visits, depth) = (self.visits.get(), self.depth.get());
        if visits == 0 || depth >= MAX_DEPTH {
            return Evaluated::unknown(span);
        }
        self.visits.set(visits - 1);
        self.depth.set(depth + 1);
        let found = self.evaluated(expression, env, span);
        self.depth.set(depth);
        // Whoever takes something out of much looks at much.
        self.visits.set(self.visits.get().saturating_sub(found.len() as u64 / ITEMS_A_VISIT));
        found
    }

    fn evaluated(&self, expression: &'f Expression, env: &Env<'f>, span: Span) -> Evaluated {
        let new = |data: Data| Evaluated::new(data, span);
        match &expression.kind {
            ExpressionKind::Null => new(Data::Null),
            ExpressionKind::Bool(value) => new(Data::Bool(*value)),
            ExpressionKind::Number(value) => new(Data::Number(*value)),
            ExpressionKind::Text(text) => new(Data::text(&**text)),
            ExpressionKind::Template(parts) => self.template(parts, env, span),
            ExpressionKind::List(items) => self.list(items, env, span),
            ExpressionKind::Object(properties) => self.object(properties, env, span),
            ExpressionKind::Name(name) => self.name(name, env, span),
            ExpressionKind::Access(access) => self.access(&access.of, &access.accessor, env, span),
            ExpressionKind::Call(call) => self.call(&call.function, &call.arguments, env, span),
            ExpressionKind::Condition(parts) => {
                let [test, yes, no] = &**parts;
                let branch = |holds: bool| self.evaluate(if holds { yes } else { no }, env);
                match self.evaluate(test, env).decided() {
                    Some((holds, true)) => branch(holds),
                    // What a default decides somebody may decide otherwise: the way leads through here.
                    Some((holds, false)) => branch(holds).through(span).given(false),
                    None => Evaluated::one_of([branch(true), branch(false)], span),
                }
            }
            ExpressionKind::For(each) => self.each(each, env, span),
            ExpressionKind::Operation(own) => {
                let operands = own.operands.iter().map(|own| self.evaluate(own, env)).collect();
                super::operate::operate(own.operator, operands, span)
            }
            ExpressionKind::Elsewhere(own) => {
                let (file, own) = &**own;
                self.evaluate(own, &Env { file: *file, ..env.clone() })
            }
            ExpressionKind::Spread(_) | ExpressionKind::Lambda(..) | ExpressionKind::Opaque => Evaluated::unknown(span),
        }
    }

    /// Text with expressions in it. One that is nothing but an expression is what that is.
    fn template(&self, parts: &'f [Expression], env: &Env<'f>, span: Span) -> Evaluated {
        if let [only] = parts {
            return self.evaluate(only, env);
        }
        let parts: Vec<Evaluated> = parts.iter().map(|part| self.evaluate(part, env)).collect();
        super::operate::concat(&parts, span)
    }

    fn list(&self, items: &'f [Expression], env: &Env<'f>, span: Span) -> Evaluated {
        let mut all = Vec::new();
        for item in items.iter().take(MAX_ITEMS) {
            let ExpressionKind::Spread(of) = &item.kind else {
                all.push(self.evaluate(item, env));
                continue;
            };
            match self.evaluate(of, env).data {
                Data::List(own) if all.len() + own.len() <= MAX_ITEMS => all.extend(own.iter().cloned()),
                Data::Null => {}
                _ => return Evaluated::unknown(span),
            }
        }
        Evaluated::new(Data::List(all.into()), span)
    }

    fn object(&self, properties: &'f [Property], env: &Env<'f>, span: Span) -> Evaluated {
        let mut all = Vec::new();
        for property in properties.iter().take(MAX_ITEMS) {
            if let ExpressionKind::Spread(of) = &property.key.kind {
                let of = self.evaluate(of, env);
                match &of.data {
                    Data::Object(own) if all.len() + own.len() <= MAX_ITEMS => all.extend(own.iter().cloned()),
                    Data::Null => {}
                    _ => all.push((Evaluated::unknown(span), Evaluated::unknown(span))),
                }
            } else if property.key.text() == Some("copy") && !property.value.items().is_empty() {
                // What an ARM template fills in by loops.
                all.extend(property.value.items().iter().filter_map(|own| self.copied(own, env)));
            } else {
                all.push((self.evaluate(&property.key, env), self.evaluate(&property.value, env)));
            }
        }
        Evaluated::new(Data::Object(all.into()), span)
    }

    /// A property that an ARM template fills in by a loop: `{name, count, input}`.
    fn copied(&self, own: &'f Expression, env: &Env<'f>) -> Option<(Evaluated, Evaluated)> {
        let name = self.evaluate(own.at(&["name"])?, env);
        let span = env.span(own);
        let count = own.at(&["count"]).map(|count| self.evaluate(count, env));
        let rounds = match &count {
            Some(Evaluated { data: Data::Number(count), .. }) => usize::try_from(*count).ok(),
            _ => None,
        };
        let firm = count.is_some_and(|count| count.firm);
        let (Some(rounds), Some(input), Some(loop_name)) =
            (rounds.filter(|rounds| *rounds <= MAX_ROUNDS), own.at(&["input"]), name.data.as_text())
        else {
            return Some((name, Evaluated::unknown(span)));
        };
        let round = |at: usize| {
            let index = Evaluated::new(Data::Number(i64::try_from(at).unwrap_or(i64::MAX)), span);
            self.evaluate(input, &env.and([(format!("copyindex({loop_name})"), index)]))
        };
        let items: Vec<Evaluated> = (0..rounds).map(round).collect();
        Some((name, Evaluated::new(Data::List(items.into()), span).given(firm)))
    }

    /// Whatever goes by a name.
    fn name(&self, name: &str, env: &Env<'f>, span: Span) -> Evaluated {
        let name = name.to_ascii_lowercase();
        if let Some(local) = env.local(&name) {
            return local.clone().through(span);
        }
        let instance = &env.instance;
        let named = self.variable(instance, &name).or_else(|| self.parameter(instance, &name));
        if let Some(value) = named {
            return value.through(span);
        }
        // As files are named in Terraform, from the folder of whoever names them.
        if name == "path.module" && instance.unit.is_terraform {
            return Evaluated::new(Data::text("."), span);
        }
        let all = self.all_of(&name, env, span);
        all.or_else(|| self.symbolic(&name, env, span, None)).unwrap_or_else(|| Evaluated::unknown(span))
    }

    /// The resource or module that goes by a symbol, in a round of its loop.
    pub(super) fn symbolic(&self, name: &str, env: &Env<'f>, span: Span, round: Option<usize>) -> Option<Evaluated> {
        let (instance, symbol) = env.instance.symbol(name)?;
        let (file, each) = instance.unit.place_and_loop(symbol)?;
        let rounds = self.rounds(&instance.env(file), each);
        let at = round.unwrap_or_default();
        self.in_round(symbol, at, rounds.get(at)?, span)
    }

    /// The resource or module that is made in a round of its loop.
    pub(super) fn in_round(&self, symbol: Symbol, at: usize, round: &Round<'f>, span: Span) -> Option<Evaluated> {
        let data = match symbol {
            Symbol::Resource(index) => Data::Resource(self.declared(&round.env, index), Rc::from([])),
            Symbol::Module(index) => Data::Module(self.module(&round.env, index, at)?.id),
        };
        Some(Evaluated::new(data, span))
    }

    fn access(&self, of: &'f Expression, accessor: &'f Accessor, env: &Env<'f>, span: Span) -> Evaluated {
        match accessor {
            Accessor::Member(key) => {
                let of = self.evaluate(of, env);
                self.member(&of, key, span)
            }
            Accessor::Splat => self.splat(of, env, span),
            Accessor::Index(index) => {
                let index = self.evaluate(index, env);
                if let ExpressionKind::Name(name) = &of.kind
                    && let Some(found) = self.one_of_all(&name.to_ascii_lowercase(), &index, env, span)
                {
                    return found;
                }
                let at = match index.data {
                    Data::Number(at) => usize::try_from(at).ok(),
                    _ => None,
                };
                // One of those that a loop makes.
                if let (Some(at), ExpressionKind::Name(name)) = (at, &of.kind)
                    && let Some(found) = self.symbolic(&name.to_ascii_lowercase(), env, span, Some(at))
                {
                    return found;
                }
                let of = self.evaluate(of, env);
                self.item(&of, &index, span)
            }
        }
    }

    /// An item of a list, or the value of a computed key.
    pub(super) fn item(&self, of: &Evaluated, index: &Evaluated, span: Span) -> Evaluated {
        if let Some(key) = index.data.as_text() {
            return self.member(of, key, span);
        }
        let found = match (&of.data, &index.data) {
            // Behind the last item there is nothing.
            (Data::List(items), Data::Number(at))
                if of.firm && usize::try_from(*at).is_ok_and(|at| at >= items.len()) =>
            {
                Some(Evaluated::new(Data::Null, span))
            }
            (Data::List(items), Data::Number(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
            (Data::List(items), _) if !items.is_empty() => Some(Evaluated::one_of(items.iter().cloned(), span)),
            (Data::Object(pairs), Data::Resource(..)) if !pairs.is_empty() && pairs.iter().all(is_no_id) => {
                Some(Evaluated::new(Data::Null, span))
            }
            (Data::Object(pairs), _) if !pairs.is_empty() => {
                Some(Evaluated::one_of(pairs.iter().map(|(_, value)| value.clone()), span))
            }
            (Data::OneOf(all, _), _) => {
                return Evaluated::one_of(all.iter().map(|own| self.item(own, index, span)), span).given(of.firm);
            }
            (Data::Open(why, Some(symbol)), _) => index
                .data
                .symbol()
                .map(|index| Evaluated::new(Data::part_of_open(*why, Some(format!("{symbol}[{index}]"))), span)),
            (Data::Resource(..), Data::Number(_)) => return Evaluated { span, ..of.clone() },
            (Data::Resource(..), _) => return self.member(of, "*", span),
            _ => None,
        };
        found.map_or_else(|| Evaluated::unknown(span), |found| found.through(span).given(of.firm && index.firm))
    }

    /// The value of a key.
    pub(super) fn member(&self, of: &Evaluated, key: &str, span: Span) -> Evaluated {
        let whole = matches!(&of.data, Data::Resource(_, path) if path.is_empty());
        // What a sketch says stands all in one place.
        let starts =
            of.span.file == span.file && of.span.range.start == span.range.start && of.span.range.end < span.range.end;
        let part_at = if whole && starts { Some(of.span.range.end) } else { of.part_at };
        let here =
            |data: Data| Evaluated { data, span, hops: of.hops.clone(), firm: of.firm, part_at, optional: false };
        match &of.data {
            Data::Object(_) => match of.key(key) {
                Some(value) => value.clone().through(span).given(of.firm),
                None => here(Data::Null),
            },
            Data::Resource(target, path) => match self.setting(target, path, key) {
                Some(value) => value.through(span).given(of.firm),
                None => here(part(target, path, key, (self.suffix_of(target), span))),
            },
            Data::Module(id) => match self.instance(*id) {
                // What is read from a state.
                Some(instance) if instance.is_entry() && key == "outputs" => here(Data::Outputs(*id, false)),
                Some(instance) if instance.unit.is_terraform => self.output(&instance, key, span).through(span),
                Some(_) if key.eq_ignore_ascii_case("outputs") => here(Data::Outputs(*id, false)),
                _ => Evaluated::unknown(span),
            },
            Data::Outputs(id, wrapped) => {
                let Some(instance) = self.instance(*id) else { return Evaluated::unknown(span) };
                let value = self.output(&instance, key, span).through(span);
                if !*wrapped {
                    return value;
                }
                let key = Evaluated::new(Data::text("value"), span);
                here(Data::Object(Rc::from([(key, value)])))
            }
            Data::OneOf(all, _) => {
                Evaluated::one_of(all.iter().map(|own| self.member(own, key, span)), span).given(of.firm)
            }
            Data::Open(why, symbol) => {
                here(Data::part_of_open(*why, symbol.as_ref().map(|symbol| format!("{symbol}.{key}"))))
            }
            Data::Null => here(Data::Null),
            _ => Evaluated::unknown(span),
        }
    }

    /// What the login server of a registry ends with.
    fn suffix_of(&self, target: &Target) -> &'static str {
        let is_registry = target.reference.kind == ResourceKind::Registry;
        let instance = target.declared.filter(|_| is_registry).and_then(|(id, _)| self.instance(id));
        instance.and_then(|instance| self.suffix(&instance)).unwrap_or("azurecr.io")
    }

    /// What a resource of the sources is told under a name that others may read.
    fn setting(&self, target: &Target, path: &[Box<str>], key: &str) -> Option<Evaluated> {
        let (id, index) = target.declared.filter(|_| path.is_empty())?;
        let instance = self.instance(id)?;
        let &(file, resource) = instance.unit.resources.get(index)?;
        // In a loop it may be another in each round.
        let setting =
            resource.settings.iter().find(|own| &*own.name == key).filter(|_| resource.terms.each.is_none())?;
        Some(self.evaluate(&setting.value, &instance.env(file)))
    }

    /// A value for each item.
    fn each(&self, each: &'f For, env: &Env<'f>, span: Span) -> Evaluated {
        let over = self.evaluate(&each.over, env);
        if each.key.is_none() && over.has_optional_keys() {
            return Evaluated::unknown(span);
        }
        let items: Vec<(Evaluated, Evaluated)> = match &over.data {
            Data::List(items) => {
                let number = |at: usize| Evaluated::new(Data::Number(i64::try_from(at).unwrap_or(i64::MAX)), span);
                items.iter().enumerate().map(|(at, item)| (number(at), item.clone())).collect()
            }
            Data::Object(pairs) => pairs.to_vec(),
            // What Terraform calls a list of nested blocks.
            Data::Resource(_, path) if !path.is_empty() => {
                vec![(Evaluated::new(Data::Number(0), span), over.clone())]
            }
            _ => return Evaluated::unknown(span),
        };
        if items.len() > MAX_ROUNDS {
            return Evaluated::unknown(span);
        }
        let mut pairs = Vec::new();
        let mut values = Vec::new();
        let mut firm = over.firm;
        for (index, item) in items {
            let optional = index.optional;
            let names = each.names.iter().zip([item, index]).map(|(name, own)| (name.to_ascii_lowercase(), own));
            let env = env.and(names);
            if let Some(condition) = &each.condition {
                let decided = self.evaluate(condition, &env).decided();
                let Some((holds, is_firm)) = decided else { return Evaluated::unknown(span) };
                firm &= is_firm;
                if !holds {
                    continue;
                }
            }
            let value = self.evaluate(&each.body, &env);
            match &each.key {
                Some(key) => pairs.push((Evaluated { optional, ..self.evaluate(key, &env) }, value)),
                None => values.push(value),
            }
        }
        let data = if each.key.is_some() { Data::Object(pairs.into()) } else { Data::List(values.into()) };
        Evaluated::new(data, span).given(firm)
    }
}

/// Whether a key is known, and no id of a resource.
fn is_no_id((key, _): &(Evaluated, Evaluated)) -> bool {
    key.data.as_text().is_some_and(|key| !key.starts_with('/'))
}

/// What stands under a key of a resource, or of what is in it.
fn part(target: &Rc<Target>, path: &[Box<str>], key: &str, (suffix, span): (&str, Span)) -> Data {
    let kind = target.reference.kind;
    if path.is_empty() && key.eq_ignore_ascii_case("name") {
        return match (kind, &target.reference.name) {
            (ResourceKind::ResourceGroup, None) if target.declared.is_none() => {
                Data::open(Some("resourceGroup().name".to_owned()))
            }
            _ => target.name_value(span).data,
        };
    }
    let is_scope =
        matches!(kind, ResourceKind::ResourceGroup | ResourceKind::Subscription) && target.declared.is_none();
    if is_scope && !key.eq_ignore_ascii_case("id") {
        if let (ResourceKind::Subscription, Some(id)) = (kind, &target.reference.subscription) {
            return Data::text(id);
        }
        let of = if kind == ResourceKind::Subscription { "subscription()" } else { "resourceGroup()" };
        return Data::open(Some(format!("{of}.{key}")));
    }
    if path.len() > 16 {
        return Data::unknown();
    }
    // Which subscription a provider of Terraform is configured for.
    let of_provider = kind == ResourceKind::Subscription || target.kind == "azurerm_client_config";
    if let Some(symbol) = target.reference.subscription_symbol.as_deref().filter(|_| of_provider && path.is_empty())
        && key == "subscription_id"
    {
        return Data::open(Some(name_in(symbol).to_owned()));
    }
    // A registry without a domain name label, which only Azure's own languages can ask for, has its name's login server.
    if let (ResourceKind::Registry, Some(name)) = (kind, target.name())
        && !target.words.is_empty()
        && target.in_azure(&[key]) == ["loginServer"]
    {
        return Data::text(format!("{}.{suffix}", name.to_ascii_lowercase()));
    }
    Data::Resource(Rc::clone(target), path.iter().cloned().chain(std::iter::once(key.into())).collect())
}
