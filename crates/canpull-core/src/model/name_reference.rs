//! In which fields of custom resources kustomize follows its changes of names: those that its configuration names.

use std::collections::BTreeMap;

use canpull_syntax::order;

use crate::fact::{FileFacts, KustomizationFact, NameReferenceFact, ObjectMeta};
use crate::model::world::World;
use crate::proof::Truth;

/// Files by their paths, where any kustomization has a configuration.
pub(crate) struct Configurations<'a> {
    files: BTreeMap<&'a str, &'a FileFacts>,
}

impl<'a> Configurations<'a> {
    pub(crate) fn new(files: &'a [FileFacts]) -> Self {
        let mut kustomizations = files.iter().filter_map(|file| file.kustomization.as_ref());
        let any = kustomizations.any(|fact| !fact.configurations.is_empty());
        let by_path = files.iter().filter(|_| any).map(|file| (file.path.as_str(), file));
        Self { files: order::gather(by_path) }
    }

    /// What the kustomizations of a world follow; each of them follows what any other is told to.
    pub(crate) fn of(&self, files: &'a [FileFacts], world: &World) -> Followed<'a> {
        let own = |file: usize| files.get(file)?.kustomization.as_ref();
        let kustomizations = world.members.iter().filter_map(|member| own(member.file.0 as usize));
        let mut followed = Followed { references: Vec::new(), open: false };
        for fact in kustomizations {
            self.add(fact, &mut followed);
        }
        followed
    }

    fn add(&self, fact: &KustomizationFact, followed: &mut Followed<'a>) {
        followed.open |= fact.crds;
        for path in &fact.configurations {
            match path.as_deref().and_then(|path| self.files.get(path)) {
                Some(file) => followed.references.extend(&file.name_references),
                None => followed.open = true,
            }
        }
    }
}

/// The references in custom resources that the kustomizations of a world follow.
pub(crate) struct Followed<'a> {
    references: Vec<&'a NameReferenceFact>,
    /// Others may be told of in what is not read.
    open: bool,
}

impl Followed<'_> {
    /// Whether a field of a custom resource, by the keys that lead to it, is followed where it names an object of a kind.
    /// Of another field of the same name that is followed, the resource may have got this one.
    pub(crate) fn follows(&self, object: &ObjectMeta, referred: &str, path: &str) -> Truth {
        let group = object.api_version.split_once('/').map(|(group, _)| group);
        let last = path.trim_end_matches("/name").rsplit('/').next().unwrap_or_default();
        let holds = |own: &Option<String>, other: Option<&str>| own.as_deref().is_none_or(|own| Some(own) == other);
        let about = self.references.iter().filter(|reference| {
            reference.referred == referred
                && holds(&reference.kind, Some(&object.kind))
                && holds(&reference.group, group)
                && reference.path.contains(last)
        });
        let found = about.map(|reference| {
            if reference.path.replace("[]", "").trim_matches('/') == path { Truth::Yes } else { Truth::Unknown }
        });
        found.fold(if self.open { Truth::Unknown } else { Truth::No }, Truth::or)
    }
}
