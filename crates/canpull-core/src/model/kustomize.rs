//! What the kustomizations around a resource change: namespace, images, and what their patches may touch.

use canpull_syntax::Span;

use crate::fact::{
    FileFacts, ImageOverride, KustomizationFact, ObjectMeta, SecretList, ServiceAccountFact, Touches, WorkloadFact,
    split_image,
};
use crate::model::deployer::Elsewhere;
use crate::model::name_reference::Followed;
use crate::model::namespace::Namespace;
use crate::model::patch::{Patch, Patches};
use crate::model::patched::{PatchedAccount, PatchedImage, PatchedPod};
use crate::model::world::{Layer, Member};
use crate::placeholder;
use crate::proof::Truth;

/// What the kustomizations of a world change beside what each of them says of itself.
pub(crate) struct Changes<'p, 'a> {
    /// The patches of every kustomization.
    pub(crate) patches: &'p Patches<'a>,
    /// The references in custom resources that are followed.
    pub(crate) followed: Followed<'a>,
    /// What may deploy any part of the project.
    pub(crate) elsewhere: &'p Elsewhere<'a>,
}

/// The kustomizations that a resource passes through, innermost first.
pub(crate) struct Layers<'l, 'a> {
    changes: &'l Changes<'l, 'a>,
    facts: Vec<(Layer, &'a KustomizationFact)>,
    /// Those of which one lies around the rest.
    alternatives: Vec<(Layer, &'a KustomizationFact)>,
}

impl<'l, 'a> Layers<'l, 'a> {
    pub(crate) fn new(files: &'a [FileFacts], changes: &'l Changes<'l, 'a>, member: &Member) -> Self {
        let facts = |layers: &[Layer]| layers.iter().filter_map(|&id| Some((id, id.fact(files)?))).collect();
        Self { changes, facts: facts(&member.layers), alternatives: facts(&member.alternatives) }
    }

    /// The layers that lie around an object, and those that may.
    fn all(&self) -> impl Iterator<Item = &(Layer, &'a KustomizationFact)> {
        self.facts.iter().chain(&self.alternatives)
    }

    /// The object's namespace: the outermost kustomization's wins over what is written.
    pub(crate) fn namespace(&self, object: &ObjectMeta) -> Namespace {
        self.override_namespace().unwrap_or_else(|| Namespace::from_field(&object.namespace))
    }

    /// The namespace that the outermost kustomization sets.
    pub(crate) fn override_namespace(&self) -> Option<Namespace> {
        if self.alternatives.iter().any(|(_, fact)| fact.namespace.is_some()) {
            return Some(Namespace::Unknown);
        }
        let set = self.facts.iter().rev().find_map(|(_, fact)| fact.namespace.as_ref());
        set.map(|(namespace, _)| match placeholder::find(namespace) {
            Some(_) => Namespace::LeftOut,
            None => Namespace::Written(namespace.clone()),
        })
    }

    /// A pod as it leaves the outermost layer: patched, and its images under their new names.
    pub(crate) fn pod(&self, fact: &'a WorkloadFact) -> PatchedPod<'a> {
        let mut pod = PatchedPod::new(fact);
        if let Some(span) = self.opaque() {
            pod.leave_open(Touches::ALL, span);
        }
        let renamed = self.renames();
        for (at, (layer, own)) in self.facts.iter().enumerate() {
            self.patches(*layer, (&fact.object, renamed), |patch, known| {
                if known { pod.apply(patch) } else { pod.leave_open(patch.may_touch(), patch.fact.span) }
            });
            let outer = self.facts.get(at + 1).filter(|(layer, _)| matches!(layer, Layer::Deployer(..)));
            let replaced = |entry: &ImageOverride| {
                outer.is_some_and(|(_, outer)| outer.images.iter().any(|other| other.name == entry.name))
            };
            let entries: Vec<&ImageOverride> = own.images.iter().filter(|entry| !replaced(entry)).collect();
            for image in pod.images.iter_mut().filter(|_| !entries.is_empty()) {
                for entry in &entries {
                    if let Some(text) = overridden(&image.text, entry) {
                        image.before.push(std::mem::replace(&mut image.text, text));
                        image.overridden = Some(entry.span);
                    }
                }
            }
        }
        self.unplaced(&fact.object, |patch| pod.leave_open(patch.may_touch(), patch.fact.span));
        pod
    }

    /// What may give an image another name.
    pub(crate) fn may_rename(&self, image: &PatchedImage<'_>) -> Option<Span> {
        let last = split_image(&image.text).0;
        let renames = |entry: &&ImageOverride| {
            let named = |image: &str| split_image(image).0 == entry.name;
            entry.new_name.as_deref().is_some_and(|name| name != last)
                && (named(last) || image.before.iter().any(|image| named(image)))
        };
        let alternatives = self.alternatives.iter().flat_map(|(_, fact)| &fact.images);
        let names = image.before.iter().map(String::as_str).chain([image.text.as_str()]);
        let elsewhere = names.flat_map(|image| self.changes.elsewhere.of(split_image(image).0));
        alternatives.chain(elsewhere).find(renames).map(|entry| entry.span)
    }

    /// A service account's pull secrets as they leave the outermost layer.
    pub(crate) fn account_secrets(&self, fact: &'a ServiceAccountFact) -> SecretList {
        let mut account = PatchedAccount::new(fact);
        if let Some(span) = self.opaque() {
            account.leave_open(Touches::ALL, span);
        }
        let renamed = self.renames();
        for (layer, _) in &self.facts {
            self.patches(*layer, (&fact.object, renamed), |patch, known| {
                if known { account.apply(patch) } else { account.leave_open(patch.may_touch(), patch.fact.span) }
            });
        }
        self.unplaced(&fact.object, |patch| account.leave_open(patch.may_touch(), patch.fact.span));
        account.pull_secrets()
    }

    /// Goes through the patches of a layer that may be for an object, and tells of each whether that is to be evaluated.
    fn patches(&self, layer: Layer, (object, renamed): (&ObjectMeta, bool), mut each: impl FnMut(&Patch<'a>, bool)) {
        let (patches, are_all) = self.changes.patches.of(layer, object, renamed);
        for patch in patches {
            each(patch, are_all && !renamed);
        }
    }

    /// Goes through the patches of what may lie around an object, or may not.
    fn unplaced(&self, object: &ObjectMeta, mut each: impl FnMut(&Patch<'a>)) {
        let renamed = self.renames();
        for (layer, _) in &self.alternatives {
            self.patches(*layer, (object, renamed), |patch, _| each(patch));
        }
        self.changes.patches.elsewhere(object, renamed).into_iter().for_each(each);
    }

    /// A field that is not evaluated and may change anything.
    fn opaque(&self) -> Option<Span> {
        self.all().find_map(|(_, fact)| fact.opaque.first()).map(|(_, span)| *span)
    }

    /// Whether a generator changes what another generates under this name, or may where names are changed.
    pub(crate) fn merges_generated(&self, name: &str) -> bool {
        let renames = self.renames();
        let mut generators = self.all().flat_map(|(_, fact)| &fact.generators);
        generators.any(|other| other.merges && (other.name == name || renames))
    }

    /// Whether objects stay as they are written, but for their namespace.
    pub(crate) fn keep(&self) -> bool {
        self.all().all(|(_, fact)| !fact.renames && fact.patches.is_empty() && fact.opaque.is_empty())
    }

    /// Whether a field that is not evaluated may add objects.
    pub(crate) fn may_add(&self) -> bool {
        self.all().any(|(_, fact)| !fact.opaque.is_empty())
    }

    /// Whether a prefix or suffix is added to names.
    pub(crate) fn renames(&self) -> bool {
        self.all().any(|(_, fact)| fact.renames)
    }

    /// Whether kustomize writes the names that it makes into a field of a workload which names objects of a kind. It does so
    /// in the fields of built-in kinds, and where its configuration says so.
    pub(crate) fn follows(&self, workload: &WorkloadFact, referred: &str, field: &str) -> Truth {
        if workload.built_in {
            return Truth::Yes;
        }
        let steps = workload.path.split('.').map(|step| step.split('[').next().unwrap_or_default());
        let path: Vec<&str> = steps.chain([field]).collect();
        self.changes.followed.follows(&workload.object, referred, &path.join("/"))
    }

    /// Whether a patch or a field that is not evaluated may change what a Secret of this name holds.
    pub(crate) fn payload_touched(&self, name: Option<&str>) -> bool {
        let name = name.filter(|_| !self.renames());
        let layers = self.all().map(|(layer, _)| *layer);
        self.opaque().is_some() || self.changes.patches.payload(layers, name)
    }
}

/// The image after one entry of `images`, where the entry is for it.
fn overridden(image: &str, entry: &ImageOverride) -> Option<String> {
    if !image.starts_with(&entry.name) {
        return None;
    }
    let (name, tag, digest) = split_image(image);
    if name != entry.name {
        return None;
    }
    let name = entry.new_name.as_deref().unwrap_or(name);
    let suffix = match (&entry.new_tag, &entry.digest) {
        (Some(tag), Some(digest)) => format!(":{tag}@{digest}"),
        (None, Some(digest)) => format!("@{digest}"),
        (Some(tag), None) => format!(":{tag}"),
        (None, None) => {
            let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
            let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
            tag + &digest
        }
    };
    Some(format!("{name}{suffix}"))
}
