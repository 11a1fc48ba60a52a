//! Pull secrets: where they come from, and what the API server and the kubelet make of their content.

use std::collections::BTreeMap;

use canpull_syntax::edit::Edit;
use canpull_syntax::{FileId, Span, TextRange, to_offset};

use crate::fact::azure::PrincipalRef;
use crate::fact::script::ScriptSecretFact;
use crate::fact::{
    Field, GeneratorFact, ProducerFact, Reach, Retype, SecretFact, SecretValue, TokenGeneratorFact, Why,
};
use crate::model::azure::Who;
use crate::model::docker_config::{self, Credential, Decoded, Layout, LayoutDefect};
use crate::model::kustomize::Layers;
use crate::model::namespace::Namespace;
use crate::model::world::WorldId;
use crate::placeholder;

/// Index of a pull secret in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SecretId(pub u32);

/// What states that the secret exists.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A Secret manifest.
    Manifest(&'a SecretFact),
    /// An object that makes it at run time.
    Producer(&'a ProducerFact),
    /// A kustomization's `secretGenerator`.
    Generator(&'a GeneratorFact),
    /// A command of a script.
    Script(&'a ScriptSecretFact),
}

/// What the kubelet gets from a secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Credentials, possibly none.
    Credentials {
        /// One for each registry key.
        credentials: Vec<Credential>,
        /// Ways in which the payload misses the layout that its author had in mind.
        defects: Vec<LayoutDefect>,
        /// The payload.
        span: Span,
    },
    /// Nothing: the kubelet uses two types of secret only and passes over every other.
    Ignored {
        /// The type; `Opaque` where none is written.
        secret_type: String,
        /// Where the type stands or would stand.
        span: Span,
    },
    /// The API server refuses the object, so the secret never comes to be.
    Refused {
        /// In its own words, contents left out.
        reason: String,
        /// What it refuses.
        span: Span,
        /// Ways in which the payload misses its layout.
        defects: Vec<LayoutDefect>,
    },
    /// Accepted by the API server; the kubelet cannot decode it and gives up every pull of the pod.
    Undecodable {
        /// In the kubelet's own words, contents left out.
        reason: String,
        /// The payload.
        span: Span,
        /// Ways in which the payload misses its layout.
        defects: Vec<LayoutDefect>,
    },
    /// Not visible before deploying.
    Hidden(Why),
}

/// A secret that a pod may name for pulling, in one world.
#[derive(Clone, Debug)]
pub struct PullSecret<'a> {
    /// The world.
    pub world: WorldId,
    /// Its name, where known.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Namespace,
    /// Made in every namespace, or in some that cannot be listed.
    pub everywhere: bool,
    /// What states that it exists.
    pub origin: Origin<'a>,
    /// What the kubelet gets from it.
    pub content: Content,
    /// The name that identifies it in its source.
    pub span: Span,
    /// Whose credential it is, where a command tells by a reference.
    pub user: Option<Who>,
    /// What mints the token that is its credential.
    pub minted_by: Option<&'a TokenGeneratorFact>,
}

/// The type for `config.json` payloads.
pub const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
/// The type for the older `.dockercfg` payloads.
pub const DOCKER_CFG: &str = "kubernetes.io/dockercfg";

/// The key and layout that a secret of this type must have; `None` where the kubelet ignores the type.
pub fn layout_of(secret_type: &str) -> Option<(&'static str, Layout)> {
    match secret_type {
        DOCKER_CONFIG_JSON => Some((".dockerconfigjson", Layout::DockerConfigJson)),
        DOCKER_CFG => Some((".dockercfg", Layout::DockerCfg)),
        _ => None,
    }
}

impl PullSecret<'_> {
    /// The credentials, where they are visible.
    pub fn credentials(&self) -> &[Credential] {
        match &self.content {
            Content::Credentials { credentials, .. } => credentials,
            _ => &[],
        }
    }

    /// Whether what it holds stands in the sources, if anything of it is known.
    pub const fn is_written(&self) -> bool {
        matches!(self.origin, Origin::Manifest(_) | Origin::Generator(_))
    }

    /// Where it is written that its token is renewed more rarely than it lives.
    pub const fn rarely_renewed(&self) -> Option<Span> {
        match self.origin {
            Origin::Producer(fact) => fact.rarely_renewed,
            _ => None,
        }
    }

    /// Whether it exists under a longer name: kustomize appends a hash, and writes that name where it follows it.
    pub const fn is_hashed(&self) -> bool {
        matches!(self.origin, Origin::Generator(fact) if fact.hashed)
    }

    /// How to give it the type that its key is for, where the kubelet can then use it.
    pub fn retype(&self) -> Option<&Retype> {
        let (retype, content) = match self.origin {
            Origin::Manifest(fact) => {
                let retype = fact.retype.as_ref()?;
                (retype, content_as(fact, retype.secret_type, fact.secret_type.span()))
            }
            Origin::Generator(fact) => {
                let retype = fact.retype.as_ref()?;
                (retype, generated_as(fact, retype.secret_type))
            }
            // What these fill in is not visible.
            Origin::Producer(fact) => return fact.retype.as_ref(),
            Origin::Script(fact) => return fact.retype.as_ref(),
        };
        matches!(content, Content::Credentials { .. } | Content::Hidden(_)).then_some(retype)
    }

    /// How to call the one key that was meant for the docker config as its type demands, and how it is then called.
    pub fn rename_key(&self) -> Option<(&'static str, (FileId, Edit))> {
        let fact = self.manifest().filter(|fact| fact.hidden.is_none() && !fact.object.live)?;
        let (key, layout) = layout_of(fact.secret_type.text()?)?;
        let mut kept = fact.values.iter().filter(|value| !value.value.is_absent());
        let value = kept.next().filter(|value| kept.next().is_none() && value.key != key)?;
        let decoded = matches!(payload(value, layout), Content::Credentials { defects, .. } if defects.is_empty());
        let written = value.key_span.range;
        // Quotes stay.
        let quotes = (written.end - written.start).checked_sub(to_offset(value.key.len()))?;
        let range = TextRange::new(written.start + quotes / 2, written.end - quotes / 2);
        let edit = Edit { range, text: key.to_owned() };
        (decoded && matches!(quotes, 0 | 2)).then_some((key, (value.key_span.file, edit)))
    }

    /// The credentials that a manifest or a generator holds, whatever its type and keys, each with the value that it stands in.
    pub fn written_credentials(&self) -> Vec<(Credential, Span)> {
        if let Content::Credentials { credentials, span, .. } = &self.content {
            return if self.is_written() {
                credentials.iter().map(|credential| (credential.clone(), *span)).collect()
            } else {
                Vec::new()
            };
        }
        let values = match self.origin {
            Origin::Manifest(fact) => fact.values.as_slice(),
            Origin::Generator(fact) => fact.values.as_slice(),
            Origin::Producer(_) | Origin::Script(_) => &[],
        };
        // What should be encoded may stand there as it is.
        let clear =
            values.iter().filter(|value| value.encoded).map(|value| SecretValue { encoded: false, ..value.clone() });
        let all: Vec<SecretValue> = values.iter().cloned().chain(clear).collect();
        let layouts = [Layout::DockerConfigJson, Layout::DockerCfg];
        let contents = all.iter().flat_map(|value| layouts.map(|layout| payload(value, layout)));
        let found = contents.filter_map(|content| match content {
            Content::Credentials { credentials, span, .. } => Some(credentials.into_iter().map(move |own| (own, span))),
            _ => None,
        });
        found.flatten().collect()
    }

    /// How to put a docker config that is not encoded, though it stands under `data`, under `stringData`.
    pub fn move_to_clear(&self) -> Option<(FileId, Edit)> {
        let fact = self.manifest()?;
        let (key, layout) = layout_of(fact.secret_type.text()?)?;
        let edit = fact.to_clear.clone()?;
        let value = fact.values.iter().find(|value| value.key == key && value.encoded)?;
        let clear = SecretValue { encoded: false, ..value.clone() };
        let mended = matches!(payload(value, layout), Content::Refused { .. })
            && matches!(payload(&clear, layout), Content::Credentials { .. });
        mended.then_some((fact.object.span.file, edit))
    }

    /// The command that makes it, where one does.
    pub const fn made_by_command(&self) -> Option<&ScriptSecretFact> {
        match self.origin {
            Origin::Script(fact) => Some(fact),
            _ => None,
        }
    }

    /// The Secret manifest, where it is one.
    pub fn manifest(&self) -> Option<&SecretFact> {
        match self.origin {
            Origin::Manifest(fact) => Some(fact),
            _ => None,
        }
    }
}

