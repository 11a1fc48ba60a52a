//! The access model: what is deployed together, which images it runs and which secrets it holds.

pub mod azure;
pub mod condition;
mod deployer;
pub mod docker_config;
pub(crate) mod generated;
pub mod image;
mod index;
pub mod keyring;
mod kustomize;
mod name_reference;
pub mod namespace;
mod patch;
mod patched;
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

use canpull_syntax::{Span, order, to_offset};

use crate::config::{ClusterDecl, CompleteKind, Config};
use crate::fact::script::ScriptSecretFact;
use crate::fact::{FileFacts, PatcherFact};
use crate::proof::Truth;
use index::ByName;
use kustomize::Changes;
use name_reference::Configurations;
use patch::Patches;
use patched::PatchedPod;

pub use azure::Azure;
pub use namespace::Namespace;
use pull_secret::Generators;
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
    /// The worlds with secrets of whose names nothing is known, or with what may make such and is not read.
    pub(crate) nameless_secrets: BTreeSet<WorldId>,
    /// Where objects make secrets of whose names nothing is known, such as copies of all that a namespace holds.
    copied_to: BTreeSet<(WorldId, Namespace)>,
    secrets_by_name: ByName<SecretId>,
    /// Those that the kubelet cannot decode.
    undecodable_by_name: ByName<SecretId>,
    secrets_by_place: BTreeMap<(WorldId, Namespace), Vec<SecretId>>,
    /// By the host of a key, or nothing for keys that are patterns.
    secrets_by_host: ByName<SecretId>,
    accounts_by_name: ByName<ServiceAccountId>,
    /// By the `SecretProviderClass`es that they mount.
    pods_by_class: ByName<PodId>,
}

