//! What kustomizations include and change, and what deploys folders with changes of its own.

use canpull_syntax::{Span, TextRange};

use super::{Field, Retype, Role, SecretList, SecretRef, SecretValue, ServiceAccountFact, WorkloadFact};

/// A kustomization file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KustomizationFact {
    /// The directory that holds it, relative to the project root, `""` for the root itself.
    pub directory: String,
    /// `resources` and `bases`: paths as written, with their places.
    pub resources: Vec<(String, TextRange)>,
    /// `components`.
    pub components: Vec<(String, TextRange)>,
    /// `namespace`.
    pub namespace: Option<(String, Span)>,
    /// `images`.
    pub images: Vec<ImageOverride>,
    /// `secretGenerator` entries.
    pub generators: Vec<GeneratorFact>,
    /// Patches of every spelling.
    pub patches: Vec<PatchFact>,
    /// A field that is not evaluated and may change anything (`replacements`, `transformers`, `helmCharts` …).
    pub opaque: Vec<(String, Span)>,
    /// `namePrefix`, `nameSuffix`: renames everything alike.
    pub renames: bool,
    /// `configurations`: files of the project, relative to the root; `None` for what lies elsewhere.
    pub configurations: Vec<Option<String>>,
    /// `crds`: schemas that may tell of references in custom resources.
    pub crds: bool,
    /// A Component (`kind: Component`).
    pub component: bool,
}

impl KustomizationFact {
    /// Whether it changes anything of what it includes that a pull may depend on.
    pub(crate) fn changes(&self) -> bool {
        let opens = !self.patches.is_empty() || !self.opaque.is_empty();
        opens || !self.images.is_empty() || self.namespace.is_some() || self.renames
    }
}

/// A field that kustomize is told to follow its changes of names in: of `nameReference` in a file of `configurations`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameReferenceFact {
    /// The kind of the objects that are referred to, such as `Secret`.
    pub referred: String,
    /// The group of the objects that hold the field; any where none is written.
    pub group: Option<String>,
    /// Their kind; any where none is written.
    pub kind: Option<String>,
    /// Where the field is, such as `spec/template/spec/imagePullSecrets/name`.
    pub path: String,
}

/// An entry of a kustomization's `images`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageOverride {
    /// The image name to replace, without tag.
    pub name: String,
    /// `newName`.
    pub new_name: Option<String>,
    /// `newTag`.
    pub new_tag: Option<String>,
    /// `digest`.
    pub digest: Option<String>,
    /// The entry.
    pub span: Span,
}

impl ImageOverride {
    /// From the form of a command, `[NAME=]NEW[:TAG][@DIGEST]`. `*` keeps what a kustomization says: a name, and then
    /// nothing changes but a tag.
    pub(crate) fn parse(text: &str, span: Span) -> Option<Self> {
        let (own, new) = text.split_once('=').map_or((None, text), |(name, new)| (Some(name), new));
        let (written, tag, digest) = split_image(new);
        (written != "*").then(|| Self {
            name: own.unwrap_or(written).to_owned(),
            new_name: own.map(|_| written.to_owned()),
            new_tag: tag.filter(|tag| *tag != "*").map(str::to_owned),
            digest: digest.map(str::to_owned),
            span,
        })
    }
}

/// An image's name, tag and digest, as kustomize splits them: the tag follows the last colon after the last slash.
pub(crate) fn split_image(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let path = rest.rfind('/').map_or(0, |at| at + 1);
    match rest.get(path..).and_then(|last| last.find(':')) {
        Some(colon) => (rest.get(..path + colon).unwrap_or(rest), rest.get(path + colon + 1..), digest),
        None => (rest, None, digest),
    }
}

/// What deploys a folder with changes of its own, as if one more kustomization lay around it: a `Kustomization` of Flux, an
/// `Application` of Argo CD, a command that edits a kustomization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeployerFact {
    /// The folder, relative to the root of its repository; `None` where that is not known.
    pub folder: Option<String>,
    /// What it changes.
    pub changes: KustomizationFact,
}