pub(crate) fn from_manifest<'a>(world: WorldId, fact: &'a SecretFact, layers: &Layers<'_, 'a>) -> PullSecret<'a> {
    PullSecret {
        world,
        name: fact.object.name.text().map(str::to_owned),
        namespace: layers.namespace(&fact.object),
        everywhere: false,
        origin: Origin::Manifest(fact),
        content: if layers.payload_touched(fact.object.name.text()) {
            Content::Hidden(Why::PartlyEvaluated)
        } else {
            content(fact)
        },
        span: fact.object.name.span(),
        user: None,
        minted_by: None,
    }
}

fn content(fact: &SecretFact) -> Content {
    let (secret_type, type_span) = match &fact.secret_type {
        Field::Known(secret_type, span) => (secret_type.as_str(), *span),
        Field::Absent(span) => ("Opaque", *span),
        Field::Unknown(why, _) => return Content::Hidden(*why),
    };
    content_as(fact, secret_type, type_span)
}

/// What a Secret of this type holds, which stands or would stand there.
fn content_as(fact: &SecretFact, secret_type: &str, type_span: Span) -> Content {
    let Some((key, layout)) = layout_of(secret_type) else {
        return Content::Ignored { secret_type: secret_type.to_owned(), span: type_span };
    };
    if let Some(why) = fact.hidden {
        return Content::Hidden(why);
    }
    if is_too_large(fact) {
        let reason = "it holds more than 1 MiB".to_owned();
        return Content::Refused { reason, span: fact.object.span, defects: Vec::new() };
    }
    let Some(value) = fact.values.iter().find(|value| value.key == key) else {
        return lacks_key(key, fact.values.first().map_or(type_span, |value| value.key_span));
    };
    let all = || fact.values.iter().chain(&fact.others);
    let not_text = || Some(("a value of it is no text; a number stands in quotes".to_owned(), fact.not_text?));
    match fact.others.iter().find_map(not_base64).or_else(|| all().find_map(not_a_key)).or_else(not_text) {
        Some((reason, span)) => Content::Refused { reason, span, defects: Vec::new() },
        None => payload(value, layout),
    }
}

