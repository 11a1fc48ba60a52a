//! Which objects the patches of kustomizations may change, found by kind and name.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, order, to_offset};

use crate::fact::{
    FileFacts, KustomizationFact, ObjectMeta, PatchBody, PatchFact, ServiceAccountFact, StepChange, StepFact, Touches,
    WorkloadFact,
};
use crate::model::deployer::Elsewhere;
use crate::model::world::Layer;

/// The kind and the name of what a patch is for; what is not told fits every object.
type Target<'a> = (Option<&'a str>, Option<&'a str>);

/// So many patches of one object in one kustomization are evaluated.
const MANY: usize = 32;

/// A patch that says more is not evaluated.
const MANY_PARTS: usize = 256;

/// The patches of every kustomization.
#[derive(Default)]
pub(crate) struct Patches<'a> {
    by_layer: BTreeMap<Layer, Parts<'a>>,
    /// Those of what may deploy any part of the project.
    elsewhere: Parts<'a>,
}

/// The patches of one kustomization, by what they may change of a pod's pulls.
#[derive(Default)]
struct Parts<'a> {
    patches: Vec<Patch<'a>>,
    pulls: ByTarget<'a>,
    payload: ByTarget<'a>,
}

/// A patch, with what it says wherever that is written.
#[derive(Clone, Copy)]
pub(crate) struct Patch<'a> {
    pub(crate) fact: &'a PatchFact,
    /// What it may change but for what is read of it.
    pub(crate) touches: Touches,
    pub(crate) workloads: &'a [WorkloadFact],
    pub(crate) accounts: &'a [ServiceAccountFact],
    pub(crate) steps: &'a [StepFact],
}

impl<'a> Patch<'a> {
    fn new(fact: &'a PatchFact, by_path: &BTreeMap<&str, &'a FileFacts>) -> Self {
        if let Some(file) = fact.file.as_deref().and_then(|path| by_path.get(path)) {
            let (touches, workloads, accounts) = (file.touches, &file.workloads, &file.service_accounts);
            return Self { fact, touches, workloads, accounts, steps: &file.steps };
        }
        let PatchBody { touches, workloads, service_accounts: accounts, steps } = &fact.body;
        Self { fact, touches: *touches, workloads, accounts, steps }
    }

    /// What it may change if nothing that is read of it is evaluated.
    pub(crate) fn may_touch(&self) -> Touches {
        let touched = |step: &StepFact| match step.change {
            StepChange::Secrets(_) | StepChange::Secret(..) => Touches { secrets: true, ..Touches::default() },
            StepChange::Account(_) => Touches { accounts: true, ..Touches::default() },
            StepChange::Image(..) => Touches { images: true, ..Touches::default() },
        };
        self.steps.iter().map(touched).fold(self.touches, Touches::or)
    }

    /// Whether it is merged into objects; else it is a list of operations, or not read.
    pub(crate) const fn merges(&self) -> bool {
        !self.workloads.is_empty() || !self.accounts.is_empty()
    }

    /// Whether its target, where it has one, fits an object for certain.
    pub(crate) fn fits(&self, object: &ObjectMeta) -> bool {
        let target = &self.fact.target;
        let parts = self.workloads.len() + self.accounts.len() + self.steps.len();
        if parts > MANY_PARTS || (!target.told && !self.merges()) {
            return false;
        }
        let (group, version) = object.api_version.split_once('/').unwrap_or(("", &object.api_version));
        let holds = |told: &Option<String>, own: Option<&str>| told.is_none() || told.as_deref() == own;
        !target.selects
            && holds(&target.kind, Some(&object.kind))
            && holds(&target.name, object.name.text())
            && holds(&target.group, Some(group))
            && holds(&target.version, Some(version))
    }

    /// Whether this is what it merges into an object: the only one where a target tells which, else the one of that name.
    pub(crate) fn merges_into(&self, own: &ObjectMeta, object: &ObjectMeta) -> bool {
        if self.fact.target.told {
            return self.workloads.len() + self.accounts.len() == 1;
        }
        let namespaces = (own.namespace.text(), object.namespace.text());
        let apart = matches!(namespaces, (Some(own), Some(other)) if own != other);
        let same_kind = own.kind == object.kind && own.api_version == object.api_version;
        same_kind && own.name.text().is_some() && own.name.text() == object.name.text() && !apart
    }
}

impl<'a> Patches<'a> {
    pub(crate) fn new(files: &'a [FileFacts], elsewhere: &Elsewhere<'a>) -> Self {
        let mut facts =
            files.iter().enumerate().flat_map(layers).filter(|(_, fact)| !fact.patches.is_empty()).peekable();
        if facts.peek().is_none() {
            return Self::default();
        }
        let by_path: BTreeMap<&str, &FileFacts> = order::gather(files.iter().map(|file| (file.path.as_str(), file)));
        let by_layer = facts.map(|(layer, fact)| (layer, Parts::new(fact.patches.iter(), &by_path)));
        let elsewhere = Parts::new(elsewhere.patches.iter().copied(), &by_path);
        Self { by_layer: order::gather(by_layer), elsewhere }
    }

