//! The access model: what is deployed together, which images it runs and which secrets it holds.

pub mod docker_config;
pub mod image;
pub mod keyring;
pub mod registry;

use crate::config::Config;
use crate::fact::FileFacts;

/// Index of an image use in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImageUseId(pub u32);

/// Index of a pull secret in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SecretId(pub u32);

/// Everything known, joined.
pub struct AccessModel<'a> {
    /// The files' facts, by `FileId`.
    pub files: &'a [FileFacts],
    /// The configuration.
    pub config: &'a Config,
}
