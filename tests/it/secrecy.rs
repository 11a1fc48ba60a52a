//! No output shows a credential, wherever an author put it and whatever is broken around it.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What must never be seen, plain or encoded.
const CANARY: &str = "Kanarienvogel-7Q-Zeisig";

const RUNS: [&[&str]; 16] = [
    &["--output-format", "full", "--color", "always", "-v"],
    &["--output-format", "full", "--color", "never", "--statistics"],
    &["--output-format", "concise", "-v", "--statistics"],
    &["--output-format", "json"],
    &["--output-format", "sarif"],
    &["--output-format", "github"],
    &["--output-format", "azure"],
    &["--output-format", "gitlab"],
    &["--output-format", "junit"],
    &["--output-format", "markdown"],
    &["--write-baseline", "--baseline", "/dev/stdout"],
    &["explain", "*"],
    &["--diff"],
    &["--diff", "--unsafe-fixes"],
    &["--show-files"],
    &["init"],
];

fn encode(text: &str) -> String {
    STANDARD.encode(text)
}

/// The canary, and what base64 makes of it at each of the three offsets that it may have in a text.
fn shapes() -> Vec<String> {
    let encoded = ["", "x", "xx"].map(|before| {
        let text = encode(&format!("{before}{CANARY}"));
        text[4..text.len() - 4].to_owned()
    });
    [vec![CANARY.to_owned(), "Kanarienvogel".to_owned()], encoded.to_vec()].concat()
}

fn payload() -> String {
    let auth = encode(&format!("user:{CANARY}"));
    format!(
        "{{\"auths\": {{\"other.azurecr.io\": {{\"username\": \"u\", \"password\": \"{CANARY}\", \"auth\": \"{auth}\"}}}}}}"
    )
}

/// A pod that pulls with the secret `s`, its findings near to whatever stands before and behind `here`.
fn pod(before: &str, behind: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n{before}spec:\n  imagePullSecret: [{{name: t}}]\n  imagePullSecrets: [{{name: s}}]\n  \
         containers:\n  - name: c\n    image: contoso.azurecr.io/a:1\n{behind}"
    )
}

fn secret(body: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{body}---\n{}", pod("", ""))
}