    /// The patches of a layer that may change an object's pulls, in order, and whether these are all. Where names are
    /// changed, those for any name may be for this object.
    pub(crate) fn of(&self, layer: Layer, object: &ObjectMeta, renamed: bool) -> (Vec<&Patch<'a>>, bool) {
        self.by_layer.get(&layer).map_or_else(|| (Vec::new(), true), |parts| parts.of(object, renamed))
    }

    /// Those that may do so, of what may deploy it; of many, some.
    pub(crate) fn elsewhere(&self, object: &ObjectMeta, renamed: bool) -> Vec<&Patch<'a>> {
        self.elsewhere.of(object, renamed).0
    }

    /// Whether a patch of some layers may change what a Secret of this name holds.
    pub(crate) fn payload(&self, layers: impl Iterator<Item = Layer>, name: Option<&str>) -> bool {
        let parts = layers.filter_map(|layer| self.by_layer.get(&layer)).chain([&self.elsewhere]);
        parts.into_iter().any(|parts| !parts.payload.fitting("Secret", name).is_empty())
    }
}

/// What a file changes of what it includes or deploys.
fn layers((at, file): (usize, &FileFacts)) -> impl Iterator<Item = (Layer, &KustomizationFact)> {
    let id = FileId::at(at);
    let kustomization = file.kustomization.iter().map(move |fact| (Layer::Kustomization(id), fact));
    let deployer = move |index| Layer::Deployer(id, to_offset(index));
    kustomization.chain(file.deployers.iter().enumerate().map(move |(index, fact)| (deployer(index), &fact.changes)))
}

impl<'a> Parts<'a> {
    fn new(facts: impl Iterator<Item = &'a PatchFact>, by_path: &BTreeMap<&str, &'a FileFacts>) -> Self {
        let patches: Vec<Patch<'a>> = facts.map(|patch| Patch::new(patch, by_path)).collect();
        let touches_pulls = |touches: Touches| touches.images || touches.access();
        let pulls = ByTarget::new(&patches, by_path, touches_pulls);
        let payload = ByTarget::new(&patches, by_path, |touches| touches.payload);
        Self { patches, pulls, payload }
    }

    fn of(&self, object: &ObjectMeta, renamed: bool) -> (Vec<&Patch<'a>>, bool) {
        let mut places = self.pulls.fitting(&object.kind, object.name.text().filter(|_| !renamed));
        let are_all = places.len() <= MANY;
        places.truncate(MANY);
        (places.into_iter().filter_map(|at| self.patches.get(at)).collect(), are_all)
    }
}

/// The patches for each target, by their places.
#[derive(Default)]
struct ByTarget<'a> {
    named: BTreeMap<Target<'a>, Vec<usize>>,
    of_kind: BTreeMap<Option<&'a str>, Vec<usize>>,
}

impl<'a> ByTarget<'a> {
    fn new(patches: &[Patch<'a>], by_path: &BTreeMap<&str, &'a FileFacts>, part: fn(Touches) -> bool) -> Self {
        let mut own = Self::default();
        for (at, patch) in patches.iter().enumerate() {
            let targets: BTreeSet<Target<'a>> = order::gather(targets(patch, by_path, part));
            for target in targets {
                own.named.entry(target).or_default().push(at);
                let of_kind = own.of_kind.entry(target.0).or_default();
                if of_kind.last() != Some(&at) {
                    of_kind.push(at);
                }
            }
        }
        own
    }

    /// The first patches that may be for an object, one more than many at most.
    fn fitting(&self, kind: &str, name: Option<&str>) -> Vec<usize> {
        let kinds = [None, Some(kind)];
        let lists: Vec<&Vec<usize>> = match name {
            Some(name) => {
                let targets = kinds.into_iter().flat_map(|kind| [(kind, None), (kind, Some(name))]);
                targets.filter_map(|target| self.named.get(&target)).collect()
            }
            None => kinds.into_iter().filter_map(|kind| self.of_kind.get(&kind)).collect(),
        };
        let mut places: Vec<usize> = lists.into_iter().flat_map(|list| list.iter().take(MANY + 1)).copied().collect();
        order::sort(&mut places);
        places.dedup();
        places.truncate(MANY + 1);
        places
    }
}

/// What a patch is for; nothing where it cannot touch a pull.
fn targets<'a>(
    patch: &Patch<'a>,
    by_path: &BTreeMap<&str, &'a FileFacts>,
    part: fn(Touches) -> bool,
) -> Vec<Target<'a>> {
    let told = (patch.fact.target.kind.as_deref(), patch.fact.target.name.as_deref());
    if !part(patch.may_touch()) {
        return Vec::new();
    }
    let file = patch.fact.file.as_deref().and_then(|path| by_path.get(path)).filter(|_| !patch.fact.target.told);
    let Some(file) = file else { return vec![told] };
    // A strategic merge patch names its own targets.
    let objects = file.workloads.iter().map(|fact| &fact.object);
    let objects = objects.chain(file.service_accounts.iter().map(|fact| &fact.object));
    let objects = objects.chain(file.secrets.iter().map(|fact| &fact.object));
    let targets: Vec<Target<'a>> = objects.map(|object| (Some(object.kind.as_str()), object.name.text())).collect();
    if targets.is_empty() { vec![told] } else { targets }
}
