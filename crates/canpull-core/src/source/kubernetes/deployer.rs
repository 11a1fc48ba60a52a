//! What deploys folders of a repository with changes of its own: `Kustomization`s of Flux, `Application`s of Argo CD.

use canpull_syntax::Node;

use super::super::kustomization;
use super::object::Reader;
use crate::fact::{DeployerFact, FileFacts, ImageOverride, KustomizationFact, ObjectMeta, join};
use crate::placeholder;

/// Reads a custom resource that deploys folders.
pub(super) fn read(reader: &Reader<'_>, group: &str, node: Node<'_>, meta: &ObjectMeta, facts: &mut FileFacts) {
    let spec = match (group, meta.kind.as_str()) {
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
            facts.deployers.extend(node.get("spec").and_then(|spec| flux(reader, spec)));
            return;
        }
        ("argoproj.io", "Application") => node.get("spec"),
        ("argoproj.io", "ApplicationSet") => node.at(&["spec", "template", "spec"]),
        _ => return,
    };
    let Some(spec) = spec else { return };
    let several = spec.get("sources").into_iter().flat_map(Node::items);
    facts.deployers.extend(spec.get("source").into_iter().chain(several).filter_map(|source| argo(reader, source)));
}

fn flux(reader: &Reader<'_>, spec: Node<'_>) -> Option<DeployerFact> {
    // An artifact has folders of its own.
    let from_git = spec.at(&["sourceRef", "kind"]).and_then(Node::text).is_none_or(|kind| kind == "GitRepository");
    let folder = folder(spec).filter(|_| from_git);
    let images = spec.get("images").into_iter().flat_map(Node::items);
    let images = images.filter_map(|entry| kustomization::image(entry, reader.span(entry))).collect();
    deployer(folder, |directory| KustomizationFact { images, ..changes(reader, spec, "targetNamespace", directory) })
}

fn argo(reader: &Reader<'_>, source: Node<'_>) -> Option<DeployerFact> {
    let options = source.get("kustomize");
    deployer(folder(source), |directory| {
        let Some(options) = options else { return KustomizationFact::default() };
        let images = options.get("images").into_iter().flat_map(Node::items);
        let images = images.filter_map(|image| ImageOverride::parse(&image.text()?, reader.span(image)));
        KustomizationFact { images: images.collect(), ..changes(reader, options, "namespace", directory) }
    })
}

fn folder(source: Node<'_>) -> Option<String> {
    let path = source.get("path").and_then(Node::text).filter(|path| placeholder::find(path).is_none())?;
    join("", path.trim_start_matches('/'))
}

/// What deploys a folder; nothing where neither the folder nor a change is told.
fn deployer(folder: Option<String>, changes: impl FnOnce(&str) -> KustomizationFact) -> Option<DeployerFact> {
    let changes = changes(folder.as_deref().unwrap_or_default());
    (folder.is_some() || changes.changes()).then_some(DeployerFact { folder, changes })
}

/// What kustomize is told to change, but for images.
fn changes(reader: &Reader<'_>, options: Node<'_>, namespace: &str, directory: &str) -> KustomizationFact {
    let namespace = options.get(namespace).and_then(|node| Some((node.text()?.into_owned(), reader.span(node))));
    let patches = kustomization::PATCHES.iter().filter_map(|key| options.get(key));
    let patches = patches.flat_map(Node::items);
    // Components may add and change anything.
    let opaque = options.get("components").map(|node| ("components".to_owned(), reader.span(node)));
    KustomizationFact {
        directory: directory.to_owned(),
        namespace: namespace.filter(|(name, _)| !name.is_empty()),
        patches: patches.map(|entry| kustomization::patch(reader.input, directory, entry)).collect(),
        opaque: opaque.into_iter().collect(),
        renames: options.get("namePrefix").or(options.get("nameSuffix")).is_some(),
        ..KustomizationFact::default()
    }
}
