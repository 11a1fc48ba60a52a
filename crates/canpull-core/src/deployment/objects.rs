//! Objects of Kubernetes that stand for resources: over all files, which one a reference means, what a `ConfigMap` holds,
//! and which objects kustomizations may change.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::expression::Expression;
use canpull_syntax::{FileId, Span};

use super::Evaluator;
use super::instance::Env;
use super::target::{Place, Target};
use super::unit::Unit;
use super::value::{Data, Evaluated, Piece};
use crate::fact::{FileFacts, KustomizationFact, PatchFact, Why, join};

/// Of more objects that go by one name none is told from the others.
const MAX_NAMESAKES: usize = 64;

/// How objects find each other.
#[derive(Debug, Default)]
pub(super) struct Objects<'f> {
    /// By what they go by, each by its place among the unit's resources.
    resources: BTreeMap<&'f str, Vec<(FileId, usize)>>,
    /// What `ConfigMap`s hold.
    values: BTreeMap<&'f str, Vec<(FileId, &'f Expression)>>,
    /// Those that a kustomization changes.
    patched: BTreeSet<usize>,
}

impl Objects<'_> {
    /// Whether a kustomization changes it in a way that is not evaluated.
    pub(super) fn is_patched(&self, index: usize) -> bool {
        self.patched.contains(&index)
    }
}

/// All objects as one template; `None` where there are none.
pub(super) fn unit(files: &[FileFacts]) -> Option<Unit<'_>> {
    let kustomized = Kustomized::new(files);
    let mut unit = Unit::default();
    for (index, file) in files.iter().enumerate() {
        let Some(objects) = file.objects.as_ref().filter(|_| !kustomized.is_patch(&file.path)) else { continue };
        unit.add(FileId::at(index), objects);
        for variable in &objects.variables {
            unit.objects.values.entry(&variable.name).or_default().push((FileId::at(index), &variable.value));
        }
    }
    for (index, &(file, resource)) in unit.resources.iter().enumerate() {
        let Some(symbol) = resource.symbol.as_deref() else { continue };
        unit.objects.resources.entry(symbol).or_default().push((file, index));
        if files.get(file.0 as usize).is_some_and(|file| kustomized.changes(&file.path, symbol)) {
            unit.objects.patched.insert(index);
        }
    }
    (!unit.resources.is_empty()).then_some(unit)
}

impl<'f> Evaluator<'f> {
    /// The resource that an object stands for. Of one that is in no source its key alone is known.
    pub(super) fn resource_of(&self, all: &[Evaluated], env: &Env<'f>, span: Span) -> Evaluated {
        let texts: Option<Vec<&str>> = all.iter().map(|own| own.data.as_text()).collect();
        let Some([key, kind]) = texts.as_deref() else { return Evaluated::unknown(span) };
        let target = match env.instance.unit.objects.resources.get(key) {
            None => {
                let own = key.split_once(' ').map_or(*key, |(_, own)| own);
                let name = vec![Piece::Open(Why::FilledAtRunTime, Some(own.into()))];
                Rc::new(Target::new(kind, vec![name], &Place::default(), &env.instance.root, span))
            }
            Some(found) => match self.nearest(found, env.file) {
                Some(&(file, index)) => self.declared(&env.instance.env(file), index),
                None => return Evaluated::unknown(span),
            },
        };
        Evaluated::new(Data::Resource(target, Rc::from([])), span)
    }

    /// What stands in a `ConfigMap`, by way of what puts it there.
    pub(super) fn config_value(&self, key: &str, env: &Env<'f>, span: Span) -> Evaluated {
        let found = env.instance.unit.objects.values.get(key).and_then(|found| self.nearest(found, env.file));
        let Some(&(file, value)) = found else { return Evaluated::unknown(span) };
        let value = self.evaluate(value, &env.instance.env(file));
        let hops = value.hops.iter().copied().chain([value.span]).collect();
        Evaluated { span, hops, part_at: None, ..value }
    }

