//! Every edit of every finding, over all fixtures: nothing changes in a manifest but what it is about.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use canpull_core::config::Config;
use canpull_core::diagnostic::Change;
use canpull_core::fix::Allowed;
use canpull_core::project::Project;
use canpull_core::rules::ALL;
use canpull_core::{Options, analyze, read};
use canpull_syntax::{FileId, edit, text, yaml};
use serde::Deserialize;
use serde_yaml::Value;

/// What edits of manifests are about, as the ends of the paths to it.
const ABOUT: [&str; 13] = [
    "pullsecret",
    "image",
    "apiversion",
    "/selector/matchlabels/",
    "script",
    "run",
    "principal",
    "role",
    "wellknownname",
    "/type",
    "/data/",
    "stringdata",
    "canpull/ignore",
];

/// All manifests of the fixtures and of the rules' pages, each alone.
fn manifests() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| {
        entry.path().extension().is_some_and(|own| ["yaml", "yml", "json"].iter().any(|known| own == *known))
            && entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() < 200_000)
    });
    let mut all: Vec<(String, String)> = files
        .filter_map(|entry| {
            let bytes = std::fs::read(entry.path()).ok()?;
            Some((entry.path().display().to_string(), text::decode(&bytes).ok()?.into_owned()))
        })
        .collect();
    for rule in ALL {
        let fences = rule.page.split("```").skip(1).step_by(2).filter_map(|fence| fence.split_once('\n'));
        all.extend(fences.filter(|(info, _)| *info == "yaml").map(|(_, text)| (rule.id.to_owned(), text.to_owned())));
    }
    all
}

/// Every scalar of every document, by the path to it; `None` where another parser refuses the text.
fn scalars(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (at, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        walk(&format!("{at}"), &Value::deserialize(document).ok()?, &mut found);
    }
    Some(found)
}

fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                walk(&format!("{path}/{}", serde_yaml::to_string(key).unwrap().trim()), value, found);
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(&format!("{path}/{at}"), item, found);
            }
        }
        scalar => drop(found.insert(path.to_owned(), serde_yaml::to_string(scalar).unwrap())),
    }
}

#[test]
fn edits_change_what_they_are_about_and_nothing_else() {
    let mut edited = 0;
    for (name, text) in manifests() {
        let facts = vec![read(FileId(0), "x.yaml", text.as_bytes())];
        let report = analyze(facts, &Config::default(), &Options::default());
        let Some(before) = scalars(&text) else { continue };
        for fix in report.diagnostics.iter().flat_map(|finding| &finding.fixes) {
            let Change::Edits(edits) = &fix.change else { continue };
            let mut own: Vec<_> = edits.iter().map(|(_, edit)| edit.clone()).collect();
            own.sort();
            let mended = edit::apply(&text, &own).expect("edits fit");
            assert_eq!(yaml::parse(&mended).problems.len(), yaml::parse(&text).problems.len(), "{name}: {}", fix.title);
            let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert!(is_json(&mended) || !is_json(&text), "{name}: {} leaves no JSON:\n{mended}", fix.title);
            let after = scalars(&mended).unwrap_or_else(|| panic!("{name}: {} breaks it:\n{mended}", fix.title));
            for path in before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)) {
                let about = path.to_lowercase();
                assert!(ABOUT.iter().any(|part| about.contains(part)), "{name}: {} changes {path}", fix.title);
            }
            edited += 1;
        }
    }
    assert!(edited > 30, "only {edited} edits in all fixtures");
}

