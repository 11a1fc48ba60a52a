//! What deployments make: their resources, lowered to facts.

use std::rc::Rc;

use canpull_syntax::edit::Edit;
use canpull_syntax::expression::Expression;
use canpull_syntax::{Span, TextRange, to_offset};

use super::Evaluator;
use super::instance::{Env, Instance, Sure};
use super::target::{Target, segments};
use super::value::{Data, Evaluated, Piece, symbol_of};
use crate::fact::azure::{ResourceKind, ResourceRef, Statement, name_in, names_node_group};
use crate::fact::grant::LooseName;
use crate::fact::template::Resource;
use crate::fact::{Field, Why};
use crate::lowering::{self, Amends, Value};

const ROLE_ASSIGNMENT: &str = "microsoft.authorization/roleassignments";

/// Which property of a role assignment may be one of several values.
const OPEN: [&str; 2] = ["principalId", "roleDefinitionId"];

impl<'f> Evaluator<'f> {
    /// Makes all that a deployment makes, and what its modules make.
    pub(super) fn deploy(&self, instance: &Rc<Instance<'f>>, sure: Sure) {
        for (index, (file, resource)) in instance.unit.resources.iter().enumerate() {
            let env = instance.env(*file);
            for round in self.rounds(&env, resource.terms.each.as_deref()) {
                if let Some(condition) = self.holds(resource.terms.condition.as_ref(), &round.env) {
                    self.make(&round.env, index, resource, sure.max(round.sure).max(condition));
                }
            }
            // They are many, and hardly anything refers to one.
            if lowering::is_assignment(&resource.kind) {
                instance.forget(index);
            }
        }
        for (index, file, module) in instance.unit.deployments() {
            let env = instance.env(file);
            for (at, round) in self.rounds(&env, module.terms.each.as_deref()).into_iter().enumerate() {
                let Some(condition) = self.holds(module.terms.condition.as_ref(), &round.env) else { continue };
                match self.module(&round.env, index, at) {
                    Some(called) => self.deploy(&called, sure.max(round.sure).max(condition)),
                    None => self.hand_over(&round.env, index),
                }
            }
        }
    }

    /// Calls for all modules that a deployment deploys, and what these deploy: what is beside what is known from then on.
    pub(super) fn call_for(&self, instance: &Rc<Instance<'f>>) {
        for (index, file, module) in instance.unit.deployments() {
            let env = instance.env(file);
            for (at, round) in self.rounds(&env, module.terms.each.as_deref()).into_iter().enumerate() {
                if let Some(called) = self.module(&round.env, index, at) {
                    self.call_for(&called);
                }
            }
        }
    }

    /// How sure it is that a condition holds; `None` where it is known not to.
    fn holds(&self, condition: Option<&'f Expression>, env: &Env<'f>) -> Option<Sure> {
        match condition.map(|condition| self.evaluate(condition, env).decided()) {
            None | Some(Some((true, _))) => Some(Sure::Yes),
            Some(Some((false, true))) => None,
            Some(Some((false, false))) => Some(Sure::NotByDefault),
            Some(None) => Some(Sure::Maybe),
        }
    }

