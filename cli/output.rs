//! Where output goes: standard output, files, and what a reader that has gone away means.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use canpull_core::render::printable;

use crate::args::Color;
use crate::bytes::reason;

/// How the names of files begin that are not in their place yet.
pub(crate) const FRESH: &str = ".canpull-";

/// Standard output, or a file.
pub(crate) enum Sink {
    Stdout(std::io::BufWriter<std::io::Stdout>),
    /// The reader has gone away: nobody waits for the rest.
    Gone,
    File(std::io::BufWriter<std::fs::File>, String),
    /// A file that takes its place when all is written.
    Fresh(std::io::BufWriter<tempfile::NamedTempFile>, PathBuf),
}

impl Sink {
    /// Opens `file`, or standard output. A file is replaced in one step; a pipe or a device is written to as it is.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, String> {
        let Some(path) = file else { return Ok(Self::Stdout(std::io::BufWriter::new(std::io::stdout()))) };
        let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
        match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                let opened = std::fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
                Ok(Self::File(std::io::BufWriter::new(opened), path.display().to_string()))
            }
            found => {
                // Through a link, the file it leads to is replaced, not the link.
                let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                let fresh = fresh(&place, found.ok().map(|metadata| metadata.permissions())).map_err(failed)?;
                Ok(Self::Fresh(std::io::BufWriter::new(fresh), place))
            }
        }
    }

    /// Writes; a reader that has gone away is no error.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), String> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Lets `write` write; a reader that has gone away is no error.
    pub(crate) fn stream(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), String> {
        let (done, name) = match self {
            Self::Gone => return Ok(()),
            Self::Stdout(out) => (write(out), "standard output".to_owned()),
            Self::File(out, name) => (write(out), name.clone()),
            Self::Fresh(out, path) => (write(out), path.display().to_string()),
        };
        let done = done.map_err(|error| (error.kind(), format!("{name}: {}", reason(&error))));
        self.settle(done)
    }

    /// Writes what is left, and puts a fresh file in its place.
    pub(crate) fn close(mut self) -> Result<(), String> {
        self.stream(|out| out.flush())?;
        let Self::Fresh(out, path) = self else { return Ok(()) };
        let failed = |error: &std::io::Error| format!("{}: {}", path.display(), reason(error));
        let file = out.into_inner().map_err(|error| failed(error.error()))?;
        file.persist(&path).map(drop).map_err(|error| failed(&error.error))
    }

    fn settle(&mut self, done: Result<(), (std::io::ErrorKind, String)>) -> Result<(), String> {
        match done {
            Err((std::io::ErrorKind::BrokenPipe, _)) if matches!(self, Self::Stdout(_)) => {
                // Dropping the buffer would try to write it once more.
                if let Self::Stdout(out) = std::mem::replace(self, Self::Gone) {
                    let _ = out.into_parts();
                }
                Ok(())
            }
            Err((_, message)) => Err(message),
            Ok(()) => Ok(()),
        }
    }
}

/// A file beside `path`, as others may read it that are made anew, or with the permissions of the one it replaces.
fn fresh(path: &Path, permissions: Option<std::fs::Permissions>) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.prefix(FRESH).tempfile_in(folder)?;
    if let Some(permissions) = permissions {
        if permissions.readonly() {
            return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        }
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = Sink::open(None)?;
    out.write(text)?;
    out.close()
}

/// Prints to standard error, where nothing can be done about a failure.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "canpull: {}", printable(text));
}

/// Whether standard output is coloured: the option, then `NO_COLOR`, then `FORCE_COLOR`, then whether it is a terminal.
pub(crate) fn colored(wanted: Color) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = || set("FORCE_COLOR") && std::env::var_os("FORCE_COLOR").is_some_and(|value| value != "0");
    match wanted {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => forced() || std::io::stdout().is_terminal(),
    }
}

/// Whether what shows standard output follows links: as terminals tell of themselves, and as `FORCE_HYPERLINK` says.
pub(crate) fn linked() -> bool {
    supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
}

/// Columns of the terminal, if standard output is one.
pub(crate) fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Columns of the terminal; a fixed width elsewhere, so that logs do not depend on who runs.
pub(crate) fn width() -> usize {
    columns().filter(|&columns| columns >= 40).unwrap_or(120).min(140)
}