/// A file before and after.
type Case = (&'static str, &'static str, &'static str);

const POD: &str = "\
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets: [{name: acr}]
  containers: [{name: web, image: contoso.azurecr.io/web:1}]
";

/// The files as `--fix` leaves them.
fn fixed(files: &[(&str, &str)], allowed: &Allowed) -> BTreeMap<String, String> {
    let bytes = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let project = Project::new(bytes, None, false).unwrap();
    let outcome = project.mend(&Options::default(), allowed).unwrap();
    assert_eq!(outcome.skipped, [""; 0]);
    let mut all: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for (name, mended) in outcome.files {
        all.insert(name, String::from_utf8(mended.after.to_vec()).unwrap());
    }
    all
}

/// Fixes each file beside the others, also with the line ends of Windows where it is no script, and once more.
fn check(cases: &[Case], beside: &[(&str, &str)], allowed: &Allowed) {
    for (name, before, after) in cases {
        let with = |text: &str| fixed(&[&[(*name, text)], beside].concat(), allowed).remove(*name).unwrap();
        assert_eq!(with(before), *after, "{before}");
        assert_eq!(with(after), *after, "once more");
        if !name.contains(".sh") {
            let windows = |text: &str| text.replace('\n', "\r\n");
            assert_eq!(with(&windows(before)), windows(after), "{before}");
        }
    }
}

#[test]
fn a_secret_gets_the_type_that_its_key_is_for() {
    let data = "stringData:\n  .dockerconfigjson: '{\"auths\": {\"contoso.azurecr.io\": {\"username\": \"u\", \"password\": \"\"}}}'\n";
    let head = "apiVersion: v1\nkind: Secret\n";
    let of = |before: &str, after: &str| {
        let text = |own: &str| format!("{head}{own}{data}").leak() as &str;
        ("secret.yaml", text(before), text(after))
    };
    let right = "kubernetes.io/dockerconfigjson";
    let cases = [
        of(
            "metadata: {name: acr}\ntype: Opaque # why\n",
            "metadata: {name: acr}\ntype: kubernetes.io/dockerconfigjson # why\n",
        ),
        of(
            "type: \"Opaque\"\nmetadata: {name: acr}\n",
            "type: \"kubernetes.io/dockerconfigjson\"\nmetadata: {name: acr}\n",
        ),
        of("type:\nmetadata: {name: acr}\n", "type: kubernetes.io/dockerconfigjson\nmetadata: {name: acr}\n"),
        of("metadata:\n  name: acr\n", "metadata:\n  name: acr\ntype: kubernetes.io/dockerconfigjson\n"),
        // Both keys, and a payload that would not decode, leave open what is meant.
        of("metadata: {name: acr}\ndata: {.dockercfg: e30=}\n", "metadata: {name: acr}\ndata: {.dockercfg: e30=}\n"),
    ];
    check(&cases, &[("pod.yaml", POD)], &Allowed::Safe);
    let flow = |kind: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", {kind}\"metadata\": {{\"name\": \"acr\"}}, \"data\": {{\".dockercfg\": \"e30=\"}}}}\n"
        )
    };
    let mended = fixed(&[("secret.json", &flow("\"type\": \"Opaque\", ")), ("pod.yaml", POD)], &Allowed::Safe);
    assert_eq!(mended["secret.json"], flow("\"type\": \"kubernetes.io/dockercfg\", "));
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Secret\",\n  \"metadata\": {\"name\": \"acr\"},\n  \"data\": {\".dockercfg\": \"e30=\"}\n}\n";
    let mended = fixed(&[("secret.json", pretty), ("pod.yaml", POD)], &Allowed::Safe);
    assert_eq!(mended["secret.json"], pretty.replacen("{\n", "{\n  \"type\": \"kubernetes.io/dockercfg\",\n", 1));
    let others: Vec<Case> = vec![
        (
            "kustomization.yaml",
            "resources: [pod.yaml]\nsecretGenerator:\n  - name: acr\n    files:\n      - .dockerconfigjson\n",
            "resources: [pod.yaml]\nsecretGenerator:\n  - name: acr\n    type: kubernetes.io/dockerconfigjson\n    files:\n      - .dockerconfigjson\n",
        ),
        (
            "external.yaml",
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: acr}\nspec:\n  target:\n    template:\n      type: Opaque\n      data:\n        .dockerconfigjson: '{{ .config }}'\n",
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: acr}\nspec:\n  target:\n    template:\n      type: kubernetes.io/dockerconfigjson\n      data:\n        .dockerconfigjson: '{{ .config }}'\n",
        ),
        (
            "setup.sh",
            "kubectl create secret generic acr \\\n  --from-file=.dockerconfigjson=config.json\n",
            "kubectl create secret generic acr \\\n  --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=config.json\n",
        ),
        (
            "setup.sh",
            "kubectl create secret generic acr --from-file=.dockerconfigjson=config.json --type 'Opaque'\n",
            "kubectl create secret generic acr --from-file=.dockerconfigjson=config.json --type 'kubernetes.io/dockerconfigjson'\n",
        ),
        // The file's own name is the key.
        (
            "setup.sh",
            "kubectl create secret generic acr --from-file=config.json\n",
            "kubectl create secret generic acr --from-file=config.json\n",
        ),
    ];
    check(&others, &[("pod.yaml", POD)], &Allowed::Safe);
    let sealed = of("metadata: {name: acr}\ntype: Opaque\nsops: {mac: x}\n", "");
    assert!(!fixed(&[("secret.yaml", sealed.1), ("pod.yaml", POD)], &Allowed::Unsafe)["secret.yaml"].contains(right));
}

