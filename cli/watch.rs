//! `--watch`: checks anew whenever a file of the project changes, one screen at a time.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, RecursiveMode, Watcher};

use crate::args::CheckArgs;
use crate::baseline;
use crate::check;
use crate::output;
use crate::project::Project;

/// Editors write a file in several steps: what follows so soon belongs to the same change.
const QUIET: Duration = Duration::from_millis(150);
/// Folders in which nothing is read.
const SKIPPED: [&str; 3] = [".git", "node_modules", ".terraform"];

type Events = Receiver<notify::Result<Event>>;

/// Checks, and checks again on every change. Ends only when it is stopped, or when nothing can be watched.
pub(crate) fn watch(args: &CheckArgs) -> Result<u8, String> {
    if args.input.files.paths.iter().any(|path| path == Path::new("-")) {
        return Err("standard input cannot be watched".to_owned());
    }
    let root = Project::find(&args.input)?.root;
    let (send, events) = channel();
    let failed = |error: notify::Error| format!("{}: cannot be watched: {error}", root.display());
    let mut watcher = notify::recommended_watcher(send).map_err(failed)?;
    watcher.watch(&root, RecursiveMode::Recursive).map_err(failed)?;
    for other in baseline::path(args).iter().filter(|path| !path.starts_with(&root)) {
        watcher.watch(other, RecursiveMode::NonRecursive).map_err(failed)?;
    }
    let own: Vec<PathBuf> = args.outputs.iter().filter_map(|spec| absolute(spec.file.as_deref()?)).collect();
    let screen = std::io::stdout().is_terminal();
    loop {
        if screen {
            // Clears the screen and what has scrolled off it.
            output::print("\u{1b}[2J\u{1b}[3J\u{1b}[H")?;
        }
        // A file that is half written may be anything: the next change is waited for all the same.
        if let Err(message) = check::check(args) {
            output::note(&message);
        }
        output::note("watching for changes; Ctrl-C ends it");
        if !changed(&events, &root, &own) {
            return Err(format!("{}: is no longer watched", root.display()));
        }
    }
}

/// Waits for a change and for quiet after it; whether more may come.
fn changed(events: &Events, root: &Path, own: &[PathBuf]) -> bool {
    loop {
        match events.recv() {
            Ok(event) if concerns(&event, root, own) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match events.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// A file's path with its folder's links followed.
fn absolute(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

/// Whether an event tells of a file that may be read, and that canpull does not write itself. What was missed may be
/// anything.
fn concerns(event: &notify::Result<Event>, root: &Path, own: &[PathBuf]) -> bool {
    let Ok(event) = event else { return true };
    let skipped = |path: &Path| {
        let inside = path.strip_prefix(root).unwrap_or(path);
        let written = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(output::FRESH));
        written
            || own.iter().any(|file| file == path)
            || inside.components().any(|part| SKIPPED.iter().any(|name| part.as_os_str() == *name))
    };
    !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(|path| !skipped(path)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use notify::EventKind;
    use notify::event::{AccessKind, CreateKind};

    use super::*;

    #[test]
    fn what_is_never_read_is_no_change() {
        let event = |kind, path: &str| Ok(Event::new(kind).add_path(path.into()));
        let root = Path::new("/p/.git-folder");
        for (kind, path, expected) in [
            (EventKind::Create(CreateKind::File), "/p/.git-folder/a.yaml", true),
            (EventKind::Create(CreateKind::File), "/p/.git-folder/x/.git/index", false),
            (EventKind::Create(CreateKind::File), "/p/.git-folder/node_modules/a.yaml", false),
            (EventKind::Access(AccessKind::Any), "/p/.git-folder/a.yaml", false),
            (EventKind::Create(CreateKind::File), "/p/.git-folder/out.sarif", false),
            (EventKind::Create(CreateKind::File), "/p/.git-folder/.canpull-x1", false),
        ] {
            assert_eq!(concerns(&event(kind, path), root, &["/p/.git-folder/out.sarif".into()]), expected, "{path}");
        }
    }
}