    fn make(&self, env: &Env<'f>, index: usize, resource: &'f Resource, sure: Sure) {
        let env =
            &Env { file: env.instance.unit.resources.get(index).map_or(env.file, |(file, _)| *file), ..env.clone() };
        let target = self.declared(env, index);
        // What a kustomization changes may be anything.
        let body = if env.instance.unit.objects.is_patched(index) {
            Evaluated::unknown(env.span(&resource.body))
        } else {
            self.evaluate(&resource.body, env)
        };
        let kind = resource.kind.to_ascii_lowercase();
        if super::kubernetes::is_object(&kind) {
            if !resource.existing {
                self.make_object(&kind, &body, sure != Sure::Yes);
            }
            return;
        }
        if !lowering::matters(&kind) {
            let identity = body.key("identity").and_then(|identity| identity.key("userAssignedIdentities"));
            if let Some(identity) = identity {
                self.used(identity, env.span(&resource.body).file);
            }
            // What federates an identity stands below it.
            if kind.ends_with("/federatedidentitycredentials") {
                let parent = resource.parent.as_ref().map(|parent| self.evaluate(parent, env));
                let above = || {
                    let name = target.names.first()?;
                    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
                    let above =
                        Target::new(kind, vec![name.clone()], &env.instance.place, &env.instance.root, body.span);
                    Some(Evaluated::new(Data::Resource(Rc::new(above), Rc::from([])), body.span))
                };
                let used = parent.or_else(above);
                if let Some(used) = &used {
                    self.used(used, env.span(&resource.body).file);
                }
            }
            return;
        }
        if resource.changes.is_some() && target.reference.is_open() {
            return;
        }
        let is_assignment = lowering::is_assignment(&kind);
        let suffix = self.suffix(&env.instance);
        let chosen = principal_of(&body).and_then(|own| own.data.symbol()).filter(|_| is_assignment);
        let bodies = if is_assignment { alternatives(&body) } else { vec![body] };
        let is_choice = bodies.len() > 1;
        let maybe = sure != Sure::Yes || is_choice;
        for body in bodies {
            // What nobody asks for, for nobody in particular, is nothing that the sources say.
            if is_assignment && sure == Sure::NotByDefault && is_for_no_one(&body) {
                continue;
            }
            let scopes =
                if is_assignment { self.scopes(env, resource, &target) } else { vec![Field::Absent(body.start())] };
            let maybe = maybe || scopes.len() > 1;
            for scope in scopes {
                let typed = lowering::Resource {
                    kind: if is_assignment { ROLE_ASSIGNMENT.to_owned() } else { resource.kind.to_string() },
                    reference: target.reference.clone(),
                    name: name_of(&target, env, resource),
                    scope,
                    statement: statement(resource),
                    body: &body,
                    maybe,
                    amends: Amends {
                        with_scope: env.instance.unit.scopes.get(&index).map(|edit| placed(edit, env)),
                        name_without_principal: without_principal(&target, &body, chosen.as_deref(), env, resource),
                        ..self.amends(&body, env, resource, is_choice)
                    },
                };
                let file = env.span(&resource.body).file;
                let mut made = self.made.borrow_mut();
                let azure = &mut made.entry(file).or_default().azure;
                let before = azure.registries.len();
                lowering::lower(&typed, azure);
                for registry in azure.registries.iter_mut().skip(before) {
                    registry.suffix = suffix;
                }
            }
        }
    }

    /// What is known of how a role assignment is written. `is_choice`: its principal or role is one of several.
    fn amends(&self, body: &Evaluated, env: &Env<'f>, resource: &'f Resource, is_choice: bool) -> Amends {
        let property = |key: &str| body.key("properties").and_then(|own| own.key(key));
        let Some(principal) = principal_of(body) else { return Amends::default() };
        Amends {
            name_without_principal: None,
            principal_via: principal.hops.clone(),
            member: member(principal).map(|sort| (sort, principal.span)),
            puller_instead: self.puller_instead(principal, env, resource, is_choice),
            with_type: resource.with_type.as_ref().map(|edit| placed(edit, env)),
            with_scope: None,
            role_at: property("roleDefinitionId").or_else(|| property("roleDefinitionName")).and_then(role_at),
        }
    }

    /// Where a role assignment applies: each alternative.
    fn scopes(&self, env: &Env<'f>, resource: &'f Resource, target: &Target) -> Vec<Field<ResourceRef>> {
        if target.declared.is_some_and(|(_, index)| env.instance.unit.objects.is_patched(index)) {
            return vec![Field::Unknown(Why::PartlyEvaluated, env.span(&resource.body))];
        }
        if let Some(scope) = &resource.scope {
            let value = self.evaluate(scope, env);
            return value.alternatives().iter().map(|own| meant(own, env)).collect();
        }
        let span = env.span(&resource.body);
        if let Some(within) = resource.within {
            let above = self.declared(env, within);
            return vec![Field::Known(ResourceRef { span, ..above.reference.clone() }, span)];
        }
        // `Microsoft.ContainerRegistry/registries/providers/roleAssignments` is set upon what its name begins with.
        let kind = resource.kind.to_ascii_lowercase();
        if let Some((above, _)) = kind.rsplit_once("/providers/") {
            let count = above.split('/').count().saturating_sub(1);
            let names: Vec<Vec<Piece>> = target.names.iter().take(count).cloned().collect();
            if names.len() == count && count > 0 {
                let above = Target::new(above, names, &env.instance.place, &env.instance.root, span);
                return vec![Field::Known(above.reference, span)];
            }
            return vec![Field::Unknown(Why::FilledAtRunTime, span)];
        }
        let start = Span::new(span.file, TextRange::empty(span.range.start));
        vec![match env.instance.level {
            ResourceKind::Subscription => {
                let own = &env.instance;
                let place = super::target::Place { subscription: own.place.subscription.clone(), ..Default::default() };
                Field::Known(Target::scope(ResourceKind::Subscription, &place, &own.root, span).reference, span)
            }
            ResourceKind::ResourceGroup if self.has_registry(&env.instance) || env.instance.place.group.is_some() => {
                let own = &env.instance;
                let group = Target::scope(ResourceKind::ResourceGroup, &own.place, &own.root, span);
                Field::Known(apart(&group, &own.root), span)
            }
            ResourceKind::ResourceGroup => Field::Absent(start),
            _ => Field::Unknown(Why::FilledAtRunTime, span),
        }]
    }