    /// The one that is nearest to a file: in it, in its folder, in the same folder further up.
    fn nearest<'v, T>(&self, all: &'v [(FileId, T)], to: FileId) -> Option<&'v (FileId, T)> {
        if let [only] = all {
            return Some(only);
        }
        let own = self.files.get(to.0 as usize)?.path.as_str();
        let near = |(file, _): &(FileId, T)| {
            let path = self.files.get(file.0 as usize).map_or("", |file| file.path.as_str());
            own.split('/').zip(path.split('/')).take_while(|(one, other)| one == other).count()
        };
        let best = all.iter().take(MAX_NAMESAKES).map(near).max()?;
        let mut found = all.iter().filter(|one| near(one) == best);
        let only = found.next()?;
        (all.len() <= MAX_NAMESAKES && found.next().is_none()).then_some(only)
    }
}

/// What kustomizations change.
struct Kustomized<'f> {
    files: BTreeMap<&'f str, &'f FileFacts>,
    /// Files that are patches.
    patches: BTreeSet<&'f str>,
    /// The kustomizations that change a file's objects, by its path.
    changes: BTreeMap<String, Vec<&'f KustomizationFact>>,
}

impl<'f> Kustomized<'f> {
    fn new(files: &'f [FileFacts]) -> Self {
        let all: Vec<&KustomizationFact> = files.iter().filter_map(|file| file.kustomization.as_ref()).collect();
        let by_directory: BTreeMap<&str, &KustomizationFact> =
            all.iter().map(|own| (own.directory.as_str(), *own)).collect();
        let mut changes: BTreeMap<String, Vec<&KustomizationFact>> = BTreeMap::new();
        let changing = |own: &&KustomizationFact| !own.patches.is_empty() || !own.opaque.is_empty() || own.renames;
        for own in all.iter().copied().filter(changing) {
            for path in included(own, &by_directory) {
                changes.entry(path).or_default().push(own);
            }
        }
        Self {
            files: files.iter().map(|file| (file.path.as_str(), file)).collect(),
            patches: all.iter().flat_map(|own| &own.patches).filter_map(|patch| patch.file.as_deref()).collect(),
            changes,
        }
    }

    fn is_patch(&self, path: &str) -> bool {
        self.patches.contains(path)
    }

    /// Whether one of them changes an object of a file, which goes by this.
    fn changes(&self, path: &str, symbol: &str) -> bool {
        let Some(all) = self.changes.get(path) else { return false };
        let own = kind_and_name(symbol);
        all.iter().any(|kustomization| {
            !kustomization.opaque.is_empty()
                || kustomization.renames
                || kustomization.patches.iter().any(|patch| self.hits(patch, own))
        })
    }

    fn hits(&self, patch: &PatchFact, (kind, name): (&str, &str)) -> bool {
        let told = patch.target_kind.is_some() || patch.target_name.is_some();
        if let Some(file) = patch.file.as_deref().filter(|_| !told) {
            let objects = self.files.get(file).and_then(|file| file.objects.as_ref());
            let symbols = objects.into_iter().flat_map(|objects| &objects.resources);
            return symbols.filter_map(|own| own.symbol.as_deref()).any(|own| kind_and_name(own) == (kind, name));
        }
        let fits = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        fits(&patch.target_kind, kind) && fits(&patch.target_name, name)
    }
}

/// The files whose objects a kustomization holds, those of what it includes among them.
fn included(own: &KustomizationFact, by_directory: &BTreeMap<&str, &KustomizationFact>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![own];
    while let Some(own) = open.pop() {
        if !seen.insert(own.directory.as_str()) {
            continue;
        }
        for (path, _) in own.resources.iter().chain(&own.components) {
            let Some(path) = join(&own.directory, path) else { continue };
            match by_directory.get(path.as_str()) {
                Some(inner) => open.push(inner),
                None => {
                    files.insert(path);
                }
            }
        }
    }
    files
}

/// Kind and name of `group/Kind namespace/name`.
fn kind_and_name(symbol: &str) -> (&str, &str) {
    let (kind, name) = symbol.split_once(' ').unwrap_or((symbol, ""));
    let last = |text: &'_ str| text.rfind('/').map_or(0, |at| at + 1);
    (kind.get(last(kind)..).unwrap_or_default(), name.get(last(name)..).unwrap_or_default())
}