/// Files with the canary, one place each.
fn places() -> Vec<(&'static str, String)> {
    let (payload, kind) = (payload(), "type: kubernetes.io/dockerconfigjson\n");
    let encoded = encode(&payload);
    let image = |image: &str| pod("", "").replace("contoso.azurecr.io/a:1", image);
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  imagePullSecrets: [{name: s}]\n  template:\n    spec:\n      containers:\n      - name: c\n        image: contoso.azurecr.io/a:1\n";
    vec![
        ("data", secret(&format!("{kind}data:\n  .dockerconfigjson: {encoded}\n"))),
        ("data-twice", secret(&format!("{kind}data:\n  .dockerconfigjson: {}\n", encode(&encoded)))),
        ("data-plain", secret(&format!("{kind}data:\n  .dockerconfigjson: '{payload}'\n"))),
        ("data-block", secret(&format!("{kind}data:\n  .dockerconfigjson: |\n    {}\n    {}\n", &encoded[..40], &encoded[40..]))),
        ("data-list", secret(&format!("{kind}data: [{{.dockerconfigjson: {CANARY}}}]\n"))),
        ("string-data", secret(&format!("{kind}stringData:\n  .dockerconfigjson: '{payload}'\n"))),
        ("opaque", secret(&format!("type: Opaque\nstringData:\n  .dockerconfigjson: '{payload}'\n  other: {CANARY}\n"))),
        ("cut-json", secret(&format!("{kind}stringData:\n  .dockerconfigjson: '{}'\n", &payload[..payload.len() - 3]))),
        ("auth-plain", secret(&format!("{kind}stringData:\n  .dockerconfigjson: '{{\"auths\": {{\"contoso.azurecr.io\": {{\"auth\": \"u:{CANARY}\"}}}}}}'\n"))),
        ("host", secret(&format!("{kind}stringData:\n  .dockerconfigjson: '{{\"auths\": {{\"https://u:{CANARY}@contoso.azurecr.io/b\": {{\"auth\": \"dTpw\"}}}}}}'\n"))),
        ("comments", secret(&format!("{kind}# was {CANARY}\ndata: # {CANARY}\n  .dockerconfigjson: e30= # {CANARY}\n# {CANARY}\n"))),
        ("comment-auth", pod("", &format!("    # auth: {CANARY}\n"))),
        ("comment-token", pod("", "").replace("a:1\n", &format!("a:1 # token {CANARY}\n"))),
        ("comment-object", format!("{deployment}        # password: {CANARY}\n")),
        ("unknown-key", secret(&format!("{kind}stringDta:\n  .dockerconfigjson: {CANARY}\nx: [{{y: {CANARY}}}]\n"))),
        ("annotation", secret(&format!("{kind}data: {{}}\n").replace("name: s", "name: s")).replace("metadata: {name: s}\n", &format!("metadata:\n  name: s\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {{\"data\": {{\"x\": \"{}\"}}}}\n    note: {CANARY}\n", encode(CANARY)))),
        ("annotation-pod", pod(&format!("  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {{\"env\": [{{\"name\": \"X\", \"value\": \"{CANARY}\"}}]}}\n"), "")),
        ("list", format!("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: s}}\n  {kind}  stringData:\n    .dockerconfigjson: '{payload}'\n- apiVersion: v1\n  kind: Pod\n  metadata: {{name: p}}\n  spec: {{imagePullSecrets: [{{name: s}}], containers: [{{name: c, image: contoso.azurecr.io/a:1}}]}}\n")),
        ("list-json", format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {{\"name\": \"s\"}}, \"data\": {{\"a\": \"{encoded}\"}}}}, {{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"p\"}}, \"spec\": {{\"imagePullSecrets\": [{{\"name\": \"s\"}}], \"containers\": [{{\"name\": \"c\", \"image\": \"contoso.azurecr.io/A:1\"}}]}}}}]}}")),
        ("sealed", format!("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: s}}\nspec:\n  encryptedData: {{}}\n  template:\n    type: Opaque\n    data:\n      .dockerconfigjson: '{payload}'\n      x: {CANARY}\n---\n{}", pod("", ""))),
        ("external", format!("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: s}}\nspec:\n  target:\n    name: s\n    template:\n      type: Opaque\n      data:\n        x: {CANARY}\n---\n{}", pod("", ""))),
        ("config-map", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: s}}\ndata:\n  config.json: '{payload}'\n  other: |\n    {encoded}\n---\n{}", pod("", ""))),
        ("env", pod("", &format!("    env: [{{name: X, value: {CANARY}}}]\n"))),
        ("env-block", pod("", &format!("    env:\n    - name: X\n      value: {CANARY}\n")).replace("  - name: c\n    image: contoso.azurecr.io/a:1\n    env:\n    - name: X\n", "  - env:\n    - name: X\n").replace(&format!("      value: {CANARY}\n"), &format!("      value: {CANARY}\n    image: contoso.azurecr.io/a:1\n"))),
        ("args", pod("", &format!("    args: [--password, {CANARY}, '--token={CANARY}', 'docker login -u x -p {CANARY}']\n"))),
        ("flow", format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{imagePullSecret: [{{name: t}}], containers: [{{name: c, image: contoso.azurecr.io/a:1, env: [{{name: X, value: {CANARY}}}]}}]}}}}\n")),
        ("image-login", image(&format!("u:{CANARY}@contoso.azurecr.io/a:1"))),
        ("image-url", image(&format!("https://u:{CANARY}@contoso.azurecr.io/a:1"))),
        ("broken-secret", format!("apiVersion: v1\nkind: Secret\nstringData:\n  a: {CANARY}\n  b: [\n  c: {CANARY}\n")),
        ("broken-early", format!("a: [\napiVersion: v1\nkind: Secret\ndata: {{x: {CANARY}}}\n")),
        ("broken-pod", pod("", &format!("    env: [{{name: X, value: {CANARY}}}\n"))),
        ("broken-map", format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  x: {CANARY}\n  y: [\n")),
        ("broken-separator", format!("apiVersion: v1\nkind: Secret\nstringData: {{x: {CANARY}}}\n--- x\napiVersion: v1\nkind: Secret\nstringData: {{x: {CANARY}}}\n")),
        ("template", format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {{{{ .Values.name }}}}}}\nstringData:\n  {{{{- if .x }}}}\n  .dockerconfigjson: {CANARY}\n---\n{}", pod("", ""))),
        ("aliases", format!("apiVersion: v1\nkind: Pod\nx-password: &p {CANARY}\nmetadata: {{name: p}}\nspec:\n  imagePullSecret: []\n  containers: [{{name: c, image: contoso.azurecr.io/a:1, env: [{{name: X, value: *p}}]}}]\n")),
        ("twice", secret(&format!("{kind}data: {{x: {CANARY}}}\ndata:\n  x: {CANARY}\n  x: {CANARY}\n"))),
        ("misplaced-fix", format!("{deployment}        env:\n        - {{name: X, value: {CANARY}}}\n").replace("imagePullSecrets", "x: y\n  imagePullSecrets")),
        ("fix-beside", deployment.replace("metadata: {name: d}", &format!("metadata: {{name: d, annotations: {{password: {CANARY}}}}}"))),
    ]
}