    /// Whether a registry is made in what a deployment is deployed to.
    fn has_registry(&self, instance: &Instance<'f>) -> bool {
        self.with_registry.borrow().contains(&(Rc::clone(&instance.root), instance.place.clone()))
    }
}

/// How a template comes to state something of a resource.
const fn statement(resource: &Resource) -> Statement {
    match (&resource.changes, resource.existing) {
        (Some(_), _) => Statement::Changes,
        (None, true) => Statement::Mentions,
        (None, false) => Statement::Makes,
    }
}

/// What a value means as a scope.
fn meant(value: &Evaluated, env: &Env<'_>) -> Field<ResourceRef> {
    let span = value.span;
    let root = &env.instance.root;
    match &value.data {
        Data::Resource(target, path) if path.is_empty() || path.iter().all(|key| &**key == "id") => {
            Field::Known(ResourceRef { span, ..apart(target, root) }, span)
        }
        Data::Resource(target, path) if is_node_group(target, path) => {
            Field::Known(ResourceRef::unknown(ResourceKind::NodeGroup, span), span)
        }
        Data::Text(pieces) => {
            if is_below(pieces) {
                return Field::Known(ResourceRef::unknown(ResourceKind::BelowRegistry, span), span);
            }
            let is_id = match &**pieces {
                [Piece::Text(text), ..] => text.starts_with('/'),
                // What a subscription's id begins.
                [Piece::Open(..), Piece::Text(text), ..] => text.starts_with("/resourceGroups/"),
                _ => false,
            };
            if let Some(text) = value.data.as_text().filter(|_| is_id) {
                return Field::Known(ResourceRef::from_id(text, span), span);
            }
            let found = if is_id {
                Target::by_id(pieces, root, span)
            } else {
                Target::by_type(&segments(pieces), &env.instance.place, root, span).map(Rc::new)
            };
            match found {
                Some(target) => Field::Known(apart(&target, root), span),
                None => Field::Unknown(Why::NotText, span),
            }
        }
        Data::Open(why, _) => Field::Unknown(*why, span),
        _ => Field::Unknown(Why::FilledAtRunTime, span),
    }
}

/// Whether a part of a cluster is the id of the resource group of its nodes.
fn is_node_group(target: &Target, path: &[Box<str>]) -> bool {
    target.reference.kind == ResourceKind::Cluster && path.iter().map(|key| &**key).eq(["node_resource_group_id"])
}

/// Whether a text goes on behind an id that is open: with a repository, which only a registry has.
fn is_below(pieces: &[Piece]) -> bool {
    matches!(pieces, [Piece::Open(..), Piece::Text(text), ..] if text.starts_with("/repositories/"))
}

/// A resource as a scope. Of one whose name is open its type tells at least that it is no registry.
fn apart(target: &Target, root: &str) -> ResourceRef {
    let own = target.reference.clone();
    if target.is_below_registry() {
        return ResourceRef::unknown(ResourceKind::BelowRegistry, own.span);
    }
    if own.kind == ResourceKind::ResourceGroup && own.symbol.as_deref().is_some_and(is_of_nodes) {
        return ResourceRef { kind: ResourceKind::NodeGroup, ..own };
    }
    let is_other = own.kind == ResourceKind::Other && own.is_open() && target.kind.contains('/');
    ResourceRef { symbol: if is_other { Some(format!("{root}#{}", target.kind)) } else { own.symbol }, ..own }
}

/// Whether what stands for a resource group is what a cluster calls that of its nodes.
fn is_of_nodes(symbol: &str) -> bool {
    let written = name_in(symbol);
    written.starts_with("managedClusters(") && written.rsplit('.').next().is_some_and(names_node_group)
}

/// The last name of a resource.
fn name_of(target: &Target, env: &Env<'_>, resource: &Resource) -> Field<String> {
    let span = resource.name.as_ref().map_or_else(|| env.span(&resource.body), |name| env.span(name));
    match target.names.last() {
        None => Field::Absent(span),
        Some(_) => match target.name() {
            Some(name) => Field::Known(name.to_owned(), span),
            None => Field::Unknown(Why::Placeholder, span),
        },
    }
}

