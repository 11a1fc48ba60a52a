//! What reports look like to machines, and what no report may ever show.

use std::fmt::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

fn canpull(folder: &std::path::Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn is_location(value: &Value) -> bool {
    keys(value) == ["path", "start", "end"]
        && ["start", "end"].iter().all(|end| keys(&value[end]) == ["line", "column", "offset"])
}

#[test]
fn json_has_the_shape_that_was_promised() {
    let output = Command::new(env!("CARGO_BIN_EXE_canpull"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["fixtures/estates/quickstart", "--output-format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("{\n  \"version\": 1,\n") && text.ends_with("}\n"));
    let report: Value = serde_json::from_str(&text).unwrap();
    let top = ["version", "diagnostics", "pulls", "registries", "clusters", "coverage", "errors", "summary"];
    assert_eq!(keys(&report), top);
    assert_eq!(keys(&report["summary"]), ["files", "bytes", "documents", "pulls", "diagnostics"]);
    assert_eq!(keys(&report["summary"]["pulls"]), ["yes", "no", "unknown"]);
    assert_eq!(keys(&report["summary"]["diagnostics"]), ["error", "warning", "info"]);
    let pulls = report["pulls"].as_array().unwrap();
    for finding in report["diagnostics"].as_array().unwrap() {
        for key in ["rule", "severity", "confidence", "message", "help", "location", "related", "fixes", "pulls"] {
            assert!(keys(finding).contains(&key), "{key}");
        }
        assert!(["error", "warning", "info"].contains(&finding["severity"].as_str().unwrap()));
        assert!(["high", "medium", "low"].contains(&finding["confidence"].as_str().unwrap()));
        assert!(is_location(&finding["location"]));
        assert!(finding["related"].as_array().unwrap().iter().all(|note| is_location(&note["location"])));
        let indexes = finding["pulls"].as_array().unwrap();
        assert!(indexes.iter().all(|index| index.as_u64().is_some_and(|index| index < pulls.len() as u64)));
    }
    let kinds = [
        "no-pull-needed",
        "anonymous",
        "pod-pull-secret",
        "service-account-pull-secret",
        "node-identity",
        "service-account-identity",
        "declared",
    ];
    let truth = |value: &Value| ["yes", "no", "unknown"].contains(&value.as_str().unwrap_or_default());
    let link = |link: &Value| {
        truth(&link["truth"])
            && link["claim"].is_string()
            && link["assumed"].is_boolean()
            && link["because"].as_array().unwrap().iter().all(is_location)
    };
    for pull in pulls {
        for key in ["world", "workload", "container", "image", "registry", "repository", "verdict", "common", "routes"]
        {
            assert!(keys(pull).contains(&key), "{key}");
        }
        assert_eq!(keys(&pull["workload"]), ["kind", "namespace", "name"]);
        assert!(["container", "init", "ephemeral", "volume"].contains(&pull["role"].as_str().unwrap()));
        assert!(truth(&pull["verdict"]) && is_location(&pull["location"]));
        assert!(pull["common"].as_array().unwrap().iter().all(link));
        for route in pull["routes"].as_array().unwrap() {
            assert!(kinds.contains(&route["kind"].as_str().unwrap()) && truth(&route["truth"]));
            assert!(route["links"].as_array().unwrap().iter().all(link));
        }
    }
}

#[test]
fn columns_count_utf16_units_and_offsets_bytes_without_the_mark() {
    let text = "apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: p}\r\nspec: {containers: [{name: \"é漢🦀\", image: contoso.azurecr.io/a:1}]}\r\n";
    let at = text.find("contoso").unwrap();
    let column = "spec: {containers: [{name: \"é漢🦀\", image: ".encode_utf16().count() + 1;
    let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let utf16: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &with_mark, &utf16] {
        let folder = folder(&[("pod.yaml", bytes)]);
        let (_, out) = canpull(folder.path(), &["--output-format", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let start = &report["pulls"][0]["location"]["start"];
        assert_eq!((start["line"].as_u64(), start["column"].as_u64()), (Some(4), Some(column as u64)));
        assert_eq!(start["offset"].as_u64(), Some(at as u64));
        let (_, full) = canpull(folder.path(), &[]);
        assert!(full.contains(&format!("[pod.yaml:4:{column}]")), "{full}");
    }
}

/// What must never be seen, plain or encoded.
const CANARY: &str = "Kanarienvogel-7Q";

/// Secrets in every state of disrepair, each with the canary in it.
fn secrets() -> Vec<String> {
    let encode = |text: &str| STANDARD.encode(text);
    let auth = encode(&format!("user:{CANARY}"));
    let good = format!("{{\"auths\": {{\"contoso.azurecr.io\": {{\"auth\": \"{auth}\"}}}}}}");
    let payloads = [
        good.clone(),
        format!("{{\"auths\": {{\"other.azurecr.io\": {{\"username\": \"u\", \"password\": \"{CANARY}\"}}}}}}"),
        format!("{{\"auths\": {{\"contoso.azurecr.io\": {{\"auth\": \"{CANARY}\"}}}}}}"),
        format!("{{\"auths\": {{\"contoso.azurecr.io\": {{\"auth\": \"{auth}\", {CANARY}"),
        format!("{{\"auths\": [\"{CANARY}\"]}}"),
        format!("{{\"contoso.azurecr.io\": {{\"auth\": 7, \"password\": \"{CANARY}\"}}}}"),
        CANARY.to_owned(),
    ];
    let mut all = Vec::new();
    for payload in payloads {
        let quoted = payload.replace('\'', "''");
        for kind in ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", "Opaque"] {
            let key = if kind.ends_with("dockercfg") { ".dockercfg" } else { ".dockerconfigjson" };
            let head = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: {kind}\n");
            all.push(format!("{head}stringData:\n  {key}: '{quoted}'\n"));
            all.push(format!("{head}stringData:\n  {key}: |\n    {payload}\n"));
            all.push(format!("{head}data:\n  {key}: {}\n", encode(&payload)));
            all.push(format!("{head}data:\n  {key}: {}\n", encode(&encode(&payload))));
            all.push(format!("{head}data:\n  {key}: '{quoted}'\n"));
            all.push(format!("{head}stringData:\n  {key}: {CANARY}\n  {key}: '{quoted}'\n  other: {CANARY}\n"));
            all.push(format!("{head}stringData: {{{key}: '{quoted}', x: [{CANARY}\n"));
            all.push(format!("{head}stringData:\n  {key}: '{quoted}\n   more: {CANARY}\n\t{CANARY}: [\n"));
            all.push(format!("{head}data: {CANARY}\n"));
            all.push(format!("{head}data:\n  - {CANARY}\n"));
            let copy = "kubectl.kubernetes.io/last-applied-configuration";
            all.push(format!("apiVersion: v1\nkind: Secret\ntype: {kind}\nmetadata:\n  name: s\n  annotations:\n    {copy}: '{quoted}'\nstringData:\n  {key}: '{quoted}'\n"));
        }
    }
    all
}

#[test]
fn no_output_shows_a_credential() {
    let encoded = STANDARD.encode(format!("user:{CANARY}"));
    let plain = STANDARD.encode(CANARY);
    for (index, chunk) in secrets().chunks(15).enumerate() {
        let mut text = String::new();
        for (at, secret) in chunk.iter().enumerate() {
            let secret = secret.replace("name: s", &format!("name: s{at}"));
            let _ = write!(
                text,
                "---\n{secret}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{at}}}\nspec:\n  \
                 imagePullSecrets: [{{name: s{at}}}]\n  containers: [{{name: c, image: contoso.azurecr.io/a:1}}]\n"
            );
        }
        let folder = folder(&[("all.yaml", text.as_bytes())]);
        let runs: [&[&str]; 10] = [
            &[],
            &["--color", "always", "-v"],
            &["--output-format", "concise", "--statistics"],
            &["--output-format", "json"],
            &["explain", "contoso"],
            &["--diff", "--unsafe-fixes"],
            &["graph", "--format", "dot"],
            &["graph", "--format", "mermaid"],
            &["graph", "--format", "json"],
            &["graph", "--format", "svg"],
        ];
        for args in runs {
            let (code, out) = canpull(folder.path(), args);
            assert!(code.is_some_and(|code| code < 2), "{args:?}: {out}");
            for canary in [CANARY, &encoded[..encoded.len() - 4], &plain[..plain.len() - 4]] {
                assert!(!out.contains(canary), "{canary} shows in part {index} with {args:?}:\n{out}");
            }
        }
    }
}