/// An entry of a kustomization's `secretGenerator`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneratorFact {
    /// `name`, without the hash that kustomize appends.
    pub name: String,
    /// `namespace`.
    pub namespace: Option<String>,
    /// `type`; absent is Opaque.
    pub secret_type: Option<String>,
    /// The keys it fills; empty where they cannot be seen.
    pub keys: Vec<String>,
    /// What its literals hold, and its files as far as the sources do.
    pub values: Vec<SecretValue>,
    /// The files that fill keys.
    pub files: Vec<GeneratedFile>,
    /// It changes the secret of another generator (`behavior`).
    pub merges: bool,
    /// kustomize appends a hash to its name (no `disableNameSuffixHash`).
    pub hashed: bool,
    /// How to give the secret the type that its key is for.
    pub retype: Option<Retype>,
    /// The entry.
    pub span: Span,
}

/// A key of a generated secret that a file fills.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneratedFile {
    /// The key.
    pub key: String,
    /// The file, relative to the root of the project.
    pub path: String,
    /// Where it is named.
    pub span: Span,
}

/// What a patch may change of a pod's pulls, as far as its text tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a patch may change any of them")]
pub struct Touches {
    /// Images.
    pub images: bool,
    /// Pull secrets.
    pub secrets: bool,
    /// Service accounts, or which one a pod has.
    pub accounts: bool,
    /// What a Secret holds.
    pub payload: bool,
    /// It may take away, or change without naming it.
    pub removes: bool,
}

impl Touches {
    /// Anything.
    pub const ALL: Self = Self { images: true, secrets: true, accounts: true, payload: true, removes: true };

    /// What either may change.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            images: self.images || other.images,
            secrets: self.secrets || other.secrets,
            accounts: self.accounts || other.accounts,
            payload: self.payload || other.payload,
            removes: self.removes || other.removes,
        }
    }

    /// Pull secrets, or who has them.
    pub const fn access(self) -> bool {
        self.secrets || self.accounts
    }
}

/// A patch in a kustomization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchFact {
    /// A file of the project, relative to the root; `None` for an inline patch.
    pub file: Option<String>,
    /// What an inline patch says.
    pub body: PatchBody,
    /// What it is for.
    pub target: PatchTarget,
    /// The patch.
    pub span: Span,
}

/// The objects that a patch is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PatchTarget {
    /// Told by an entry of its own; a merge without one is for the object that it names.
    pub told: bool,
    /// The kind, where told literally.
    pub kind: Option<String>,
    /// The name, where told literally.
    pub name: Option<String>,
    /// The group of the API, where told.
    pub group: Option<String>,
    /// The version of the API, where told.
    pub version: Option<String>,
    /// Only some of these: those that a pattern fits, or a selector.
    pub selects: bool,
}

/// What a patch says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PatchBody {
    /// What its text may change, but for the steps that are read.
    pub touches: Touches,
    /// What it merges into workloads.
    pub workloads: Vec<WorkloadFact>,
    /// What it merges into service accounts.
    pub service_accounts: Vec<ServiceAccountFact>,
    /// The operations of a JSON patch.
    pub steps: Vec<StepFact>,
}

/// An operation of a JSON patch that sets what a pull depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepFact {
    /// The path of the object's part that it changes something in, such as `/spec/template/spec`.
    pub of: String,
    /// What it changes there.
    pub change: StepChange,
    /// The operation.
    pub span: Span,
}

/// What an operation of a JSON patch changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepChange {
    /// All of `imagePullSecrets`.
    Secrets(SecretList),
    /// An entry of it that is put in, at a place or at the end.
    Secret(SecretRef, Option<usize>),
    /// `serviceAccountName`.
    Account(Field<String>),
    /// The image of a container, by its place in its list.
    Image(Role, usize, Field<String>, String),
}
