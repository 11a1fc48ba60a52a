//! Templates as they are deployed: over all files, what their expressions come to, and the facts of the resources that
//! they make.
//!
//! A template that no other deploys is deployed by itself, once for each of its files of parameters. Modules are
//! deployed as their callers say. Work is bounded: what takes more is unknown.

mod evaluate;
mod function;
mod instance;
mod known;
mod make;
mod objects;
mod operate;
mod target;
mod unit;
mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::FileId;

use crate::fact::template::{Source, TemplateFact};
use crate::fact::{AzureFacts, FileFacts, join};
use instance::{Instance, InstanceId};
use unit::{Unit, UnitKey};

/// Expressions are visited so many times at most, for each one that is written and all in all.
const VISITS_EACH: u64 = 64;
const VISITS: u64 = 200_000;

/// So many deployments are told apart at most.
const MAX_INSTANCES: usize = 4_000;

/// So many files of parameters of one template are followed.
const MAX_ARGUMENT_FILES: usize = 16;

/// Where known modules are written: in no file.
const NO_FILE: FileId = FileId(u32::MAX);

/// Works out what all templates make, and adds it to the facts of the files that say it.
pub fn resolve(files: &mut [FileFacts]) {
    if files.iter().all(|file| file.templates.is_empty() && file.objects.is_none()) {
        return;
    }
    let known = known::called(files);
    let made = {
        let evaluator = Evaluator::new(files, &known);
        for entry in evaluator.entries() {
            evaluator.deploy(&entry, false);
        }
        evaluator.made.into_inner()
    };
    // They have said what they say; said twice it would count twice.
    for file in &mut *files {
        file.templates = Vec::new();
        file.arguments = None;
        file.objects = None;
    }
    for (file, facts) in made {
        if let Some(file) = files.get_mut(file.0 as usize) {
            file.azure.append(facts);
        }
    }
}

/// All templates, and what has been worked out of them so far.
struct Evaluator<'f> {
    files: &'f [FileFacts],
    units: BTreeMap<UnitKey, Rc<Unit<'f>>>,
    /// Files by their paths.
    paths: BTreeMap<&'f str, usize>,
    instances: RefCell<Vec<Rc<Instance<'f>>>>,
    /// Visits that are left.
    visits: Cell<u64>,
    /// How deep the evaluation is.
    depth: Cell<usize>,
    made: RefCell<BTreeMap<FileId, AzureFacts>>,
}

impl<'f> Evaluator<'f> {
    fn new(files: &'f [FileFacts], known: &'f BTreeMap<&'static str, TemplateFact>) -> Self {
        let mut units = BTreeMap::new();
        let mut written = 0;
        for (index, file) in files.iter().enumerate() {
            for (at, template) in file.templates.iter().enumerate() {
                let mut unit = Unit::default();
                unit.add(FileId::at(index), template);
                written += unit.size();
                units.insert(UnitKey::Template(index, at), Rc::new(unit));
            }
        }
        for (path, template) in known {
            let mut unit = Unit::default();
            unit.add(NO_FILE, template);
            units.insert(UnitKey::Known(path), Rc::new(unit));
        }
        if let Some(unit) = objects::unit(files) {
            written += unit.size();
            units.insert(UnitKey::Objects, Rc::new(unit));
        }
        Self {
            files,
            units,
            paths: files.iter().enumerate().map(|(index, file)| (file.path.as_str(), index)).collect(),
            instances: RefCell::default(),
            visits: Cell::new(VISITS + VISITS_EACH * written),
            depth: Cell::new(0),
            made: RefCell::default(),
        }
    }

    /// The template that a module's path means, relative to the file that calls it.
    fn unit_at(&self, caller: FileId, path: &str) -> Option<(UnitKey, Rc<Unit<'f>>)> {
        let folder = self.files.get(caller.0 as usize)?.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let index = *self.paths.get(join(folder, path)?.as_str())?;
        let key = UnitKey::Template(index, 0);
        self.units.get(&key).map(|unit| (key, Rc::clone(unit)))
    }

    /// The deployments that nothing in the sources calls for.
    fn entries(&self) -> Vec<Rc<Instance<'f>>> {
        let mut called = BTreeSet::new();
        for unit in self.units.values() {
            for (file, module) in &unit.modules {
                if let Source::Path(path) = &module.source {
                    called.extend(self.unit_at(*file, path).map(|(key, _)| key));
                }
            }
        }
        let arguments = self.argument_files();
        let mut entries = Vec::new();
        for (key, unit) in &self.units {
            if *key == UnitKey::Objects {
                entries.extend(self.entry(unit, "objects", None));
            }
            let UnitKey::Template(index, at) = *key else { continue };
            let Some(file) = self.files.get(index).filter(|_| at == 0) else { continue };
            if self.is_compiled(file) {
                continue;
            }
            let given = arguments.get(&index).map(Vec::as_slice).unwrap_or_default();
            for &argument_file in given.iter().take(MAX_ARGUMENT_FILES) {
                entries.extend(self.entry(unit, &file.path, Some(argument_file)));
            }
            if given.is_empty() && !called.contains(key) {
                entries.extend(self.entry(unit, &file.path, None));
            }
        }
        entries
    }

    /// Whether a template was compiled from another that is there too.
    fn is_compiled(&self, file: &FileFacts) -> bool {
        let ending = file.templates.first().and_then(|template| template.compiled_from);
        let stem = file.path.rsplit_once('.').map_or("", |(stem, _)| stem);
        ending.is_some_and(|ending| self.paths.contains_key(format!("{stem}.{ending}").as_str()))
    }

    /// The files of parameters, by the template that they are for.
    fn argument_files(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, file) in self.files.iter().enumerate() {
            let Some(arguments) = &file.arguments else { continue };
            let template = match &arguments.template {
                Some(path) => self.paths.get(path.as_str()).copied(),
                None => self.template_beside(&file.path),
            };
            if let Some(template) = template {
                found.entry(template).or_default().push(index);
            }
        }
        found
    }

    /// The template that a file of parameters is for by its name: `main.parameters.json` for `main.bicep` or `main.json`;
    /// otherwise the only one in its folder.
    fn template_beside(&self, path: &str) -> Option<usize> {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let stem = name.split('.').next().unwrap_or(name);
        let beside = |name: String| {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let index = *self.paths.get(path.as_str())?;
            self.files.get(index).filter(|file| !file.templates.is_empty()).map(|_| index)
        };
        let by_name = ["bicep", "json"].iter().find_map(|ending| beside(format!("{stem}.{ending}")));
        by_name.or_else(|| {
            let own = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
            let templates = |(_, file): &(usize, &FileFacts)| {
                own(&file.path) && !file.templates.is_empty() && !self.is_compiled(file)
            };
            let mut all = self.files.iter().enumerate().filter(templates).map(|(index, _)| index);
            let only = all.next()?;
            all.next().is_none().then_some(only)
        })
    }

    fn instance(&self, id: InstanceId) -> Option<Rc<Instance<'f>>> {
        self.instances.borrow().get(id.0 as usize).cloned()
    }
}
