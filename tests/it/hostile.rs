//! Input that means harm, through the binary: it ends soon, says what is wrong, and lets the rest be judged.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far more than any of these runs takes, and far less than one that hangs.
const SOON: Duration = Duration::from_secs(30);

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - name: c\n    image: contoso.azurecr.io/a:1\n";

/// How each run may be told to print.
const FORMATS: [&[&str]; 5] = [
    &["--output-format", "full"],
    &["--output-format", "concise", "--statistics", "-v"],
    &["--output-format", "json"],
    &["--diff", "--unsafe-fixes"],
    &["explain", "contoso"],
];

struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canpull"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end, which must come soon and without a panic.
fn run(folder: &Path, args: &[&str]) -> Done {
    finish(command(folder, args), args)
}

fn finish(mut command: Command, args: &[&str]) -> Done {
    let since = Instant::now();
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    let done = Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(since.elapsed() < SOON, "{args:?} took {:?}", since.elapsed());
    assert!(done.code.is_some(), "{args:?} was killed: {}", done.err);
    assert!(!done.err.contains("panicked") && !done.out.contains("panicked"), "{args:?}: {}", done.err);
    done
}

fn report(folder: &Path, args: &[&str]) -> Value {
    let done = run(folder, &[args, &["--output-format", "json"]].concat());
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.err))
}

/// `path:line:column reason` of what cannot be read.
fn unparsable(report: &Value) -> Vec<String> {
    let all = report["diagnostics"].as_array().unwrap().iter();
    all.filter(|finding| finding["rule"] == "unparsable-source")
        .map(|finding| {
            let start = &finding["location"]["start"];
            let reason = finding["message"].as_str().unwrap().trim_start_matches("not readable: ");
            format!("{}:{}:{} {reason}", finding["location"]["path"].as_str().unwrap(), start["line"], start["column"])
        })
        .collect()
}

/// A manifest whose every level is an anchor of the one before, three times.
fn bomb(first: &str, level: fn(usize) -> String, end: &str) -> String {
    let levels: Vec<String> = (1..40).map(|n| format!("x{n}: &x{n} {}\n", level(n - 1))).collect();
    format!("apiVersion: v1\nkind: Pod\nx0: &x0 {first}\n{}{end}", levels.concat())
}

