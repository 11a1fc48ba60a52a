//! A template with all that goes by a name in it.

use std::collections::BTreeMap;

use canpull_syntax::FileId;
use canpull_syntax::edit::Edit;
use canpull_syntax::expression::Expression;

use super::objects::Objects;
use crate::fact::azure::{ResourceKind, kind_of};
use crate::fact::template::{Loop, Module, Named, Parameter, Resource, Source, State, Target, TemplateFact};

/// Which template.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum UnitKey {
    /// By its file and its place in it.
    Template(usize, usize),
    /// All templates of a folder, by the first of its files.
    Folder(usize),
    /// A module of a public registry.
    Known(&'static str),
    /// All objects of Kubernetes that stand for resources.
    Objects,
}

/// A template, from one file or several. Names are in lower case.
#[derive(Debug, Default)]
pub(super) struct Unit<'f> {
    pub(super) target: Target,
    /// It is Terraform's.
    pub(super) is_terraform: bool,
    /// All files of a folder are one.
    pub(super) is_of_folder: bool,
    pub(super) parameters: BTreeMap<String, (FileId, &'f Parameter)>,
    pub(super) variables: BTreeMap<String, (FileId, &'f Named)>,
    pub(super) outputs: BTreeMap<String, (FileId, &'f Named)>,
    pub(super) resources: Vec<(FileId, &'f Resource)>,
    pub(super) modules: Vec<(FileId, &'f Module)>,
    /// Resources and modules by what they go by.
    pub(super) symbols: BTreeMap<String, Symbol>,
    /// The edits that give role assignments a scope, by their places among the resources.
    pub(super) scopes: BTreeMap<usize, &'f Edit>,
    /// Of objects of Kubernetes: how they find each other.
    pub(super) objects: Objects<'f>,
    /// It makes a registry.
    pub(super) makes_registry: bool,
    /// The cloud that its provider works in.
    pub(super) cloud: Option<(FileId, &'f Expression)>,
    /// Where it keeps its state.
    pub(super) state: Option<&'f State>,
}

/// What goes by a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Symbol {
    /// A resource, by its place.
    Resource(usize),
    /// A module, by its place.
    Module(usize),
}

impl<'f> Unit<'f> {
    /// Takes in what a file says.
    pub(super) fn add(&mut self, file: FileId, template: &'f TemplateFact) {
        self.target = template.target;
        self.is_terraform = template.is_terraform;
        self.is_of_folder = template.is_of_folder;
        let lower = |name: &str| name.to_ascii_lowercase();
        self.parameters.extend(template.parameters.iter().map(|own| (lower(&own.name), (file, own))));
        self.variables.extend(template.variables.iter().map(|own| (lower(&own.name), (file, own))));
        self.outputs.extend(template.outputs.iter().map(|own| (lower(&own.name), (file, own))));
        self.cloud = self.cloud.or(template.cloud.as_ref().map(|cloud| (file, cloud)));
        self.state = self.state.or(template.state.as_ref());
        let before = self.resources.len();
        self.scopes.extend(template.scopes.iter().map(|(at, edit)| (before + at, edit)));
        for resource in &template.resources {
            if let Some(symbol) = &resource.symbol {
                self.symbols.insert(lower(symbol), Symbol::Resource(self.resources.len()));
            }
            self.makes_registry |= !resource.existing && kind_of(&resource.kind) == ResourceKind::Registry;
            self.resources.push((file, resource));
        }
        for module in &template.modules {
            if let Some(symbol) = &module.symbol {
                self.symbols.insert(lower(symbol), Symbol::Module(self.modules.len()));
            }
            self.modules.push((file, module));
        }
    }

    /// The modules that it deploys, each with its place among all.
    pub(super) fn deployments(&self) -> impl Iterator<Item = (usize, FileId, &'f Module)> {
        let all = self.modules.iter().enumerate().map(|(index, &(file, module))| (index, file, module));
        all.filter(|(_, _, module)| !matches!(module.source, Source::Variables(_) | Source::State(_)))
    }

    /// The file in which a resource or module is, and what it is repeated for.
    pub(super) fn place_and_loop(&self, symbol: Symbol) -> Option<(FileId, Option<&'f Loop>)> {
        match symbol {
            Symbol::Resource(index) => self.resources.get(index).map(|(file, own)| (*file, own.terms.each.as_deref())),
            Symbol::Module(index) => self.modules.get(index).map(|(file, own)| (*file, own.terms.each.as_deref())),
        }
    }

    /// How much is written in it, about.
    pub(super) fn size(&self) -> u64 {
        let all = self.parameters.len() + self.variables.len() + self.outputs.len();
        all as u64 + 16 * self.made()
    }

    /// How much a deployment of it makes, about.
    pub(super) fn made(&self) -> u64 {
        1 + (self.resources.len() + self.modules.len()) as u64
    }
}
