//! Git, asked by running it: what is staged, what a commit holds.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bytes::{MAX_BYTES, reason};

/// A work tree.
pub(crate) struct Git {
    /// Its top folder.
    pub(crate) top: PathBuf,
    /// Where another branch is being merged, its commit.
    pub(crate) merging: Option<String>,
}

/// A path relative to the top, as git writes it, and what it stands for there.
pub(crate) struct Entry {
    /// The path.
    pub(crate) path: Vec<u8>,
    /// The kind of file.
    pub(crate) kind: Kind,
    /// Its content's id.
    pub(crate) id: String,
}

/// What git keeps under a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    File,
    Link,
    Submodule,
    /// Nothing.
    Absent,
}

impl Kind {
    fn of(mode: &str) -> Self {
        match mode.get(..2) {
            Some("10") => Self::File,
            Some("12") => Self::Link,
            Some("16") => Self::Submodule,
            _ => Self::Absent,
        }
    }
}

/// A path in the index.
pub(crate) struct Staged {
    pub(crate) entry: Entry,
    /// Whether git looks at the work tree for it: not in a sparse checkout's missing part.
    pub(crate) checked_out: bool,
}

impl Git {
    /// The work tree that the folder lies in.
    pub(crate) fn open(working: &Path) -> Result<Self, String> {
        let told = output(working, &["rev-parse", "--show-toplevel", "--git-path", "MERGE_HEAD"])?;
        let told = String::from_utf8_lossy(&told);
        let mut lines = told.lines();
        let top = lines.next().map(PathBuf::from).and_then(|top| top.canonicalize().ok());
        let top = top.ok_or("git tells no work tree")?;
        let merging = lines.next().and_then(|path| std::fs::read_to_string(working.join(path)).ok());
        Ok(Self { top, merging: merging.and_then(|ids| ids.lines().next().map(str::to_owned)) })
    }

    fn output(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        output(&self.top, args)
    }

    /// What the index holds.
    pub(crate) fn index(&self) -> Result<Vec<Staged>, String> {
        let listed = self.output(&["ls-files", "-v", "--stage", "-z"])?;
        let mut index = Vec::new();
        for line in records(&listed) {
            let Some((head, path)) = split(line, b'\t') else { continue };
            let head = String::from_utf8_lossy(head);
            let [tag, mode, id, stage] = head.split(' ').collect::<Vec<_>>()[..] else { continue };
            if stage != "0" {
                let path = String::from_utf8_lossy(path);
                return Err(format!("{path}: not merged yet; resolve it and add it"));
            }
            let entry = Entry { path: path.to_owned(), kind: Kind::of(mode), id: id.to_owned() };
            index.push(Staged { entry, checked_out: tag == "H" });
        }
        Ok(index)
    }

    /// The paths whose files in the work tree may differ from the index.
    pub(crate) fn unstaged(&self) -> Result<Vec<Vec<u8>>, String> {
        let listed = self.output(&["diff-files", "--name-only", "-z", "--ignore-submodules"])?;
        Ok(records(&listed).map(<[u8]>::to_owned).collect())
    }

    /// The paths in which the index differs from a commit, with what the commit holds there.
    pub(crate) fn changed_since(&self, commit: &str) -> Result<Vec<Entry>, String> {
        let listed = self.output(&["diff-index", "--cached", "--raw", "-z", "--no-renames", commit, "--"])?;
        let mut entries = Vec::new();
        let mut records = records(&listed);
        while let (Some(head), Some(path)) = (records.next(), records.next()) {
            let head = String::from_utf8_lossy(head);
            let mut words = head.trim_start_matches(':').split(' ');
            let (Some(mode), Some(id)) = (words.next(), words.nth(1)) else { continue };
            entries.push(Entry { path: path.to_owned(), kind: Kind::of(mode), id: id.to_owned() });
        }
        Ok(entries)
    }

    /// The id of the commit that a name stands for; `None` where there is none, as in a repository without commits.
    pub(crate) fn commit(&self, name: &str) -> Option<String> {
        self.id(&["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")])
    }

    /// The commit at which the way to `name` and to what is checked out part.
    pub(crate) fn fork_point(&self, name: &str) -> Option<String> {
        self.id(&["merge-base", name, "HEAD"])
    }

    fn id(&self, args: &[&str]) -> Option<String> {
        let id = String::from_utf8(self.output(args).ok()?).ok()?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    /// The contents of the given ids, in order; `None` where one is missing or too large to be read.
    pub(crate) fn contents(&self, ids: &[&str]) -> Result<Vec<Option<Vec<u8>>>, String> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |error: std::io::Error| format!("git cat-file: {}", reason(&error));
        let mut command = git(&self.top, &["cat-file", "--batch", "--buffer"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| not_run(&error))?;
        let (Some(mut questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("git cat-file: no pipes".to_owned());
        };
        // Both pipes are of bounded length: who only writes, or only reads, waits for ever.
        let contents = std::thread::scope(|scope| {
            scope.spawn(move || questions.write_all((ids.join("\n") + "\n").as_bytes()));
            let mut answers = BufReader::new(answers);
            ids.iter().map(|_| content(&mut answers)).collect::<std::io::Result<Vec<_>>>()
        });
        child.wait().map_err(failed)?;
        contents.map_err(failed)
    }
}

/// One answer of `git cat-file --batch`.
fn content(answers: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    if head.trim_end().ends_with(" missing") {
        return Ok(None);
    }
    let length = head.split_whitespace().nth(2).and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or_else(|| std::io::Error::other("it tells no length"))?;
    let mut bytes = Vec::new();
    if length <= MAX_BYTES {
        answers.take(length).read_to_end(&mut bytes)?;
    } else {
        std::io::copy(&mut answers.take(length), &mut std::io::sink())?;
    }
    answers.read_line(&mut String::new())?;
    Ok((length <= MAX_BYTES).then_some(bytes))
}

fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(args).stdin(Stdio::null()).stderr(Stdio::piped());
    // Nothing is written to the index, and nothing fetched that a partial clone left out.
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1");
    command
}

fn output(folder: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let output = git(folder, args).output().map_err(|error| not_run(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
    Err(format!("git {}: {said}", args.first().unwrap_or(&"")))
}

fn not_run(error: &std::io::Error) -> String {
    format!("git, which knows what is staged, cannot be run: {}", reason(error))
}

/// The records of an output whose records end with NUL.
fn records(listed: &[u8]) -> impl Iterator<Item = &[u8]> {
    listed.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

fn split(record: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = record.iter().position(|byte| *byte == at)?;
    Some((record.get(..place)?, record.get(place + 1..)?))
}

/// A path that git names, below the folder.
pub(crate) fn path(folder: &Path, name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name);
    #[cfg(not(unix))]
    let name = String::from_utf8_lossy(name).into_owned();
    folder.join(name)
}
