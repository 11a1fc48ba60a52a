//! What is deployed by itself: templates that no other deploys, once for each choice of parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::{FileId, order};

use super::instance::Instance;
use super::unit::UnitKey;
use super::{Evaluator, MAX_ARGUMENT_FILES, folder};
use crate::fact::FileFacts;
use crate::fact::template::{Receiver, Source};

/// A deployment that nothing calls for.
pub(super) struct Entry<'f> {
    pub(super) instance: Rc<Instance<'f>>,
    /// The file of parameters that was chosen, where there is a choice.
    pub(super) choice: Option<FileId>,
}

/// Files of parameters of one template.
#[derive(Default)]
struct Arguments {
    /// Read in this order, whatever else is.
    always: Vec<usize>,
    /// One of these.
    choices: Vec<usize>,
}

impl<'f> Evaluator<'f> {
    /// The deployments that nothing in the sources calls for: of each template one of these.
    pub(super) fn entries(&self) -> Vec<Vec<Entry<'f>>> {
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
            let Some(path) = self.path(*key) else { continue };
            let given = arguments.get(key);
            let always = given.map(|own| own.always.as_slice()).unwrap_or_default();
            let choices = given.map(|own| own.choices.as_slice()).unwrap_or_default();
            let chosen = choices.iter().take(MAX_ARGUMENT_FILES).filter_map(|&choice| {
                let files: Vec<usize> = always.iter().copied().chain([choice]).collect();
                let root = self.files.get(choice).map_or(path, |file| &file.path);
                Some(Entry { instance: self.entry(unit, root, &files)?, choice: Some(FileId::at(choice)) })
            });
            let mut own: Vec<Entry<'f>> = chosen.collect();
            if choices.is_empty() && (!always.is_empty() || !called.contains(key)) {
                own.extend(self.entry(unit, path, always).map(|instance| Entry { instance, choice: None }));
            }
            entries.push(own);
        }
        entries
    }

    /// Where a template is that may be deployed by itself.
    fn path(&self, key: UnitKey) -> Option<&'f str> {
        match key {
            UnitKey::Objects => Some("objects"),
            UnitKey::Template(index, 0) => {
                self.files.get(index).filter(|file| !self.is_compiled(file)).map(|file| file.path.as_str())
            }
            UnitKey::Folder(index) => self.files.get(index).map(|file| folder(&file.path)),
            UnitKey::Template(..) | UnitKey::Known(_) => None,
        }
    }

    /// Whether a template was compiled from another that is there too.
    fn is_compiled(&self, file: &FileFacts) -> bool {
        let ending = file.templates.first().and_then(|template| template.compiled_from);
        let stem = file.path.rsplit_once('.').map_or("", |(stem, _)| stem);
        ending.is_some_and(|ending| self.paths.contains_key(format!("{stem}.{ending}").as_str()))
    }

    /// The files of parameters, by the template that they are for.
    fn argument_files(&self) -> BTreeMap<UnitKey, Arguments> {
        let mut found: BTreeMap<UnitKey, Arguments> = BTreeMap::new();
        let alone = self.alone_in_folders();
        for (index, file) in self.files.iter().enumerate() {
            let Some(arguments) = &file.arguments else { continue };
            let template = match &arguments.receiver {
                Receiver::Named(path) => self.paths.get(path.as_str()).map(|index| UnitKey::Template(*index, 0)),
                Receiver::Beside => self.template_beside(&file.path, &alone).map(|index| UnitKey::Template(index, 0)),
                Receiver::Folder { .. } => self.folder_above(&file.path),
            };
            let Some(own) = template.map(|template| found.entry(template).or_default()) else { continue };
            match arguments.receiver {
                Receiver::Folder { always: true } => own.always.push(index),
                _ => own.choices.push(index),
            }
        }
        // `terraform.tfvars` first, in either syntax, whatever is called otherwise overrides it.
        for own in found.values_mut() {
            let is_first = |index: &usize| self.files.get(*index).is_some_and(|file| is_first_of_variables(&file.path));
            order::sort_by_key(&mut own.always, |index| (!is_first(index), *index));
        }
        found
    }

    /// The template of the folder that a file is in, or of the next one above that has one.
    fn folder_above(&self, path: &str) -> Option<UnitKey> {
        let mut own = folder(path);
        loop {
            if let Some(key) = self.folders.get(own) {
                return Some(*key);
            }
            if own.is_empty() {
                return None;
            }
            own = folder(own);
        }
    }

    /// The template that a file of parameters is for by its name: `main.parameters.json` for `main.bicep` or `main.json`;
    /// otherwise the only one in its folder.
    fn template_beside(&self, path: &str, alone: &BTreeMap<&str, Option<usize>>) -> Option<usize> {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let stem = name.split('.').next().unwrap_or(name);
        let beside = |name: String| {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let index = *self.paths.get(path.as_str())?;
            self.files.get(index).filter(|file| !file.templates.is_empty()).map(|_| index)
        };
        let by_name = ["bicep", "json"].iter().find_map(|ending| beside(format!("{stem}.{ending}")));
        by_name.or_else(|| alone.get(folder).copied().flatten())
    }

    /// The templates of folders, by their paths, where there is only one.
    fn alone_in_folders(&self) -> BTreeMap<&'f str, Option<usize>> {
        let mut found = BTreeMap::new();
        for (index, file) in self.files.iter().enumerate() {
            if file.templates.iter().any(|template| !template.is_of_folder) && !self.is_compiled(file) {
                found.entry(folder(&file.path)).and_modify(|only| *only = None).or_insert(Some(index));
            }
        }
        found
    }
}

fn is_first_of_variables(path: &str) -> bool {
    path.ends_with("terraform.tfvars") || path.ends_with("terraform.tfvars.json")
}
