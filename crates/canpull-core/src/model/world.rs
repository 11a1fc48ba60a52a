//! Worlds: which sources are deployed together. A secret in one overlay proves nothing about another.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, Span, TextRange, order};

use crate::config::Config;
use crate::fact::{FileFacts, KustomizationFact, ObjectMeta, join};
use crate::glob;

/// Index of a world in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorldId(pub u32);

/// What makes sources belong together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WorldKind {
    /// A kustomization that no other includes, with all that it includes.
    Kustomization,
    /// Objects rendered from one chart.
    Chart,
    /// What was read from one live cluster.
    Dump,
    /// Everything that nothing else claims, bounded by a cluster's `paths` where the configuration gives them.
    Rest,
}

/// What changes all that it includes or deploys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Layer {
    /// The kustomization that a file is.
    Kustomization(FileId),
    /// One of a file's objects that deploy folders.
    Deployer(FileId, u32),
}

impl Layer {
    /// What it changes.
    pub(crate) fn fact(self, files: &[FileFacts]) -> Option<&KustomizationFact> {
        match self {
            Self::Kustomization(file) => files.get(file.0 as usize)?.kustomization.as_ref(),
            Self::Deployer(file, index) => {
                files.get(file.0 as usize)?.deployers.get(index as usize).map(|fact| &fact.changes)
            }
        }
    }
}

/// A file that takes part in a world, with the kustomizations it passes through: those that include it, and the components
/// that are included beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The file.
    pub file: FileId,
    /// What it passes through, innermost first.
    pub layers: Vec<Layer>,
    /// Where several things deploy it, each with changes of its own, all of them.
    pub alternatives: Vec<Layer>,
}

impl Member {
    fn new(file: FileId) -> Self {
        Self { file, layers: Vec::new(), alternatives: Vec::new() }
    }
}

/// Sources that are deployed together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct World {
    /// A directory, a cluster's name, or `.` for the project root.
    pub name: String,
    /// What makes it one.
    pub kind: WorldKind,
    /// Its files, the kustomizations among them.
    pub members: Vec<Member>,
    /// Only objects that this accepts take part, where a file belongs to several worlds.
    part: Part,
    /// The outermost kustomization.
    pub root: Option<FileId>,
    /// Something that it includes is not in the sources: a remote base, a missing file.
    pub incomplete: Option<Span>,
    /// Indexes of the declared clusters that it is deployed to.
    pub clusters: Vec<usize>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Whole,
    Chart(String),
    Unclaimed,
}

impl World {
    /// Whether an object of a member file takes part in this world.
    pub fn holds(&self, object: &ObjectMeta) -> bool {
        match &self.part {
            Part::Whole => true,
            Part::Chart(chart) => chart_of(object) == Some(chart),
            Part::Unclaimed => chart_of(object).is_none() && !object.live,
        }
    }
}

/// The chart that an object was rendered from: the first segment of its `# Source:` comment.
fn chart_of(object: &ObjectMeta) -> Option<&str> {
    object.helm_source.as_deref().and_then(|source| source.split('/').next())
}

/// The directory of a path, `""` for the root.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

struct Kustomizations<'a> {
    files: &'a [FileFacts],
    by_directory: BTreeMap<&'a str, FileId>,
    by_path: BTreeMap<&'a str, FileId>,
    /// The folders that something else deploys by themselves.
    deployed: BTreeSet<&'a str>,
}

enum Resource {
    File(FileId),
    Kustomization(FileId),
    Missing,
}

struct Include {
    resource: Resource,
    component: bool,
    span: Span,
}

/// A step of gathering what a kustomization includes, in kustomize's own order.
enum Step {
    /// Gather what this one includes: a component adds to what its includer has gathered, from this member on.
    Enter(FileId, Option<usize>),
    Add(FileId),
    /// Change all that was gathered, from this member on.
    Leave(FileId, usize),
}

