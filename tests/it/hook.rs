//! What is staged, judged as git sees it: alone, from git's own hook, and from pre-commit.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      \
    imagePullSecrets: [{name: acr}]\n      containers: [{name: c, image: contoso.azurecr.io/a:1}]\n";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: acr, namespace: shop}\ntype: kubernetes.io/dockerconfigjson\n\
    stringData:\n  .dockerconfigjson: '{\"auths\": {\"contoso.azurecr.io\": {\"username\": \"u\", \"password\": \"<from-vault>\"}}}'\n";
/// The list stands where the API server drops it; a safe fix moves it.
const MISPLACED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  \
    imagePullSecrets:\n    - name: acr\n  template:\n    spec:\n      containers:\n        - name: c\n          image: contoso.azurecr.io/a:1\n";
/// The kubelet refuses the image.
const INVALID: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  \
    containers: [{name: c, image: ghcr.io/A/b:1}]\n";

/// A repository in a folder of its own.
struct Repo(tempfile::TempDir);

impl Repo {
    fn new(files: &[(&str, &str)]) -> Self {
        let repo = Self(tempfile::tempdir().unwrap());
        repo.git(&["init", "-q", "-b", "main"]);
        repo.git(&["config", "core.autocrlf", "false"]);
        repo.add(files);
        repo
    }

