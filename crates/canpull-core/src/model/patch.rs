//! Which objects the patches of kustomizations may change, found by kind and name.

use std::collections::BTreeMap;

use canpull_syntax::{FileId, Span, order, to_offset};

use crate::fact::{FileFacts, KustomizationFact, ObjectMeta, PatchFact, Touches};
use crate::model::world::Layer;

/// The kind and the name of what a patch is for; what is not told fits every object.
type Target<'a> = (Option<&'a str>, Option<&'a str>);

/// The patches of every kustomization.
pub(crate) struct Patches<'a> {
    by_layer: BTreeMap<Layer, Parts<'a>>,
}

/// The patches of one kustomization, by what they may change of a pod's pulls.
struct Parts<'a> {
    images: ByTarget<'a>,
    access: ByTarget<'a>,
    payload: ByTarget<'a>,
}

impl<'a> Patches<'a> {
    pub(crate) fn new(files: &'a [FileFacts]) -> Self {
        let mut facts =
            files.iter().enumerate().flat_map(layers).filter(|(_, fact)| !fact.patches.is_empty()).peekable();
        if facts.peek().is_none() {
            return Self { by_layer: BTreeMap::new() };
        }
        let by_path: BTreeMap<&str, &FileFacts> = order::gather(files.iter().map(|file| (file.path.as_str(), file)));
        let parts = |fact| Parts {
            images: ByTarget::new(fact, &by_path, |touches| touches.images),
            access: ByTarget::new(fact, &by_path, |touches| touches.access),
            payload: ByTarget::new(fact, &by_path, |touches| touches.payload),
        };
        Self { by_layer: order::gather(facts.map(|(id, fact)| (id, parts(fact)))) }
    }

    /// The first patch of a kustomization that may change an object's images.
    pub(crate) fn images(&self, layer: Layer, object: &ObjectMeta) -> Option<Span> {
        self.by_layer.get(&layer)?.images.first(&object.kind, object.name.text())
    }

    /// The first patch of a kustomization that may change an object's pull secrets or service account.
    pub(crate) fn access(&self, layer: Layer, object: &ObjectMeta) -> Option<Span> {
        self.by_layer.get(&layer)?.access.first(&object.kind, object.name.text())
    }

    /// The first patch of a kustomization that may change what a Secret of this name holds.
    pub(crate) fn payload(&self, layer: Layer, name: Option<&str>) -> Option<Span> {
        self.by_layer.get(&layer)?.payload.first("Secret", name)
    }
}

/// What a file changes of what it includes or deploys.
fn layers((at, file): (usize, &FileFacts)) -> impl Iterator<Item = (Layer, &KustomizationFact)> {
    let id = FileId::at(at);
    let kustomization = file.kustomization.iter().map(move |fact| (Layer::Kustomization(id), fact));
    let deployer = move |index| Layer::Deployer(id, to_offset(index));
    kustomization.chain(file.deployers.iter().enumerate().map(move |(index, fact)| (deployer(index), &fact.changes)))
}

/// The first patch for each target, with its place among the patches.
struct ByTarget<'a> {
    patches: &'a [PatchFact],
    named: BTreeMap<Target<'a>, usize>,
    of_kind: BTreeMap<Option<&'a str>, usize>,
}

impl<'a> ByTarget<'a> {
    fn new(fact: &'a KustomizationFact, by_path: &BTreeMap<&str, &'a FileFacts>, part: fn(Touches) -> bool) -> Self {
        let mut own = Self { patches: &fact.patches, named: BTreeMap::new(), of_kind: BTreeMap::new() };
        for (at, patch) in fact.patches.iter().enumerate() {
            for target in targets(patch, by_path, part) {
                own.named.entry(target).or_insert(at);
                own.of_kind.entry(target.0).or_insert(at);
            }
        }
        own
    }

    fn first(&self, kind: &str, name: Option<&str>) -> Option<Span> {
        let kinds = [None, Some(kind)];
        let first = match name {
            Some(name) => {
                let targets = kinds.into_iter().flat_map(|kind| [(kind, None), (kind, Some(name))]);
                targets.filter_map(|target| self.named.get(&target)).min()
            }
            None => kinds.into_iter().filter_map(|kind| self.of_kind.get(&kind)).min(),
        };
        self.patches.get(*first?).map(|patch| patch.span)
    }
}

/// What a patch is for; nothing where it cannot touch a pull.
fn targets<'a>(
    patch: &'a PatchFact,
    by_path: &BTreeMap<&str, &'a FileFacts>,
    part: fn(Touches) -> bool,
) -> Vec<Target<'a>> {
    let told = (patch.target_kind.as_deref(), patch.target_name.as_deref());
    let touches = |touches: bool| if touches { vec![told] } else { Vec::new() };
    let Some(path) = &patch.file else { return touches(part(patch.touches)) };
    let Some(file) = by_path.get(path.as_str()) else { return touches(true) };
    if !part(file.touches) || told != (None, None) {
        return touches(part(file.touches));
    }
    // A strategic merge patch names its own targets.
    let objects = file.workloads.iter().map(|fact| &fact.object);
    let objects = objects.chain(file.service_accounts.iter().map(|fact| &fact.object));
    let objects = objects.chain(file.secrets.iter().map(|fact| &fact.object));
    let targets: Vec<Target<'a>> = objects.map(|object| (Some(object.kind.as_str()), object.name.text())).collect();
    if targets.is_empty() { touches(true) } else { targets }
}