impl<'a> Kustomizations<'a> {
    fn new(files: &'a [FileFacts]) -> Self {
        let mut by_directory = BTreeMap::new();
        let mut by_path = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            by_path.insert(file.path.as_str(), FileId::at(index));
            if let Some(kustomization) = &file.kustomization {
                by_directory.entry(kustomization.directory.as_str()).or_insert(FileId::at(index));
            }
        }
        let deployers = files.iter().flat_map(|file| &file.deployers);
        let deployed = order::gather(deployers.filter_map(|fact| fact.folder.as_deref()));
        Self { files, by_directory, by_path, deployed }
    }

    fn fact(&self, id: FileId) -> Option<&'a KustomizationFact> {
        self.files.get(id.0 as usize)?.kustomization.as_ref()
    }

    fn resolve(&self, base: &str, path: &str) -> Resource {
        let Some(joined) = join(base, path) else { return Resource::Missing };
        if let Some(&id) = self.by_directory.get(joined.as_str()) {
            return Resource::Kustomization(id);
        }
        match self.by_path.get(joined.as_str()) {
            Some(&id) => Resource::File(id),
            None => Resource::Missing,
        }
    }

    /// What a kustomization includes: its resources and, after them, its components.
    fn includes(&self, id: FileId) -> Vec<Include> {
        let Some(fact) = self.fact(id) else { return Vec::new() };
        let include = |component| {
            move |(path, range): &(String, TextRange)| Include {
                resource: self.resolve(&fact.directory, path),
                component,
                span: Span::new(id, *range),
            }
        };
        fact.resources.iter().map(include(false)).chain(fact.components.iter().map(include(true))).collect()
    }

    fn included(&self, id: FileId) -> impl Iterator<Item = FileId> {
        self.includes(id).into_iter().filter_map(|include| match include.resource {
            Resource::Kustomization(id) => Some(id),
            _ => None,
        })
    }

    /// Kustomizations that no other includes, or that are deployed by themselves; of a ring of them, the first by path.
    fn roots(&self) -> Vec<FileId> {
        let all: Vec<FileId> = self.by_directory.values().copied().collect();
        let included: BTreeSet<FileId> = order::gather(all.iter().flat_map(|&id| self.included(id)));
        let is_component = |id: FileId| self.fact(id).is_some_and(|fact| fact.component);
        let deployed = |id: FileId| self.fact(id).is_some_and(|fact| self.deployed.contains(fact.directory.as_str()));
        let is_root = |id: &FileId| (!included.contains(id) || deployed(*id)) && !is_component(*id);
        let mut roots: Vec<FileId> = all.iter().copied().filter(is_root).collect();
        let mut reached = BTreeSet::new();
        for &root in &roots {
            self.reach(root, &mut reached);
        }
        for id in all {
            if !reached.contains(&id) && !is_component(id) {
                self.reach(id, &mut reached);
                roots.push(id);
            }
        }
        roots
    }

    fn reach(&self, id: FileId, reached: &mut BTreeSet<FileId>) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(self.included(id));
            }
        }
    }

    fn world(&self, root: FileId) -> World {
        let directory = self.fact(root).map_or("", |fact| fact.directory.as_str());
        let mut world = World {
            name: if directory.is_empty() { ".".into() } else { directory.into() },
            kind: WorldKind::Kustomization,
            members: Vec::new(),
            part: Part::Whole,
            root: Some(root),
            incomplete: None,
            clusters: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        let mut steps = vec![Step::Enter(root, None)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(id, _) if !seen.insert(id) => {}
                Step::Enter(id, gathered) => {
                    let first = gathered.unwrap_or(world.members.len());
                    steps.push(Step::Leave(id, first));
                    for include in self.includes(id).into_iter().rev() {
                        match include.resource {
                            Resource::Kustomization(inner) => {
                                steps.push(Step::Enter(inner, include.component.then_some(first)));
                            }
                            Resource::File(file) => steps.push(Step::Add(file)),
                            Resource::Missing => world.incomplete = Some(include.span),
                        }
                    }
                }
                Step::Add(file) => {
                    if seen.insert(file) {
                        world.members.push(Member::new(file));
                    }
                }
                Step::Leave(id, first) => {
                    world.members.push(Member::new(id));
                    for member in world.members.iter_mut().skip(first) {
                        member.layers.push(Layer::Kustomization(id));
                    }
                }
            }
        }
        order::sort_by_key(&mut world.members, |member| member.file);
        world
    }

    /// Files that are patches: they are no resources of their own.
    fn patches(&self) -> BTreeSet<FileId> {
        let paths = self.by_directory.values().filter_map(|&id| self.fact(id)).flat_map(|fact| &fact.patches);
        order::gather(paths.filter_map(|patch| self.by_path.get(patch.file.as_deref()?).copied()))
    }
}

