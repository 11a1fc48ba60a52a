//! What makes canpull bearable in a project that is not clean yet: baselines, `init`, `--watch`, pages for the shell.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(project.path(".git")).unwrap();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Exit code, standard output and standard error.
    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        run(self.0.path(), args)
    }
}

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn pod(name: &str, image: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  containers:\n  - name: c\n    image: {image}\n"
    )
}

const BASELINE: [&str; 4] = ["--baseline", "canpull-baseline.json", "--output-format", "concise"];

#[test]
fn a_baseline_hides_what_is_known_wherever_it_moves_and_nothing_else() {
    let known = pod("web", "contoso.azurecr.io/A:1") + &pod("job", "contoso.azurecr.io/job:1");
    let project = Project::new(&[("pods.yaml", &known)]);
    let (code, out, err) = project.run(&["--write-baseline"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("wrote 2 entries to"), "{err}");
    let written = project.read("canpull-baseline.json");
    assert!(!written.contains("line") && written.contains("\"object\": \"Pod/shop/web\""), "{written}");
    let (code, out, err) = project.run(&BASELINE);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.ends_with("0 findings: 0 errors, 0 warnings, 0 info, 2 hidden by the baseline in 1 file\n"), "{out}");
    std::fs::remove_file(project.path("pods.yaml")).unwrap();
    project.write("moved.yaml", &format!("# moved\n# down\n{known}{}", pod("new", "contoso.azurecr.io/B:1")));
    let (code, out, _) = project.run(&BASELINE);
    assert_eq!(code, Some(1));
    assert!(out.contains("/B:1") && !out.contains("/A:1") && out.contains("2 hidden by the baseline"), "{out}");
    // Another image is another finding.
    project.write("moved.yaml", &known.replace("/A:1", "/A:2"));
    let (code, out, err) = project.run(&BASELINE);
    assert!(code == Some(1) && out.contains("/A:2"), "{out}");
    assert!(err.contains("1 finding of the baseline no longer there") && err.contains("/A:1"), "{err}");
}

#[test]
fn a_finding_of_several_pulls_stays_for_those_that_are_new() {
    let project = Project::new(&[("a.yaml", &pod("a", "contoso.azurecr.io/a:1"))]);
    project.run(&["--write-baseline"]);
    project.write("b.yaml", &pod("b", "contoso.azurecr.io/b:1"));
    let (code, out, _) = project.run(&[&BASELINE[..], &["--output-format", "json=out.json"]].concat());
    assert_eq!(code, Some(1));
    assert!(out.starts_with("b.yaml:8:12: warning[pull-unproven]"), "{out}");
    let report: serde_json::Value = serde_json::from_str(&project.read("out.json")).unwrap();
    assert_eq!(report["diagnostics"][0]["pulls"], serde_json::json!([1]), "{report}");
    assert_eq!(report["summary"]["baseline"], serde_json::json!({"hidden": 0, "stale": []}));
}

#[test]
fn baselines_shrink_and_say_so() {
    let both = pod("web", "contoso.azurecr.io/A:1") + &pod("job", "contoso.azurecr.io/B:1");
    let project = Project::new(&[("pods.yaml", &both)]);
    project.run(&["--write-baseline", "--baseline", "known.json"]);
    project.write("pods.yaml", &pod("web", "contoso.azurecr.io/A:1"));
    let (code, _, err) = project.run(&["--baseline", "known.json"]);
    assert_eq!(code, Some(0));
    let expected = "invalid-image-reference at Pod/shop/job, c pulling contoso.azurecr.io/B:1";
    assert!(err.contains("--write-baseline makes it smaller") && err.contains(expected), "{err}");
    // Where only a part is looked at, nothing can be called stale.
    assert_eq!(project.run(&["--baseline", "known.json", "--select", "pull-denied"]).2, "");
    let (_, _, err) = project.run(&["--write-baseline", "--baseline", "known.json"]);
    assert!(err.contains("wrote 1 entry to known.json, 1 fewer than before"), "{err}");
}

