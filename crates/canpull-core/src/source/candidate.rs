//! Which files of a project may be sources, judged by their paths alone.

/// Folders that hold no sources of the project.
const SKIPPED: [&str; 3] = [".git", "node_modules", ".terraform"];

/// Endings of files that may be sources.
const EXTENSIONS: [&str; 16] = [
    "yaml",
    "yml",
    "json",
    "bicep",
    "bicepparam",
    "tf",
    "tfvars",
    "sh",
    "bash",
    "zsh",
    "ps1",
    "psm1",
    "md",
    "markdown",
    "txt",
    "mk",
];

/// Whole names of files that may be sources.
const NAMES: [&str; 5] = ["Kustomization", "Makefile", "makefile", "GNUmakefile", ".dockerconfigjson"];

/// Whether a folder, or a file, of this name is passed over with all that is in it.
pub fn is_skipped(name: &str) -> bool {
    SKIPPED.contains(&name)
}

/// Whether a file of this name may be a source.
pub fn is_candidate(name: &str) -> bool {
    // A name that begins with its only dot has no ending.
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    NAMES.contains(&name) || ending.is_some_and(|ending| EXTENSIONS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        let candidates = ["a.yaml", "a.b.json", "Makefile", "run.sh"];
        assert!(candidates.iter().all(|name| is_candidate(name)));
        assert!(![".yaml", "yaml", "a.png", "a.yaml.bak", "a."].iter().any(|name| is_candidate(name)));
    }
}
