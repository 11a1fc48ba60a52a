//! Pods, the images they use, and how they reach the kubelet after kustomize.

use canpull_syntax::Span;

use crate::fact::{Field, ImageFact, SecretList, Why, WorkloadFact};
use crate::model::image::ImageReference;
use crate::model::kustomize::Layers;
use crate::model::namespace::Namespace;
use crate::model::patched::{PatchedImage, PatchedPod};
use crate::model::pull_secret::PullSecret;
use crate::model::world::WorldId;
use crate::proof::Truth;

/// Index of a pod in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PodId(pub u32);

/// Index of an image use in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImageUseId(pub u32);

/// A pod or pod template in one world.
#[derive(Clone, Debug)]
pub struct Pod<'a> {
    /// The world.
    pub world: WorldId,
    /// What is written.
    pub fact: &'a WorkloadFact,
    /// Its namespace, after kustomize.
    pub namespace: Namespace,
    /// The pod's own list.
    pub pull_secrets: SecretList,
    /// Whether kustomize writes the names that it gives to generated secrets into that list.
    pub follows_names: Truth,
    /// The service account's name.
    pub service_account: Field<String>,
    /// Its images.
    pub images: Vec<ImageUseId>,
}

impl Pod<'_> {
    /// Whether the pod's list can name a secret as its source calls it.
    pub fn can_name(&self, secret: &PullSecret<'_>) -> bool {
        self.follows_names == Truth::Yes || !secret.is_hashed()
    }

    /// Whether it is a pod of a cluster, into which admission has put what its service account named when it was made.
    pub fn is_made(&self) -> bool {
        self.fact.object.live && self.fact.object.kind == "Pod"
    }

    /// For messages: `Deployment web`.
    pub fn describe(&self) -> String {
        match self.fact.object.name.text() {
            Some(name) => format!("{} `{name}`", self.fact.object.kind),
            None => self.fact.object.kind.clone(),
        }
    }
}

/// What an image string comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// A reference that the kubelet accepts.
    Parsed(ImageReference),
    /// One that it refuses, with its own words.
    Invalid(String),
    /// Not known before deploying.
    Unresolved(Why),
}

/// One image of one pod.
#[derive(Clone, Debug)]
pub struct ImageUse<'a> {
    /// The pod.
    pub pod: PodId,
    /// What is written, in the workload or in a patch.
    pub fact: &'a ImageFact,
    /// Its pull policy.
    pub pull_policy: &'a Field<String>,
    /// The image string after kustomize.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    /// The kustomization's `images` entry that changed it.
    pub overridden: Option<Span>,
    /// What it comes to.
    pub reference: Reference,
}

impl ImageUse<'_> {
    /// The parsed reference.
    pub fn parsed(&self) -> Option<&ImageReference> {
        match &self.reference {
            Reference::Parsed(reference) => Some(reference),
            _ => None,
        }
    }
}

pub(crate) fn pod<'a>(world: WorldId, patched: &PatchedPod<'a>, layers: &Layers<'_, 'a>) -> Pod<'a> {
    let fact = patched.fact;
    let follows_names = layers.follows(fact, "Secret", "imagePullSecrets/name");
    let follows_accounts = layers.follows(fact, "ServiceAccount", "serviceAccountName");
    // A name that is changed, and not here, may be what is written here.
    let open = |follows| follows != Truth::Yes && layers.renames();
    let span = fact.object.span;
    let pull_secrets = match patched.pull_secrets() {
        SecretList::Unknown(why, span) => SecretList::Unknown(why, span),
        _ if open(follows_names) => SecretList::Unknown(Why::PartlyEvaluated, span),
        list => list,
    };
    let service_account = match patched.service_account() {
        Field::Unknown(why, span) => Field::Unknown(why, span),
        _ if open(follows_accounts) => Field::Unknown(Why::PartlyEvaluated, span),
        name => name,
    };
    let namespace = layers.namespace(&fact.object);
    Pod { world, fact, namespace, pull_secrets, follows_names, service_account, images: Vec::new() }
}

pub(crate) fn image_use<'a>(
    pod: PodId,
    touched: Option<Span>,
    patched: PatchedImage<'a>,
    layers: &Layers<'_, 'a>,
) -> ImageUse<'a> {
    let open = layers.may_rename(&patched);
    let PatchedImage { fact, image, pull_policy, text, overridden, .. } = patched;
    let reference = match (image, touched, open.or(overridden)) {
        (_, Some(_), _) => Reference::Unresolved(Why::PartlyEvaluated),
        _ if open.is_some() => Reference::Unresolved(Why::Placeholder),
        (_, _, Some(_)) | (Field::Known(..), ..) => parse(&text),
        (Field::Unknown(why, _), ..) => Reference::Unresolved(*why),
        (Field::Absent(_), ..) => Reference::Unresolved(Why::FilledAtRunTime),
    };
    let (text, span, overridden) = (without_login(text), image.span(), open.or(overridden));
    ImageUse { pod, fact, pull_policy, text, span, overridden, reference }
}

/// `user:password@host/…`, which no reference may begin with, shows no password.
fn without_login(image: String) -> String {
    match image.rsplit_once('@') {
        Some((before, behind)) if before.contains(':') && behind.contains(['.', '/']) => format!("***@{behind}"),
        _ => image,
    }
}

fn parse(image: &str) -> Reference {
    if crate::placeholder::find(image).is_some() {
        return Reference::Unresolved(Why::Placeholder);
    }
    match ImageReference::parse(image) {
        Ok(reference) => Reference::Parsed(reference),
        Err(error) => Reference::Invalid(error),
    }
}
