//! Where what deploys a folder with changes of its own applies: around all that is deployed from the folder.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, order, to_offset};

use crate::fact::{DeployerFact, FileFacts, ImageOverride, PatchFact};
use crate::model::world::{Layer, World, directory};

/// More that deploy one folder are not told apart.
const MANY: usize = 32;

/// What deploys something that no folder of the project is known to be.
#[derive(Default)]
pub(crate) struct Elsewhere<'a> {
    /// What it calls images, by their names: two ways of each at most.
    images: BTreeMap<&'a str, Vec<&'a ImageOverride>>,
    /// What may change anything of the project.
    pub(crate) patches: Vec<&'a PatchFact>,
}

impl<'a> Elsewhere<'a> {
    fn add(&mut self, fact: &'a DeployerFact) {
        for entry in &fact.changes.images {
            let ways = self.images.entry(&entry.name).or_default();
            if ways.len() < 2 && ways.iter().all(|other| other.new_name != entry.new_name) {
                ways.push(entry);
            }
        }
        // A folder that the project does not have is of another repository.
        if fact.folder.is_none() {
            self.patches.extend(&fact.changes.patches);
        }
    }

    /// What images of this name may be called.
    pub(crate) fn of(&self, name: &str) -> impl Iterator<Item = &'a ImageOverride> {
        self.images.get(name).into_iter().flatten().copied()
    }
}

/// Lays what deploys folders around what it deploys, and returns the rest.
pub(crate) fn place<'a>(files: &'a [FileFacts], worlds: &mut [World]) -> Elsewhere<'a> {
    let all: Vec<(Layer, &DeployerFact)> = all(files).collect();
    let mut elsewhere = Elsewhere::default();
    if all.is_empty() {
        return elsewhere;
    }
    let folders: BTreeSet<&str> = order::gather(files.iter().flat_map(|file| above(directory(&file.path))));
    let mut placed: BTreeMap<&str, Vec<Layer>> = BTreeMap::new();
    for (layer, fact) in &all {
        let folder = fact.folder.as_deref().filter(|folder| folders.contains(folder));
        match folder.map(|folder| placed.entry(folder).or_default()).filter(|layers| layers.len() < MANY) {
            Some(layers) => layers.push(*layer),
            None => elsewhere.add(fact),
        }
    }
    let changing: BTreeSet<Layer> =
        order::gather(all.iter().filter(|(_, fact)| fact.changes.changes()).map(|own| own.0));
    placed.retain(|_, layers| layers.iter().any(|layer| changing.contains(layer)));
    let kustomized = files.iter().filter_map(|file| file.kustomization.as_ref());
    let kustomized: BTreeSet<&str> = order::gather(kustomized.map(|fact| fact.directory.as_str()));
    for world in worlds {
        let root = world.root.and_then(|root| files.get(root.0 as usize)).map(|file| directory(&file.path));
        for member in &mut world.members {
            let Some(file) = files.get(member.file.0 as usize) else { continue };
            let from = root.unwrap_or_else(|| directory(&file.path));
            // Of a folder with a kustomization, that alone is deployed.
            let deployed = |folder: &&str| Some(*folder) == root || !kustomized.contains(folder);
            let folders = above(from).filter(deployed);
            let layers: Vec<Layer> = folders.filter_map(|folder| placed.get(folder)).flatten().copied().collect();
            match layers.as_slice() {
                [only] => member.layers.push(*only),
                _ => member.alternatives = layers,
            }
        }
    }
    elsewhere
}

fn all(files: &[FileFacts]) -> impl Iterator<Item = (Layer, &DeployerFact)> {
    let numbered = files.iter().enumerate().filter(|(_, file)| !file.deployers.is_empty());
    numbered.flat_map(|(at, file)| {
        let layer = move |index| Layer::Deployer(FileId::at(at), to_offset(index));
        file.deployers.iter().enumerate().map(move |(index, fact)| (layer(index), fact))
    })
}

/// A folder and all above it, up to the root of the project, `""`.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| directory(folder)))
}
