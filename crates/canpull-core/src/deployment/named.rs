//! What a template declares, by the names that its deployments have.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Evaluator;
use super::instance::{Env, Instance};
use super::target::Target;
use super::value::{Data, symbol_of};

type Table<T> = RefCell<Option<Rc<BTreeMap<String, T>>>>;

/// What is declared by its names in lower case, each worked out when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Resources that are made once, by their places.
    resources: Table<Vec<usize>>,
    /// Modules, the first of a name, each with the round of its loop.
    modules: Table<(usize, usize)>,
}

/// What a table holds, made where it is not there yet. Whoever asks while it is made finds it empty.
fn table<T>(known: &Table<T>, make: impl FnOnce() -> BTreeMap<String, T>) -> Rc<BTreeMap<String, T>> {
    if let Some(known) = &*known.borrow() {
        return Rc::clone(known);
    }
    *known.borrow_mut() = Some(Rc::default());
    let made = Rc::new(make());
    *known.borrow_mut() = Some(Rc::clone(&made));
    made
}

impl<'f> Evaluator<'f> {
    /// The only resource of a template that has a name.
    pub(super) fn resource_named(&self, name: &Data, env: &Env<'f>) -> Option<Rc<Target>> {
        let wanted = name.symbol()?.to_ascii_lowercase();
        let instance = &env.instance;
        let once = table(&instance.named.resources, || self.resources_by_name(instance));
        let once = once.get(&wanted).into_iter().flatten().map(|&index| self.declared(env, index));
        // In a loop the name may hang on the round.
        let looped = instance.unit.resources.iter().enumerate().filter(|(_, (_, own))| own.terms.each.is_some());
        let looped = looped.map(|(index, _)| self.declared(env, index));
        let mut found = once.chain(looped.filter(|target| name_of(target).is_some_and(|own| own == wanted)));
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    fn resources_by_name(&self, instance: &Rc<Instance<'f>>) -> BTreeMap<String, Vec<usize>> {
        let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, (file, resource)) in instance.unit.resources.iter().enumerate() {
            if resource.terms.each.is_none()
                && let Some(name) = name_of(&self.declared(&instance.env(*file), index))
            {
                found.entry(name).or_default().push(index);
            }
        }
        found
    }

    /// The module whose deployment goes by a name.
    pub(super) fn module_named(&self, instance: &Rc<Instance<'f>>, name: &str) -> Option<Rc<Instance<'f>>> {
        let all = table(&instance.named.modules, || self.modules_by_name(instance));
        if let Some(&(index, at)) = all.get(&name.to_ascii_lowercase()) {
            let (file, module) = instance.unit.modules.get(index)?;
            let rounds = self.rounds(&instance.env(*file), module.terms.each.as_deref());
            return self.module(&rounds.get(at)?.env, index, at);
        }
        self.module_named(instance.caller_of_same_names()?, name)
    }

    fn modules_by_name(&self, instance: &Rc<Instance<'f>>) -> BTreeMap<String, (usize, usize)> {
        let mut found = BTreeMap::new();
        for (index, (file, module)) in instance.unit.modules.iter().enumerate() {
            let Some(name) = &module.name else { continue };
            let rounds = self.rounds(&instance.env(*file), module.terms.each.as_deref());
            for (at, round) in rounds.iter().enumerate() {
                if let Some(name) = self.evaluate(name, &round.env).data.symbol() {
                    found.entry(name.to_ascii_lowercase()).or_insert((index, at));
                }
            }
        }
        found
    }
}

/// The last name of a resource in lower case.
fn name_of(target: &Target) -> Option<String> {
    target.names.last().and_then(|own| symbol_of(own)).map(|own| own.to_ascii_lowercase())
}
