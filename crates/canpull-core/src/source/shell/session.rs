//! A shell while it runs: what its variables hold, and what it hands on.

use std::rc::Rc;

use canpull_syntax::shell::Scope;

use super::environment::{Environment, Variables};
use super::value::Value;

/// A shell while it runs.
#[derive(Default)]
pub(super) struct Shell {
    pub(super) variables: Variables,
    /// What each variable is given anywhere in its sections, for functions written before what sets their variables.
    pub(super) anywhere: Variables,
    /// What it was given when it started.
    pub(super) environment: Rc<Environment>,
    /// What earlier steps of the job handed on.
    pub(super) handed: Rc<Variables>,
    /// What it hands on to later steps.
    pub(super) handing: Variables,
    /// The open scopes, each with what variables held that are given back at its end.
    pub(super) scopes: Vec<(Scope, Vec<Before>)>,
    /// The variable of the loop whose body comes next, with its last value.
    pub(super) looped: Option<Before>,
    /// A loop is left before its end.
    pub(super) breaks: bool,
}

/// What a variable held before.
pub(super) type Before = ((bool, String), Option<Vec<Value>>);

impl Shell {
    /// What a variable holds now.
    pub(super) fn now(&self, key: &(bool, String)) -> Option<&Vec<Value>> {
        self.variables.get(key).or_else(|| self.environment.get(key)).or_else(|| self.handed.get(key))
    }

    /// What a variable holds. A function may be called behind what gives it its variables.
    pub(super) fn get(&self, key: &(bool, String)) -> Option<&Vec<Value>> {
        let in_function = || self.scopes.iter().any(|(scope, _)| *scope == Scope::Function);
        self.now(key).or_else(|| self.anywhere.get(key).filter(|_| in_function()))
    }

    /// Gives a variable a value, in its function alone where it is `local`.
    pub(super) fn hold(&mut self, key: (bool, String), values: Vec<Value>, local: bool) {
        let bounds = |scope: Scope| scope == Scope::Subshell || (local && scope == Scope::Function);
        if let Some((_, before)) = self.scopes.iter_mut().rev().find(|(scope, _)| bounds(*scope)) {
            before.push((key.clone(), self.variables.get(&key).cloned()));
        }
        self.variables.hold(key, values);
    }

    pub(super) fn enter(&mut self, scope: Scope) {
        let looped = if scope == Scope::Loop { self.looped.take() } else { None };
        self.scopes.push((scope, looped.into_iter().collect()));
    }

    pub(super) fn leave(&mut self) {
        let Some((scope, before)) = self.scopes.pop() else { return };
        if scope == Scope::Loop {
            let breaks = std::mem::take(&mut self.breaks);
            return before.into_iter().for_each(|(key, last)| self.leave_loop(key, last, breaks));
        }
        for (key, values) in before.into_iter().rev() {
            self.variables.restore(key, values);
        }
    }

    /// Behind a loop its variable is the last of its values, unless the loop is left before.
    fn leave_loop(&mut self, key: (bool, String), last: Option<Vec<Value>>, breaks: bool) {
        let Some([now]) = self.variables.get(&key).map(Vec::as_slice) else { return };
        if now.is_each() {
            let values = if breaks { Some(vec![now.clone().either()]) } else { last };
            self.variables.restore(key, values);
        }
    }

    /// Leaves scopes until so many are open.
    pub(super) fn leave_to(&mut self, outside: usize) {
        while self.scopes.len() > outside {
            self.leave();
        }
    }
}