#[test]
fn a_payload_is_put_where_it_is_read() {
    let config = "'{\"auths\": {\"contoso.azurecr.io\": {\"username\": \"u\", \"password\": \"\"}}}'";
    let of = |before: &str, after: &str| {
        let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: acr}\ntype: kubernetes.io/dockerconfigjson\n";
        let text = |own: &str| format!("{head}{}\n", own.replace("CONFIG", config)).leak() as &str;
        ("secret.yaml", text(before), text(after))
    };
    let cases = [
        of("data:\n  .dockerconfigjson: CONFIG", "stringData:\n  .dockerconfigjson: CONFIG"),
        of("stringData:\n  config.json: CONFIG # mine", "stringData:\n  .dockerconfigjson: CONFIG # mine"),
        of("stringData: {\"dockerconfigjson\": CONFIG}", "stringData: {\".dockerconfigjson\": CONFIG}"),
        of(
            "stringData:\n  config.json: CONFIG\n  .dockercfg: CONFIG",
            "stringData:\n  config.json: CONFIG\n  .dockercfg: CONFIG",
        ),
        of("data:\n  .dockerconfigjson: CONFIG\n  other: e30=", "data:\n  .dockerconfigjson: CONFIG\n  other: e30="),
    ];
    check(&cases, &[("pod.yaml", POD)], &Allowed::Safe);
}

#[test]
fn a_pull_secret_of_a_service_account_is_named_for_pulling() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: acr}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{\"auths\": {\"contoso.azurecr.io\": {\"username\": \"u\", \"password\": \"\"}}}'\n";
    let of = |before: &str, after: &str| {
        let text = |own: &str| {
            format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: runner}}\n{own}").leak() as &str
        };
        ("account.yaml", text(before), text(after))
    };
    let before = |text: &str, own: &str| {
        // The new entry goes in front.
        text.replacen("apiVersion", &format!("{own}apiVersion"), 1)
    };
    let (name, text, _) = of("secrets:\n  - name: acr\n", "");
    let expected = before(text, "imagePullSecrets:\n  - name: acr\n");
    check(&[(name, text, expected.leak())], &[("secret.yaml", secret)], &Allowed::Safe);
    let listed = of(
        "imagePullSecrets:\n- name: other # why\nsecrets:\n- name: acr\n",
        "imagePullSecrets:\n- name: other # why\n- name: acr\nsecrets:\n- name: acr\n",
    );
    check(&[listed], &[("secret.yaml", secret)], &Allowed::Safe);
}

