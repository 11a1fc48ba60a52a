//! Sources and the facts read from them: each file of `fixtures/formats/kubernetes` has its facts beside it.
//! `UPDATE=1` rewrites them; every offered edit is applied and read again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use canpull_core::fact::{
    DefectKind, Field, FieldDefect, FileFacts, Insertion, ObjectMeta, Reach, SecretList, SecretRef, Sensitive,
};
use canpull_core::read;
use canpull_core::source::removed_api;
use canpull_syntax::edit::{self, Edit};
use canpull_syntax::{FileId, TextRange, text};

const FOLDER: &str = "fixtures/formats/kubernetes";

/// The fixtures, but for their facts, with paths relative to the folder.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "facts") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn facts_are_as_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut stale = Vec::new();
    for (path, bytes) in fixtures() {
        let facts = dump(&read(FileId(0), &path, &bytes), &bytes);
        let golden = root.join(format!("{path}.facts"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &facts).unwrap();
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        if recorded != facts {
            stale.push(format!("{path}\n--- recorded\n{recorded}--- read\n{facts}"));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn secret_values_are_masked_and_never_printed() {
    for (path, bytes) in fixtures() {
        let facts = read(FileId(0), &path, &bytes);
        assert!(!format!("{facts:?}").contains("canary"), "{path}");
        let Ok(text) = text::decode(&bytes) else { continue };
        for (at, _) in text.match_indices("canary") {
            let at = u32::try_from(at).unwrap();
            let covered = facts.masked.iter().any(|range| range.start <= at && at < range.end);
            assert!(covered, "{path}: a value at {at} is not masked");
        }
    }
}

#[test]
fn every_offered_edit_rights_its_defect_and_nothing_else() {
    let mut tried = 0;
    for (path, bytes) in fixtures() {
        let Ok(text) = text::decode(&bytes) else { continue };
        let before = read(FileId(0), &path, &bytes);
        for defect in before.defects.iter().filter(|defect| !defect.edits.is_empty()) {
            let mended = apply(&text, &defect.edits);
            let after = read(FileId(0), &path, mended.as_bytes());
            let place = format!("{path}: {} {:?}\n{mended}", defect.path, defect.kind);
            assert_eq!(after.problems, [], "{place}");
            assert_eq!(after.defects.len(), before.defects.len() - 1, "{place}");
            assert_eq!(images(&after), images(&before), "{place}");
            let comments = |text: &str| text.matches('#').count();
            assert_eq!(comments(&mended), comments(&text), "{place}");
            if matches!(
                defect.kind,
                DefectKind::Misplaced | DefectKind::Misspelt { .. } | DefectKind::WrongShape { .. }
            ) {
                assert!(named_for(&after, defect), "{place}");
            }
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} edits were offered");
}

/// Whether the object of a defect names pull secrets in the right place and shape.
fn named_for(facts: &FileFacts, defect: &FieldDefect) -> bool {
    let same =
        |object: &ObjectMeta| object.kind == defect.object.kind && object.name.text() == defect.object.name.text();
    let pods = facts.workloads.iter().filter(|fact| same(&fact.object)).map(|fact| &fact.pull_secrets);
    let accounts = facts.service_accounts.iter().filter(|fact| same(&fact.object)).map(|fact| &fact.pull_secrets);
    pods.chain(accounts).any(|list| matches!(list, SecretList::Entries(..)))
}

#[test]
fn a_name_can_be_added_wherever_an_insertion_is_offered() {
    let mut tried = 0;
    for (path, bytes) in fixtures() {
        let Ok(text) = text::decode(&bytes) else { continue };
        let before = read(FileId(0), &path, &bytes);
        let insertions = before.workloads.iter().map(|fact| (&fact.insertion, names(&fact.pull_secrets)));
        let accounts = before.service_accounts.iter().map(|fact| (&fact.insertion, names(&fact.pull_secrets)));
        for (index, (insertion, old)) in insertions.chain(accounts).enumerate() {
            let Some(Insertion { range, before: open, after: close }) = insertion else { continue };
            let edit = Edit { range: *range, text: format!("{open}added-name{close}") };
            let mended = apply(&text, &[edit]);
            let after = read(FileId(0), &path, mended.as_bytes());
            assert_eq!(after.problems.len(), before.problems.len(), "{path}\n{mended}");
            let lists = after.workloads.iter().map(|fact| &fact.pull_secrets);
            let lists = lists.chain(after.service_accounts.iter().map(|fact| &fact.pull_secrets));
            let new = names(lists.clone().nth(index).unwrap());
            assert!(new.iter().any(|name| name == "\"added-name\""), "{path}\n{mended}");
            assert!(old.iter().all(|name| new.contains(name)), "{path}\n{mended}");
            assert_eq!(images(&after), images(&before), "{path}\n{mended}");
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} insertions were offered");
}

fn names(list: &SecretList) -> Vec<String> {
    list.entries().iter().map(|entry| field(&entry.name)).collect()
}

fn images(facts: &FileFacts) -> Vec<String> {
    facts.workloads.iter().flat_map(|fact| &fact.images).map(|image| image.text.clone()).collect()
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort();
    edit::apply(text, &edits).expect("the edits fit and do not overlap")
}

#[test]
fn removed_versions_name_their_replacement() {
    let removed = |kind, version| removed_api(kind, version).map(|removed| (removed.replacement, removed.removed_in));
    assert_eq!(removed("Deployment", "apps/v1beta1"), Some(("apps/v1", "1.16")));
    assert_eq!(removed("DaemonSet", "extensions/v1beta1"), Some(("apps/v1", "1.16")));
    assert_eq!(removed("CronJob", "batch/v2alpha1"), Some(("batch/v1", "1.21")));
    assert_eq!(removed("CronJob", "batch/v1beta1"), Some(("batch/v1", "1.25")));
    assert_eq!(removed("Deployment", "apps/v1"), None);
    assert_eq!(removed("DaemonSet", "apps/v1beta1"), None);
}

#[test]
fn what_is_not_text_is_a_problem_with_a_place() {
    let fatal = |path: &str, bytes: &[u8]| {
        let facts = read(FileId(0), path, bytes);
        let problem = facts.problems.first().map(|problem| (facts.lines.position(problem.range.start), problem.fatal));
        let (position, fatal) = problem.unwrap();
        assert!(facts.workloads.is_empty());
        (position.line, position.column, fatal)
    };
    assert_eq!(fatal("a.yaml", b"kind: Pod\nx: \xff\n"), (2, 4, true));
    assert_eq!(fatal("a.bin", b"kind: Pod\nx: \xff\n"), (2, 4, false));
    assert_eq!(fatal("a.yml", b"kind: \xc3\xa4\0\n"), (1, 8, true));
    assert_eq!(fatal("a.json", b"\xff\xfe{\0\x00\xd8}\0"), (1, 2, true));
    assert_eq!(fatal("a.yaml", &vec![b' '; (64 << 20) + 1]), (1, 1, true));
}

#[test]
fn truncated_manifests_do_not_panic() {
    for (path, bytes) in fixtures() {
        for end in (0..bytes.len()).step_by(7) {
            read(FileId(0), &path, &bytes[..end]);
        }
    }
}

#[test]
fn hostile_lists_end_soon() {
    let pod = "&p {kind: Pod, apiVersion: v1, spec: {containers: [{image: a}";
    let aliases = ", *p".repeat(50_000);
    let text = format!("kind: List\napiVersion: v1\nitems: [{pod}{}]}}}}{aliases}]\n", ", {image: a}".repeat(20_000));
    read(FileId(0), "a.yaml", text.as_bytes());
    let keys = (0..20_000).fold(String::new(), |keys, n| keys + &format!("k{n}: 1, "));
    let text = format!(
        "kind: Pod\napiVersion: v1\nspec: {{x: &c {{{keys}image: a}}, containers: [*c{}]}}\n",
        ", *c".repeat(50_000)
    );
    read(FileId(0), "a.yaml", text.as_bytes());
    let text = "kind: Pod\napiVersion: v1\n---\n[\n---\n".repeat(10_000);
    read(FileId(0), "a.yaml", text.as_bytes());
}

#[cfg(unix)]
#[test]
fn what_kubectl_prints_is_as_recorded() {
    let cases: [(&str, &[&str]); 2] = [
        ("kubectl-deployment.yaml", &["deployment", "web", "--image=contoso.azurecr.io/shop/web:1.4"]),
        (
            "kubectl-cronjob.yaml",
            &["cronjob", "nightly", "--image=contoso.azurecr.io/shop/report:2.0", "--schedule=5 4 * * *"],
        ),
    ];
    for (name, args) in cases {
        let mut command = std::process::Command::new("kubectl");
        command.arg("create").args(args).args(["--dry-run=client", "-o", "yaml"]);
        // Without kubectl the recorded output stands for it.
        let Ok(output) = command.output() else { return };
        if !output.status.success() {
            return;
        }
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(name);
        let recorded = read(FileId(0), name, &std::fs::read(recorded).unwrap());
        let printed = read(FileId(0), name, &output.stdout);
        assert_eq!(images(&printed), images(&recorded));
        assert_eq!(printed.workloads[0].path, recorded.workloads[0].path);
        assert_eq!(printed.problems, []);
    }
}

/// The facts of a file as compact text, without any secret value.
fn dump(facts: &FileFacts, bytes: &[u8]) -> String {
    let decoded = text::decode(bytes).unwrap_or_default();
    let slice = |range: TextRange| range.slice(&decoded).replace('\n', "\\n").replace('\r', "\\r");
    let line = |range: TextRange| facts.lines.position(range.start).line;
    let mut out = String::new();
    writeln!(
        out,
        "documents {} recognised {} touches-pulls {}",
        facts.documents, facts.recognised, facts.touches_pulls
    )
    .unwrap();
    for fact in &facts.workloads {
        let flags = [
            (fact.built_in, "built-in"),
            (fact.is_static, "static"),
            (fact.virtual_node.is_some() && fact.virtual_node_certain, "virtual-node"),
            (fact.virtual_node.is_some() && !fact.virtual_node_certain, "virtual-node?"),
            (fact.insertion.is_some(), "insertable"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        writeln!(out, "workload {} at {} [{}]", object(&fact.object), fact.path, flags.join(" ")).unwrap();
        writeln!(out, "  account {}", field(&fact.service_account)).unwrap();
        writeln!(out, "  secrets {}", list(&fact.pull_secrets)).unwrap();
        for image in &fact.images {
            let policy =
                if image.pull_policy.is_absent() { String::new() } else { format!(" {}", field(&image.pull_policy)) };
            let shown =
                if image.image.text() == Some(&image.text) { String::new() } else { format!(" ({})", image.text) };
            let role = format!("{:?}", image.role).to_lowercase();
            writeln!(out, "  {role} {:?} {}{shown}{policy}", image.container, field(&image.image)).unwrap();
        }
        if !fact.mounted_classes.is_empty() {
            writeln!(out, "  mounts {}", fact.mounted_classes.join(", ")).unwrap();
        }
    }
    for fact in &facts.service_accounts {
        writeln!(out, "service-account {}", object(&fact.object)).unwrap();
        writeln!(out, "  secrets {}; mountable {}", list(&fact.pull_secrets), entries(&fact.secrets)).unwrap();
    }
    for fact in &facts.secrets {
        let hidden = fact.hidden.map(|why| format!(" hidden {why:?}")).unwrap_or_default();
        writeln!(out, "secret {} type {}{hidden}", object(&fact.object), field(&fact.secret_type)).unwrap();
        for value in &fact.values {
            let kept = match &value.value {
                Field::Known(value, _) => {
                    let _: &Sensitive = value;
                    "kept".to_owned()
                }
                Field::Unknown(why, _) => format!("unknown {why:?}"),
                Field::Absent(_) => "name only".to_owned(),
            };
            writeln!(out, "  {} {}{kept}", value.key, if value.encoded { "base64 " } else { "" }).unwrap();
        }
    }
    for fact in &facts.producers {
        let reach = match &fact.reach {
            Reach::Namespace(namespace) => field(namespace),
            Reach::Cluster => "everywhere".to_owned(),
        };
        write!(out, "producer {} makes {} in {reach}", object(&fact.object), field(&fact.name)).unwrap();
        write!(out, " type {}", field(&fact.secret_type)).unwrap();
        if let Some(keys) = &fact.keys {
            write!(out, " keys {}", keys.join(",")).unwrap();
        }
        if let Some(registry) = &fact.registry {
            write!(out, " registry {}", field(registry)).unwrap();
        }
        if let Some(class) = &fact.needs_mount {
            write!(out, " while mounted {class}").unwrap();
        }
        out.push('\n');
    }
    for fact in &facts.patchers {
        let what = if fact.patches_pods { "pods" } else { "accounts" };
        let account = fact.service_account.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let secret = fact.secret.as_deref().unwrap_or("?");
        writeln!(out, "patcher {} {what}{account} secret {secret}", object(&fact.object)).unwrap();
    }
    for fact in &facts.defects {
        writeln!(out, "defect {:?} {} -> {} at {:?}", fact.kind, fact.path, fact.belongs, slice(fact.span.range))
            .unwrap();
        for edit in &fact.edits {
            writeln!(out, "  line {} {:?} => {:?}", line(edit.range), slice(edit.range), edit.text).unwrap();
        }
    }
    if let Some(fact) = &facts.kustomization {
        writeln!(out, "kustomization {:?}{}", fact.directory, if fact.component { " component" } else { "" }).unwrap();
        let paths = |paths: &[(String, TextRange)]| paths.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        writeln!(out, "  resources {:?} components {:?}", paths(&fact.resources), paths(&fact.components)).unwrap();
        let namespace = fact.namespace.as_ref().map(|(name, _)| name);
        writeln!(out, "  namespace {namespace:?} renames {}", fact.renames).unwrap();
        for image in &fact.images {
            writeln!(out, "  image {} -> {:?} {:?} {:?}", image.name, image.new_name, image.new_tag, image.digest)
                .unwrap();
        }
        for made in &fact.generators {
            let (namespace, kind) = (&made.namespace, &made.secret_type);
            writeln!(out, "  generates {} in {namespace:?} type {kind:?} keys {:?}", made.name, made.keys).unwrap();
        }
        for patch in &fact.patches {
            let target = (&patch.target_kind, &patch.target_name);
            writeln!(out, "  patch {:?} touches {} target {target:?}", patch.file, patch.touches_pulls).unwrap();
        }
        for (key, _) in &fact.opaque {
            writeln!(out, "  opaque {key}").unwrap();
        }
    }
    for ignore in &facts.ignores {
        let rules: Vec<String> = ignore.rules.iter().map(|(rule, range)| format!("{rule}={}", slice(*range))).collect();
        writeln!(
            out,
            "ignore {} lines {}-{} {:?}",
            rules.join(","),
            ignore.first_line,
            ignore.last_line,
            ignore.reason
        )
        .unwrap();
    }
    for problem in &facts.problems {
        let position = facts.lines.position(problem.range.start);
        let fatal = if problem.fatal { "error" } else { "note" };
        writeln!(out, "problem {fatal} {}:{} {}", position.line, position.column, problem.message).unwrap();
    }
    for open in &facts.unresolved {
        writeln!(out, "unresolved {} line {}", open.what, line(open.range)).unwrap();
    }
    out
}

fn object(meta: &ObjectMeta) -> String {
    let mut out = format!("{} {} {}/{}", meta.api_version, meta.kind, field(&meta.namespace), field(&meta.name));
    if meta.live {
        out.push_str(" live");
    }
    if let Some(removed) = meta.removed_api {
        write!(out, " removed-in {} use {}", removed.removed_in, removed.replacement).unwrap();
    }
    if let Some(source) = &meta.helm_source {
        write!(out, " from {source}").unwrap();
    }
    for (rule, _) in &meta.ignores {
        write!(out, " ignores {rule}").unwrap();
    }
    out
}

fn field(field: &Field<String>) -> String {
    match field {
        Field::Known(text, _) => format!("{text:?}"),
        Field::Unknown(why, _) => format!("?{why:?}"),
        Field::Absent(_) => "-".to_owned(),
    }
}

fn list(list: &SecretList) -> String {
    match list {
        SecretList::Empty(_) => "none".to_owned(),
        SecretList::Entries(found, _) => entries(found),
        SecretList::Refused(found, _) => format!("refused {}", entries(found)),
        SecretList::Unknown(why, _) => format!("?{why:?}"),
    }
}

fn entries(entries: &[SecretRef]) -> String {
    let names: Vec<String> = entries.iter().map(|entry| field(&entry.name)).collect();
    format!("[{}]", names.join(", "))
}
