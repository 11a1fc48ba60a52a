//! The project's configuration: which file it is, and what it says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use canpull_core::config::{Config, ConfigError};
use canpull_core::report::ConfigText;
use canpull_syntax::{FileId, text};

use crate::args::InputArgs;
use crate::bytes::{Origin, Source, read_bounded, stamp};
use crate::root;
use crate::staged::Staged;

/// A configuration as it was read.
#[derive(Clone)]
pub(crate) struct ConfigSource {
    pub(crate) path: PathBuf,
    pub(crate) written: ConfigText,
    pub(crate) source: Source,
}

impl ConfigSource {
    /// The same configuration with what fixes have made of it.
    pub(crate) fn with(&self, bytes: &Arc<[u8]>) -> Result<Self, String> {
        let text = decoded(&self.written.path, bytes)?;
        let source = Source { origin: Origin::Memory(bytes.clone()), stamp: stamp(bytes) };
        Ok(Self { path: self.path.clone(), written: ConfigText { path: self.written.path.clone(), text }, source })
    }
}

fn decoded(name: &str, bytes: &[u8]) -> Result<String, String> {
    let decoded = text::decode(bytes).map_err(|error| format!("{name}: the file is not text: {}", error.message))?;
    Ok(decoded.into_owned())
}

/// The configuration that is named, or the project's own: as it is staged, where that is looked at.
pub(crate) fn config_source(
    input: &InputArgs,
    root: &Path,
    working: &Path,
    staged: Option<&Staged>,
) -> Result<Option<ConfigSource>, String> {
    if input.isolated {
        return Ok(None);
    }
    let path = match (&input.config, staged) {
        (Some(path), _) => Some(root::absolute(working, path)),
        (None, Some(staged)) => {
            root::config_files(root).find(|path| staged.files.contains_key(&root::name(root, path)))
        }
        (None, None) => root::config_files(root).find(|path| path.is_file()),
    };
    let Some(path) = path else { return Ok(None) };
    let name = root::name(root, &path);
    let content = staged.filter(|_| input.config.is_none()).and_then(|staged| staged.contents.get(&name));
    let (bytes, origin) = if let Some(bytes) = content {
        (bytes.to_vec(), Origin::Memory(bytes.clone()))
    } else {
        let read = read_bounded(&path).map_err(|error| format!("{name}: {error}"))?;
        (read.bytes, Origin::Disk(path.clone()))
    };
    let text = decoded(&name, &bytes)?;
    let source = Source { origin, stamp: stamp(&bytes) };
    let written = ConfigText { path: name, text };
    Ok(Some(ConfigSource { path, written, source }))
}

/// The configuration by which files are found.
pub(crate) fn excluding(config: Option<&ConfigSource>) -> Result<Config, String> {
    config.map_or_else(|| Ok(Config::default()), |source| configuration(source, FileId(0)))
}

/// What a configuration says.
pub(crate) fn configuration(source: &ConfigSource, id: FileId) -> Result<Config, String> {
    source.written.read(id).map_err(|errors| in_lines(&errors))
}

/// All that is wrong with a configuration.
pub(crate) fn in_lines(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