/// Names, contents, and how each is refused: where, and with a part of the reason. Nothing where it is read.
fn broken_files() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let deep = 100_000;
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n").into_bytes();
    let nested = |open: &str, close: &str| pod(&format!("{}{}", open.repeat(deep), close.repeat(deep)));
    let json = |open: &str, close: &str| {
        format!("{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {}1{}}}", open.repeat(deep), close.repeat(deep))
            .into_bytes()
    };
    let lists = bomb("[lol]", |n| format!("[*x{n}, *x{n}, *x{n}]"), "spec: {containers: *x39}\n");
    let merges = bomb("{k: v}", |n| format!("{{<<: [*x{n}, *x{n}, *x{n}]}}"), "spec: *x39\n");
    vec![
        ("binary.yaml", (0..=255).collect(), Some(":3:115 the file is not text: it is binary")),
        ("png.json", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Some(":1:1 the file is not text")),
        (
            "utf8.yaml",
            [POD.as_bytes(), "# ä🦀\u{7f}".as_bytes(), b"\xff\n"].concat(),
            Some(":8:7 the file is not text: invalid UTF-8"),
        ),
        ("cut.yaml", pod("{containers: [{name: c"), Some(":3:21 this `{` is never closed")),
        ("cut-quote.yaml", pod("{containers: [{name: \"c"), Some(":3:28 this quote is never closed")),
        ("cut.json", b"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [".to_vec(), Some("")),
        (
            "cut-string.json",
            b"{\"apiVersion\": \"v1\", \"kind\": \"Po".to_vec(),
            Some("JSON: this quote is never closed"),
        ),
        ("flow-list.yaml", nested("[", "]"), Some(":3:263 nested deeper than 256 levels")),
        ("flow-map.yaml", nested("{a: ", "}"), Some(" nested deeper than 256 levels")),
        ("block-list.yaml", pod(&format!("\n  {}x", "- ".repeat(deep))), Some(" nested deeper than 256 levels")),
        ("block-key.yaml", pod(&format!("\n  {}x", "? ".repeat(deep))), Some(" nested deeper than 256 levels")),
        ("list.json", json("[", "]"), Some(" nested deeper than 256 levels")),
        ("map.json", json("{\"a\": ", "}"), Some(" nested deeper than 256 levels")),
        ("laughs.yaml", lists.into_bytes(), Some(" the aliases of this document unfold to too much")),
        ("merges.yaml", merges.into_bytes(), Some(" the aliases of this document unfold to too much")),
        ("self-list.yaml", pod("&a [*a]"), Some(":3:11 this alias stands inside the value that it stands for")),
        (
            "self-map.yaml",
            pod("&a {containers: *a}"),
            Some(":3:23 this alias stands inside the value that it stands for"),
        ),
        ("self-merge.yaml", pod("&a {<<: *a}"), Some(":3:15 this alias stands inside the value that it stands for")),
        ("no-anchor.yaml", pod("*a"), Some(":3:7 ")),
        ("documents.yaml", "---\n".repeat(10_000).into_bytes(), None),
        (
            "pods.yaml",
            format!("{POD}---\n").replace("  - name: c\n", "  - name: c # c\n").repeat(200).into_bytes(),
            None,
        ),
        ("one-line.yaml", pod(&format!("{{x: {}}}", "y".repeat(3_000_000))), None),
        ("nothing.yaml", Vec::new(), None),
        ("mark.yaml", b"\xef\xbb\xbf".to_vec(), None),
        ("null.yaml", b"null\n".to_vec(), None),
        ("number.json", b"7".to_vec(), None),
    ]
}

#[test]
fn each_broken_file_is_named_and_hides_no_other() {
    for (name, bytes, refused) in broken_files() {
        let folder = project();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        std::fs::write(folder.path().join("sound.yaml"), POD.replace("shop", "sound")).unwrap();
        let report = report(folder.path(), &[]);
        let found = unparsable(&report);
        match refused {
            Some(expected) => {
                let hit = |line: &String| line.starts_with(name) && line.contains(expected);
                assert!(found.iter().any(hit), "{name}: {expected:?} is not in {found:?}");
            }
            None => assert_eq!(found, [""; 0], "{name}"),
        }
        let sound = |pull: &&Value| pull["workload"]["namespace"] == "sound" && pull["verdict"] == "unknown";
        assert_eq!(report["pulls"].as_array().unwrap().iter().filter(sound).count(), 1, "{name}");
        for format in FORMATS {
            let done = run(folder.path(), format);
            let expected = match format[0] {
                "explain" | "--diff" => 0,
                _ => 1,
            };
            assert_eq!(done.code, Some(expected), "{name} {format:?}: {}", done.err);
            assert!(done.out.len() < 3_000_000, "{name} {format:?}: {} bytes", done.out.len());
        }
    }
}

#[test]
fn a_reference_of_megabytes_is_cut_in_every_message() {
    let folder = project();
    let pod = POD.replace("/a:1", &format!("/{}:1", "a".repeat(2_000_000)));
    std::fs::write(folder.path().join("long.yaml"), pod).unwrap();
    for format in [FORMATS[0], FORMATS[1], FORMATS[3]] {
        let done = run(folder.path(), format);
        assert!(done.out.len() < 20_000, "{format:?}: {} bytes", done.out.len());
    }
    let shown = run(folder.path(), &["--output-format", "json"]).out;
    assert!(shown.len() < 3_000_000, "the image stands once in JSON, not {} bytes", shown.len());
}