    /// The same, committed.
    fn committed(files: &[(&str, &str)]) -> Self {
        let repo = Self::new(files);
        repo.git(&["commit", "-q", "-m", "first"]);
        repo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn add(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            self.write(name, text);
            self.git(&["add", "-f", name]);
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path());
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"] {
            command.env_remove(name);
        }
        // Whoever runs the tests may have settings of their own.
        command.env("GIT_CONFIG_GLOBAL", self.path(".git/none")).env("GIT_CONFIG_NOSYSTEM", "1");
        for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
            command.env(name, "tester@example.com");
        }
        command
    }

    fn try_git(&self, args: &[&str]) -> Output {
        self.command("git").args(args).output().unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "{args:?} {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn canpull(&self, args: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_canpull")).args(args).output().unwrap()
    }

    /// The findings of `--staged`, each as file and rule.
    fn staged(&self) -> Vec<String> {
        self.staged_with(&[])
    }

    fn staged_with(&self, args: &[&str]) -> Vec<String> {
        let output = self.canpull(&[&["--staged", "--output-format", "json"], args].concat());
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["diagnostics"].as_array().unwrap().iter();
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        findings.map(|found| format!("{} {}", word(&found["location"]["path"]), word(&found["rule"]))).collect()
    }

    /// Makes canpull git's own hook, without any other tool.
    fn install_hook(&self) {
        let hook = self.path(".git/hooks/pre-commit");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let canpull = env!("CARGO_BIN_EXE_canpull");
        std::fs::write(&hook, format!("#!/bin/sh\nexec '{canpull}' --staged --output-format concise\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn the_index_is_judged_and_not_the_work_tree() {
    let repo = Repo::committed(&[("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET)]);
    repo.write("untracked.yaml", INVALID);
    repo.write("web.yaml", INVALID);
    assert!(repo.staged().is_empty());
    repo.add(&[("pod.yaml", INVALID)]);
    repo.write("pod.yaml", "");
    assert_eq!(repo.staged(), ["pod.yaml invalid-image-reference"]);
    std::fs::remove_file(repo.path("pod.yaml")).unwrap();
    assert_eq!(repo.staged(), ["pod.yaml invalid-image-reference"]);
    // What is only meant to be added is not staged.
    repo.git(&["rm", "-q", "--cached", "pod.yaml"]);
    repo.write("pod.yaml", INVALID);
    repo.git(&["add", "-N", "pod.yaml"]);
    assert!(repo.staged().is_empty());
}

#[test]
fn without_a_commit_everything_is_new() {
    let repo = Repo::new(&[("pod.yaml", INVALID)]);
    assert_eq!(repo.staged(), ["pod.yaml invalid-image-reference"]);
}

#[test]
fn only_what_the_commit_brings_is_reported() {
    let repo = Repo::committed(&[("old.yaml", INVALID), ("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET)]);
    repo.add(&[("new.yaml", &INVALID.replace("name: p", "name: q"))]);
    assert_eq!(repo.staged(), ["new.yaml invalid-image-reference"]);
    repo.add(&[("new.yaml", ""), ("main.rs", "")]);
    assert!(repo.staged().is_empty());
    // A file that is touched answers for all that is in it.
    repo.add(&[("old.yaml", &format!("# old\n{INVALID}"))]);
    assert_eq!(repo.staged(), ["old.yaml invalid-image-reference"]);
    repo.git(&["mv", "-f", "old.yaml", "renamed.yaml"]);
    assert_eq!(repo.staged(), ["renamed.yaml invalid-image-reference"]);
}

#[test]
fn with_nothing_staged_everything_is_reported_unless_git_commits() {
    let repo = Repo::committed(&[("old.yaml", INVALID)]);
    assert_eq!(repo.staged(), ["old.yaml invalid-image-reference"]);
    repo.install_hook();
    repo.git(&["commit", "-q", "--amend", "-m", "said better"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
}

#[test]
fn a_commit_with_nothing_of_interest_is_told_of_in_a_line() {
    let repo = Repo::committed(&[("old.yaml", INVALID)]);
    repo.add(&[("main.rs", "fn main() {}\n")]);
    let output = repo.canpull(&["--staged"]);
    assert_eq!((output.status.code(), &*text(&output)), (Some(0), "Nothing is staged that canpull reads.\n"));
    assert_eq!(text(&repo.canpull(&["--staged", "--quiet"])), "");
}

#[test]
fn a_deletion_that_breaks_what_is_left_is_told_of() {
    let repo = Repo::committed(&[("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET)]);
    repo.git(&["rm", "-q", "secret.yaml"]);
    let output = repo.canpull(&["--staged", "--output-format", "concise"]);
    let said = text(&output);
    assert!(
        output.status.code() == Some(1) && said.starts_with("web.yaml:7:33: warning[pull-secret-not-found] "),
        "{said}"
    );
    assert!(said.contains("before this change, it was proven"), "{said}");
    // The same for one of several objects in a file, and for one that is named otherwise.
    let both = format!("{DEPLOYMENT}---\n{SECRET}");
    for after in [DEPLOYMENT.to_owned(), both.replace("{name: acr, namespace", "{name: acr2, namespace")] {
        let repo = Repo::committed(&[("all.yaml", &both)]);
        repo.add(&[("all.yaml", &after)]);
        assert_eq!(repo.canpull(&["--staged"]).status.code(), Some(1), "{after}");
    }
    // Who names another secret, or sets the level, knows what they do.
    let repo = Repo::committed(&[("all.yaml", &both)]);
    repo.add(&[("all.yaml", &DEPLOYMENT.replace("{name: acr}", "{name: other}"))]);
    assert_eq!(repo.canpull(&["--staged"]).status.code(), Some(0));
    let repo = Repo::committed(&[("all.yaml", &both), ("canpull.yaml", "rules: {pull-secret-not-found: info}\n")]);
    repo.add(&[("all.yaml", DEPLOYMENT)]);
    assert_eq!(repo.canpull(&["--staged"]).status.code(), Some(0));
    assert_eq!(repo.staged_with(&["--min-severity", "warning"]), [""; 0]);
}

#[test]
fn the_configuration_counts_as_it_is_staged() {
    let repo = Repo::committed(&[("web.yaml", DEPLOYMENT), ("canpull.yaml", "external: {secrets: [shop/acr]}\n")]);
    repo.write("canpull.yaml", "rubbish");
    repo.write(".github/canpull.yaml", "rubbish");
    assert!(repo.staged().is_empty());
    repo.add(&[("canpull.yaml", "exclude: []\n")]);
    assert_eq!(repo.staged(), ["web.yaml pull-secret-not-found"]);
    repo.add(&[("canpull.yaml", "exclude: [web.yaml]\n")]);
    assert!(repo.staged().is_empty());
    repo.add(&[("canpull.yaml", "rubbish")]);
    assert_eq!(repo.canpull(&["--staged"]).status.code(), Some(2));
}

#[test]
fn a_merge_is_held_against_both_sides() {
    let repo = Repo::committed(&[("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET), ("c.yaml", "")]);
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.add(&[("pod.yaml", INVALID), ("c.yaml", "a: 1\n")]);
    repo.git(&["commit", "-q", "-m", "theirs"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.add(&[("c.yaml", "a: 2\n")]);
    repo.git(&["commit", "-q", "-m", "ours"]);
    assert!(!repo.try_git(&["merge", "-q", "other"]).status.success());
    let output = repo.canpull(&["--staged"]);
    assert!(output.status.code() == Some(2) && text(&output).contains("c.yaml: not merged yet"), "{}", text(&output));
    repo.add(&[("c.yaml", "a: 3\n")]);
    assert!(repo.staged().is_empty(), "what the other branch has is no fault of the merge");
    repo.add(&[("c.yaml", &INVALID.replace("name: p", "name: q"))]);
    assert_eq!(repo.staged(), ["c.yaml invalid-image-reference"]);
}

#[test]
fn work_trees_sparse_checkouts_and_submodules_are_seen_whole() {
    let repo = Repo::committed(&[("a/web.yaml", DEPLOYMENT), ("b/secret.yaml", SECRET), ("c/pod.yaml", "")]);
    let far = tempfile::tempdir().unwrap();
    let linked = far.path().join("linked");
    repo.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    let run = |folder: &Path| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_canpull"));
        command.current_dir(folder).args(["--staged", "--output-format", "json"]).output().unwrap()
    };
    std::fs::write(linked.join("c/pod.yaml"), INVALID).unwrap();
    assert!(repo.command("git").current_dir(&linked).args(["add", "."]).status().unwrap().success());
    assert!(text(&run(&linked)).contains("invalid-image-reference"));
    assert!(repo.staged().is_empty());
    // From a folder below, the whole is judged.
    assert!(text(&run(&linked.join("a"))).contains("c/pod.yaml"));

    repo.git(&["sparse-checkout", "set", "--cone", "a"]);
    assert!(!repo.path("b/secret.yaml").exists());
    repo.add(&[("a/web.yaml", &format!("{DEPLOYMENT}---\n{}", DEPLOYMENT.replace("name: web", "name: two")))]);
    assert!(repo.staged().is_empty(), "the secret is in the commit, if not on disk");

    let outer = Repo::committed(&[("web.yaml", DEPLOYMENT)]);
    let source = repo.0.path().to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "vendor"]);
    let shown = text(&outer.canpull(&["--staged", "--show-files"]));
    assert_eq!(shown, "vendor/a/web.yaml\nvendor/b/secret.yaml\nvendor/c/pod.yaml\nweb.yaml\n");
    outer.git(&["commit", "-q", "-m", "vendor"]);
    outer.write("vendor/c/pod.yaml", INVALID);
    outer.git(&["-C", "vendor", "commit", "-q", "-a", "-m", "theirs"]);
    outer.git(&["add", "vendor"]);
    assert_eq!(outer.staged(), ["vendor/c/pod.yaml invalid-image-reference"]);
}

#[cfg(unix)]
#[test]
fn links_pointers_and_odd_names_do_no_harm() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let repo = Repo::committed(&[("a.yaml", ""), ("lfs.yaml", pointer), ("crlf.yaml", "")]);
    std::os::unix::fs::symlink("a.yaml", repo.path("link.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc", repo.path("outside")).unwrap();
    let odd = "sp ace/ünd\"er\n*.yaml";
    repo.add(&[(odd, INVALID), ("a.yaml", INVALID)]);
    repo.git(&["add", "link.yaml", "outside"]);
    let shown = ["a.yaml invalid-image-reference".to_owned(), format!("{odd} invalid-image-reference")];
    assert_eq!(repo.staged(), shown);
    // Line ends that git converts are no difference.
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.add(&[("crlf.yaml", &MISPLACED.replace('\n', "\r\n"))]);
    let output = repo.canpull(&["--staged", "--fix"]);
    assert!(text(&output).contains("applied 1 fix in 1 file"), "{}", text(&output));
    assert!(
        std::fs::read_to_string(repo.path("crlf.yaml")).unwrap().contains("    spec:\r\n      imagePullSecrets:\r\n")
    );
}

#[test]
fn fixes_keep_off_files_that_differ_from_what_is_staged() {
    let repo = Repo::committed(&[("secret.yaml", SECRET)]);
    repo.add(&[("web.yaml", MISPLACED)]);
    repo.write("web.yaml", &format!("# not staged\n{MISPLACED}"));
    let output = repo.canpull(&["--staged", "--fix"]);
    assert!(output.status.code() == Some(2) && text(&output).contains("web.yaml: not fixed"), "{}", text(&output));
    repo.git(&["add", "web.yaml"]);
    assert_eq!(repo.canpull(&["--staged", "--fix"]).status.code(), Some(0));
    repo.git(&["add", "web.yaml"]);
    assert!(repo.staged().is_empty());
}

#[test]
fn git_commits_only_what_passes() {
    let repo = Repo::committed(&[("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET), ("note.txt", "")]);
    repo.install_hook();
    let refused = |args: &[&str]| {
        let output = repo.try_git(args);
        assert!(
            !output.status.success() && text(&output).contains("invalid-image-reference"),
            "{args:?} {}",
            text(&output)
        );
    };
    repo.write("web.yaml", INVALID);
    repo.write("note.txt", "a");
    // Each of these makes an index of its own.
    refused(&["commit", "-q", "-a", "-m", "all"]);
    refused(&["commit", "-q", "-m", "one", "--", "web.yaml"]);
    repo.git(&["commit", "-q", "-m", "the other", "--", "note.txt"]);
    repo.git(&["add", "web.yaml"]);
    refused(&["commit", "-q", "-m", "staged"]);
    repo.write("web.yaml", DEPLOYMENT);
    refused(&["commit", "-q", "-m", "mended, not staged"]);
    repo.git(&["commit", "-q", "--allow-empty", "-a", "-m", "mended"]);
}

/// A program that scripts/test installs; without that script, it may be missing.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("CANPULL_TEST_TOOLS") else {
        eprintln!("{name} is not installed: not tested; scripts/test installs it");
        return None;
    };
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
    assert!(tool.is_file(), "{} is missing", tool.display());
    Some(tool)
}

#[test]
fn pre_commit_refuses_a_commit_until_it_is_mended() {
    let Some(pre_commit) = tool("pre-commit") else { return };
    let manifest = include_str!("../../.pre-commit-hooks.yaml");
    let hooks = Repo::committed(&[(".pre-commit-hooks.yaml", manifest)]);
    let source = hooks.0.path().to_str().unwrap();
    let rev = hooks.git(&["rev-parse", "HEAD"]);
    let config = format!("repos: [{{repo: '{source}', rev: {}, hooks: [{{id: canpull-system}}]}}]\n", rev.trim());
    let repo = Repo::new(&[(".pre-commit-config.yaml", &config), ("web.yaml", DEPLOYMENT), ("secret.yaml", SECRET)]);
    let home = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_canpull")).parent().unwrap();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(own.to_owned()).chain(std::env::split_paths(&others))).unwrap();
    let run = |program: &Path, args: &[&str]| {
        let mut command = repo.command(program);
        command.args(args).env("PATH", &path).env("PRE_COMMIT_HOME", home.path());
        let output = command.output().unwrap();
        (output.status.success(), text(&output))
    };
    let git = |args: &[&str]| run(Path::new("git"), args);
    let passes = |(success, said): (bool, String)| assert!(success && said.contains("Passed"), "{said}");
    let refuses = |(success, said): (bool, String), rule: &str| assert!(!success && said.contains(rule), "{said}");

    passes(run(&pre_commit, &["try-repo", source, "canpull-system"]));
    assert!(run(&pre_commit, &["install"]).0);
    repo.write("untracked.yaml", INVALID);
    passes(git(&["commit", "-m", "first"]));

    repo.add(&[("web.yaml", MISPLACED)]);
    repo.write("secret.yaml", "");
    refuses(git(&["commit", "-m", "misplaced"]), "image-pull-secrets-misplaced");
    assert_eq!(std::fs::read_to_string(repo.path("secret.yaml")).unwrap(), "", "what is not staged stays");
    repo.write("secret.yaml", SECRET);
    assert!(run(Path::new("canpull"), &["--staged", "--fix"]).0);
    repo.git(&["add", "web.yaml"]);
    passes(git(&["commit", "-m", "mended"]));

    // Deleted files are among no hook's files; all files are what CI looks at.
    repo.git(&["rm", "-q", "secret.yaml"]);
    refuses(git(&["commit", "-m", "deleted"]), "pull-secret-not-found");
    repo.git(&["reset", "-q", "--hard"]);
    passes(run(&pre_commit, &["run", "--all-files"]));
    repo.add(&[("pod.yaml", INVALID)]);
    repo.git(&["commit", "-q", "--no-verify", "-m", "sneaked in"]);
    refuses(run(&pre_commit, &["run", "--all-files"]), "invalid-image-reference");
    refuses(run(&pre_commit, &["run", "--from-ref", "HEAD~1", "--to-ref", "HEAD"]), "invalid-image-reference");
    passes(git(&["commit", "--amend", "-m", "said better"]));
    repo.add(&[("note.txt", "")]);
    repo.git(&["commit", "-q", "--no-verify", "-m", "on top"]);
    passes(run(&pre_commit, &["run", "--from-ref", "HEAD~1", "--to-ref", "HEAD"]));
}
