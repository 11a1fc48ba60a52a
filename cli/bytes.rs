//! Bytes of files and of standard input: bounded, and known again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::args::InputArgs;
use crate::root;

/// Larger files are reported, not read.
pub(crate) const MAX_BYTES: u64 = canpull_core::MAX_BYTES as u64;

/// The name of standard input where none is given.
pub(crate) const STDIN: &str = "-";

/// Where a file's bytes come from.
#[derive(Clone)]
pub(crate) enum Origin {
    Disk(PathBuf),
    /// Standard input, a file as fixes leave it, or as it is staged.
    Memory(Arc<[u8]>),
    /// It is no more; what was known of it is held against what is.
    Gone,
}

/// A file that was read, to be read again for its snippets and fixes.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) origin: Origin,
    pub(crate) stamp: u64,
}

impl Source {
    /// The bytes that were analysed; `None` where the file has changed since.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = match &self.origin {
            Origin::Disk(path) => read_bounded(path).ok()?.bytes,
            Origin::Memory(bytes) => bytes.to_vec(),
            Origin::Gone => return None,
        };
        (stamp(&bytes) == self.stamp).then_some(bytes)
    }
}

/// Tells two states of a file apart. It guards against accidents, not against attacks.
pub(crate) fn stamp(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// What a file holds.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    /// It can be read again; a pipe gives its content once.
    pub(crate) again: bool,
}

/// A file's bytes.
pub(crate) fn read_bounded(path: &Path) -> Result<Content, String> {
    let mut file = std::fs::File::open(path).map_err(|error| reason(&error))?;
    let (length, again) = file.metadata().map_or((0, false), |metadata| (metadata.len(), metadata.is_file()));
    if length > MAX_BYTES {
        return Err("it is larger than 64 MiB".to_owned());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // What is no regular file tells no length.
    file.by_ref().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("it is larger than 64 MiB".to_owned());
    }
    Ok(Content { bytes, again })
}

/// An error of input or output in words, without the system's number for it.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

/// Standard input, by the name that it is given.
pub(crate) fn stdin(input: &InputArgs, root: &Path, working: &Path) -> Result<(String, Arc<[u8]>), String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input: {}", reason(&error)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("standard input is larger than 64 MiB".to_owned());
    }
    // Nothing at all is what a failed command leaves to the next in a pipe; an editor's file may be empty.
    if input.files.paths.len() == 1 && input.files.stdin_filename.is_none() && bytes.trim_ascii().is_empty() {
        return Err("nothing to read: standard input is empty".to_owned());
    }
    let name = input.files.stdin_filename.as_ref().map(|path| root::name(root, &root::absolute(working, path)));
    Ok((name.unwrap_or_else(|| STDIN.to_owned()), bytes.into()))
}