/// What the API server says of a Secret without the key that its type demands.
fn lacks_key(key: &str, span: Span) -> Content {
    Content::Refused { reason: format!("data[{key}]: Required value"), span, defects: vec![LayoutDefect::WrongKey] }
}

/// What the API server says of a key that it does not take.
fn not_a_key(value: &SecretValue) -> Option<(String, Span)> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let sound = (1..=253).contains(&value.key.len())
        && value.key.bytes().all(allowed)
        && value.key != "."
        && !value.key.starts_with("..");
    let reason = "a key of it is none: letters, digits, `-`, `_` and `.` make one".to_owned();
    (!sound && placeholder::find(&value.key).is_none()).then_some((reason, value.key_span))
}

/// What the API server says of a value under `data` that it cannot decode.
fn not_base64(value: &SecretValue) -> Option<(String, Span)> {
    let text = value.value.known()?.expose();
    let reason = docker_config::base64_data(text).err().filter(|_| placeholder::find(text).is_none())?;
    Some((format!("data[{}]: {reason}", value.key), value.value.span()))
}

/// A Secret holds so many bytes at most.
const MAX_SIZE: usize = 1 << 20;

/// Whether the API server refuses a Secret for its size, as far as its values are kept. Source: `ValidateSecret`.
fn is_too_large(fact: &SecretFact) -> bool {
    let size = |value: &SecretValue| match &value.value {
        // Up to two bytes of what is decoded are padding.
        Field::Known(text, _) if value.encoded => (text.expose().len() / 4 * 3).saturating_sub(2),
        Field::Known(text, _) => text.expose().len(),
        Field::Unknown(..) | Field::Absent(_) => 0,
    };
    fact.values.iter().chain(&fact.others).map(size).sum::<usize>() > MAX_SIZE
}

fn payload(value: &SecretValue, layout: Layout) -> Content {
    let span = value.value.span();
    let text = match &value.value {
        Field::Known(text, _) => text.expose(),
        Field::Unknown(why, _) => return Content::Hidden(*why),
        Field::Absent(_) => "",
    };
    let refused = |reason: String| Content::Refused { reason, span, defects: Vec::new() };
    let decoded = if value.encoded {
        match docker_config::base64_data(text) {
            Err(reason) => return refused(reason),
            Ok(bytes) => docker_config::utf8(&bytes),
        }
    } else {
        text.to_owned()
    };
    if placeholder::is_whole(&decoded) {
        return Content::Hidden(Why::Placeholder);
    }
    let Decoded { api_server, kubelet, defects, unresolved } = docker_config::decode(layout, &decoded);
    if unresolved {
        return Content::Hidden(Why::Placeholder);
    }
    if let Err(reason) = api_server {
        return Content::Refused { reason: format!("data[{}]: Invalid value: {reason}", value.key), span, defects };
    }
    match kubelet {
        Ok(credentials) => Content::Credentials { credentials, defects, span },
        Err(reason) => Content::Undecodable { reason, span, defects },
    }
}

/// What mints tokens, by name and namespace; nothing where several are written.
pub(crate) type Generators<'a> = BTreeMap<(&'a str, Namespace), Option<&'a TokenGeneratorFact>>;

