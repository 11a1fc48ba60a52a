//! A template that is deployed: with which parameters, and where to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use canpull_syntax::expression::Expression;
use canpull_syntax::{FileId, Span, TextRange, order, to_offset};

use super::Evaluator;
use super::named::Named;
use super::target::{Place, Target};
use super::unit::{Symbol, Unit, UnitKey};
use super::value::{Data, Evaluated};
use crate::acr_host::suffix_of_cloud;
use crate::fact::azure::{ResourceKind, ResourceRef, kind_of};
use crate::fact::template::{self, Loop, Module, Resource, Scoping, Source};

/// Index of a deployment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct InstanceId(pub(super) u32);

/// Modules call modules this deep at most.
const MAX_DEPTH: usize = 12;

/// Loops go round so many times; of longer ones each round is as good as another.
const MAX_ROUNDS: usize = 64;

/// Resources stand below others this deep at most.
const MAX_NAMES: usize = 16;

/// What stands for the subscription that Terraform's provider is configured for.
const OF_PROVIDER: &str = "subscription of azurerm";

/// What loops go by, the innermost last.
pub(super) type Locals = Rc<[(String, Evaluated)]>;

/// A deployment.
#[derive(Debug)]
pub(super) struct Instance<'f> {
    pub(super) id: InstanceId,
    pub(super) unit: Rc<Unit<'f>>,
    /// The file that the whole begins with: what makes symbols unique among all sources.
    pub(super) root: Rc<str>,
    /// The modules that lead to it, for symbols: `aks.`.
    prefix: String,
    pub(super) place: Place,
    /// What it is deployed to.
    pub(super) level: ResourceKind,
    caller: Option<Caller<'f>>,
    /// What a file of parameters gives.
    given: BTreeMap<String, (FileId, &'f Expression)>,
    pub(super) depth: usize,
    /// Where it is called, of a template that is in no file: all that it says is said there.
    called_at: Option<Span>,
    /// What names stand for; `None` while it is being worked out.
    names: RefCell<BTreeMap<(Sort, String), Option<Evaluated>>>,
    modules: RefCell<BTreeMap<(usize, usize), InstanceId>>,
    targets: RefCell<BTreeMap<usize, Option<Rc<Target>>>>,
    pub(super) named: Named,
}

#[derive(Debug)]
struct Caller<'f> {
    env: Env<'f>,
    module: &'f Module,
    /// The caller's names are this template's.
    outer: bool,
}

/// What goes by a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sort {
    Parameter,
    Variable,
    Output,
}

/// Where an expression stands.
#[derive(Clone, Debug)]
pub(super) struct Env<'f> {
    pub(super) instance: Rc<Instance<'f>>,
    pub(super) file: FileId,
    pub(super) locals: Locals,
}

impl<'f> Env<'f> {
    pub(super) fn new(instance: &Rc<Instance<'f>>, file: FileId) -> Self {
        Self { instance: Rc::clone(instance), file, locals: Rc::from([]) }
    }

    pub(super) fn span(&self, expression: &Expression) -> Span {
        self.instance.span(self.file, expression.range)
    }

    /// Where something of a file is written, or called for.
    pub(super) fn called_at(&self, file: FileId, range: TextRange) -> Span {
        self.instance.span(file, range)
    }

    /// With more names.
    pub(super) fn and(&self, more: impl IntoIterator<Item = (String, Evaluated)>) -> Self {
        Self { locals: self.locals.iter().cloned().chain(more).collect(), ..self.clone() }
    }

    /// Which of several is meant, by what its loop goes by.
    fn round(&self) -> Option<String> {
        ["each.key", "count.index"].iter().find_map(|name| self.local(name)?.data.symbol())
    }

    pub(super) fn local(&self, name: &str) -> Option<&Evaluated> {
        self.locals.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// A round of a loop, or the one time where there is none.
pub(super) struct Round<'f> {
    pub(super) env: Env<'f>,
    /// Whether it comes to it.
    pub(super) sure: Sure,
}

/// How sure it is that something is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Sure {
    Yes,
    Maybe,
    /// Only if somebody says otherwise than the sources by default.
    NotByDefault,
}