/// How many secrets of one name are looked at where any of them may be meant.
const MANY: usize = 32;

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
            nameless_secrets: BTreeSet::new(),
            copied_to: BTreeSet::new(),
            secrets_by_name: ByName::new(),
            undecodable_by_name: ByName::new(),
            secrets_by_place: BTreeMap::new(),
            secrets_by_host: ByName::new(),
            accounts_by_name: ByName::new(),
            pods_by_class: ByName::new(),
        };
        let mut worlds = std::mem::take(&mut model.worlds);
        let elsewhere = deployer::place(files, &mut worlds);
        let patches = Patches::new(files, &elsewhere);
        let configurations = Configurations::new(files);
        let scripts: Vec<_> = files.iter().flat_map(|file| &file.script.secrets).collect();
        for (index, world) in worlds.iter().enumerate() {
            let changes =
                Changes { patches: &patches, followed: configurations.of(files, world), elsewhere: &elsewhere };
            model.add_world(WorldId(to_offset(index)), world, &changes, &scripts);
        }
        model.worlds = worlds;
        model
    }

    fn add_world(&mut self, id: WorldId, world: &World, changes: &Changes<'_, 'a>, scripts: &[&'a ScriptSecretFact]) {
        let generators = self.generators(world, changes);
        for member in &world.members {
            let Some(file) = self.files.get(member.file.0 as usize) else { continue };
            let layers = kustomize::Layers::new(self.files, changes, member);
            if file.may_make_secrets || layers.may_add() {
                self.nameless_secrets.insert(id);
            }
            for fact in file.secrets.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_secret(pull_secret::from_manifest(id, fact, &layers));
            }
            for fact in file.kustomization.iter().flat_map(|kustomization| &kustomization.generators) {
                self.add_secret(pull_secret::from_generator(id, fact, &layers));
            }
            for fact in file.producers.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_secret(pull_secret::from_producer(id, fact, &layers, &generators));
            }
            for fact in file.service_accounts.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_service_account(service_account::from_fact(id, fact, &layers));
            }
            for fact in file.workloads.iter().filter(|fact| world.holds(&fact.object)) {
                self.add_pod(id, layers.pod(fact), &layers);
            }
        }
        for &fact in scripts {
            let user = self.azure.who(&fact.user);
            let host = fact.registry.as_ref().and_then(|registry| self.azure.login_server(registry));
            self.add_secret(pull_secret::from_script(id, fact, host, user));
        }
    }

    /// What mints tokens in a world, as far as it stays as it is written.
    fn generators(&self, world: &World, changes: &Changes<'_, 'a>) -> Generators<'a> {
        let mut generators = Generators::new();
        for member in &world.members {
            let facts =
                self.files.get(member.file.0 as usize).map(|file| file.generators.as_slice()).unwrap_or_default();
            if facts.is_empty() {
                continue;
            }
            let layers = kustomize::Layers::new(self.files, changes, member);
            for fact in facts.iter().filter(|fact| world.holds(&fact.object)) {
                let Some(name) = fact.object.name.text() else { continue };
                let namespace = layers.namespace(&fact.object);
                let own = Some(fact).filter(|_| layers.keep() && namespace != Namespace::Unknown);
                generators.entry((name, namespace)).and_modify(|known| *known = None).or_insert(own);
            }
        }
        generators
    }

    fn add_secret(&mut self, secret: PullSecret<'a>) {
        let id = SecretId(next_id(&self.secrets));
        if secret.name.is_none() {
            self.nameless_secrets.insert(secret.world);
            if matches!(secret.origin, Origin::Producer(_)) {
                self.copied_to.insert((secret.world, secret.namespace.clone()));
            }
        }
        if let Some(name) = &secret.name {
            self.secrets_by_name.add(secret.world, name, &secret.namespace, id);
            if matches!(secret.content, Content::Undecodable { .. }) {
                self.undecodable_by_name.add(secret.world, name, &secret.namespace, id);
            }
        }
        self.secrets_by_place.entry((secret.world, secret.namespace.clone())).or_default().push(id);
        let keys = secret.credentials().iter().filter_map(|credential| credential.index_key.as_deref());
        let hosts: BTreeSet<&str> = order::gather(keys.map(|key| keyring::literal_host(key).unwrap_or_default()));
        for host in hosts {
            self.secrets_by_host.add(secret.world, host, &secret.namespace, id);
        }
        self.secrets.push(secret);
    }

    fn add_service_account(&mut self, account: ServiceAccount<'a>) {
        let id = ServiceAccountId(next_id(&self.service_accounts));
        if let Some(name) = account.fact.object.name.text() {
            self.accounts_by_name.add(account.world, name, &account.namespace, id);
        }
        self.service_accounts.push(account);
    }

    fn add_pod(&mut self, world: WorldId, patched: PatchedPod<'a>, layers: &kustomize::Layers<'_, 'a>) {
        let id = PodId(next_id(&self.pods));
        let mut pod = workload::pod(world, &patched, layers);
        for class in &pod.fact.mounted_classes {
            self.pods_by_class.add(pod.world, class, &pod.namespace, id);
        }
        for image in patched.images.into_iter().filter(|image| !image.image.is_absent()) {
            pod.images.push(ImageUseId(next_id(&self.image_uses)));
            self.image_uses.push(workload::image_use(id, patched.images_open, image, layers));
        }
        self.pods.push(pod);
    }

    /// The secrets of a world with this name, in every namespace.
    pub fn secrets_named(&self, world: WorldId, name: &str) -> impl Iterator<Item = &PullSecret<'a>> {
        self.secrets_by_name.named(world, name).filter_map(|id| self.secret(id))
    }

    /// The secrets of a world with this name that are certain to be in a namespace.
    pub fn secrets_here(
        &self,
        world: WorldId,
        name: &str,
        namespace: &Namespace,
    ) -> impl Iterator<Item = (SecretId, &PullSecret<'a>)> {
        let ids = self.secrets_by_name.here(world, name, namespace);
        ids.iter().filter_map(|&id| Some((id, self.secret(id)?)))
    }

    /// Secrets of a world with this name that may be in a namespace, and may be in another; and whether these are all. Of
    /// many, some must do: if any is one that the kubelet cannot decode, such a one is among them.
    pub fn secrets_maybe_here(
        &self,
        world: WorldId,
        name: &str,
        namespace: &Namespace,
    ) -> (Vec<(SecretId, &PullSecret<'a>)>, bool) {
        let mut ids: Vec<_> = self.secrets_by_name.maybe_here(world, name, namespace).take(MANY + 1).collect();
        let are_all = ids.len() <= MANY;
        if !are_all {
            ids.truncate(MANY);
            ids.extend(self.undecodable_by_name.maybe_here(world, name, namespace).next());
        }
        order::sort(&mut ids);
        ids.dedup();
        (ids.into_iter().filter_map(|id| Some((id, self.secret(id)?))).collect(), are_all)
    }

    /// All secrets that are certain to be in a namespace of a world.
    pub fn secrets_of(&self, world: WorldId, namespace: &Namespace) -> impl Iterator<Item = &PullSecret<'a>> {
        let sure = namespace.same(namespace) == Truth::Yes;
        let ids = self.secrets_by_place.get(&(world, namespace.clone())).filter(|_| sure);
        ids.into_iter().flatten().filter_map(|id| self.secret(*id))
    }

    /// The secrets of a namespace that may have a key for images of this registry: those with a key for the very host,
    /// then those with a key that is a pattern or stands for Docker Hub.
    pub fn secrets_for(
        &self,
        world: WorldId,
        namespace: &Namespace,
        host: &str,
    ) -> impl Iterator<Item = &PullSecret<'a>> {
        let literal = self.secrets_by_host.here(world, host, namespace);
        let patterns = self.secrets_by_host.here(world, "", namespace);
        let others = patterns.iter().filter(|id| literal.binary_search(id).is_err());
        literal.iter().chain(others).filter_map(|id| self.secret(*id))
    }

    /// Whether an object may make a secret of any name in a namespace.
    pub fn may_copy_to(&self, world: WorldId, namespace: &Namespace) -> bool {
        let holds = |place: Namespace| self.copied_to.contains(&(world, place));
        match namespace {
            Namespace::Written(_) => [namespace.clone(), Namespace::LeftOut, Namespace::Unknown].into_iter().any(holds),
            // Which of them that will be is not known.
            Namespace::LeftOut | Namespace::Unknown => self.copied_to.iter().any(|(own, _)| *own == world),
        }
    }

    /// The service accounts of a world with this name, in every namespace.
    pub fn accounts_named(&self, world: WorldId, name: &str) -> impl Iterator<Item = &ServiceAccount<'a>> {
        self.accounts_by_name.named(world, name).filter_map(|id| self.service_accounts.get(id.0 as usize))
    }

    /// The service accounts of a world with this name that are certain to be in a namespace.
    pub fn accounts_here(
        &self,
        world: WorldId,
        name: &str,
        namespace: &Namespace,
    ) -> impl Iterator<Item = &ServiceAccount<'a>> {
        let ids = self.accounts_by_name.here(world, name, namespace);
        ids.iter().filter_map(|id| self.service_accounts.get(id.0 as usize))
    }

    /// The service accounts of a world with this name that may be in a namespace, and may be in another.
    pub fn accounts_maybe_here(
        &self,
        world: WorldId,
        name: &str,
        namespace: &Namespace,
    ) -> impl Iterator<Item = &ServiceAccount<'a>> {
        let mut ids: Vec<_> = self.accounts_by_name.maybe_here(world, name, namespace).collect();
        order::sort(&mut ids);
        ids.into_iter().filter_map(|id| self.service_accounts.get(id.0 as usize))
    }

    /// Whether a pod that may be in this namespace of a world mounts a `SecretProviderClass`.
    pub fn mounts(&self, world: WorldId, class: &str, namespace: &Namespace) -> bool {
        !self.pods_by_class.here(world, class, namespace).is_empty()
            || self.pods_by_class.maybe_here(world, class, namespace).next().is_some()
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
