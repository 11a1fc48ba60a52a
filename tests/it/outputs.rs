//! What code hosts and pipelines read: one report in every format, hostile names, several outputs in one run.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use canpull_core::config::Config;
use canpull_core::diagnostic::{Diagnostic, Severity};
use canpull_core::render::{FORMATS, Format, Input};
use canpull_core::{Options, analyze, read, rule_infos};
use canpull_syntax::FileId;
use serde_json::Value;

/// Runs canpull in `folder`: exit code, standard output, standard error.
fn canpull(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn quickstart() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/estates/quickstart"))
}

fn sarif(folder: &Path, args: &[&str]) -> Value {
    let (_, out, err) = canpull(folder, &[&["--output-format", "sarif"], args].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

/// Refused by the kubelet, each with a mark of its own in it.
fn pods(names: &[impl AsRef<str>]) -> String {
    let pod = |name: &str| {
        let quoted = serde_json::to_string(name).unwrap().replace('\u{9b}', "\\u009b");
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: {quoted}\n"
        )
    };
    names.iter().map(|name| pod(name.as_ref())).collect()
}

#[test]
fn sarif_tells_code_scanning_all_that_it_shows() {
    let log = sarif(quickstart(), &["."]);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        for key in ["shortDescription", "fullDescription"] {
            let text = rule[key]["text"].as_str().unwrap();
            assert!(!text.is_empty() && text.chars().count() <= 1024, "{rule}");
        }
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("## How to fix"));
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert!(rule["properties"]["precision"].is_string() && rule["defaultConfiguration"]["level"].is_string());
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startColumn"].as_u64() <= region["endColumn"].as_u64() && region["endLine"].is_null());
        let related = result["relatedLocations"].as_array().map_or(&[][..], Vec::as_slice);
        for place in related {
            let link = format!("]({})", place["id"]);
            assert!(result["message"]["text"].as_str().unwrap().contains(&link), "{result}");
        }
        assert!(result["codeFlows"].as_array().is_some_and(|flows| flows.len() > 1), "{result}");
    }
}

#[test]
fn a_run_of_sarif_holds_the_worst_of_more_results_than_code_scanning_takes() {
    let mut report = analyze(
        vec![read(FileId(0), "p.yaml", pods(&["GHCR.io/A/b:1"]).as_bytes())],
        &Config::default(),
        &Options::default(),
    );
    let found = report.diagnostics.remove(0);
    let of = |severity, count| std::iter::repeat_n((severity, &found), count);
    let all = of(Severity::Info, 24_990).chain(of(Severity::Warning, 20)).chain(of(Severity::Error, 5));
    report.diagnostics = all.map(|(severity, found)| Diagnostic { severity, ..found.clone() }).collect();
    let rules = rule_infos();
    let input = Input { report: &report, rules: &rules, text: &|_| None, folder: "" };
    let log: Value = serde_json::from_str(&Format::find("sarif").unwrap().text(&input)).unwrap();
    let run = &log["runs"][0];
    let levels: Vec<&str> =
        run["results"].as_array().unwrap().iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels.len(), 25_000);
    assert!(levels[..5].iter().all(|level| *level == "error"));
    assert!(levels[5..25].iter().all(|level| *level == "warning"));
    let told = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["message"]["text"], "15 findings are left out: one run may hold 25000.");
}

