//! What variables hold: those of a shell, and those that it is given when it starts.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::value::Value;

/// The values of all variables of a shell take no more, about, in bytes.
const MAX_HELD: usize = 8 << 20;

/// What variables hold, a language each.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    held: BTreeMap<(bool, String), Vec<Value>>,
    /// What all values ever held took.
    size: usize,
}

impl Variables {
    /// Where the bound is reached a variable keeps no value, so that it is open.
    pub(super) fn hold(&mut self, key: (bool, String), values: Vec<Value>) {
        self.size += values.iter().map(Value::size).sum::<usize>();
        if self.size < MAX_HELD {
            self.held.insert(key, values);
        } else {
            self.held.remove(&key);
        }
    }

    pub(super) fn get(&self, key: &(bool, String)) -> Option<&Vec<Value>> {
        self.held.get(key)
    }

    /// Gives a variable back what it held before.
    pub(super) fn restore(&mut self, key: (bool, String), values: Option<Vec<Value>>) {
        match values {
            Some(values) => drop(self.held.insert(key, values)),
            None => drop(self.held.remove(&key)),
        }
    }

    /// Takes over what others hold.
    pub(super) fn extend(&mut self, others: Self) {
        others.held.into_iter().for_each(|(key, values)| self.hold(key, values));
    }
}

/// The key of a variable. PowerShell ignores the case of names, and keeps those of the environment apart.
pub(super) fn key(powershell: bool, name: &str) -> (bool, String) {
    if powershell {
        let name = name.to_ascii_lowercase();
        (true, name.strip_prefix("env:").map_or(name.clone(), str::to_owned))
    } else {
        (false, name.to_owned())
    }
}

/// What a shell is given when it starts: variables that stand outside of scripts, the inner ones over the outer ones.
#[derive(Debug, Default)]
pub(in crate::source) struct Environment {
    own: Variables,
    outer: Option<Rc<Self>>,
}

impl Environment {
    /// One that adds to another.
    pub(in crate::source) fn within(outer: &Rc<Self>) -> Self {
        Self { own: Variables::default(), outer: Some(Rc::clone(outer)) }
    }

    /// Gives a variable a value.
    pub(in crate::source) fn set(&mut self, name: &str, value: &Value) {
        for powershell in [false, true] {
            self.own.hold(key(powershell, name), vec![value.clone()]);
        }
    }

    pub(super) fn get(&self, key: &(bool, String)) -> Option<&Vec<Value>> {
        let mut inner = Some(self);
        while let Some(environment) = inner {
            if let Some(found) = environment.own.get(key) {
                return Some(found);
            }
            inner = environment.outer.as_deref();
        }
        None
    }

    /// The text of a variable, where it is known.
    pub(in crate::source) fn text(&self, name: &str) -> Option<&str> {
        self.get(&key(false, name))?.first()?.as_text()
    }
}

/// How a section of a file is run.
#[derive(Debug)]
pub(in crate::source) enum Start {
    /// By the shell that ran the section before.
    GoOn,
    /// By a shell of its own.
    Shell {
        /// What it is given.
        environment: Rc<Environment>,
        /// The job that it is a step of: what steps hand on reaches later ones of the same job.
        job: usize,
    },
}