impl<'f> Instance<'f> {
    /// Where something is written, or called for.
    fn span(&self, file: FileId, range: TextRange) -> Span {
        self.called_at.unwrap_or_else(|| Span::new(file, range))
    }

    /// Whether nothing calls for it.
    pub(super) fn is_entry(&self) -> bool {
        self.caller.is_none()
    }

    /// The deployment whose names are this template's, where they are not its own.
    fn outer(&self) -> Option<&Caller<'f>> {
        self.caller.as_ref().filter(|caller| caller.outer)
    }

    /// The deployment that calls it, where its names are this one's too.
    pub(super) fn caller_of_same_names(&self) -> Option<&Rc<Self>> {
        self.outer().map(|caller| &caller.env.instance)
    }

    /// Where the expressions of its template stand.
    pub(super) fn env(self: &Rc<Self>, file: FileId) -> Env<'f> {
        match self.outer() {
            Some(caller) => Env { instance: Rc::clone(self), file, locals: Rc::clone(&caller.env.locals) },
            None => Env::new(self, file),
        }
    }

    /// What goes by a symbol: a resource or module of the template, or of the one that it is written in.
    pub(super) fn symbol(self: &Rc<Self>, name: &str) -> Option<(Rc<Self>, Symbol)> {
        match self.unit.symbols.get(name) {
            Some(symbol) => Some((Rc::clone(self), *symbol)),
            None => self.outer()?.env.instance.symbol(name),
        }
    }

    /// Forgets a resource that was declared: whoever asks for it again works it out anew.
    pub(super) fn forget(&self, index: usize) {
        self.targets.borrow_mut().remove(&index);
    }

    /// Works a name out once. What depends on itself is unknown.
    fn remembered(&self, sort: Sort, name: &str, span: Span, find: impl FnOnce() -> Evaluated) -> Evaluated {
        let key = (sort, name.to_owned());
        let known = self.names.borrow().get(&key).cloned();
        if let Some(known) = known {
            return known.unwrap_or_else(|| Evaluated::unknown(span));
        }
        self.names.borrow_mut().insert(key.clone(), None);
        let found = find();
        self.names.borrow_mut().insert(key, Some(found.clone()));
        found
    }
}