#[test]
fn line_hashes_are_those_of_the_upload_action_and_survive_moves() {
    let hashes = |text: &str| {
        let folder = project(&[("pods.yaml", text)]);
        let log = sarif(folder.path(), &["--select", "invalid-image-reference"]);
        let of = |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].as_str().map(str::to_owned);
        log["runs"][0]["results"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let text = pods(&["A", "B", "B", "B"].map(|name| format!("contoso.azurecr.io/{name}:1")));
    // Computed with the action's own code.
    let expected = ["39e97ba4902752cd:1", "a7620fd98bab052:1", "a7620fd98bab052:2", "cd526cd476e983fb:1"]
        .map(|hash| Some(hash.to_owned()));
    assert_eq!(hashes(&text), expected);
    assert_eq!(hashes(&format!("# moved\n# down\n{}", text.replace('\n', "\r\n"))), expected);
    // Where a secret is among what would be hashed, nothing is.
    assert_eq!(hashes(&format!("{}    env: [{{name: X, value: hush}}]\n", pods(&["A"]))), [None]);
}

#[test]
fn regions_are_of_one_line_and_paths_are_encoded() {
    let account =
        "kind: ServiceAccount\napiVersion: v1\nmetadata: {name: a}\nimagePullSecrets:\n  one: x\r\n  two: y\n";
    let folder = project(&[("a b/ü%#:1.yaml", account)]);
    let log = sarif(folder.path(), &[]);
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/%C3%BC%25%23%3A1.yaml");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!(place["region"]["endColumn"], 9, "{place}");
}

#[test]
fn paths_start_at_the_repository_where_the_project_lies_deeper() {
    let folder = project(&[("deploy/canpull.yaml", "exclude: []\n"), ("deploy/pod.yaml", &pods(&["A"]))]);
    let deploy = folder.path().join("deploy");
    let log = sarif(&deploy, &[]);
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "deploy/pod.yaml");
    for (format, expected) in [
        ("github", "::error file=deploy/pod.yaml,line=8,"),
        ("azure", "sourcepath=deploy/pod.yaml;linenumber=8;"),
        ("gitlab", "\"path\": \"deploy/pod.yaml\""),
        ("markdown", "`deploy/pod.yaml:8`"),
        ("junit", "<testsuite name=\"deploy/pod.yaml\""),
    ] {
        let (_, out, _) = canpull(&deploy, &["--output-format", format]);
        assert!(out.contains(expected), "{format}: {out}");
    }
}

