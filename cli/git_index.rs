//! What git tracks, read from the repository's index. No program is run, so no setting of the repository can run one.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// A larger index is not read.
const MAX_BYTES: u64 = 256 << 20;

/// Bytes of an entry in front of the object's name: times, device, mode, owner, size.
const STAT: usize = 40;

/// Where the file mode stands in these.
const MODE: usize = 24;

/// Set in an entry's flags where sixteen more bits follow.
const EXTENDED: u16 = 0x4000;

/// The part of an entry's flags that holds the length of its path, all ones where it is longer.
const LENGTH: u16 = 0x0fff;

/// Paths relative to the top of the work tree, with `/`.
#[derive(Default)]
pub(crate) struct Tracked(BTreeSet<String>);

impl Tracked {
    /// The files that the index of the repository at `top` lists; none where there is no index that can be read.
    pub(crate) fn read(top: &Path) -> Self {
        let index = git_folder(top).map(|folder| folder.join("index"));
        let bytes = index.filter(|index| index.metadata().is_ok_and(|metadata| metadata.len() <= MAX_BYTES));
        let bytes = bytes.and_then(|index| std::fs::read(index).ok()).unwrap_or_default();
        // The names of objects have 20 bytes, or 32 where a repository asks for SHA-256.
        let paths = [20, 32].into_iter().find_map(|object| paths(&bytes, object));
        Self(paths.unwrap_or_default())
    }

    /// Whether the file is tracked.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    /// Whether a file in the folder is tracked.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let next = self.0.range::<str, _>((Bound::Included(inside.as_str()), Bound::Unbounded)).next();
        next.is_some_and(|next| next.starts_with(&inside))
    }
}

/// The folder `.git`, or the one that a file `.git` leads to: that of a linked work tree or a submodule.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(git).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The paths of an index of version 2, 3 or 4, if this is one with object names of that length.
fn paths(bytes: &[u8], object: usize) -> Option<BTreeSet<String>> {
    let mut at = Cursor(bytes.strip_prefix(b"DIRC")?);
    let version = at.u32().filter(|version| (2..=4).contains(version))?;
    let count = at.u32()?;
    let mut paths = BTreeSet::new();
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..count {
        let before = at.0.len();
        let stat = at.take(STAT)?;
        at.take(object)?;
        let flags = at.u16()?;
        if flags & EXTENDED != 0 {
            at.u16()?;
        }
        // Version 4 writes how many bytes of the path before to drop, then what follows them.
        let kept = if version == 4 { path.len().checked_sub(at.offset()?)? } else { 0 };
        path.truncate(kept);
        path.extend(at.until_nul()?);
        if version < 4 {
            // The NUL and the padding fill the entry up to a multiple of eight bytes.
            let length = before - at.0.len();
            at.take(length.next_multiple_of(8) - length)?;
        }
        if !is_entry(stat, flags, &path) {
            return None;
        }
        paths.insert(String::from_utf8_lossy(&path).into_owned());
    }
    Some(paths)
}

/// Whether mode and length fit a path: they do not where object names are of another length.
fn is_entry(stat: &[u8], flags: u16, path: &[u8]) -> bool {
    let mode = stat.get(MODE..).and_then(|rest| Cursor(rest).u32()).unwrap_or_default();
    let length = u16::try_from(path.len()).unwrap_or(LENGTH).min(LENGTH);
    matches!(mode >> 12, 0o4 | 0o10 | 0o12 | 0o16) && flags & LENGTH == length && !path.is_empty()
}

/// The bytes that are left.
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A number as in a pack's offsets: seven bits a byte, each further byte adding one.
    fn offset(&mut self) -> Option<usize> {
        let mut value: usize = 0;
        loop {
            let byte = *self.take(1)?.first()?;
            value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            value = value.checked_add(1)?;
        }
    }

    /// The bytes up to a NUL, which is passed.
    fn until_nul(&mut self) -> Option<&'b [u8]> {
        let length = self.0.iter().position(|byte| *byte == 0)?;
        let bytes = self.take(length)?;
        self.take(1)?;
        Some(bytes)
    }
}
