//! Where output goes: standard output, files, and what a reader that has gone away means.

use std::io::{IsTerminal, Write};
use std::path::Path;

use canpull_core::render::printable;

use crate::args::Color;
use crate::run::reason;

/// Standard output, or a file.
pub(crate) enum Sink {
    Stdout(std::io::BufWriter<std::io::Stdout>),
    /// The reader has gone away: nobody waits for the rest.
    Gone,
    File(std::io::BufWriter<std::fs::File>, String),
}

impl Sink {
    /// Opens `file`, or standard output.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, String> {
        let Some(path) = file else { return Ok(Self::Stdout(std::io::BufWriter::new(std::io::stdout()))) };
        let created = std::fs::File::create(path).map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
        Ok(Self::File(std::io::BufWriter::new(created), path.display().to_string()))
    }

    /// Writes; a reader that has gone away is no error.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), String> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Lets `write` write; a reader that has gone away is no error.
    pub(crate) fn stream(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), String> {
        let (done, name) = match self {
            Self::Gone => return Ok(()),
            Self::Stdout(out) => (write(out), "standard output"),
            Self::File(out, name) => (write(out), name.as_str()),
        };
        let done = done.map_err(|error| (error.kind(), format!("{name}: {}", reason(&error))));
        self.settle(done)
    }

    /// Writes what is left.
    pub(crate) fn close(mut self) -> Result<(), String> {
        self.stream(|out| out.flush())
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

/// Columns of the terminal, if standard output is one.
pub(crate) fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Columns of the terminal; a fixed width elsewhere, so that logs do not depend on who runs.
pub(crate) fn width() -> usize {
    columns().filter(|&columns| columns >= 40).unwrap_or(120).min(140)
}
