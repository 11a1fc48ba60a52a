//! What the kustomizations around a resource change: namespace, images, and what their patches may touch.

use canpull_syntax::Span;

use crate::fact::{FileFacts, ImageOverride, KustomizationFact, ObjectMeta, WorkloadFact, split_image};
use crate::model::deployer::Elsewhere;
use crate::model::name_reference::Followed;
use crate::model::namespace::Namespace;
use crate::model::patch::Patches;
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

/// An image after every layer's `images`.
pub(crate) struct Overridden {
    pub(crate) text: String,
    /// The override that changed it last.
    pub(crate) by: Option<Span>,
    /// One that may give it another name.
    pub(crate) open: Option<Span>,
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

    /// The image after every layer's `images`.
    pub(crate) fn image(&self, image: &str) -> Overridden {
        let mut own = Overridden { text: image.to_owned(), by: None, open: None };
        let may_apply = self.alternatives.iter().flat_map(|(_, fact)| &fact.images);
        let may_apply: Vec<&ImageOverride> = may_apply.chain(self.changes.elsewhere.images.iter().copied()).collect();
        let mut names = Vec::new();
        for entry in self.facts.iter().flat_map(|(_, fact)| &fact.images) {
            if let Some(text) = overridden(&own.text, entry) {
                names.push(std::mem::replace(&mut own.text, text));
                own.by = Some(entry.span);
            }
        }
        let last = split_image(&own.text).0;
        let renames = |entry: &&&ImageOverride| {
            let named = |image: &str| split_image(image).0 == entry.name;
            entry.new_name.as_deref().is_some_and(|name| name != last)
                && (named(last) || names.iter().any(|image| named(image)))
        };
        own.open = may_apply.iter().find(renames).map(|entry| entry.span);
        own
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

    /// A patch or a field that is not evaluated and may change this object's images.
    pub(crate) fn images_touched(&self, object: &ObjectMeta) -> Option<Span> {
        self.touched(|id| self.changes.patches.images(id, object))
    }

    /// A patch or a field that is not evaluated and may change this object's pull secrets or service account.
    pub(crate) fn access_touched(&self, object: &ObjectMeta) -> Option<Span> {
        self.touched(|id| self.changes.patches.access(id, object))
    }

    /// Whether a patch or a field that is not evaluated may change what a Secret of this name holds.
    pub(crate) fn payload_touched(&self, name: Option<&str>) -> bool {
        self.touched(|id| self.changes.patches.payload(id, name)).is_some()
    }

    fn touched(&self, patched: impl Fn(Layer) -> Option<Span>) -> Option<Span> {
        let opaque = self.all().find_map(|(_, fact)| fact.opaque.first()).map(|(_, span)| *span);
        let layers = self.all().map(|(layer, _)| layer).chain(&self.changes.elsewhere.layers);
        opaque.or_else(|| layers.copied().find_map(patched))
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
