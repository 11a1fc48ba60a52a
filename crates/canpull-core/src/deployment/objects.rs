//! Objects of Kubernetes that stand for resources: over all files, which one a reference means, what a `ConfigMap` holds,
//! and which objects kustomizations may change.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use canpull_syntax::expression::Expression;
use canpull_syntax::{FileId, Span, order};

use super::Evaluator;
use super::instance::Env;
use super::target::{Place, Target};
use super::unit::Unit;
use super::value::{Data, Evaluated, Piece};
use crate::fact::{FileFacts, KustomizationFact, Why, join};

/// How objects find each other.
#[derive(Debug, Default)]
pub(super) struct Objects<'f> {
    /// By what they go by, each by its place among the unit's resources; of one name in the order of their paths.
    resources: BTreeMap<&'f str, Vec<(FileId, usize)>>,
    /// What `ConfigMap`s hold, likewise.
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
    if files.iter().all(|file| file.objects.is_none()) {
        return None;
    }
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
    let path = |file: &FileId| path_of(files, *file);
    unit.objects.resources.values_mut().for_each(|all| order::sort_by_key(all, |(file, _)| path(file)));
    unit.objects.values.values_mut().for_each(|all| order::sort_by_key(all, |(file, _)| path(file)));
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

    /// The one that is nearest to a file: in it, in its folder, in the same folder further up; `None` where two are. All are
    /// in the order of their paths, so that the nearest ones stand where the file itself would.
    fn nearest<'v, T>(&self, all: &'v [(FileId, T)], to: FileId) -> Option<&'v (FileId, T)> {
        let own = path_of(self.files, to);
        let near = |(file, _): &&(FileId, T)| {
            let path = path_of(self.files, *file);
            own.split('/').zip(path.split('/')).take_while(|(one, other)| one == other).count()
        };
        let at = all.partition_point(|(file, _)| path_of(self.files, *file) < own);
        let around = all.get(at.saturating_sub(2)..).unwrap_or_default().iter().take(4);
        let best = around.clone().map(|one| near(&one)).max()?;
        let mut found = around.filter(|one| near(one) == best);
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }
}

fn path_of(files: &[FileFacts], file: FileId) -> &str {
    files.get(file.0 as usize).map_or("", |file| file.path.as_str())
}

/// What kustomizations change.
struct Kustomized<'f> {
    /// Files that are patches.
    patches: BTreeSet<&'f str>,
    changed: Vec<Changed<'f>>,
    /// What of these changes a file's objects, by its path.
    by_path: BTreeMap<String, Vec<usize>>,
}

/// Which of the objects that it holds a kustomization changes.
#[derive(Default)]
struct Changed<'f> {
    all: bool,
    /// Those of a kind and name, or of either where the other is left open.
    objects: BTreeSet<(Option<&'f str>, Option<&'f str>)>,
}

impl<'f> Kustomized<'f> {
    fn new(files: &'f [FileFacts]) -> Self {
        let by_path: BTreeMap<&str, &FileFacts> = order::gather(files.iter().map(|file| (file.path.as_str(), file)));
        let all: Vec<&KustomizationFact> = files.iter().filter_map(|file| file.kustomization.as_ref()).collect();
        let by_directory: BTreeMap<&str, &KustomizationFact> =
            order::gather(all.iter().map(|own| (own.directory.as_str(), *own)));
        let patches = all.iter().flat_map(|own| &own.patches).filter_map(|patch| patch.file.as_deref());
        let mut found = Self { patches: order::gather(patches), changed: Vec::new(), by_path: BTreeMap::new() };
        for own in all {
            let changed = Changed::new(own, &by_path);
            if changed.all || !changed.objects.is_empty() {
                for path in included(own, &by_directory) {
                    found.by_path.entry(path).or_default().push(found.changed.len());
                }
                found.changed.push(changed);
            }
        }
        found
    }

    fn is_patch(&self, path: &str) -> bool {
        self.patches.contains(path)
    }

    /// Whether one of them changes an object of a file, which goes by this.
    fn changes(&self, path: &str, symbol: &str) -> bool {
        let all = self.by_path.get(path).into_iter().flatten();
        let (kind, name) = kind_and_name(symbol);
        all.filter_map(|&at| self.changed.get(at)).any(|changed| changed.holds(kind, name))
    }
}

impl<'f> Changed<'f> {
    fn new(own: &'f KustomizationFact, by_path: &BTreeMap<&str, &'f FileFacts>) -> Self {
        let mut found = Self { all: !own.opaque.is_empty() || own.renames, ..Self::default() };
        for patch in &own.patches {
            let (kind, name) = (patch.target.kind.as_deref(), patch.target.name.as_deref());
            match patch.file.as_deref() {
                // It is for the objects that it holds.
                Some(file) if kind.is_none() && name.is_none() => {
                    let objects = by_path.get(file).and_then(|file| file.objects.as_ref());
                    let symbols =
                        objects.into_iter().flat_map(|own| &own.resources).filter_map(|own| own.symbol.as_deref());
                    found.objects.extend(symbols.map(kind_and_name).map(|(kind, name)| (Some(kind), Some(name))));
                }
                _ => {
                    found.objects.insert((kind, name));
                }
            }
        }
        found
    }

    fn holds(&self, kind: &str, name: &str) -> bool {
        let ways = [(Some(kind), Some(name)), (Some(kind), None), (None, Some(name)), (None, None)];
        self.all || ways.iter().any(|way| self.objects.contains(way))
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