#[test]
fn a_misshapen_list_keeps_every_name() {
    let same = |own: &'static str| (own, own);
    let table = [
        (" a\n", "\n  - name: a\n"),
        (" [a, b]\n", " [{name: a}, {name: b}]\n"),
        ("\n  - a\n  - name: b\n", "\n  - name: a\n  - name: b\n"),
        ("\n    name: a\n", "\n  - name: a\n"),
        ("\n  - name: map[name:a]\n", "\n  - name: a\n"),
        ("\n  - name: \"map[name:a]\"\n", "\n  - name: \"a\"\n"),
        ("\n  - name: 'map[name:a]'\n", "\n  - name: 'a'\n"),
        ("\n  - name: a\n    namespace: shop\n    kind: Secret\n", "\n  - name: a\n"),
        ("\n  - name: a\n  - name: ''\n  - {}\n", "\n  - name: a\n"),
        same(" a,b\n"),
        same("\n    name: a\n    namespace: shop\n"),
        same("\n    first: {name: a}\n"),
        same("\n  - secretName: a\n"),
        same("\n  - namespace: a\n"),
        same("\n  - a:\n"),
        same("\n  - names: [a]\n"),
        same("\n  - name: b\n    secretRef: {name: a}\n"),
        same("\n  - name: ''\n    Name: a\n"),
        same(" [{name: b}, {Name: a}]\n"),
        same("\n  - [a]\n"),
    ];
    let text = |own: &str| {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  imagePullSecrets:";
        let rest = "  containers: [{name: web, image: contoso.azurecr.io/web:1}]\n";
        format!("{pod}{own}{rest}").leak() as &str
    };
    check(&table.map(|(before, after)| ("pod.yaml", text(before), text(after))), &[], &Allowed::Safe);
}

#[test]
fn json_stays_json() {
    let pod = |secrets: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"web\"}}, \"spec\": {{\
             \"imagePullSecrets\": {secrets}, \"containers\": [{{\"name\": \"web\", \"image\": \"contoso.azurecr.io/web:1\"}}]}}}}\n"
        )
        .leak() as &str
    };
    let right = pod("[{\"name\": \"a\"}]");
    let wrong = ["[{\"name\": \"map[name:a]\"}]", "[\"a\"]", "\"a\"", "{\"name\": \"a\"}"];
    check(&wrong.map(|secrets| ("pod.json", pod(secrets), right)), &[], &Allowed::Safe);
}

#[test]
fn a_role_that_lets_nobody_pull_gives_way_to_one_that_does() {
    let script = |mode: &str, role: &str| {
        format!(
            "az acr create --resource-group shop --name contoso --sku Standard --role-assignment-mode {mode}\n\
             az aks create --resource-group shop --name prod --enable-managed-identity\n\
             KUBELET_ID=$(az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.objectId --output tsv)\n\
             ACR_ID=$(az acr show --name contoso --query id --output tsv)\n\
             az role assignment create --assignee-object-id $KUBELET_ID --assignee-principal-type ServicePrincipal --role {role} --scope $ACR_ID\n"
        )
        .leak() as &str
    };
    let case = |mode: &str, before: &str, after: &str| ("setup.sh", script(mode, before), script(mode, after));
    let reader = "'Container Registry Repository Reader'";
    let cases = [
        // A name with blanks in it would need quotes.
        case("rbac-abac", "acrpull", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
        case("rbac-abac", "'AcrPull'", reader),
        case("rbac", reader, "'AcrPull'"),
        case(
            "rbac-abac",
            "\"Container Registry Repository Catalog Lister\"",
            "\"Container Registry Repository Reader\"",
        ),
        case("rbac-abac", "$ROLE", "$ROLE"),
    ];
    check(&cases, &[], &Allowed::Unsafe);
    let (_, written, _) = cases[0];
    assert_eq!(fixed(&[("setup.sh", written)], &Allowed::Safe)["setup.sh"], written);
}

#[test]
fn a_service_principal_that_is_made_gets_a_name() {
    let script =
        |name: &str| format!("az ad sp create-for-rbac --name {name} --role acrpull --scopes $ACR_ID\n").leak() as &str;
    let case = |before: &str, after: &str| ("setup.sh", script(before), script(after));
    let cases = [case("http://pull", "pull"), case("\"https://$NAME\"", "\"$NAME\"")];
    check(&cases, &[], &Allowed::Unsafe);
    let looked_up = "az ad sp show --id http://pull --query appId --output tsv\n";
    check(&[("setup.sh", looked_up, looked_up)], &[], &Allowed::Unsafe);
}

#[test]
fn a_removed_version_gives_way_with_the_selector_that_the_next_one_wants() {
    let of = |before: &'static str, after: &'static str| ("web.yaml", before, after);
    let cases = [
        of(
            "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    metadata:\n      labels:\n        app: web # why\n        tier: 'front'\n    spec: {containers: [{name: web, image: nginx}]}\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web\n      tier: 'front'\n  template:\n    metadata:\n      labels:\n        app: web # why\n        tier: 'front'\n    spec: {containers: [{name: web, image: nginx}]}\n",
        ),
        of(
            "{\"apiVersion\": \"apps/v1beta2\", \"kind\": \"DaemonSet\", \"metadata\": {\"name\": \"web\"}, \"spec\": {\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}}, \"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"nginx\"}]}}}}\n",
            "{\"apiVersion\": \"apps/v1\", \"kind\": \"DaemonSet\", \"metadata\": {\"name\": \"web\"}, \"spec\": {\"selector\": {\"matchLabels\": {\"app\": \"web\"}}, \"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}}, \"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"nginx\"}]}}}}\n",
        ),
        // Whose version the list implies has none of its own to write.
        of(
            "apiVersion: apps/v1beta1\nkind: DeploymentList\nitems:\n- metadata: {name: web}\n  spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}\n",
            "apiVersion: apps/v1beta1\nkind: DeploymentList\nitems:\n- metadata: {name: web}\n  spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}\n",
        ),
        // What is selected already stays.
        of(
            "apiVersion: apps/v1beta1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web, new: a}}\n    spec: {containers: [{name: web, image: nginx}]}\n",
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web, new: a}}\n    spec: {containers: [{name: web, image: nginx}]}\n",
        ),
        of(
            "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: web}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec: {containers: [{name: web, image: nginx}]}\n",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec: {containers: [{name: web, image: nginx}]}\n",
        ),
    ];
    check(&cases, &[], &Allowed::Unsafe);
}