/// Whom a role assignment is for.
fn principal_of(body: &Evaluated) -> Option<&Evaluated> {
    body.key("properties")?.key("principalId")
}

/// Whether nothing tells whom a role assignment is for.
fn is_for_no_one(body: &Evaluated) -> bool {
    principal_of(body).is_none_or(|own| match &own.data {
        Data::Open(..) | Data::Null => true,
        Data::Resource(target, _) => target.reference.is_open(),
        data => data.as_text() == Some(""),
    })
}

/// The bodies of a role assignment for each that its principal or role may be.
fn alternatives(body: &Evaluated) -> Vec<Evaluated> {
    let mut bodies = vec![body.clone()];
    for key in OPEN {
        bodies = bodies.iter().flat_map(|body| each_of(body, key)).collect();
    }
    bodies
}

fn each_of(body: &Evaluated, key: &str) -> Vec<Evaluated> {
    let Some(properties) = body.key("properties").filter(|own| matches!(own.data, Data::Object(_))) else {
        return vec![body.clone()];
    };
    let Some(value) = properties.key(key).filter(|own| matches!(own.data, Data::OneOf(..))) else {
        return vec![body.clone()];
    };
    let with = |own: &Evaluated| {
        let is =
            |name: &Evaluated, wanted: &str| name.data.as_text().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let inner = properties
            .pairs()
            .iter()
            .map(|(name, old)| (name.clone(), if is(name, key) { own.clone() } else { old.clone() }));
        let inner = properties.clone().with(Data::Object(inner.collect()));
        let outer = body
            .pairs()
            .iter()
            .map(|(name, old)| (name.clone(), if is(name, "properties") { inner.clone() } else { old.clone() }));
        body.clone().with(Data::Object(outer.collect()))
    };
    // Azure refuses an assignment without one: where it is made, it is made with one of the others.
    let is_one = |own: &&Evaluated| !matches!(own.data, Data::Null) && own.data.as_text() != Some("");
    let found: Vec<Evaluated> = value.alternatives().iter().filter(is_one).map(with).collect();
    if found.is_empty() { vec![body.clone()] } else { found }
}

/// Which `principalType` a principal has, where it is a person or a group of the directory.
fn member(principal: &Evaluated) -> Option<&'static str> {
    let Data::Resource(target, _) = &principal.data else { return None };
    let sorts = [("Microsoft.Graph/groups", "Group"), ("Microsoft.Graph/users", "User")];
    sorts.into_iter().find(|(kind, _)| target.kind.eq_ignore_ascii_case(kind)).map(|(_, sort)| sort)
}

fn placed(edit: &Edit, env: &Env<'_>) -> (Span, String) {
    (Span::new(env.file, edit.range), edit.text.clone())
}

/// Where the name or GUID of a role is written out: at the end of a text that is as long as it is written, but for quotes.
fn role_at(role: &Evaluated) -> Option<Span> {
    let (span, text) = match &role.data {
        Data::Resource(target, _) => (target.named_at?, target.name()?),
        data => (role.span, data.as_text()?),
    };
    let length = to_offset(text.len());
    let quote = match (span.range.end - span.range.start).checked_sub(length)? {
        0 => 0,
        2 => 1,
        _ => return None,
    };
    let end = span.range.end - quote;
    let own = text.rsplit('/').next().unwrap_or(text);
    (!own.is_empty()).then(|| Span::new(span.file, TextRange::new(end - to_offset(own.len()), end)))
}

/// Where the name of a role assignment is made from a seed that leaves out whom it is for: that one, and what stands for all
/// whom it may be for.
fn without_principal(
    target: &Target,
    body: &Evaluated,
    chosen: Option<&str>,
    env: &Env<'_>,
    resource: &Resource,
) -> Option<LooseName> {
    let seed = symbol_of(target.names.last()?)?.to_ascii_lowercase();
    let principal = principal_of(body)?;
    let has = |own: &str| seed.contains(&own.to_ascii_lowercase());
    let mut tells_cluster = false;
    let mut tells = has(&principal.data.symbol()?) || chosen.is_some_and(has);
    if let Data::Resource(target, _) = &principal.data {
        let told = target.symbol().is_some_and(|own| has(&own)) || target.name().is_some_and(has);
        // A cluster has another identity once it is made anew under its old id, unless it is brought one.
        if target.reference.kind == ResourceKind::Cluster {
            tells_cluster = told;
            tells |= has("userAssignedIdentities(");
        } else {
            tells |= told;
        }
    }
    let span = env.span(resource.name.as_ref()?);
    (seed.starts_with("guid(") && !tells).then_some(LooseName { span, tells_cluster })
}