fn check(folder: &Path, place: &str) {
    for args in RUNS {
        let _ = std::fs::remove_file(folder.join("canpull.yaml"));
        let output = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder).args(args).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        let nothing_matched = args[0] == "explain" && out.contains("no pull matches");
        assert!(nothing_matched || output.status.code().is_some_and(|code| code < 2), "{place} {args:?}: {out}");
        for shape in shapes() {
            assert!(!out.contains(&shape), "{shape} shows of {place} with {args:?}:\n{out}");
        }
    }
}

#[test]
fn no_place_of_a_credential_shows_in_any_output() {
    for (place, text) in places() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join(format!("{place}.yaml")), text).unwrap();
        check(folder.path(), place);
    }
}

#[test]
fn kustomizations_and_undecodable_files_show_no_credential() {
    let generator = |literals: &str| {
        format!(
            "resources: [pod.yaml]\nsecretGenerator:\n- name: s\n  type: kubernetes.io/dockerconfigjson\n  literals: {literals}\n"
        )
    };
    let pod = pod("", "");
    let bad_bytes = [secret(&format!("stringData:\n  x: {CANARY} # ")).into_bytes(), b"\xff\n".to_vec()].concat();
    let cut_bytes =
        [format!("apiVersion: v1\nkind: Secret\nstringData:\n  x: {CANARY}\n  y: ").into_bytes(), b"\xff\n".to_vec()]
            .concat();
    let cases: [(&str, &str, Vec<u8>); 6] = [
        ("literals", "kustomization.yaml", generator(&format!("\n  - .dockerconfigjson={}\n  - x={CANARY}\n", payload().replace('"', "\\\""))).into()),
        ("literal", "kustomization.yaml", generator(&format!("password={CANARY}")).into()),
        ("broken", "kustomization.yaml", generator(&format!("[x={CANARY}\n")).into()),
        ("patch", "kustomization.yaml", format!("resources: [pod.yaml]\npatches:\n- patch: |\n    kind: Secret\n    stringData:\n      x: {CANARY}\nimages: [{{name: A, newTag: x}}]\n").into()),
        ("bad-bytes", "secret.yaml", bad_bytes),
        ("cut-bytes", "secret.yaml", cut_bytes),
    ];
    for (place, name, bytes) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join("pod.yaml"), &pod).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        check(folder.path(), place);
    }
}