#[test]
fn fixes_of_sarif_mend_what_fix_mends() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecret: [{name: s}]\n  containers: [{name: c, image: nginx}]\n";
    let log = sarif(project(&[("pod.yaml", pod)]).path(), &[]);
    let change = &log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0];
    let replacement = &change["replacements"][0];
    assert_eq!(change["artifactLocation"]["uri"], "pod.yaml");
    assert_eq!(replacement["insertedContent"]["text"], "imagePullSecrets");
    let region = serde_json::json!({"startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 18});
    assert_eq!(replacement["deletedRegion"], region);
}

#[test]
fn github_annotates_ten_of_a_kind_and_loses_none() {
    let names: Vec<String> = (0..14).map(|number| format!("contoso.azurecr.io/A{number}")).collect();
    let folder = project(&[("pods.yaml", &pods(&names))]);
    let (_, out, _) = canpull(folder.path(), &["--output-format", "github"]);
    assert_eq!(out.lines().filter(|line| line.starts_with("::error ")).count(), 10, "{out}");
    assert!(out.contains("\n::group::4 errors more than GitHub annotates\n- pods.yaml:"), "{out}");
    assert!(names.iter().all(|name| out.contains(&format!("`{name}`"))), "{out}");
}

#[test]
fn hostile_names_stay_text_in_every_format() {
    let hostile = [
        "x\n::error::boo",
        "x\r\n##vso[task.complete result=Failed;]boo",
        "x]]>&lt;</failure><evil/>",
        "x`|<img src=y>` **b** @team",
        "x](1) [y](https://z)",
        "x\u{1b}[31m\u{9b}m\u{0}\u{202e}y\u{2028}z",
        "x%0A;]=,:%25",
    ];
    let folder = project(&[("a;b,c%0A.yaml", &pods(&hostile))]);
    let (_, report, _) = canpull(folder.path(), &["--output-format", "json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let errors = usize::try_from(report["summary"]["diagnostics"]["error"].as_u64().unwrap()).unwrap();
    assert!(errors > 4 && report["summary"]["diagnostics"]["warning"] == 0, "{report}");
    for format in FORMATS {
        let (code, out, err) = canpull(folder.path(), &["--output-format", format.name]);
        assert_eq!(code, Some(1), "{}: {err}", format.name);
        let own = |prefix: &str| out.lines().filter(|line| line.trim_start().starts_with(prefix)).count();
        match format.name {
            "github" => {
                assert_eq!(own("::"), errors + own("::notice file=a;b%2Cc%250A.yaml,"), "{out}");
                assert_eq!(own("::error file=a;b%2Cc%250A.yaml,"), errors, "{out}");
            }
            "azure" => assert_eq!((out.matches("##").count(), own("##vso[task.logissue")), (errors, errors), "{out}"),
            "json" | "sarif" | "gitlab" => drop(serde_json::from_str::<Value>(&out).unwrap()),
            "junit" => assert!(!out.contains("<evil") && !out.contains("]]>"), "{out}"),
            "markdown" => {
                let outside: String = out.lines().flat_map(|line| line.split('`').step_by(2)).collect();
                assert!(!outside.contains("<img") && !outside.contains("@team") && !outside.contains("**b"), "{out}");
            }
            _ => {}
        }
        let steers = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
        assert!(format.name == "json" || !out.contains(steers), "{}: {out:?}", format.name);
    }
    let log = sarif(folder.path(), &[]);
    for result in log["runs"][0]["results"].as_array().unwrap() {
        assert!(!result["message"]["text"].as_str().unwrap().contains("[y](https"), "{result}");
    }
}

#[test]
fn gitlab_fingerprints_are_unique_and_survive_moves() {
    let fingerprints = |text: &str| {
        let folder = project(&[("pods.yaml", text)]);
        let (_, out, _) = canpull(folder.path(), &["--output-format", "gitlab"]);
        let issues: Vec<Value> = serde_json::from_str(&out).unwrap();
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let text = pods(&["A", "A", "B", "A"]);
    let first = fingerprints(&text);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(fingerprints(&format!("# moved\n{text}")), first);
}

#[test]
fn markdown_is_of_bounded_size() {
    let names: Vec<String> = (0..2000).map(|number| format!("contoso.azurecr.io/A{number}")).collect();
    let folder = project(&[("pods.yaml", &pods(&names))]);
    let (_, out, _) = canpull(folder.path(), &["--output-format", "markdown"]);
    assert!(out.len() < 65_000 && out.contains("… and "), "{}", out.len());
}

#[test]
fn several_outputs_in_one_run_fail_apart_and_leave_the_exit_code_alone() {
    let folder = project(&[("pod.yaml", &pods(&["A"])), ("out/old.sarif", "old")]);
    let all: Vec<String> = FORMATS.iter().map(|format| format!("--output-format={0}=out/{0}", format.name)).collect();
    let mut args: Vec<&str> = all.iter().map(String::as_str).collect();
    args.extend(["--output-format", "concise"]);
    let (code, out, err) = canpull(folder.path(), &args);
    assert_eq!((code, out.lines().count()), (Some(1), 2), "{out}{err}");
    for format in FORMATS {
        let written = std::fs::read_to_string(folder.path().join("out").join(format.name)).unwrap();
        assert!(written.contains("invalid-image-reference"), "{}: {written}", format.name);
    }
    let (code, _, err) = canpull(
        folder.path(),
        &["--output-format=sarif=no/folder/x", "--output-format=json=out/kept.json", "--fail-on", "never"],
    );
    assert_eq!(code, Some(2));
    assert!(err.contains("no/folder/x: no such file or folder"), "{err}");
    assert!(folder.path().join("out/kept.json").exists());
    let (code, _, err) = canpull(folder.path(), &["--output-format=sarif=x", "--output-format=json=x"]);
    assert_eq!((code, err.contains("two output formats go to x")), (Some(2), true), "{err}");
    let left: Vec<_> =
        std::fs::read_dir(folder.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".canpull")), "{left:?}");
    let (code, _, err) = canpull(folder.path(), &["--output-format", "sarrif"]);
    assert_eq!((code, err.contains("did you mean `sarif`?")), (Some(2), true), "{err}");
}

#[cfg(unix)]
#[test]
fn an_output_file_keeps_its_mode_and_its_links() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let folder = project(&[("pod.yaml", &pods(&["A"])), ("real", "old")]);
    let real = folder.path().join("real");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
    canpull(
        folder.path(),
        &["--output-format=json=link", "--output-format=sarif=/dev/null", "--output-format=gitlab=new"],
    );
    assert!(std::fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().starts_with('{'));
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("real"), 0o640);
    assert!(mode("new") & 0o044 != 0 || mode("pod.yaml") & 0o044 == 0, "{:o}", mode("new"));
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}
