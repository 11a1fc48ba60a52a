//! Sources and the facts read from them: each file of `fixtures/formats` has its facts beside it.
//! `UPDATE=1` rewrites them; every offered edit is applied and read again.

mod print;

use std::path::{Path, PathBuf};

use canpull_core::fact::azure::PrincipalRef;
use canpull_core::fact::{DefectKind, Field, FieldDefect, FileFacts, Insertion, ObjectMeta, SecretList};
use canpull_core::source::removed_api;
use canpull_core::{deployment, read};
use canpull_syntax::edit::{self, Edit};
use canpull_syntax::{FileId, text};
use print::field;

/// A folder each format, with fixtures and their facts.
const FORMATS: &str = "fixtures/formats";

/// A fixture: where it is kept, the path that it is read under, and its bytes.
struct Fixture {
    place: PathBuf,
    path: String,
    bytes: Vec<u8>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FORMATS)
}

/// The fixtures of all formats, but for their facts, with paths relative to the format's folder.
fn fixtures() -> Vec<Fixture> {
    let root = root();
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let fixtures = files.filter(|path| path.extension().is_none_or(|extension| extension != "facts")).map(|place| {
        let name = place.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let (_, path) = name.split_once('/').expect("fixtures lie in their format's folder");
        Fixture { path: path.to_owned(), bytes: std::fs::read(&place).unwrap(), place }
    });
    fixtures.collect()
}

#[test]
fn facts_are_as_recorded() {
    let mut stale = Vec::new();
    for Fixture { place, path, bytes } in fixtures() {
        let mut facts = [read(FileId(0), &path, &bytes)];
        deployment::resolve(&mut facts);
        let facts = print::facts(&facts[0], &bytes);
        let golden = PathBuf::from(format!("{}.facts", place.display()));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &facts).unwrap();
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        if recorded != facts {
            stale.push(format!("{}\n--- recorded\n{recorded}--- read\n{facts}", place.display()));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn secret_values_are_masked_and_never_printed() {
    for Fixture { path, bytes, .. } in fixtures() {
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
fn what_azure_shows_is_where_the_facts_point() {
    let mut seen = 0;
    // Scripts state much of it in other words than Azure does.
    let shown = fixtures().into_iter().filter(|fixture| !fixture.place.starts_with(root().join("shell")));
    for Fixture { path, bytes, .. } in shown {
        let azure = read(FileId(0), &path, &bytes).azure;
        let Ok(text) = text::decode(&bytes) else { continue };
        let mut fields: Vec<&Field<String>> = azure.registries.iter().map(|fact| &fact.login_server).collect();
        fields.extend(azure.clusters.iter().flat_map(|fact| [&fact.kubelet.object_id, &fact.node_group]));
        fields.extend(azure.identities.iter().flat_map(|fact| [&fact.principal_id, &fact.client_id]));
        fields.extend(azure.service_principals.iter().flat_map(|fact| [&fact.object_id, &fact.app_id]));
        fields.extend(azure.tokens.iter().flat_map(|fact| [&fact.name, &fact.scope_map]));
        fields.extend(azure.assignments.iter().flat_map(|fact| [&fact.role.written, &fact.principal_type]));
        for field in fields {
            let slice = field.span().range.slice(&text);
            match field {
                Field::Known(value, _) => {
                    assert!(slice.contains(value.as_str()), "{path}: {value:?} is not in {slice:?}");
                    seen += 1;
                }
                Field::Unknown(..) => assert!(!slice.is_empty(), "{path}"),
                Field::Absent(_) => assert!(slice.is_empty() || slice == "null", "{path}: {slice:?}"),
            }
        }
        for fact in &azure.assignments {
            if let PrincipalRef::Written(id, span) = &fact.principal {
                assert!(span.range.slice(&text).contains(id.as_str()), "{path}");
            }
        }
    }
    assert!(seen > 50, "only {seen} were seen");
}

#[test]
fn every_offered_edit_rights_its_defect_and_nothing_else() {
    let mut tried = 0;
    for Fixture { path, bytes, .. } in fixtures() {
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
    for Fixture { path, bytes, .. } in fixtures() {
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
    for Fixture { path, bytes, .. } in fixtures() {
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
    let secrets = (0..100_000).fold(String::new(), |text, n| text + &format!("\"k{n}\": {{\"secret\": \"s\"}},"));
    read(FileId(0), "a.json", format!("{{{secrets} \"principalId\": 1}}").as_bytes());
    let text = "kind: Pod\napiVersion: v1\n---\n[\n---\n".repeat(10_000);
    read(FileId(0), "a.yaml", text.as_bytes());
}

#[test]
fn every_edit_of_a_command_rights_its_slip_alone() {
    let mut tried = 0;
    for Fixture { path, bytes, .. } in fixtures() {
        let Ok(text) = text::decode(&bytes) else { continue };
        let before = read(FileId(0), &path, &bytes).script.slips;
        for slip in before.iter().filter(|slip| !slip.edits.is_empty()) {
            let mended = apply(&text, &slip.edits);
            let after = read(FileId(0), &path, mended.as_bytes()).script.slips;
            assert_eq!(after.len(), before.len() - 1, "{path}: {:?}\n{mended}", slip.kind);
            tried += 1;
        }
    }
    assert!(tried > 3, "only {tried} edits were offered");
}

#[test]
fn hostile_scripts_end_soon() {
    let scripts = [
        ("a.sh", "A=$(az acr show -n ".repeat(5_000)),
        ("a.sh", format!("A=ab\n{}az acr create -n $A\n", "A=$A$A\n".repeat(200))),
        ("a.sh", format!("A=(a b)\n{}", "A+=(\"${A[@]}\" \"${A[@]}\")\n".repeat(200))),
        ("a.sh", "if x; then A=$A; else A=b$A; fi; az acr create -n $A$A$A\n".repeat(2_000)),
        ("a.sh", "bash <<EOF\n".repeat(2_000)),
        ("a.sh", "az acr create -n b\n".repeat(200_000)),
        ("a.ps1", "$a = (az acr show -n ".repeat(5_000)),
        ("a.md", "```sh\naz aks show -n a\n```\n".repeat(50_000)),
        ("a.txt", "az role assignment create \\\n".repeat(20_000)),
        ("Makefile", "\taz acr create -n $$a$$b\n".repeat(20_000)),
        ("action.yml", format!("runs:\n  steps:\n{}", "  - run: az acr create -n b\n".repeat(20_000))),
    ];
    for (path, text) in scripts {
        let facts = read(FileId(0), path, text.as_bytes());
        assert!(facts.azure.registries.len() <= 10_000, "{path}");
    }
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
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(FORMATS).join("kubernetes").join(name);
        let recorded = read(FileId(0), name, &std::fs::read(recorded).unwrap());
        let printed = read(FileId(0), name, &output.stdout);
        assert_eq!(images(&printed), images(&recorded));
        assert_eq!(printed.workloads[0].path, recorded.workloads[0].path);
        assert_eq!(printed.problems, []);
    }
}
