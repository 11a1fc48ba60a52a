//! What the real `kubectl` prints, where it is installed: its manifests are judged like the recorded ones, and what its
//! kustomize builds like the sources that it is built from.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

const CREATE: &str = "fixtures/estates/kubectl-create";

/// What kubectl prints; `None` where it is not installed.
fn kubectl(args: &[&str]) -> Option<String> {
    let mut command = Command::new("kubectl");
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().ok()?;
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn canpull(arg: &str, input: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_canpull"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([arg, "--output-format", "json", "--fail-on", "never"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The verdicts by what is pulled, and the rules that object.
fn judged(report: &Value) -> (Vec<(String, String)>, Vec<&str>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pull = |pull: &Value| {
        let (kind, namespace) = (text(&pull["workload"]["kind"]), text(&pull["workload"]["namespace"]));
        (format!("{kind} {namespace} {} {}", text(&pull["container"]), text(&pull["image"])), text(&pull["verdict"]))
    };
    let mut pulls: Vec<_> = report["pulls"].as_array().unwrap().iter().map(pull).collect();
    pulls.sort();
    let rules = report["diagnostics"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap());
    (pulls, rules.collect())
}

#[test]
fn manifests_of_kubectl_create_are_judged_as_recorded() {
    const CREATED: [(&str, &[&str]); 4] = [
        ("cronjob", &["cronjob", "nightly", "--image=contoso.azurecr.io/shop/report:2.0", "--schedule=5 4 * * *"]),
        ("deployment", &["deployment", "web", "--image=contoso.azurecr.io/shop/web:1.4", "--replicas=2"]),
        ("job", &["job", "once", "--image=mcr.microsoft.com/dotnet/runtime:9.0"]),
        (
            "secret",
            &[
                "secret",
                "docker-registry",
                "acr-auth",
                "--docker-server=contoso.azurecr.io",
                "--docker-username=reader",
                "--docker-password=example",
            ],
        ),
    ];
    let (mut printed, mut recorded) = (Vec::new(), Vec::new());
    for (name, args) in CREATED {
        let args = [&["create"], args, &["--dry-run=client", "--output=yaml"]].concat();
        let Some(text) = kubectl(&args) else { return };
        printed.push(text);
        let path = format!("{}/{CREATE}/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        recorded.push(std::fs::read_to_string(path).unwrap());
    }
    let (printed, recorded) = (canpull("-", &printed.join("---\n")), canpull("-", &recorded.join("---\n")));
    assert_eq!(judged(&printed), judged(&recorded));
    assert_eq!(printed["pulls"].as_array().unwrap().len(), 3);
}

/// The verdicts of a folder's worlds, by their names.
fn worlds(estate: &str) -> BTreeMap<String, Value> {
    let report = canpull(estate, "");
    let mut worlds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for pull in report["pulls"].as_array().unwrap() {
        worlds.entry(pull["world"].as_str().unwrap().to_owned()).or_default().push(pull.clone());
    }
    let report = |pulls| serde_json::json!({ "pulls": pulls, "diagnostics": [] });
    worlds.into_iter().map(|(world, pulls)| (world, report(pulls))).collect()
}

#[test]
fn what_kustomize_builds_is_judged_as_its_sources() {
    let mut compared = 0;
    for estate in ["flow-style", "generated-secrets", "layers", "overlays", "patches", "transformers"]
        .map(|name| format!("fixtures/estates/{name}"))
    {
        for (world, sources) in worlds(&estate) {
            // The rest is no kustomization's.
            let Some(folder) = world.strip_prefix(&format!("{estate}/")) else { continue };
            let Some(built) = kubectl(&["kustomize", &format!("{estate}/{folder}")]) else { return };
            let (sources, built) = (judged(&sources).0, canpull("-", &built));
            let built = judged(&built).0;
            assert_eq!(sources.len(), built.len(), "{estate} {world}");
            for (own, built) in sources.iter().zip(&built) {
                // What is not evaluated is seen only in what is built.
                if own.1 == "unknown" && (folder == "merged" || folder.starts_with("open/")) {
                    continue;
                }
                assert_eq!(own, built, "{estate} {world}");
                compared += 1;
            }
        }
    }
    assert!(compared > 10, "{compared}");
}