#[test]
fn what_silences_nothing_is_taken_away() {
    let pod = |metadata: &str, image: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata:\n{metadata}spec:\n  containers:\n  - name: web\n{image}").leak()
            as &str
    };
    let named = "  name: web\n";
    let plain = pod(named, "    image: nginx\n");
    let cases: Vec<Case> = vec![
        ("a.yaml", pod(named, "    image: nginx # canpull: ignore[pull-denied] why\n"), plain),
        ("a.yaml", pod(named, "    # canpull: ignore[pull-denied] why\n    image: nginx\n"), plain),
        (
            "a.yaml",
            pod(named, "    image: nginx # canpull: ignore[pull-denied, pull-unproven, role-denied] why\n"),
            plain,
        ),
        (
            "a.yaml",
            pod(named, "    image: contoso.azurecr.io/a:1 # canpull: ignore[pull-denied, pull-unproven] why\n"),
            pod(named, "    image: contoso.azurecr.io/a:1 # canpull: ignore[pull-unproven] why\n"),
        ),
        (
            "a.yaml",
            pod(named, "    image: contoso.azurecr.io/a:1 # canpull: ignore[pull-unproven,pull-denied] why\n"),
            pod(named, "    image: contoso.azurecr.io/a:1 # canpull: ignore[pull-unproven] why\n"),
        ),
        ("a.yaml", pod("  name: web\n  annotations:\n    canpull/ignore: pull-denied\n", "    image: nginx\n"), plain),
        (
            "a.yaml",
            pod("  name: web\n  annotations: {canpull/ignore: \"pull-denied\", a: b}\n", "    image: nginx\n"),
            pod("  name: web\n  annotations: {a: b}\n", "    image: nginx\n"),
        ),
        (
            "a.yaml",
            pod("  name: web\n  annotations:\n    a: b\n    canpull/ignore: pull-denied\n", "    image: nginx\n"),
            pod("  name: web\n  annotations:\n    a: b\n", "    image: nginx\n"),
        ),
        (
            "a.sh",
            "# canpull: ignore[role-denied]\naz acr create --name contoso --resource-group shop --sku Basic\n",
            "az acr create --name contoso --resource-group shop --sku Basic\n",
        ),
        // It may be a part of a string.
        (
            "a.sh",
            "az acr create --name contoso --resource-group shop --sku Basic --tags 'a=# canpull: ignore[role-denied]'\n",
            "az acr create --name contoso --resource-group shop --sku Basic --tags 'a=# canpull: ignore[role-denied]'\n",
        ),
    ];
    check(&cases, &[], &Allowed::Safe);
    let first = "  - { rule: pull-denied, object: Pod/a }\n";
    let used = "  - rule: pull-unproven\n    path: p.yaml\n";
    let config: Vec<Case> = [
        (format!("# why\nignore:\n{first}exclude: [x]\n"), "# why\nexclude: [x]\n".to_owned()),
        (format!("ignore:\n{first}"), "ignore: []\n".to_owned()),
        (format!("ignore:\n{first}{first}{first}exclude: [x]\n"), "exclude: [x]\n".to_owned()),
        (format!("ignore:\n{first}{used}{first}exclude: [x]\n"), format!("ignore:\n{used}exclude: [x]\n")),
        (
            "ignore: [{rule: pull-denied, path: a}, {rule: pull-unproven, path: p.yaml}, {rule: role-denied, path: a}]\n".to_owned(),
            "ignore: [{rule: pull-unproven, path: p.yaml}]\n".to_owned(),
        ),
    ]
    .map(|(before, after)| ("canpull.yaml", before.leak() as &str, after.leak() as &str))
    .into();
    check(&config, &[("p.yaml", pod(named, "    image: contoso.azurecr.io/a:1\n"))], &Allowed::Safe);
    let misspelt = pod(named, "    image: contoso.azurecr.io/a:1 # canpull: ignore[pull-unprovn] why\n");
    check(&[("a.yaml", misspelt, misspelt)], &[], &Allowed::Safe);
    let right = misspelt.replace("unprovn", "unproven").leak();
    check(&[("a.yaml", misspelt, right)], &[], &Allowed::Unsafe);
}

