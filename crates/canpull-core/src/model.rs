//! The access model: what is deployed together, which images it runs and which secrets it holds.

pub mod azure;
pub mod condition;
pub mod docker_config;
pub mod image;
pub mod keyring;
mod kustomize;
pub mod namespace;
pub mod pull_secret;
pub mod registry;
pub mod role;
pub mod scope;
pub mod scope_map;
pub mod scripted;
pub mod service_account;
pub mod workload;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{Span, to_offset};

use crate::config::{ClusterDecl, CompleteKind, Config};
use crate::fact::{FileFacts, PatcherFact};

pub use azure::Azure;
pub use namespace::Namespace;
pub use pull_secret::{Content, Origin, PullSecret, SecretId};
pub use scripted::{AccountPatch, Injection};
pub use service_account::{ServiceAccount, ServiceAccountId};
pub use workload::{ImageUse, ImageUseId, Pod, PodId, Reference};
pub use world::{World, WorldId, WorldKind};

/// Everything known, joined. Ids index its vectors.
pub struct AccessModel<'a> {
    /// The files' facts, by `FileId`.
    pub files: &'a [FileFacts],
    /// The configuration.
    pub config: &'a Config,
    /// What is deployed together.
    pub worlds: Vec<World>,
    /// Pods and pod templates of all worlds.
    pub pods: Vec<Pod<'a>>,
    /// Their images.
    pub image_uses: Vec<ImageUse<'a>>,
    /// Secrets of every kind that a pod may name for pulling, of all worlds.
    pub secrets: Vec<PullSecret<'a>>,
    /// Service accounts of all worlds.
    pub service_accounts: Vec<ServiceAccount<'a>>,
    /// What adds pull secrets behind the manifests' back; it may run in any cluster.
    pub patchers: Vec<&'a PatcherFact>,
    /// What scripts add to service accounts; scripts belong to every world.
    pub account_patches: Vec<AccountPatch>,
    /// What pipelines add to the workloads that they deploy.
    pub injections: Vec<Injection<'a>>,
    /// Registries, clusters, identities and rights in Azure, which all worlds share.
    pub azure: Azure<'a>,
    secrets_by_name: BTreeMap<(WorldId, String), Vec<SecretId>>,
    secrets_by_host: BTreeMap<(WorldId, String), BTreeSet<SecretId>>,
    accounts_by_name: BTreeMap<(WorldId, String), Vec<ServiceAccountId>>,
}

/// The index of the next element of a vector, as ids count.
pub(crate) fn next_id<T>(vector: &[T]) -> u32 {
    to_offset(vector.len())
}

impl<'a> AccessModel<'a> {
    /// Joins the facts of all files.
    pub fn new(files: &'a [FileFacts], config: &'a Config) -> Self {
        let mut model = Self {
            files,
            config,
            worlds: world::worlds(files, config),
            pods: Vec::new(),
            image_uses: Vec::new(),
            secrets: Vec::new(),
            service_accounts: Vec::new(),
            patchers: files.iter().flat_map(|file| &file.patchers).collect(),
            account_patches: scripted::account_patches(files),
            injections: scripted::injections(files),
            azure: Azure::new(files),
            secrets_by_name: BTreeMap::new(),
            secrets_by_host: BTreeMap::new(),
            accounts_by_name: BTreeMap::new(),
        };
        let worlds = std::mem::take(&mut model.worlds);
        for (index, world) in worlds.iter().enumerate() {
            model.add_world(WorldId(to_offset(index)), world);
        }
        model.worlds = worlds;
        model
    }