#[test]
fn templates_show_no_credential() {
    let registry = |before: &str, behind: &str| {
        format!(
            "{before}resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {{\n  name: 'contoso'\n{behind}  properties: {{ adminUserEnabled: true }}\n}}\n"
        )
    };
    let arm = format!(
        "{{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\n\
         \"parameters\": {{\"adminPassword\": {{\"type\": \"securestring\", \"defaultValue\": \"{CANARY}\"}}}},\n\
         \"resources\": [{{\"type\": \"Microsoft.ContainerRegistry/registries\", \"apiVersion\": \"2023-07-01\", \"name\": \"contoso\",\n\
         \"tags\": {{\"password\": \"{CANARY}\"}},\n\"properties\": {{\"adminUserEnabled\": true}}}}]}}\n"
    );
    let terraform = |before: &str, inside: &str| {
        format!(
            "{before}resource \"azurerm_container_registry\" \"acr\" {{\n  name = \"contoso\"\n{inside}  admin_enabled = true\n}}\n"
        )
    };
    let secret = format!(
        "resource \"kubernetes_secret_v1\" \"pull\" {{\n  metadata {{ name = \"acr\" }}\n  data = {{ \".dockerconfigjson\" = jsonencode({{ auths = {{ \"contoso.azurecr.io\" = {{ auth = base64encode(\"me:{CANARY}\") }} }} }}) }}\n}}\n"
    );
    let plan = format!(
        "{{\"format_version\": \"1.0\", \"terraform_version\": \"1.9.8\", \"values\": {{\"root_module\": {{\"resources\": [\n\
         {{\"address\": \"p.x\", \"mode\": \"managed\", \"type\": \"azuread_application_password\", \"name\": \"x\",\n\
         \"values\": {{\"value\": \"{CANARY}\"}}, \"sensitive_values\": {{\"value\": true}}}},\n\
         {{\"address\": \"r.x\", \"mode\": \"managed\", \"type\": \"azurerm_container_registry\", \"name\": \"x\",\n\
         \"values\": {{\"name\": \"contoso\", \"admin_enabled\": true, \"zone\": [{{\"raw\": \"{CANARY}\"}}]}},\n\
         \"sensitive_values\": {{\"zone\": [{{\"raw\": true}}]}}}}]}}, \"outputs\": {{\"o\": {{\"sensitive\": true, \"value\": \"{CANARY}\"}}}}}}}}\n"
    );
    let cases: [(&str, &str, String); 12] = [
        ("tf plan", "plan.json", plan),
        (
            "tf variable",
            "main.tf",
            terraform(&format!("variable \"admin_password\" {{ default = \"{CANARY}\" }}\n"), ""),
        ),
        (
            "tf sensitive",
            "main.tf",
            terraform(&format!("variable \"x\" {{\n  sensitive = true\n  default = \"{CANARY}\"\n}}\n"), ""),
        ),
        ("tf property", "main.tf", terraform("", &format!("  tags = {{ password = \"{CANARY}\" }}\n"))),
        ("tf comment", "main.tf", terraform("", &format!("  # password: {CANARY}\n"))),
        ("tf broken", "main.tf", terraform("", &format!("  password = \"{CANARY}\n"))),
        ("tf secret", "main.tf", terraform(&secret, "")),
        ("secure", "main.bicep", registry(&format!("@secure()\nparam key string = '{CANARY}'\n"), "")),
        ("property", "main.bicep", registry("", &format!("  tags: {{ password: '{CANARY}' }}\n"))),
        ("comment", "main.bicep", registry("", &format!("  // password: {CANARY}\n"))),
        ("broken", "main.bicep", registry("", &format!("  tags: {{ password: '{CANARY}\n"))),
        ("arm", "azuredeploy.json", arm),
    ];
    for (place, name, text) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join("pod.yaml"), pod("", "")).unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        check(folder.path(), place);
        let run = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder.path()).output().unwrap();
        assert!(String::from_utf8_lossy(&run.stdout).contains(name), "{place} is told of");
    }
}

#[test]
fn scripts_show_no_credential() {
    let admin = "az acr update --name contoso --admin-enabled true";
    let generic = payload();
    let lines = [
        (
            "server",
            format!(
                "kubectl create secret docker-registry s --docker-server=contoso --docker-username=u --docker-password={CANARY}"
            ),
        ),
        ("literal", format!("kubectl create secret generic s --from-literal=.dockerconfigjson='{generic}'")),
        ("principal", format!("az ad sp create-for-rbac --name http://x --role acrpull --password {CANARY}")),
        ("login", format!("docker login -u u -p {CANARY} && {admin}")),
        ("piped", format!("echo \"{CANARY}\" | docker login -u u --password-stdin; {admin}")),
        ("fed", format!("docker login -u u --password-stdin <<< '{CANARY}'; {admin}")),
        ("vault", format!("az keyvault secret set --vault-name v --name n --value {CANARY}; {admin}")),
        ("user", format!("curl --user me:{CANARY} https://example.com; {admin}")),
        ("header", format!("curl -H 'Authorization: Bearer {CANARY}' https://example.com; {admin}")),
        ("proxy", format!("http_proxy=http://u:{CANARY}@proxy {admin}")),
        ("variable", format!("ACR_PW={CANARY} {admin}")),
        ("above", format!("x={CANARY}\n{admin}")),
        ("below", format!("{admin}\n# {CANARY}")),
    ];
    let lines = lines.map(|(place, line)| (place, "run.sh", line));
    let powershell = [
        ("secure", format!("$x = ConvertTo-SecureString \"{CANARY}\" -AsPlainText -Force; {admin}")),
        ("parameter", format!("Set-Thing -Password:\"{CANARY}\"; {admin}")),
        ("variable", format!("$dockerPass = '{CANARY}'; {admin}")),
    ];
    let powershell = powershell.map(|(place, line)| (place, "run.ps1", line));
    for (place, name, line) in lines.into_iter().chain(powershell) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join("pod.yaml"), pod("", "")).unwrap();
        std::fs::write(folder.path().join(name), line + "\n").unwrap();
        check(folder.path(), place);
        let run = Command::new(env!("CARGO_BIN_EXE_canpull")).current_dir(folder.path()).output().unwrap();
        assert!(String::from_utf8_lossy(&run.stdout).contains(name), "{place} is told of");
    }
}
