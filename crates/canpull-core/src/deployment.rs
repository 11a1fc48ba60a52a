//! Templates as they are deployed: over all files, what their expressions come to, and the facts of the resources that
//! they make.
//!
//! A template that no other deploys is deployed by itself, once for each of its files of parameters. Modules are
//! deployed as their callers say. Work is bounded: what takes more is unknown.

mod choices;
mod collection;
mod entry;
mod evaluate;
mod function;
mod instance;
mod known;
mod kubernetes;
mod make;
mod named;
mod objects;
mod operate;
mod optional;
mod overrides;
mod puller;
mod state;
mod target;
mod unit;
mod unread;
mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::{FileId, order};

use crate::fact::template::TemplateFact;
use crate::fact::{AzureFacts, FileFacts, join};
use choices::Choice;
use entry::Entry;
use instance::{Instance, InstanceId, Sure};
use unit::{Unit, UnitKey};

/// Expressions are visited so many times at most, for each one that is written and all in all.
const VISITS_EACH: u64 = 64;
const VISITS: u64 = 200_000;

/// Modules make so many resources and deployments at most, all in all, and so many times what is written.
const ROOM: u64 = 20_000;
const ROOM_EACH: u64 = 32;

/// So many files of parameters of one template are followed.
const MAX_ARGUMENT_FILES: usize = 16;

/// Where known modules are written: in no file.
const NO_FILE: FileId = FileId(u32::MAX);

/// Works out what all templates make, and adds it to the facts of the files that say it.
pub fn resolve(files: &mut [FileFacts]) {
    if files.iter().all(|file| file.templates.is_empty() && file.objects.is_none()) {
        for file in files {
            file.content = None;
        }
        return;
    }
    overrides::lay_over(files);
    let known = known::called(files);
    let made = {
        let evaluator = Evaluator::new(files, &known);
        for choices in evaluator.entries() {
            evaluator.deploy_one_of(&choices);
        }
        evaluator.made.into_inner()
    };
    // They have said what they say; said twice it would count twice.
    for file in &mut *files {
        file.templates = Vec::new();
        file.arguments = None;
        file.objects = None;
        file.content = None;
    }
    for (file, made) in made {
        let Some(file) = files.get_mut(file.0 as usize) else { continue };
        file.azure.append(made.azure);
        file.script.secrets.extend(made.objects.secrets);
        file.service_accounts.extend(made.objects.service_accounts);
        file.workloads.extend(made.objects.workloads);
    }
}

/// What the templates of one file make.
#[derive(Default)]
struct Made {
    azure: AzureFacts,
    objects: kubernetes::Objects,
}

impl Made {
    fn append(&mut self, more: Self) {
        self.azure.append(more.azure);
        self.objects.append(more.objects);
    }
}

/// All templates, and what has been worked out of them so far.
struct Evaluator<'f> {
    files: &'f [FileFacts],
    units: BTreeMap<UnitKey, Rc<Unit<'f>>>,
    /// Files by their paths.
    paths: BTreeMap<&'f str, usize>,
    /// Templates of folders by the paths of those.
    folders: BTreeMap<&'f str, UnitKey>,
    instances: RefCell<Vec<Rc<Instance<'f>>>>,
    /// What makes a registry, and where.
    with_registry: RefCell<BTreeSet<(Rc<str>, target::Place)>>,
    /// Visits that are left.
    visits: Cell<u64>,
    /// How much modules may still make.
    room: Cell<u64>,
    /// How deep the evaluation is.
    depth: Cell<usize>,
    made: RefCell<BTreeMap<FileId, Made>>,
}

impl<'f> Evaluator<'f> {
    fn new(files: &'f [FileFacts], known: &'f BTreeMap<&'static str, TemplateFact>) -> Self {
        let mut units: BTreeMap<UnitKey, Unit<'f>> = BTreeMap::new();
        let mut folders: BTreeMap<&'f str, UnitKey> = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            for (at, template) in file.templates.iter().enumerate() {
                let key = if template.is_of_folder {
                    *folders.entry(folder(&file.path)).or_insert(UnitKey::Folder(index))
                } else {
                    UnitKey::Template(index, at)
                };
                units.entry(key).or_default().add(FileId::at(index), template);
            }
        }
        if let Some(unit) = objects::unit(files) {
            units.insert(UnitKey::Objects, unit);
        }
        let written = units.values().map(Unit::size).sum::<u64>();
        let made = units.values().map(Unit::made).sum::<u64>();
        for (path, template) in known {
            units.entry(UnitKey::Known(path)).or_default().add(NO_FILE, template);
        }
        Self {
            files,
            units: order::gather(units.into_iter().map(|(key, unit)| (key, Rc::new(unit)))),
            folders,
            paths: order::gather(files.iter().enumerate().map(|(index, file)| (file.path.as_str(), index))),
            instances: RefCell::default(),
            with_registry: RefCell::default(),
            room: Cell::new(ROOM + ROOM_EACH * made),
            visits: Cell::new(VISITS + VISITS_EACH * written),
            depth: Cell::new(0),
            made: RefCell::default(),
        }
    }

    /// Makes what a template makes that nothing calls for, with each choice of its parameters.
    fn deploy_one_of(&self, entries: &[Entry<'f>]) {
        let before = self.made.take();
        let made = entries.iter().map(|entry| {
            self.call_for(&entry.instance);
            self.deploy(&entry.instance, Sure::Yes);
            Choice { file: entry.choice, made: self.made.take() }
        });
        let settled = choices::settle(made.collect());
        let mut all = self.made.borrow_mut();
        *all = before;
        for (file, made) in settled.into_iter().flatten() {
            all.entry(file).or_default().append(made);
        }
    }

    /// The template that a module's path means, relative to the file that calls it.
    fn unit_at(&self, caller: FileId, path: &str) -> Option<(UnitKey, Rc<Unit<'f>>)> {
        let path = join(folder(&self.files.get(caller.0 as usize)?.path), path)?;
        let file = self.paths.get(path.as_str()).map(|index| UnitKey::Template(*index, 0));
        let key = file.or_else(|| self.folders.get(path.as_str()).copied())?;
        self.units.get(&key).map(|unit| (key, Rc::clone(unit)))
    }

    /// What stands in a file at a path, relative to the file that loads it.
    fn content(&self, loader: FileId, path: &str) -> Option<(FileId, &'f str)> {
        let path = join(folder(&self.files.get(loader.0 as usize)?.path), path)?;
        let index = *self.paths.get(path.as_str())?;
        let content = self.files.get(index)?.content.as_ref()?;
        Some((FileId::at(index), &content.0))
    }

    fn instance(&self, id: InstanceId) -> Option<Rc<Instance<'f>>> {
        self.instances.borrow().get(id.0 as usize).cloned()
    }
}

/// The folder of a path.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