/// Groups the files into worlds, ordered by name.
pub(crate) fn worlds(files: &[FileFacts], config: &Config) -> Vec<World> {
    let kustomizations = Kustomizations::new(files);
    let mut worlds: Vec<World> = kustomizations.roots().into_iter().map(|root| kustomizations.world(root)).collect();
    let mut claimed = kustomizations.patches();
    claimed.extend(worlds.iter().flat_map(|world| &world.members).map(|member| member.file));
    claimed.extend(kustomizations.by_directory.values());
    for world in &mut worlds {
        world.clusters = clusters_for(config, world.root.and_then(|id| path_of(files, id)).into_iter());
    }
    let free: Vec<FileId> = (0..files.len()).map(FileId::at).filter(|id| !claimed.contains(id)).collect();
    worlds.extend(rendered_worlds(files, &free, config));
    worlds.extend(rest_worlds(files, &free, config));
    order::sort_by(&mut worlds, |a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
    worlds
}

fn path_of(files: &[FileFacts], id: FileId) -> Option<&str> {
    files.get(id.0 as usize).map(|file| file.path.as_str())
}

fn objects(file: &FileFacts) -> impl Iterator<Item = &ObjectMeta> {
    let workloads = file.workloads.iter().map(|fact| &fact.object);
    let accounts = file.service_accounts.iter().map(|fact| &fact.object);
    let secrets = file.secrets.iter().map(|fact| &fact.object);
    let producers = file.producers.iter().map(|fact| &fact.object);
    workloads.chain(accounts).chain(secrets).chain(producers)
}

/// Worlds of charts rendered into the project and of dumps from live clusters.
fn rendered_worlds(files: &[FileFacts], free: &[FileId], config: &Config) -> Vec<World> {
    let mut groups: BTreeMap<(WorldKind, String, String), Vec<FileId>> = BTreeMap::new();
    for &id in free {
        let Some(file) = files.get(id.0 as usize) else { continue };
        let charts: BTreeSet<&str> = order::gather(objects(file).filter_map(chart_of));
        for chart in &charts {
            let key = (WorldKind::Chart, directory(&file.path).to_owned(), (*chart).to_owned());
            groups.entry(key).or_default().push(id);
        }
        if charts.is_empty() && objects(file).any(|object| object.live) {
            let key = (WorldKind::Dump, directory(&file.path).to_owned(), String::new());
            groups.entry(key).or_default().push(id);
        }
    }
    groups
        .into_iter()
        .map(|((kind, directory, chart), ids)| {
            let name = match (kind, directory.as_str()) {
                (WorldKind::Chart, "") => chart.clone(),
                (WorldKind::Chart, directory) => format!("{directory}/{chart}"),
                (_, "") => ".".into(),
                (_, directory) => directory.into(),
            };
            let clusters = clusters_for(config, ids.iter().filter_map(|id| path_of(files, *id)));
            World {
                name,
                kind,
                members: ids.into_iter().map(Member::new).collect(),
                part: if kind == WorldKind::Chart { Part::Chart(chart) } else { Part::Whole },
                root: None,

                incomplete: None,
                clusters,
            }
        })
        .collect()
}

/// What nothing claims: one world at the project root, or one for each cluster with `paths`.
fn rest_worlds(files: &[FileFacts], free: &[FileId], config: &Config) -> Vec<World> {
    let mut groups: BTreeMap<Option<usize>, Vec<FileId>> = BTreeMap::new();
    for &id in free {
        let Some(file) = files.get(id.0 as usize) else { continue };
        let is_dump = objects(file).any(|object| object.live) && !objects(file).any(|o| chart_of(o).is_some());
        if is_dump {
            continue;
        }
        let clusters: Vec<usize> = (0..config.clusters.len())
            .filter(|&index| {
                config
                    .clusters
                    .get(index)
                    .is_some_and(|cluster| cluster.paths.iter().any(|glob| glob::matches_path(&glob.value, &file.path)))
            })
            .collect();
        if clusters.is_empty() {
            groups.entry(None).or_default().push(id);
        }
        for cluster in clusters {
            groups.entry(Some(cluster)).or_default().push(id);
        }
    }
    let everywhere: Vec<usize> = clusters_for(config, std::iter::empty());
    groups
        .into_iter()
        .map(|(cluster, ids)| World {
            name: cluster
                .and_then(|index| config.clusters.get(index))
                .map_or_else(|| ".".into(), |cluster| cluster.name.value.clone()),
            kind: WorldKind::Rest,
            members: ids.into_iter().map(Member::new).collect(),
            part: Part::Unclaimed,
            root: None,

            incomplete: None,
            clusters: cluster.map_or_else(|| everywhere.clone(), |index| vec![index]),
        })
        .collect()
}

/// The clusters that sources at these paths are deployed to: those whose `paths` match, else those without any.
fn clusters_for<'a>(config: &Config, paths: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut found = BTreeSet::new();
    for path in paths {
        for (index, cluster) in config.clusters.iter().enumerate() {
            if cluster.paths.iter().any(|glob| glob::matches_path(&glob.value, path)) {
                found.insert(index);
            }
        }
    }
    if found.is_empty() {
        let unbound = config.clusters.iter().enumerate().filter(|(_, cluster)| cluster.paths.is_empty());
        return unbound.map(|(index, _)| index).collect();
    }
    found.into_iter().collect()
}