impl<'f> Evaluator<'f> {
    /// A deployment that nothing calls for, with files of parameters, of which the last counts most.
    pub(super) fn entry(&self, unit: &Rc<Unit<'f>>, root: &str, arguments: &[usize]) -> Option<Rc<Instance<'f>>> {
        let files = arguments.iter().filter_map(|index| Some((*index, self.files.get(*index)?.arguments.as_ref()?)));
        let given = files.flat_map(|(index, arguments)| {
            arguments.values.iter().map(move |own| (own.name.to_ascii_lowercase(), (FileId::at(index), &own.value)))
        });
        let level = match unit.target {
            template::Target::ResourceGroup => ResourceKind::ResourceGroup,
            template::Target::Subscription => ResourceKind::Subscription,
            template::Target::Above => ResourceKind::ManagementGroup,
        };
        self.add(Instance {
            id: InstanceId(0),
            unit: Rc::clone(unit),
            root: root.into(),
            prefix: String::new(),
            place: Place {
                group_symbol: (level == ResourceKind::ResourceGroup).then(|| format!("{root}#resourceGroup()")),
                // A plan does not tell with which configuration of a provider a resource is read.
                subscription_symbol: (unit.is_terraform && unit.is_of_folder).then(|| format!("{root}#{OF_PROVIDER}")),
                ..Place::default()
            },
            level,
            caller: None,
            given: order::gather(given),
            depth: 0,
            called_at: None,
            names: RefCell::default(),
            modules: RefCell::default(),
            targets: RefCell::default(),
            named: Named::default(),
        })
    }

    /// Takes in a deployment; `None` of a module where no more of them are told apart.
    fn add(&self, instance: Instance<'f>) -> Option<Rc<Instance<'f>>> {
        let mut all = self.instances.borrow_mut();
        if instance.caller.is_some() {
            self.room.set(self.room.get().checked_sub(instance.unit.made())?);
        }
        if instance.unit.makes_registry {
            self.with_registry.borrow_mut().insert((Rc::clone(&instance.root), instance.place.clone()));
        }
        let instance = Rc::new(Instance { id: InstanceId(to_offset(all.len())), ..instance });
        all.push(Rc::clone(&instance));
        Some(instance)
    }

    /// The deployment of a module in a round of its loop; `None` where its template is not there.
    pub(super) fn module(&self, env: &Env<'f>, index: usize, round: usize) -> Option<Rc<Instance<'f>>> {
        let known = env.instance.modules.borrow().get(&(index, round)).copied();
        if let Some(id) = known {
            return self.instance(id);
        }
        let own = &env.instance;
        let &(file, module) = own.unit.modules.get(index)?;
        let unit = match &module.source {
            Source::Path(path) | Source::Variables(path) => self.unit_at(file, path)?.1,
            Source::State(state) => return self.kept(state, &own.env(file)),
            Source::Inline(at, _) => Rc::clone(self.units.get(&UnitKey::Template(file.0 as usize, *at))?),
            Source::Elsewhere(written) => Rc::clone(self.units.get(&UnitKey::Known(super::known::path(written)?))?),
        };
        if own.depth >= MAX_DEPTH {
            return None;
        }
        let (level, mut place) = self.destination(env, module);
        place.subscription_symbol = place.subscription_symbol.filter(|_| !module.has_providers);
        let mut symbol = module.symbol.as_deref().map_or_else(|| index.to_string(), str::to_owned);
        if module.terms.each.is_some() && round > 0 {
            symbol = format!("{symbol}[{round}]");
        }
        let instance = self.add(Instance {
            id: InstanceId(0),
            unit,
            root: Rc::clone(&own.root),
            prefix: format!("{}{symbol}.", own.prefix),
            place,
            level,
            depth: own.depth + 1,
            called_at: own
                .called_at
                .or_else(|| matches!(module.source, Source::Elsewhere(_)).then(|| Span::new(file, module.range))),
            caller: Some(Caller {
                env: env.clone(),
                module,
                outer: matches!(module.source, Source::Inline(_, Scoping::Outer)),
            }),
            given: BTreeMap::new(),
            names: RefCell::default(),
            modules: RefCell::default(),
            targets: RefCell::default(),
            named: Named::default(),
        })?;
        own.modules.borrow_mut().insert((index, round), instance.id);
        Some(instance)
    }

    /// Where a module is deployed to.
    fn destination(&self, env: &Env<'f>, module: &'f Module) -> (ResourceKind, Place) {
        let own = &env.instance;
        let scope = module.scope.as_ref().map(|scope| self.evaluate(scope, env));
        if let Some(Data::Resource(target, _)) = scope.as_ref().map(|scope| &scope.data) {
            return (target.reference.kind, target.place());
        }
        if module.scope.is_some() {
            return (ResourceKind::Other, Place::default());
        }
        let text = |given: &'f Option<Expression>| given.as_ref().map(|given| self.evaluate(given, env));
        let known = |given: Option<Evaluated>, own: &Option<String>| match given {
            Some(value) => value.data.as_text().map(str::to_owned),
            None => own.clone(),
        };
        let group = text(&module.group);
        let level = match (&group, &module.subscription) {
            (Some(_), _) => ResourceKind::ResourceGroup,
            (None, Some(_)) => ResourceKind::Subscription,
            (None, None) => own.level,
        };
        let subscription = known(text(&module.subscription), &own.place.subscription);
        let place = match group {
            Some(group) => Place::group(&group.data.pieces().unwrap_or_default(), subscription, &own.root),
            None => Place { subscription, ..own.place.clone() },
        };
        (level, place)
    }

    /// The rounds in which a resource or module is made.
    pub(super) fn rounds(&self, env: &Env<'f>, each: Option<&'f Loop>) -> Vec<Round<'f>> {
        let Some(own) = each else { return vec![Round { env: env.clone(), sure: Sure::Yes }] };
        let over = self.evaluate(&own.over, env);
        let span = env.span(&own.over);
        let number = |at: usize| Evaluated::new(Data::Number(i64::try_from(at).unwrap_or(i64::MAX)), span);
        let round = |item: Evaluated, index: Evaluated, sure: Sure| {
            let copy = [("copyindex()".to_owned(), index.clone()), (format!("copyindex({})", own.name), index.clone())];
            let names = [(own.name.to_ascii_lowercase(), item)];
            let names =
                names.into_iter().chain(own.index.iter().map(|name| (name.to_ascii_lowercase(), index.clone())));
            Round { env: env.and(names.chain(copy)), sure }
        };
        // That nothing is made may change, where it rests on what a parameter is if nobody says otherwise.
        let settled = |rounds: usize| rounds <= MAX_ROUNDS && (rounds > 0 || over.firm);
        let is_none = match &over.data {
            Data::List(items) => items.is_empty(),
            Data::Object(pairs) => pairs.is_empty(),
            data => matches!(data, Data::Number(0)),
        };
        match &over.data {
            Data::List(items) if settled(items.len()) => {
                items.iter().enumerate().map(|(at, item)| round(item.clone(), number(at), Sure::Yes)).collect()
            }
            Data::Number(count) if usize::try_from(*count).is_ok_and(settled) => {
                let count = usize::try_from(*count).unwrap_or_default();
                (0..count).map(|at| round(number(at), number(at), Sure::Yes)).collect()
            }
            Data::Object(pairs) if settled(pairs.len()) => {
                // A key that only some of the objects have which it may be; or keys of which none is known.
                let is_open = |own: &Evaluated| matches!(own.data, Data::Open(_, None));
                let may = |key: &Evaluated, item: &Evaluated| key.optional || (is_open(key) && is_open(item));
                let sure = |key: &Evaluated, item: &Evaluated| if may(key, item) { Sure::Maybe } else { Sure::Yes };
                pairs.iter().map(|(key, item)| round(item.clone(), key.clone(), sure(key, item))).collect()
            }
            _ => vec![round(
                Evaluated::unknown(span),
                Evaluated::unknown(span),
                if is_none { Sure::NotByDefault } else { Sure::Maybe },
            )],
        }
    }

    /// What login servers end with in the cloud that a deployment is in, where its provider, or its caller's, tells.
    pub(super) fn suffix(&self, instance: &Rc<Instance<'f>>) -> Option<&'static str> {
        match (instance.unit.cloud, &instance.caller) {
            (Some((file, cloud)), _) => {
                suffix_of_cloud(self.evaluate(cloud, &Env::new(instance, file)).data.as_text()?)
            }
            (None, Some(caller)) => self.suffix(&caller.env.instance),
            (None, None) => None,
        }
    }

    /// What a parameter is.
    pub(super) fn parameter(&self, instance: &Rc<Instance<'f>>, name: &str) -> Option<Evaluated> {
        if let Some(caller) = instance.outer() {
            return self.parameter(&caller.env.instance, name);
        }
        let &(file, parameter) = instance.unit.parameters.get(name)?;
        let found = instance.remembered(Sort::Parameter, name, instance.span(file, parameter.range), || {
            let own = Env::new(instance, file);
            let symbol = format!("{}{}", instance.prefix, parameter.name);
            let complete = |value: Evaluated| match &parameter.kind {
                Some(kind) => self.completed(value, kind, &own),
                None => value,
            };
            if let Some(caller) = &instance.caller {
                let argument = caller.module.arguments.iter().rev().find(|own| own.name.eq_ignore_ascii_case(name));
                if let Some(argument) = argument {
                    return complete(self.evaluate(&argument.value, &caller.env)).known_as(&symbol);
                }
            }
            if let Some((file, given)) = instance.given.get(name) {
                return complete(self.evaluate(given, &Env::new(instance, *file))).known_as(&symbol);
            }
            if let Some(default) = &parameter.default {
                // Whoever deploys the whole may say otherwise.
                return complete(self.evaluate(default, &own)).known_as(&symbol).given(instance.caller.is_some());
            }
            Evaluated::new(Data::open(Some(symbol)), instance.span(file, parameter.range))
        });
        Some(found)
    }

    /// What a variable is.
    pub(super) fn variable(&self, instance: &Rc<Instance<'f>>, name: &str) -> Option<Evaluated> {
        if let Some(caller) = instance.outer() {
            return self.variable(&caller.env.instance, name);
        }
        let &(file, variable) = instance.unit.variables.get(name)?;
        let span = instance.span(file, variable.value.range);
        Some(instance.remembered(Sort::Variable, name, span, || {
            // In ARM templates a parameter may have the same name.
            let apart = if instance.unit.parameters.contains_key(name) { "variable " } else { "" };
            let symbol = format!("{}{apart}{}", instance.prefix, variable.name);
            self.evaluate(&variable.value, &Env::new(instance, file)).known_as(&symbol)
        }))
    }

    /// What a deployment gives out under a name.
    pub(super) fn output(&self, instance: &Rc<Instance<'f>>, name: &str, span: Span) -> Evaluated {
        let name = name.to_ascii_lowercase();
        let caller = instance.caller.as_ref();
        if caller.is_some_and(|caller| matches!(caller.module.source, Source::Variables(_))) {
            return self.variable(instance, &name).unwrap_or_else(|| Evaluated::unknown(span));
        }
        let Some(&(file, output)) = instance.unit.outputs.get(&name) else { return Evaluated::unknown(span) };
        instance.remembered(Sort::Output, &name, span, || self.evaluate(&output.value, &instance.env(file)))
    }

    /// The resource that a template declares, in a round of its loop; worked out once where there is none.
    pub(super) fn declared(&self, env: &Env<'f>, index: usize) -> Rc<Target> {
        let instance = &env.instance;
        let looped = instance.unit.resources.get(index).is_some_and(|(_, own)| own.terms.each.is_some());
        if looped {
            return Rc::new(self.target_of(env, index));
        }
        let known = instance.targets.borrow().get(&index).cloned();
        match known {
            Some(Some(known)) => return known,
            // It is named after itself.
            Some(None) => {
                let span = Span::new(env.file, TextRange::default());
                return Rc::new(Target::new("", Vec::new(), &Place::default(), &instance.root, span));
            }
            None => {}
        }
        instance.targets.borrow_mut().insert(index, None);
        let found = Rc::new(self.target_of(env, index));
        instance.targets.borrow_mut().insert(index, Some(Rc::clone(&found)));
        found
    }

    fn target_of(&self, env: &Env<'f>, index: usize) -> Target {
        let instance = &env.instance;
        let Some(&(file, resource)) = instance.unit.resources.get(index) else {
            let span = Span::new(env.file, TextRange::default());
            return Target::new("", Vec::new(), &Place::default(), &instance.root, span);
        };
        let env = Env { file, ..env.clone() };
        let span = env.span(&resource.body);
        if let Some(changed) = &resource.changes {
            return self.changed(changed, &resource.kind, &env, span);
        }
        let above = match (&resource.parent, resource.within) {
            (Some(parent), _) => match self.evaluate(parent, &env).data {
                Data::Resource(target, _) => Some(target),
                _ => None,
            },
            (None, Some(within)) => Some(self.declared(&env, within)),
            (None, None) => None,
        };
        let named = resource.name.as_ref().filter(|_| !instance.unit.objects.is_patched(index));
        let own = named.map(|name| self.evaluate(name, &env));
        let named_at = own.as_ref().filter(|name| name.data.as_text().is_some()).map(|name| name.span);
        let own = own.and_then(|name| name.data.pieces()).unwrap_or_default();
        let own = super::target::segments(&own);
        let above_it = above.iter().flat_map(|above| above.names.iter().cloned());
        let names: Vec<_> = above_it.chain(own).take(MAX_NAMES).collect();
        let mut place = instance.place.clone();
        place.subscription_symbol = subscription_symbol(resource, place.subscription_symbol);
        if let Some(above) = &above {
            place = above.place();
        } else if let Some(group) = &resource.group {
            let subscription_symbol = place.subscription_symbol;
            place = Place { subscription_symbol, ..self.group(group, &env, place.subscription) };
        } else if let Some(scope) =
            resource.scope.as_ref().filter(|_| resource.existing || !is_set_upon(&resource.kind))
        {
            place = Target::place_of(&self.evaluate(scope, &env), &instance.root);
        }
        let mut target = Target::new(&resource.kind, names, &place, &instance.root, span);
        if target.reference.is_open()
            && let Some(symbol) = &resource.symbol
        {
            let round = env.round().map(|round| format!("[{round}]")).unwrap_or_default();
            target.reference.symbol = Some(format!("{}#{}{symbol}{round}", instance.root, instance.prefix));
        }
        if target.reference.kind == ResourceKind::ServicePrincipal
            && let Some(application) = self.application(resource, &env)
        {
            target.reference = ResourceRef { kind: ResourceKind::ServicePrincipal, ..application };
        }
        target.declared = Some((instance.id, index));
        target.words = resource.words;
        target.named_at = named_at;
        target
    }

    /// The resource that another changes.
    fn changed(&self, id: &'f Expression, kind: &str, env: &Env<'f>, span: Span) -> Target {
        let root = &env.instance.root;
        let found = match self.evaluate(id, env).data {
            Data::Resource(target, _) => Some(target),
            Data::Text(id) => Target::by_id(&id, root, span),
            _ => None,
        };
        let found = found.filter(|found| found.kind.eq_ignore_ascii_case(kind));
        let unknown = || Target::new(kind, Vec::new(), &Place::default(), root, span);
        found.map_or_else(unknown, |found| Target { declared: None, ..Target::clone(&found) })
    }

    /// The application of the sources that a service principal stands for.
    fn application(&self, resource: &'f Resource, env: &Env<'f>) -> Option<ResourceRef> {
        let id = self.evaluate(resource.body.at(&["properties", "appId"])?, env);
        let Data::Resource(target, path) = &id.data else { return None };
        let path: Vec<&str> = path.iter().map(|key| &**key).collect();
        let is_application = target.reference.kind == ResourceKind::Application && target.in_azure(&path) == ["appId"];
        (is_application && !target.reference.is_open()).then(|| target.reference.clone())
    }

    /// The resource group that a resource says that it is in.
    fn group(&self, group: &'f Expression, env: &Env<'f>, subscription: Option<String>) -> Place {
        let name = self.evaluate(group, env);
        Place::group(&name.data.pieces().unwrap_or_default(), subscription, &env.instance.root)
    }
}

/// Whether the scope of such a resource is what it is set upon, and not where it is.
fn is_set_upon(kind: &str) -> bool {
    kind.get(.."microsoft.authorization/".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("microsoft.authorization/"))
}

/// What stands for the subscription that a resource is in: that of the provider which makes it, or reads it.
fn subscription_symbol(resource: &Resource, of_provider: Option<String>) -> Option<String> {
    let symbol = resource.symbol.as_deref()?;
    let of_azurerm = symbol.strip_prefix("data.").unwrap_or(symbol).starts_with("azurerm_");
    let is_other =
        kind_of(&resource.kind) == ResourceKind::Subscription && (resource.name.is_some() || !resource.existing);
    let own = of_provider.filter(|_| of_azurerm && !is_other)?;
    match resource.provider.as_deref() {
        None => Some(own),
        Some("") => None,
        Some(alias) => Some(format!("{own}, {alias}")),
    }
}