#[test]
fn a_configuration_is_mended_and_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let config = "exclude: [x]\nignore:\n  - { rule: pull-denied, path: a }\n  - { rule: role-denied, path: b }\n";
    std::fs::create_dir_all(path(".git")).unwrap();
    std::fs::create_dir_all(path("shared")).unwrap();
    for (name, text) in [("canpull.yaml", config), ("shared/canpull.yaml", config), ("pod.yaml", POD)] {
        std::fs::write(path(name), text).unwrap();
    }
    let run = |args: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder.path()).args(args).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let only = ["--only", "canpull.yaml", "--output-format", "concise"];
    // What another project may share is left alone.
    assert!(!run(&["--fix", "--config", "shared/canpull.yaml", "--only", "shared/canpull.yaml"]).contains("applied"));
    assert_eq!(std::fs::read_to_string(path("shared/canpull.yaml")).unwrap(), config);
    assert!(run(&[&["--fix"], &only[..]].concat()).contains("applied 1 fix in 1 file"));
    assert_eq!(std::fs::read_to_string(path("canpull.yaml")).unwrap(), "exclude: [x]\n");
    assert!(!run(&only).contains("unused-suppression"));
}

#[cfg(unix)]
#[test]
fn a_mended_file_keeps_its_mode_and_its_links_and_is_left_alone_where_it_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let broken = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecret: [{name: s}]\n  containers: [{name: c, image: nginx}]\n";
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path(".git")).unwrap();
    for (name, mode) in [("a.yaml", 0o640), ("read-only.yaml", 0o444)] {
        std::fs::write(path(name), broken).unwrap();
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    std::os::unix::fs::symlink("a.yaml", path("link.yaml")).unwrap();
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder.path()).args(args).output().unwrap()
    };
    run(&["--fix", "link.yaml"]);
    assert!(std::fs::symlink_metadata(path("link.yaml")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(path("a.yaml")).unwrap().contains("  imagePullSecrets: [{name: s}]\n"));
    assert_eq!(std::fs::metadata(path("a.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    let refused = run(&["--fix", "read-only.yaml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("read-only.yaml: not fixed: the file is read-only"));
    assert_eq!(std::fs::read_to_string(path("read-only.yaml")).unwrap(), broken);
}