pub(crate) fn from_producer<'a>(
    world: WorldId,
    fact: &'a ProducerFact,
    layers: &Layers<'_, 'a>,
    generators: &Generators<'a>,
) -> PullSecret<'a> {
    let (namespace, everywhere) = match &fact.reach {
        // kustomize moves the producer itself, and with it the secret that follows it.
        Reach::Namespace(field) if *field == fact.object.namespace => (layers.namespace(&fact.object), false),
        Reach::Namespace(field) => (Namespace::from_field(field), false),
        Reach::Cluster => (Namespace::Unknown, true),
    };
    let generator = fact.generator.as_deref().filter(|_| layers.keep());
    let minted_by = generator.and_then(|name| *generators.get(&(name, namespace.clone()))?);
    PullSecret {
        world,
        name: fact.name.text().map(str::to_owned),
        namespace,
        everywhere,
        origin: Origin::Producer(fact),
        content: produced(fact),
        span: fact.name.span(),
        user: None,
        minted_by,
    }
}

/// A produced secret is as good as its producer lets us see.
fn produced(fact: &ProducerFact) -> Content {
    if let Field::Known(secret_type, span) = &fact.secret_type
        && layout_of(secret_type).is_none()
    {
        return Content::Ignored { secret_type: secret_type.clone(), span: *span };
    }
    match &fact.registry {
        Some(Field::Known(host, span)) => {
            Content::Credentials { credentials: vec![Credential::declared(host)], defects: Vec::new(), span: *span }
        }
        _ => Content::Hidden(Why::FilledAtRunTime),
    }
}

pub(crate) fn from_generator<'a>(world: WorldId, fact: &'a GeneratorFact, layers: &Layers<'_, 'a>) -> PullSecret<'a> {
    let own = || fact.namespace.clone().map_or(Namespace::LeftOut, Namespace::Written);
    let secret_type = fact.secret_type.as_deref().unwrap_or("Opaque");
    // What several generators make together is not evaluated.
    let merged = layers.merges_generated(&fact.name) || layers.payload_touched(Some(&fact.name));
    let content = if merged { Content::Hidden(Why::PartlyEvaluated) } else { generated_as(fact, secret_type) };
    PullSecret {
        world,
        name: Some(fact.name.clone()),
        namespace: layers.override_namespace().unwrap_or_else(own),
        everywhere: false,
        origin: Origin::Generator(fact),
        content,
        span: fact.span,
        user: None,
        minted_by: None,
    }
}

/// What a generated secret of this type holds.
fn generated_as(fact: &GeneratorFact, secret_type: &str) -> Content {
    match layout_of(secret_type) {
        None => Content::Ignored { secret_type: secret_type.to_owned(), span: fact.span },
        Some((key, _)) if !fact.keys.is_empty() && !fact.keys.iter().any(|own| own == key) => lacks_key(key, fact.span),
        // A file that the sources do not hold is put there before deploying.
        Some((key, layout)) => match fact.values.iter().find(|value| value.key == key) {
            Some(value) => payload(value, layout),
            None => Content::Hidden(Why::FilledAtRunTime),
        },
    }
}

/// A secret that a command makes, `kubectl create secret`, for whom `user` says. `host` is the login server of the registry
/// that the command asks Azure for.
pub(crate) fn from_script(world: WorldId, fact: &ScriptSecretFact, host: Option<String>, user: Who) -> PullSecret<'_> {
    PullSecret {
        world,
        name: fact.name.text().map(str::to_owned),
        namespace: Namespace::from_field(&fact.namespace),
        everywhere: false,
        origin: Origin::Script(fact),
        content: made(fact, host),
        span: fact.name.span(),
        user: (user != Who::Open).then_some(user),
        minted_by: None,
    }
}

fn made(fact: &ScriptSecretFact, host: Option<String>) -> Content {
    let span = fact.secret_type.span();
    let layout = match &fact.secret_type {
        Field::Known(secret_type, _) => layout_of(secret_type).ok_or(secret_type.as_str()),
        Field::Absent(_) => Err("Opaque"),
        Field::Unknown(why, _) => return Content::Hidden(*why),
    };
    let (key, _) = match layout {
        Ok(layout) => layout,
        Err(secret_type) => return Content::Ignored { secret_type: secret_type.to_owned(), span },
    };
    if fact.keys.as_ref().is_some_and(|keys| !keys.iter().any(|own| own == key)) {
        return lacks_key(key, fact.span);
    }
    if let Some(span) = fact.encoded {
        let reason = "it is in base64 already, and is encoded once more".to_owned();
        return Content::Refused { reason, span, defects: vec![LayoutDefect::DoubleBase64] };
    }
    let server = match (&fact.server, host) {
        (Field::Known(server, _), _) => server.clone(),
        (_, Some(host)) => host,
        (Field::Absent(_), None) => "https://index.docker.io/v1/".to_owned(),
        (Field::Unknown(why, _), None) => return Content::Hidden(*why),
    };
    let user = match &fact.user {
        PrincipalRef::Written(user, _) => user.as_str(),
        _ => "",
    };
    Content::Credentials { credentials: vec![Credential::made(&server, user)], defects: Vec::new(), span: fact.span }
}