    fn add_world(&mut self, id: WorldId, world: &World) {
        for member in &world.members {
            let Some(file) = self.files.get(member.file.0 as usize) else { continue };
            let layers = kustomize::Layers::new(self.files, &member.layers);
            for fact in file.secrets.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_secret(pull_secret::from_manifest(id, fact, &layers));
            }
            for fact in file.kustomization.iter().flat_map(|kustomization| &kustomization.generators) {
                self.add_secret(pull_secret::from_generator(id, fact, &layers));
            }
            for fact in file.producers.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_secret(pull_secret::from_producer(id, fact, &layers));
            }
            for fact in file.service_accounts.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_service_account(service_account::from_fact(id, fact, &layers));
            }
            for fact in file.workloads.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_pod(workload::pod(id, fact, &layers), &layers);
            }
        }
        let scripts = self.files.iter().flat_map(|file| &file.script.secrets);
        for fact in scripts {
            let user = self.azure.who(&fact.user);
            let host = fact.registry.as_ref().and_then(|registry| self.azure.login_server(registry));
            self.add_secret(pull_secret::from_script(id, fact, host, user));
        }
    }

    fn add_secret(&mut self, secret: PullSecret<'a>) {
        let id = SecretId(next_id(&self.secrets));
        if let Some(name) = &secret.name {
            self.secrets_by_name.entry((secret.world, name.clone())).or_default().push(id);
        }
        for key in secret.credentials().iter().filter_map(|credential| credential.index_key.as_deref()) {
            let host = keyring::literal_host(key).unwrap_or_default();
            self.secrets_by_host.entry((secret.world, host.to_owned())).or_default().insert(id);
        }
        self.secrets.push(secret);
    }

    fn add_service_account(&mut self, account: ServiceAccount<'a>) {
        let id = ServiceAccountId(next_id(&self.service_accounts));
        if let Some(name) = account.fact.object.name.text() {
            self.accounts_by_name.entry((account.world, name.to_owned())).or_default().push(id);
        }
        self.service_accounts.push(account);
    }

    fn add_pod(&mut self, mut pod: Pod<'a>, layers: &kustomize::Layers<'a>) {
        let id = PodId(next_id(&self.pods));
        for fact in pod.fact.images.iter().filter(|fact| !fact.image.is_absent()) {
            pod.images.push(ImageUseId(next_id(&self.image_uses)));
            self.image_uses.push(workload::image_use(id, pod.touched, fact, layers));
        }
        self.pods.push(pod);
    }

    /// The secrets of a world with this name, in every namespace.
    pub fn secrets_named(&self, world: WorldId, name: &str) -> impl Iterator<Item = (SecretId, &PullSecret<'a>)> {
        let ids = self.secrets_by_name.get(&(world, name.to_owned()));
        ids.into_iter().flatten().filter_map(|&id| Some((id, self.secret(id)?)))
    }

    /// The secrets of a world that may have a key for images of this registry, in order: those with a key for the very
    /// host, and those with a key that is a pattern or stands for Docker Hub.
    pub fn secrets_for(&self, world: WorldId, host: &str) -> impl Iterator<Item = &PullSecret<'a>> {
        let at = |host: &str| self.secrets_by_host.get(&(world, host.to_owned())).into_iter().flatten().copied();
        let ids: BTreeSet<SecretId> = at(host).chain(at("")).collect();
        ids.into_iter().filter_map(|id| self.secret(id))
    }

    /// The service accounts of a world with this name, in every namespace.
    pub fn accounts_named(&self, world: WorldId, name: &str) -> impl Iterator<Item = &ServiceAccount<'a>> {
        let ids = self.accounts_by_name.get(&(world, name.to_owned()));
        ids.into_iter().flatten().filter_map(|&id| self.service_accounts.get(id.0 as usize))
    }

    /// A secret.
    pub fn secret(&self, id: SecretId) -> Option<&PullSecret<'a>> {
        self.secrets.get(id.0 as usize)
    }

    /// A pod.
    pub fn pod(&self, id: PodId) -> Option<&Pod<'a>> {
        self.pods.get(id.0 as usize)
    }

    /// An image use.
    pub fn image_use(&self, id: ImageUseId) -> Option<&ImageUse<'a>> {
        self.image_uses.get(id.0 as usize)
    }

    /// The declared clusters that a world is deployed to.
    pub fn clusters_of(&self, world: WorldId) -> impl Iterator<Item = &'a ClusterDecl> + use<'_, 'a> {
        let config = self.config;
        let world = self.world(world);
        world.into_iter().flat_map(|world| &world.clusters).filter_map(|&index| config.clusters.get(index))
    }

    /// Where every cluster of a world is declared to have all objects of a kind in the sources; `None` unless all are.
    pub fn complete(&self, world: WorldId, kind: CompleteKind) -> Option<Vec<Span>> {
        let mut spans = Vec::new();
        for cluster in self.clusters_of(world) {
            spans.push(cluster.complete.iter().find(|declared| declared.value == kind)?.span);
        }
        (!spans.is_empty()).then_some(spans)
    }

    /// A world.
    pub fn world(&self, id: WorldId) -> Option<&World> {
        self.worlds.get(id.0 as usize)
    }
}
