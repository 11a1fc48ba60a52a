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
    let expected = ["pull-unproven", "invalid-image-reference", "pull-secret-wrong-type", "pull-secret-undecodable"];
    assert_eq!(rules(&report), expected);
    assert_eq!(canpull(&["fixtures/estates/quickstart", "--fail-on", "never"]).status.code(), Some(0));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for args in [&["no/such/path"][..], &["crates/canpull-core/src"], &["--select", "no-such-rule"], &["--nonsense"]] {
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
    ] {
        let report = piped(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: {image}\n"
        ));
        assert_eq!((verdicts(&report), rules(&report)), (vec!["unknown"], vec![]), "{image}");
    }
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