#[test]
fn findings_of_no_pull_are_counted_by_object_or_file() {
    let script = "az role assignment create --assignee x --role AcrPull\n";
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nimagePullSecret: [{name: s}]\n";
    let project = Project::new(&[("setup.sh", script), ("account.yaml", account)]);
    project.run(&["--write-baseline"]);
    let first = project.run(&BASELINE);
    assert!(first.1.contains(": 0 errors, 0 warnings, 0 info, "), "{first:?}");
    project.write("setup.sh", &format!("echo moved\n{script}{script}"));
    let (_, out, _) = project.run(&BASELINE);
    assert!(out.starts_with("setup.sh:3:"), "{out}");
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let project =
        Project::new(&[("pod.yaml", &pod("a", "nginx")), ("x.json", "{\n  \"version\": 7,\n  \"findings\": []}")]);
    let of = |name: &str| project.run(&["--baseline", name]);
    assert!(matches!(of("none.json"), (Some(2), _, err) if err.contains("none.json: no such file")));
    assert!(matches!(of("x.json"), (Some(2), _, err) if err.contains("x.json: a baseline of version 7")));
    assert!(
        matches!(of("pod.yaml"), (Some(2), _, err) if err.contains("pod.yaml: not a baseline: ") && err.contains("line 1"))
    );
    assert_eq!(project.run(&["--write-baseline", "--select", "pull-denied"]).0, Some(2));
}

#[test]
fn init_writes_what_is_asked_for_and_overwrites_nothing() {
    let project = Project::new(&[("pod.yaml", &pod("a", "contoso.azurecr.io/a:1"))]);
    let (code, out, err) = project.run(&["init", "--hook", "--workflow"]);
    assert_eq!((code, out.lines().count()), (Some(0), 3), "{err}");
    let hook: serde_yaml::Value = serde_yaml::from_str(&project.read(".pre-commit-config.yaml")).unwrap();
    assert_eq!(hook["repos"][0]["hooks"][0]["entry"], "canpull --staged --no-progress");
    let workflow: serde_yaml::Value = serde_yaml::from_str(&project.read(".github/workflows/canpull.yml")).unwrap();
    assert!(workflow["jobs"]["canpull"]["steps"].is_sequence());
    for name in ["canpull.yaml", ".pre-commit-config.yaml"] {
        project.write(name, "# mine\n");
    }
    let (code, out, err) = project.run(&["init", "--hook"]);
    assert!(code == Some(0) && out.starts_with("repos:") && err.contains("canpull.yaml exists already"), "{out}{err}");
    assert_eq!(project.read(".pre-commit-config.yaml"), "# mine\n");
    assert_eq!(project.run(&["init"]).0, Some(2));
}

#[test]
fn the_shell_gets_a_manual_page_and_completions() {
    let project = Project::new(&[]);
    let (code, page, _) = project.run(&["man"]);
    assert!(code == Some(0) && page.contains(".TH canpull 1") && page.contains("output\\-format"), "{page}");
    for shell in ["bash", "elvish", "fish", "nushell", "powershell", "zsh"] {
        let (code, script, _) = project.run(&["completions", shell]);
        assert!(code == Some(0) && script.contains("write-baseline"), "{shell}: {script}");
    }
}

#[test]
fn watch_checks_anew_on_every_change_but_its_own() {
    let project = Project::new(&[("pod.yaml", &pod("a", "contoso.azurecr.io/A:1"))]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_canpull"))
        .current_dir(project.0.path())
        .args(["--watch", "--output-format", "concise", "--output-format", "json=out.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || {
        // The note comes when the check is done: what changes from then on is seen.
        assert!(notes.next().unwrap().contains("watching"));
        lines.by_ref().take_while(|line| !line.contains(" pull: ")).collect::<Vec<_>>()
    };
    assert!(matches!(&next()[..], [line] if line.contains("[invalid-image-reference]")));
    project.write("pod.yaml", &pod("a", "nginx"));
    // Had it seen its own output, the finding would be told again before this.
    assert!(next().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
}
