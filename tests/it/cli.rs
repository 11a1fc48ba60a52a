//! The binary as users run it: findings, verdicts, exit codes.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn canpull(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canpull"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().unwrap()
}

fn piped(input: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_canpull"))
        .args(["-", "--output-format", "json", "--fail-on", "never"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verdicts(report: &Value) -> Vec<&str> {
    report["pulls"].as_array().unwrap().iter().map(|pull| pull["verdict"].as_str().unwrap()).collect()
}

fn rules(report: &Value) -> Vec<&str> {
    report["diagnostics"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap()).collect()
}

#[test]
fn the_quickstart_estate_is_judged() {
    let output = canpull(&["check", "fixtures/estates/quickstart", "--output-format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdicts(&report), ["yes", "unknown", "no", "no"]);
    let expected = [
        "pull-role-on-wrong-identity",
        "pull-unproven",
        "invalid-image-reference",
        "pull-secret-wrong-type",
        "pull-secret-undecodable",
    ];
    assert_eq!(rules(&report), expected);
    assert_eq!(canpull(&["fixtures/estates/quickstart", "--fail-on", "never"]).status.code(), Some(0));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for args in [&["no/such/path"][..], &["crates/canpull-syntax/src"], &["--select", "no-such-rule"], &["--nonsense"]]
    {
        assert_eq!(canpull(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn no_password_reaches_any_output() {
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/dockerconfigjson\n\
        stringData:\n  .dockerconfigjson: '{\"auths\": {\"contoso.azurecr.io\": {\"auth\": \"kanarienvogel:Q7\"}, kanarienvogel'\n\
        ---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecrets: [{name: s}]\n\
        \x20 containers: [{name: c, image: contoso.azurecr.io/a:1}]\n";
    let report = piped(manifest);
    assert_eq!(rules(&report), ["pull-secret-undecodable", "pull-unproven"]);
    assert!(!report.to_string().contains("kanarienvogel"));
}

#[test]
fn a_broken_document_is_named_and_the_rest_goes_on() {
    let report = piped(
        "apiVersion: v1\nkind: Pod\nspec: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: nginx}]\n",
    );
    assert_eq!(rules(&report), ["unparsable-source"]);
    assert_eq!(verdicts(&report), ["yes"]);
}

#[test]
fn placeholders_are_unknown_and_never_an_error() {
    for image in [
        "<ACR_NAME>.azurecr.io/a",
        "${REGISTRY}/a:1",
        "__IMAGE__",
        "'{{ .Values.image }}'",
        "{{ .Values.image }}",
        "{IMAGE}",
        "$(params.image)",
        "IMAGE_URL",
        "gcr.io/PROJECT_ID/a:1",
    ] {
        let report = piped(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: {image}\n"
        ));
        assert_eq!((verdicts(&report), rules(&report)), (vec!["unknown"], vec!["unresolved-value"]), "{image}");
    }
    for image in ["ghcr.io/ACME/a:1", "ghcr.io/Acme_Corp/a:1", "IMAGE", "''"] {
        let report = piped(&POD.replace("contoso.azurecr.io/a:1", image));
        assert_eq!((verdicts(&report), rules(&report)), (vec!["no"], vec!["invalid-image-reference"]), "{image}");
    }
    // YAML takes these for the start of a map, a list or a directive.
    for image in ["{REGISTRY}/a:1", "[[registry]]/a:1", "%NAME%", "{{registry}}/a:1"] {
        let report = piped(
            &"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - image: IMAGE\n    name: c\n"
                .replace("IMAGE", image),
        );
        assert_eq!((verdicts(&report), rules(&report)), (vec![], vec!["unresolved-value"]), "{image}");
    }
}

#[test]
fn templates_are_worth_a_word_where_they_hold_images() {
    let deployment = "{{- if .Values.enabled }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      \
        containers:\n        - name: web\n          image: \"{{ .Values.image }}\"\n{{- end }}\n";
    let role =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {{ .Release.Name }}\nrules: []\n";
    let project = Project::new(&[("chart/templates/role.yaml", role), ("chart/templates/web.yaml", deployment)]);
    let report = project.report(&[]);
    assert_eq!(rules(&report), ["unresolved-value"]);
    let found = &report["diagnostics"][0];
    assert_eq!(
        (&found["location"]["path"], &found["location"]["start"]["line"]),
        (&"chart/templates/web.yaml".into(), &11.into())
    );
    assert!(found["help"].as_str().unwrap().contains("helm template"), "{found}");
}

#[test]
fn placeholders_of_a_file_are_told_of_together() {
    let pod = |image: &str| POD.replace("contoso.azurecr.io/a:1", image);
    let project = Project::new(&[("a.yaml", &format!("{}---\n{}", pod("<acr>/a:1"), pod("ko://example.com/cmd/b")))]);
    let report = project.report(&[]);
    let found = &report["diagnostics"][0];
    assert_eq!(
        found["message"],
        "2 images, such as `<acr>/a:1`, are filled in before deploying, so whether they can be pulled is not known"
    );
    assert_eq!(found["related"][0]["location"]["start"]["line"], 15);
    assert!(!found["help"].as_str().unwrap().contains("helm"), "{found}");
}

#[test]
fn a_secret_that_nothing_makes_is_told_of_once() {
    let pod = |name: &str, secret: &str, comment: &str| {
        let list = format!("spec:\n  imagePullSecrets:\n  - name: {secret} {comment}\n");
        POD.replace("name: p,", &format!("name: {name},")).replace("spec:\n", &list)
    };
    let comment = "# canpull: ignore[pull-secret-not-found] made by hand";
    let project = Project::new(&[
        ("a.yaml", &pod("a", "acr", comment)),
        ("b.yaml", &pod("b", "acr", "")),
        ("c.yaml", &format!("{}---\n{}", pod("c", "acr", ""), pod("d", "other", ""))),
    ]);
    let report = project.report(&[]);
    let places = |found: &Value| {
        (
            found["location"]["path"].clone(),
            found["related"].as_array().unwrap().len(),
            found["pulls"].as_array().unwrap().len(),
        )
    };
    assert_eq!(rules(&report), ["pull-secret-not-found"; 2]);
    assert_eq!(places(&report["diagnostics"][0]), ("b.yaml".into(), 1, 2));
    assert_eq!(places(&report["diagnostics"][1]), ("c.yaml".into(), 0, 1));
    let only = project.report(&["--only", "c.yaml"]);
    assert_eq!(rules(&only), ["pull-secret-not-found"; 2]);
}

#[test]
fn fixes_of_malformed_lists_say_what_they_do() {
    let account =
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nimagePullSecrets:\n- name: s\n  namespace: n\n";
    let found = &piped(account)["diagnostics"][0];
    assert_eq!(
        (&found["rule"], &found["fixes"][0]["title"]),
        (&"image-pull-secrets-malformed".into(), &"remove `namespace`".into())
    );
}

#[test]
fn service_accounts_lend_their_secrets_only_to_pods_without_any() {
    let estate = |own: &str| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default}}\nimagePullSecrets: [{{name: s}}]\n---\n\
            apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n\
            \x20 .dockerconfigjson: '{{\"auths\": {{\"contoso.azurecr.io\": {{\"username\": \"u\", \"password\": \"p\"}}}}}}'\n---\n\
            apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  imagePullSecrets: {own}\n\
            \x20 containers: [{{name: c, image: contoso.azurecr.io/a:1}}]\n"
        )
    };
    assert_eq!(verdicts(&piped(&estate("[]"))), ["yes"]);
    assert_eq!(verdicts(&piped(&estate("[{name: ''}]"))), ["unknown"]);
}

#[test]
fn an_overlays_secret_proves_nothing_about_another_overlay() {
    let output = canpull(&["fixtures/estates/overlays", "--output-format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let pulls: Vec<(&str, &str, &str)> = report["pulls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pull| {
            let namespace = pull["workload"]["namespace"].as_str().unwrap();
            (namespace, pull["image"].as_str().unwrap(), pull["verdict"].as_str().unwrap())
        })
        .collect();
    let image = "contoso.azurecr.io/web:1.0";
    assert_eq!(pulls, [("dev", image, "unknown"), ("prod", image, "yes")]);
    assert_eq!(rules(&report), ["pull-unproven", "pull-secret-registry-mismatch"]);
}

#[test]
fn placeholders_for_pull_secrets_leave_the_pull_open() {
    for list in ["${SECRETS}", "['${SECRET}']", "{{ .Values.secrets }}", "[{name: '${SECRET}'}]"] {
        let report = piped(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  imagePullSecrets: {list}\n  containers: [{{name: c, image: contoso.azurecr.io/a:1}}]\n"
        ));
        assert_eq!(verdicts(&report), ["unknown"], "{list}");
    }
}

/// A project in a folder of its own, with its own root.
struct Project(tempfile::TempDir);

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - name: c\n    image: contoso.azurecr.io/a:1\n";

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(project.0.path().join(".git")).unwrap();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_canpull"));
        command.current_dir(self.0.path()).args(args).env_remove("NO_COLOR").env_remove("FORCE_COLOR");
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn report(&self, args: &[&str]) -> Value {
        let (code, out, err) = self.run(&[args, &["--output-format", "json", "--fail-on", "never"]].concat());
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str(&out).unwrap()
    }
}

fn shown_files(project: &Project, args: &[&str]) -> Vec<String> {
    let (_, out, _) = project.run(&[&["--show-files"], args].concat());
    out.lines().map(str::to_owned).collect()
}

#[test]
fn paths_are_relative_to_the_root_wherever_canpull_runs() {
    let project = Project::new(&[("deploy/prod/pod.yaml", POD)]);
    let location = |report: &Value| report["diagnostics"][0]["location"]["path"].as_str().unwrap().to_owned();
    assert_eq!(location(&project.report(&[])), "deploy/prod/pod.yaml");
    let mut command = project.command(&["pod.yaml", "--output-format", "json"]);
    command.current_dir(project.0.path().join("deploy/prod"));
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(location(&report), "deploy/prod/pod.yaml");
    assert_eq!(location(&project.report(&["./deploy/../deploy"])), "deploy/prod/pod.yaml");
}

#[test]
fn ignored_and_excluded_files_are_not_read_unless_asked_for() {
    let project = Project::new(&[
        (".gitignore", "build/\n*.gen.yaml\n!kept.gen.yaml\n"),
        ("a.yaml", POD),
        ("x.gen.yaml", POD),
        ("kept.gen.yaml", POD),
        ("build/b.yaml", POD),
        ("sub/.gitignore", "/only-here.yaml\n"),
        ("sub/only-here.yaml", POD),
        ("sub/deep/only-here.yaml", POD),
        ("node_modules/n.yaml", POD),
        ("vendor/v.yaml", POD),
        ("readme.rst", "text"),
        ("kustomization.yaml", "resources: []\n"),
        ("canpull.yaml", "exclude: [vendor]\n"),
    ]);
    let expected = ["a.yaml", "kept.gen.yaml", "kustomization.yaml", "sub/deep/only-here.yaml"];
    assert_eq!(shown_files(&project, &[]), expected);
    assert_eq!(shown_files(&project, &["build"]), ["build/b.yaml"]);
    assert_eq!(shown_files(&project, &["x.gen.yaml", "vendor/v.yaml"]), ["vendor/v.yaml", "x.gen.yaml"]);
    let all = shown_files(&project, &["--no-ignore"]);
    assert!(all.contains(&"build/b.yaml".to_owned()) && !all.contains(&"vendor/v.yaml".to_owned()), "{all:?}");
}

/// Runs git in the project.
fn git(project: &Project, args: &[&str]) {
    let output = Command::new("git").current_dir(project.0.path()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?} {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn tracked_files_are_read_whatever_gitignore_says() {
    let long = format!("deploy/{}.yaml", "l".repeat(200));
    for (init, version, add) in [
        (&["init", "-q"][..], "2", &["add", "-f"][..]),
        (&["init", "-q"], "4", &["add", "-f"]),
        // What is only meant to be added has sixteen more bits of flags.
        (&["init", "-q"], "3", &["add", "-f", "-N"]),
        (&["init", "-q", "--object-format=sha256"], "2", &["add", "-f"]),
        (&["init", "-q", "--object-format=sha256"], "4", &["add", "-f"]),
    ] {
        let project = Project::new(&[
            (".gitignore", "deploy\n*.gen.yaml\n"),
            ("a.yaml", POD),
            ("deploy/base/tracked.yaml", POD),
            ("deploy/base/untracked.yaml", POD),
            (&long, POD),
            ("deploy/local/untracked.yaml", POD),
            ("deployed.gen.yaml", POD),
            ("x.gen.yaml", POD),
        ]);
        git(&project, init);
        git(&project, &["update-index", "--index-version", version]);
        git(&project, &[add, &["a.yaml", "deploy/base/tracked.yaml", &long, "x.gen.yaml"]].concat());
        let expected = ["a.yaml", "deploy/base/tracked.yaml", &long, "x.gen.yaml"];
        assert_eq!(shown_files(&project, &[]), expected, "{init:?} {version}");
        assert_eq!(shown_files(&project, &["deploy/local"]), ["deploy/local/untracked.yaml"]);
        // A broken index tracks nothing.
        let index = project.0.path().join(".git/index");
        let bytes = std::fs::read(&index).unwrap();
        for cut in [0, 4, 11, 40, 75, bytes.len() / 2] {
            std::fs::write(&index, &bytes[..cut]).unwrap();
            assert_eq!(shown_files(&project, &[]), ["a.yaml"], "{init:?} {version} {cut}");
        }
    }
}

#[test]
fn a_linked_work_tree_has_an_index_of_its_own() {
    let project = Project::new(&[(".gitignore", "x.yaml\n"), ("x.yaml", POD), ("y.yaml", POD)]);
    std::fs::remove_dir(project.0.path().join(".git")).unwrap();
    project.write(".git", "gitdir: ../no-such-folder/.git\n");
    let inner = Project(tempfile::tempdir().unwrap());
    inner.write("x.yaml", POD);
    git(&inner, &["init", "-q"]);
    git(&inner, &["add", "-f", "x.yaml"]);
    assert_eq!(shown_files(&project, &[]), ["y.yaml"]);
    project.write(".git", format!("gitdir: {}\n", inner.0.path().join(".git").display()));
    assert_eq!(shown_files(&project, &[]), ["x.yaml", "y.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_root_and_loops_are_reported() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("o.yaml"), POD).unwrap();
    let project = Project::new(&[("a/x.yaml", POD), (".hidden.d/y.yaml", POD), ("b/z.yaml", POD)]);
    let at = |name: &str| project.0.path().join(name);
    symlink(outside.path(), at("out")).unwrap();
    symlink(at("a"), at("a/loop")).unwrap();
    symlink(at("a/x.yaml"), at("b/again.yaml")).unwrap();
    symlink(at("gone"), at("b/dangling.yaml")).unwrap();
    assert_eq!(shown_files(&project, &[]), [".hidden.d/y.yaml", "a/x.yaml", "b/z.yaml"]);
    assert_eq!(shown_files(&project, &["b"]), ["b/again.yaml", "b/z.yaml"]);
    let report = project.report(&[]);
    let errors: Vec<&str> =
        report["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect();
    assert_eq!(errors, ["a/loop", "b/dangling.yaml"]);
    let (_, _, notes) = project.run(&[]);
    assert!(notes.contains("a/loop: a symbolic link back to a, not walked"), "{notes}");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let project = Project::new(&[("a.yaml", POD)]);
    project.write("bin.yaml", [b'a', 0, 0xFF, 0xFE]);
    let report = project.report(&[]);
    assert_eq!(rules(&report), ["pull-unproven", "unparsable-source"]);
    assert_eq!(verdicts(&report), ["unknown"]);
    let (code, _, err) = project.run(&["missing.yaml"]);
    assert_eq!((code, err.as_str()), (Some(2), "canpull: missing.yaml: no such file or folder\n"));
    let (code, _, err) = project.run(&["chekc"]);
    assert!(code == Some(2) && err.contains("did you mean the command `check`?"), "{err}");
}

#[test]
fn large_files_are_a_finding_and_not_read() {
    let project = Project::new(&[("a.yaml", POD)]);
    std::fs::File::create(project.0.path().join("big.json")).unwrap().set_len(200 << 20).unwrap();
    let report = project.report(&[]);
    assert_eq!(rules(&report), ["pull-unproven", "unparsable-source"]);
    assert_eq!(report["errors"][0]["path"], "big.json");
    assert_eq!(project.run(&["big.json"]).0, Some(2));
}

#[test]
fn the_configuration_counts_and_its_errors_are_exit_code_2() {
    let project = Project::new(&[("pod.yaml", POD)]);
    assert_eq!(project.run(&[]).0, Some(1));
    project.write("canpull.yaml", "clusters:\n  - name: prod\n    attached: [contoso.azurecr.io]\n");
    let report = project.report(&[]);
    assert_eq!((verdicts(&report), rules(&report)), (vec!["yes"], vec![]));
    let routes = report["pulls"][0]["routes"].as_array().unwrap();
    let declared = routes.iter().find(|route| route["kind"] == "declared").unwrap();
    assert_eq!(declared["links"][0]["because"][0]["path"], "canpull.yaml");
    assert_eq!(verdicts(&project.report(&["--isolated"])), ["unknown"]);
    project.write("other.yaml", "rules: {pull-unproven: off}\n");
    let report = project.report(&["--config", "other.yaml"]);
    assert_eq!((verdicts(&report), rules(&report)), (vec!["unknown"], vec![]));
    project.write("canpull.yaml", "clustres: []\nrules: {pull-unprovn: off}\n");
    let (code, out, err) = project.run(&[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(err, "canpull: canpull.yaml:1:1: unknown key `clustres`; did you mean `clusters`?\n");
    assert_eq!(project.run(&["--config", "nowhere.yaml"]).0, Some(2));
}

#[test]
fn the_github_folder_may_hold_the_configuration_and_marks_the_root() {
    let project =
        Project::new(&[("sub/pod.yaml", POD), ("sub/.github/canpull.yaml", "rules: {pull-unproven: info}\n")]);
    let report = project.report(&["sub"]);
    assert_eq!(report["diagnostics"][0]["severity"], "info");
    assert_eq!(report["diagnostics"][0]["location"]["path"], "pod.yaml");
    assert_eq!(report["summary"]["files"], 1);
}

#[test]
fn rules_are_selected_ignored_and_weighed() {
    let project =
        Project::new(&[("pod.yaml", POD), ("bad.yaml", &POD.replace("contoso.azurecr.io/a", "contoso.azurecr.io/A"))]);
    assert_eq!(rules(&project.report(&[])), ["invalid-image-reference", "pull-unproven"]);
    assert_eq!(rules(&project.report(&["--select", "pull-unproven,unparsable-source"])), ["pull-unproven"]);
    assert_eq!(rules(&project.report(&["--ignore", "pull-unproven"])), ["invalid-image-reference"]);
    assert_eq!(rules(&project.report(&["--min-severity", "error"])), ["invalid-image-reference"]);
    assert_eq!(rules(&project.report(&["--only", "pod.yaml", "gone.yaml"])), ["pull-unproven"]);
    assert_eq!(project.run(&["--only", "nothing.yaml"]).0, Some(0));
    // What follows from a cause is told where the cause is not.
    assert_eq!(rules(&project.report(&["--ignore", "invalid-image-reference"])), ["pull-denied", "pull-unproven"]);
    assert_eq!(rules(&project.report(&["--select", "pull-denied"])), ["pull-denied"]);
    let (code, _, err) = project.run(&["--select", "pull-unprovn"]);
    assert_eq!(
        (code, err.as_str()),
        (Some(2), "canpull: no rule is called `pull-unprovn`; did you mean `pull-unproven`?\n")
    );
}

#[test]
fn several_formats_leave_in_one_run() {
    let project = Project::new(&[("pod.yaml", POD)]);
    let (code, out, _) = project.run(&["--output-format", "concise", "--output-format", "json=report.json", "-q"]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("pod.yaml:7:12: warning[pull-unproven] ") && out.lines().count() == 1, "{out}");
    let written = std::fs::read_to_string(project.0.path().join("report.json")).unwrap();
    let printed = project.run(&["pod.yaml", "--output-format", "json"]).1;
    assert_eq!(written, printed);
    assert_eq!(project.run(&["--output-format", "json", "--output-format", "full"]).0, Some(2));
    let (code, _, err) = project.run(&["--output-format", "jsno"]);
    assert!(
        code == Some(2)
            && err.contains(
                "did you mean `json`?; there are full, azure, concise, github, gitlab, json, junit, markdown, sarif"
            ),
        "{err}"
    );
}

#[test]
fn full_output_shows_source_help_and_counts_in_plain_text() {
    let project = Project::new(&[("pod.yaml", POD)]);
    let (_, out, _) = project.run(&["--statistics"]);
    for part in [
        "warning[pull-unproven]",
        "[pod.yaml:7:12]",
        "image: contoso.azurecr.io/a:1",
        "help: ",
        "attached: [contoso.azurecr.io]",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(
        out.ends_with(
            "     1  pull-unproven\n1 pull: 0 yes, 0 no, 1 unknown. 1 finding: 0 errors, 1 warning, 0 info in 1 file\n"
        ),
        "{out}"
    );
    assert!(!out.contains('\u{1b}'));
    assert!(project.run(&["--color", "always"]).1.contains('\u{1b}'));
    let colored = |name: &str, value: &str, args: &[&str]| {
        project.command(args).env(name, value).output().unwrap().stdout.contains(&0x1b)
    };
    assert!(colored("FORCE_COLOR", "1", &[]) && !colored("FORCE_COLOR", "0", &[]));
    assert!(!colored("NO_COLOR", "1", &[]) && colored("NO_COLOR", "1", &["--color", "always"]));
    assert!(!colored("FORCE_COLOR", "1", &["--color", "never"]));
    let linked = |color: &str, wanted: &str| {
        let mut command = project.command(&["--color", color]);
        String::from_utf8(command.env("FORCE_HYPERLINK", wanted).output().unwrap().stdout).unwrap()
    };
    let link = "\u{1b}]8;;https://learn.microsoft.com/azure/aks/cluster-container-registry-integration\u{1b}\\";
    assert!(linked("always", "1").contains(link), "{}", linked("always", "1"));
    for plain in [linked("always", "0"), linked("never", "1")] {
        assert!(!plain.contains("learn.microsoft.com"), "{plain}");
    }
}

#[test]
fn source_lines_survive_any_text_and_cannot_steer_a_terminal() {
    let long = "x".repeat(100_000);
    let texts = [
        POD.replace("- name: c", "- name: \"\u{1b}[2J\u{7}é漢🦀\""),
        POD.replace('\n', "\r\n"),
        POD.replace('\n', "\r"),
        POD.trim_end().to_owned(),
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {long}}}, spec: {{containers: [{{name: c, image: contoso.azurecr.io/a:1}}]}}}}"
        ),
        POD.replace("image: ", "image:\t"),
        POD.replace("name: p", "name: \"\u{1b}]0;x\u{7}\""),
    ];
    for text in texts {
        let project = Project::new(&[("pod.yaml", &text)]);
        let (code, out, err) = project.run(&[]);
        assert_eq!(code, Some(1), "{err}");
        assert!(out.contains("contoso.azurecr.io/a:1") || out.contains("unparsable-source"), "{out}");
        assert!(out.contains("pod.yaml:") && out.len() < 5000, "{out}");
        assert!(!out.contains('\u{1b}') && !out.contains('\u{7}'), "{out:?}");
    }
}

#[test]
fn output_is_the_same_for_any_number_of_threads_and_any_order_of_paths() {
    let project = Project::new(&[]);
    for index in 0..40 {
        project.write(&format!("d{}/p{index}.yaml", index % 7), POD.replace("name: p", &format!("name: p{index}")));
    }
    let with = |threads: &str, args: &[&str]| {
        let mut command = project.command(&[args, &["--output-format", "json"]].concat());
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    let one = with("1", &[]);
    assert!(one.len() > 1000 && one == with("4", &[]));
    assert_eq!(with("1", &["d1", "d2"]), with("4", &["d2", "d1", "d2/p2.yaml"]));
}

#[test]
fn standard_input_stands_in_for_a_file() {
    let project = Project::new(&[("a.yaml", POD), ("b.yaml", POD)]);
    let run = |args: &[&str]| {
        let args = [args, &["--output-format", "json", "--fail-on", "never"]].concat();
        let mut child = project.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(POD.replace("/a:1", "/A:1").as_bytes()).unwrap();
        let report: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
        report
    };
    let report = run(&[".", "-", "--stdin-filename", "b.yaml"]);
    assert_eq!(rules(&report), ["pull-unproven", "invalid-image-reference"]);
    assert_eq!(report["diagnostics"][1]["location"]["path"], "b.yaml");
    assert_eq!(report["summary"]["files"], 2);
    assert_eq!(run(&["-"])["summary"]["files"], 1);
    assert_eq!(project.run(&["--stdin-filename", "b.yaml"]).0, Some(2));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project = Project::new(&[]);
    for index in 0..400 {
        project.write(&format!("p{index}.yaml"), POD.replace("name: p", &format!("name: p{index}")));
    }
    for format in ["json", "full", "concise"] {
        let mut child = project
            .command(&["--output-format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()),
            (Some(1), ""),
            "{format}"
        );
    }
}

#[test]
fn explain_prints_every_route_with_its_places() {
    let project = Project::new(&[("pod.yaml", POD)]);
    for pattern in ["Pod/shop/p", "Pod/*", "contoso", "c", "*/a:1", "**"] {
        let (code, out, err) = project.run(&["explain", pattern]);
        assert_eq!(code, Some(0), "{pattern}: {err}");
        assert!(
            out.starts_with(
                "Pod/shop/p, container c  pod.yaml:7\n? contoso.azurecr.io/a:1 may or may not be pulled\n├─ "
            ),
            "{out}"
        );
        assert!(out.contains("─ ? with the node's identity\n") && out.contains("─ ✗ anonymously\n"), "{out}");
    }
    let (code, _, err) = project.run(&["explain", "nothing-like-it"]);
    assert!(code == Some(2) && err.contains("`Pod/shop/p`"), "{err}");
}

#[test]
fn init_writes_a_configuration_once_and_it_is_valid() {
    let named = POD.replace("spec:\n", "spec:\n  imagePullSecrets: [{name: acr-auth}]\n");
    let project = Project::new(&[("pod.yaml", &named)]);
    let (code, _, err) = project.run(&["init"]);
    assert_eq!(code, Some(0), "{err}");
    let written = std::fs::read_to_string(project.0.path().join("canpull.yaml")).unwrap();
    assert!(written.contains("attached: [contoso.azurecr.io]") && written.contains("\"shop/acr-auth\""), "{written}");
    assert_eq!(project.report(&[])["summary"]["pulls"]["unknown"], 1);
    let entries = written
        .lines()
        .filter_map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(':') || rest.contains("- ")));
    let live: Vec<&str> = entries.filter(|line| !line.ends_with('.')).collect();
    project.write("canpull.yaml", live.join("\n"));
    assert_eq!(verdicts(&project.report(&[])), ["yes"]);
    let (code, _, err) = project.run(&["init"]);
    assert!(code == Some(2) && err.contains("exists already"), "{err}");
}

#[test]
fn rules_schema_and_completions_are_printed() {
    let project = Project::new(&[]);
    let (code, list, _) = project.run(&["rule"]);
    assert!(code == Some(0) && list.contains("warning pull-unproven\n"), "{list}");
    assert!(project.run(&["rule", "pull-denied"]).1.starts_with("# pull-denied\n\n## What it does\n"));
    assert_eq!(project.run(&["rule", "--all"]).1.matches("\n## What it does\n").count(), list.lines().count());
    assert!(project.run(&["rule", "pull-denid"]).2.contains("did you mean `pull-denied`?"));
    let schema: Value = serde_json::from_str(&project.run(&["config-schema"]).1).unwrap();
    assert!(schema["properties"]["clusters"].is_object());
    assert!(project.run(&["completions", "bash"]).1.contains("canpull"));
    assert_eq!(project.run(&["completions", "tcl"]).0, Some(2));
    assert_eq!(project.run(&["--now", "yesterday"]).0, Some(2));
}

#[test]
fn a_diff_applied_with_git_is_what_fix_writes() {
    let broken = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  \
        imagePullSecrets: [{name: acr-auth}] # said in the wrong place\n  template:\n    spec:\n      containers:\n      \
        - name: c\n        image: contoso.azurecr.io/a:1\n";
    let project = Project::new(&[("deploy/web.yaml", broken), ("crlf.yaml", &broken.replace('\n', "\r\n"))]);
    let texts =
        || ["deploy/web.yaml", "crlf.yaml"].map(|name| std::fs::read_to_string(project.0.path().join(name)).unwrap());
    let before = texts();
    let (code, diff, err) = project.run(&["--diff", "--unsafe-fixes"]);
    assert_eq!(code, Some(i32::from(!diff.is_empty())), "{err}");
    assert_eq!(texts(), before, "--diff must change nothing");
    if !diff.is_empty() {
        project.write("x.patch", &diff);
        let apply = |args: &[&str]| Command::new("git").current_dir(project.0.path()).args(args).output().unwrap();
        std::fs::remove_dir(project.0.path().join(".git")).unwrap();
        assert!(apply(&["init", "-q"]).status.success());
        let applied = apply(&["apply", "x.patch"]);
        assert!(applied.status.success(), "{}\n{diff}", String::from_utf8_lossy(&applied.stderr));
    }
    let patched = texts();
    for (name, text) in ["deploy/web.yaml", "crlf.yaml"].iter().zip(&before) {
        project.write(name, text);
    }
    project.run(&["--unsafe-fixes"]);
    assert_eq!(texts(), patched);
    assert_eq!(project.run(&["--diff", "--unsafe-fixes"]).1, "", "fixing twice must change nothing more");
}
