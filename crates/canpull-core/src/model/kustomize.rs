//! What the kustomizations around a resource change: namespace, images, and what their patches may touch.

use canpull_syntax::{FileId, Span};

use crate::fact::{FileFacts, ImageOverride, KustomizationFact, ObjectMeta, WorkloadFact};
use crate::model::name_reference::Followed;
use crate::model::namespace::Namespace;
use crate::model::patch::Patches;
use crate::proof::Truth;

/// What the kustomizations of a world change beside what each of them says of itself.
pub(crate) struct Changes<'p, 'a> {
    /// The patches of every kustomization.
    pub(crate) patches: &'p Patches<'a>,
    /// The references in custom resources that are followed.
    pub(crate) followed: Followed<'a>,
}

/// The kustomizations that a resource passes through, innermost first.
pub(crate) struct Layers<'l, 'a> {
    changes: &'l Changes<'l, 'a>,
    facts: Vec<(FileId, &'a KustomizationFact)>,
}

impl<'l, 'a> Layers<'l, 'a> {
    pub(crate) fn new(files: &'a [FileFacts], changes: &'l Changes<'l, 'a>, layers: &[FileId]) -> Self {
        let fact = |id: &FileId| Some((*id, files.get(id.0 as usize)?.kustomization.as_ref()?));
        Self { changes, facts: layers.iter().filter_map(fact).collect() }
    }

    /// The object's namespace: the outermost kustomization's wins over what is written.
    pub(crate) fn namespace(&self, object: &ObjectMeta) -> Namespace {
        self.override_namespace().unwrap_or_else(|| Namespace::from_field(&object.namespace))
    }

    /// The namespace that the outermost kustomization sets.
    pub(crate) fn override_namespace(&self) -> Option<Namespace> {
        self.facts
            .iter()
            .rev()
            .find_map(|(_, fact)| fact.namespace.as_ref())
            .map(|(namespace, _)| Namespace::Written(namespace.clone()))
    }

    /// The image after every layer's `images`, with the override that changed it last.
    pub(crate) fn image(&self, image: &str) -> Option<(String, Span)> {
        let mut current = image.to_owned();
        let mut changed = None;
        for entry in self.facts.iter().flat_map(|(_, fact)| &fact.images) {
            if let Some(image) = overridden(&current, entry) {
                current = image;
                changed = Some(entry.span);
            }
        }
        changed.map(|span| (current, span))
    }

    /// Whether a generator changes what another generates under this name, or may where names are changed.
    pub(crate) fn merges_generated(&self, name: &str) -> bool {
        let renames = self.renames();
        let mut generators = self.facts.iter().flat_map(|(_, fact)| &fact.generators);
        generators.any(|other| other.merges && (other.name == name || renames))
    }

    /// Whether objects stay as they are written, but for their namespace.
    pub(crate) fn keep(&self) -> bool {
        self.facts.iter().all(|(_, fact)| !fact.renames && fact.patches.is_empty() && fact.opaque.is_empty())
    }

    /// Whether a prefix or suffix is added to names.
    pub(crate) fn renames(&self) -> bool {
        self.facts.iter().any(|(_, fact)| fact.renames)
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

    fn touched(&self, patched: impl Fn(FileId) -> Option<Span>) -> Option<Span> {
        self.facts.iter().find_map(|(id, fact)| {
            let opaque = fact.opaque.first().map(|(_, span)| *span);
            opaque.or_else(|| patched(*id))
        })
    }
}

/// The image after one entry of `images`, where the entry is for it.
fn overridden(image: &str, entry: &ImageOverride) -> Option<String> {
    if !image.starts_with(&entry.name) {
        return None;
    }
    let (name, tag, digest) = split(image);
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

/// An image's name, tag and digest, as kustomize splits them: the tag follows the last colon after the last slash.
fn split(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let path = rest.rfind('/').map_or(0, |at| at + 1);
    match rest.get(path..).and_then(|last| last.find(':')) {
        Some(colon) => (rest.get(..path + colon).unwrap_or(rest), rest.get(path + colon + 1..), digest),
        None => (rest, None, digest),
    }
}
