//! Pods, the images they use, and how they reach the kubelet after kustomize.

use canpull_syntax::Span;

use crate::fact::{Field, ImageFact, SecretList, Why, WorkloadFact};
use crate::model::image::ImageReference;
use crate::model::kustomize::{Layers, Overridden};
use crate::model::namespace::Namespace;
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
    /// What may change its images without being evaluated.
    pub(crate) touched: Option<Span>,
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
    /// What is written.
    pub fact: &'a ImageFact,
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

pub(crate) fn pod<'a>(world: WorldId, fact: &'a WorkloadFact, layers: &Layers<'_, 'a>) -> Pod<'a> {
    let touched = layers.images_touched(&fact.object);
    let follows_names = layers.follows(fact, "Secret", "imagePullSecrets/name");
    let follows_accounts = layers.follows(fact, "ServiceAccount", "serviceAccountName");
    let access_touched = layers.access_touched(&fact.object);
    // A name that is changed, and not here, may be what is written here.
    let open = |follows| access_touched.or((follows != Truth::Yes && layers.renames()).then_some(fact.object.span));
    let pull_secrets = match open(follows_names) {
        Some(span) => SecretList::Unknown(Why::PartlyEvaluated, span),
        None => fact.pull_secrets.clone(),
    };
    let service_account = match open(follows_accounts) {
        Some(span) => Field::Unknown(Why::PartlyEvaluated, span),
        None => fact.service_account.clone(),
    };
    let namespace = layers.namespace(&fact.object);
    Pod { world, fact, namespace, pull_secrets, follows_names, service_account, images: Vec::new(), touched }
}

pub(crate) fn image_use<'a>(
    pod: PodId,
    touched: Option<Span>,
    fact: &'a ImageFact,
    layers: &Layers<'_, 'a>,
) -> ImageUse<'a> {
    let span = fact.image.span();
    let Overridden { text, by: overridden, open } = layers.image(&fact.text);
    let reference = match (&fact.image, touched.is_some(), open.or(overridden)) {
        (_, true, _) => Reference::Unresolved(Why::PartlyEvaluated),
        _ if open.is_some() => Reference::Unresolved(Why::Placeholder),
        (_, _, Some(_)) | (Field::Known(..), ..) => parse(&text),
        (Field::Unknown(why, _), ..) => Reference::Unresolved(*why),
        (Field::Absent(_), ..) => Reference::Unresolved(Why::FilledAtRunTime),
    };
    ImageUse { pod, fact, text: without_login(text), span, overridden: open.or(overridden), reference }
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