#[test]
fn a_secret_of_more_than_a_mebibyte_never_comes_to_be() {
    let secret = |size: usize| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  \
             .dockerconfigjson: '{{\"auths\": {{\"contoso.azurecr.io\": {{\"username\": \"u\", \"password\": \"p\"}}}}}}'\n\
             data: {{more: {}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  imagePullSecrets: [{{name: s}}]\n  \
             containers: [{{name: c, image: contoso.azurecr.io/a:1}}]\n",
            "eHh4".repeat(size / 3)
        )
    };
    for (size, verdict) in [(1 << 19, "yes"), (1 << 20, "unknown")] {
        let folder = project();
        std::fs::write(folder.path().join("all.yaml"), secret(size)).unwrap();
        assert_eq!(report(folder.path(), &[])["pulls"][0]["verdict"], verdict, "{size}");
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_no_file_is_passed_over_and_links_never_lead_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.yaml"), POD).unwrap();
        let folder = project();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("folder.yaml/deep")).unwrap();
        std::fs::write(at("folder.yaml/deep/pod.yaml"), POD).unwrap();
        symlink(outside.path(), at("out")).unwrap();
        symlink(outside.path().join("secret.yaml"), at("out.yaml")).unwrap();
        symlink("/etc/passwd", at("passwd.json")).unwrap();
        symlink("nowhere.yaml", at("dangling.yaml")).unwrap();
        symlink("self.yaml", at("self.yaml")).unwrap();
        symlink("../..", at("folder.yaml/deep/up")).unwrap();
        assert!(Command::new("mkfifo").arg(at("pipe.yaml")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket.yaml")).unwrap();
        let shown = run(folder.path(), &["--show-files"]);
        assert_eq!(shown.out, "folder.yaml/deep/pod.yaml\n");
        let done = run(folder.path(), &["-q"]);
        assert_eq!((done.code, done.err.as_str()), (Some(1), ""));
        let notes = run(folder.path(), &[]).err;
        assert!(notes.contains("note: folder.yaml/deep/up: a symbolic link back to the root, not walked\n"), "{notes}");
        let links = ["dangling.yaml:1:1 no such file or folder", "self.yaml:1:1 Too many levels of symbolic links"];
        assert_eq!(unparsable(&report(folder.path(), &[])), links);
        assert!(!notes.contains("os error"), "{notes}");
        for missing in ["dangling.yaml", "nowhere", "self.yaml", "nowhere/x.yaml", "\u{1b}[31m"] {
            let done = run(folder.path(), &[missing]);
            assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{missing}: {}", done.err);
            assert!(done.err.starts_with("canpull: ") && !done.err.contains('\u{1b}'), "{:?}", done.err);
        }
    }

    #[test]
    fn a_pipe_given_by_name_is_read_once() {
        let folder = project();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let writer = std::thread::spawn(move || std::fs::write(pipe, POD).unwrap());
        let done = run(folder.path(), &["pipe"]);
        writer.join().unwrap();
        assert!(done.code == Some(1) && done.out.contains("image: contoso.azurecr.io/a:1"), "{}{}", done.out, done.err);
    }

    #[test]
    fn locked_files_are_findings_where_the_lock_holds() {
        use std::os::unix::fs::PermissionsExt;
        let folder = project();
        for name in ["a.yaml", "locked.yaml"] {
            std::fs::write(folder.path().join(name), POD).unwrap();
        }
        let locked = folder.path().join("locked.yaml");
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o0)).unwrap();
        if std::fs::read(&locked).is_ok() {
            return; // The administrator reads everything.
        }
        assert_eq!(unparsable(&report(folder.path(), &[])), ["locked.yaml:1:1 permission denied"]);
        assert_eq!(run(folder.path(), &["locked.yaml"]).code, Some(2));
    }

    /// Names and values that would move the cursor, set the title, or turn the direction of writing.
    #[test]
    fn no_name_value_or_line_steers_the_terminal() {
        let names: [&[u8]; 7] = [
            b"line\nbreak.yaml",
            b"esc\x1b[31m\x07.yaml",
            b"bad\xff\xc2\x9b.yaml",
            b"col:1:2: error[x] %s%n.yaml",
            "turn\u{202e}lmay.yaml".as_bytes(),
            b"tab\tcr\r.yaml",
            b" -- $(id) `id` 'q' \"q\".yaml",
        ];
        let steer = r"\e[31m\x07\x9b2J\u202e\r\u2028";
        let pods = [
            POD.to_owned(),
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: \"p{steer}\", namespace: \"n{steer}\"}}\nspec:\n  \"imagePullSecret\": []\n  \"k{steer}\": 1\n  imagePullSecrets: [{{name: \"s{steer}\"}}]\n  containers:\n  - name: \"c{steer}\"\n    image: \"contoso.azurecr.io/a{steer}:1\"\n"
            ),
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p2}}\nspec:\n  serviceAccountName: \"s{steer}\"\n  imagePullSecrets: \"x{steer}\"\n  containers:\n  - {{name: c, image: \"h{steer}.azurecr.io/a:1\"}}\n---\n\u{9b}31m broken: [\n"
            ),
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: \"s{steer}\"}}\ntype: \"kubernetes.io/dockerconfigjson{steer}\"\nstringData:\n  \".dockerconfigjson{steer}\": '{{}}'\n  .dockerconfigjson: '{{\"auths\": {{\"h\\u001b[31m\\u202e\": {{}}}}}}'\n"
            ),
            POD.replace("image:", "\u{1b}[2Jimage:"),
        ];
        let folder = project();
        for (index, name) in names.iter().enumerate() {
            let pod = pods[index % pods.len()].replace("name: p,", &format!("name: p{index},"));
            std::fs::write(folder.path().join(OsStr::from_bytes(name)), pod).unwrap();
        }
        symlink("nowhere.yaml", folder.path().join("gone\u{1b}[31m\n.yaml")).unwrap();
        let steers = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
        for args in [FORMATS[0], FORMATS[1], &["explain", "*"], &["--show-files"], &["init"]] {
            let done = run(folder.path(), args);
            assert!(done.code.is_some_and(|code| code < 2), "{args:?}: {}", done.err);
            for text in [&done.out, &done.err] {
                let hit =
                    text.find(steers).map(|at| text[at.saturating_sub(60)..].chars().take(120).collect::<String>());
                assert_eq!(hit, None, "{args:?}");
            }
        }
        assert_eq!(run(folder.path(), &["--show-files"]).out.lines().count(), names.len());
        let concise = run(folder.path(), &["--output-format", "concise", "-q"]).out;
        let is_finding = |line: &str| ["error[", "warning[", "info["].iter().any(|mark| line.contains(mark));
        assert!(concise.lines().all(is_finding), "{concise}");
        let _: Value = serde_json::from_str(&run(folder.path(), &["--output-format", "json"]).out).unwrap();
        assert_eq!(run(folder.path(), &["--isolated", "-q", "--fail-on", "never"]).code, Some(0));
    }
}

#[test]
fn an_empty_standard_input_is_nothing_to_read() {
    let folder = project();
    for input in ["", " \n\n"] {
        let mut child = command(folder.path(), &["-"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(output.stderr, b"canpull: nothing to read: standard input is empty\n");
    }
    assert_eq!(run(folder.path(), &["-", "--stdin-filename", "new.yaml"]).code, Some(0));
    std::fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    assert_eq!(run(folder.path(), &["-", "pod.yaml"]).code, Some(1));
}

#[test]
fn a_sparse_file_over_the_limit_is_a_finding_and_costs_nothing() {
    let folder = project();
    std::fs::File::create(folder.path().join("huge.yaml")).unwrap().set_len((64 << 20) + 1).unwrap();
    std::fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    assert_eq!(unparsable(&report(folder.path(), &[])), ["huge.yaml:1:1 it is larger than 64 MiB"]);
    let done = run(folder.path(), &["huge.yaml"]);
    assert_eq!((done.code, done.err.as_str()), (Some(2), "canpull: huge.yaml: it is larger than 64 MiB\n"));
}
