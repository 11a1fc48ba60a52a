//! `canpull init`: a commented `canpull.yaml` that names what the project leaves open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use canpull_core::proof::{Claim, Truth, needs_credentials};
use canpull_core::render::one_line;
use canpull_core::{Options, Report};

use crate::args::{FileArgs, InputArgs};
use crate::bytes::reason;
use crate::codes;
use crate::output;
use crate::progress::Progress;
use crate::project::Project;

const HEAD: &str = "\
# canpull's configuration: what lives outside this repository, said once.
# Every entry is a statement that proofs may rest on. `canpull config-schema` prints what may stand here.
";

/// What else is written.
#[derive(Clone, Copy)]
pub(crate) struct Extras {
    /// An entry for the pre-commit framework.
    pub(crate) hook: bool,
    /// A GitHub workflow.
    pub(crate) workflow: bool,
}

const HOOK: &str = "\
repos:
  - repo: local
    hooks:
      - id: canpull
        name: canpull
        # The whole commit is judged, deletions included, so it is given no files.
        entry: canpull --staged --no-progress
        # canpull must be on the PATH.
        language: system
        pass_filenames: false
        always_run: true
        require_serial: true
";

const WORKFLOW: &str = include_str!("../docs/examples/github.yml");

/// Runs `init`.
pub(crate) fn init(files: &FileArgs, extras: Extras) -> Result<u8, String> {
    let input = InputArgs { files: files.clone(), isolated: true, ..InputArgs::default() };
    let project = Project::find(&input)?;
    let taken = ["canpull.yaml", ".github/canpull.yaml"].into_iter().find(|name| project.root.join(name).exists());
    match taken {
        Some(taken) if extras.hook || extras.workflow => {
            output::note(&format!("{taken} exists already and is left as it is"));
        }
        Some(taken) => return Err(format!("{taken} exists already and is left as it is")),
        None => {
            let progress = Progress::new(!files.no_progress && !files.quiet);
            let report = project.analyse(&Options::default(), &BTreeMap::new(), &progress)?.report;
            create(&project.root.join("canpull.yaml"), &contents(&report))?;
        }
    }
    let all = [
        (extras.hook, ".pre-commit-config.yaml", HOOK, "`pre-commit install` makes it part of each commit"),
        (
            extras.workflow,
            ".github/workflows/canpull.yml",
            WORKFLOW,
            "set the variables CANPULL_REPOSITORY and CANPULL_COMMIT of the repository: they name your copy of canpull",
        ),
    ];
    for (wanted, name, text, next) in all {
        let path = project.root.join(name);
        match (wanted, path.exists()) {
            (false, _) => {}
            (true, false) => {
                create(&path, text)?;
                output::note(next);
            }
            (true, true) => {
                output::note(&format!("{name} exists already and is left as it is; this is what would be in it:"));
                output::print(text)?;
            }
        }
    }
    Ok(codes::CLEAN)
}

/// Writes a file that must not exist, and says so.
fn create(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    // Creating anew, so that a file that appears in between is not overwritten either.
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    output::print(&format!("wrote {}\n", path.display()))
}

/// The file's text. All that is detected stands in comments: only people know whether it is true.
fn contents(report: &Report) -> String {
    let mut out = String::from(HEAD);
    let private = private_registries(report);
    let attached = if private.is_empty() { "myregistry.azurecr.io".to_owned() } else { joined(&private) };
    out.push_str("\n# Which clusters run this, and may their nodes pull from these registries without a pull secret?\n# clusters:\n");
    let seen: BTreeSet<String> =
        report.clusters.iter().filter_map(|cluster| cluster.name.as_deref()).map(one_line).collect();
    let names = if seen.is_empty() { BTreeSet::from(["prod".to_owned()]) } else { seen };
    for name in names {
        // Writing to a string cannot fail.
        let _ = write!(out, "#   - name: {name}\n#     paths: [\"**\"]\n#     attached: [{attached}]\n");
    }
    out.push_str(
        "#     # Is everything of a kind in sight? Then what is absent is known to be missing.\n\
         #     complete: []   # secrets, service-accounts, attached, role-assignments\n\
         \n# May everyone pull from these registries, or do they need credentials?\n# registries:\n",
    );
    let other = other_registries(report);
    if other.is_empty() {
        out.push_str("#   - host: mirror.example\n#     public: true\n");
    }
    for host in other {
        let _ = writeln!(out, "#   - host: {host}\n#     private: true   # or public: true");
    }
    let unseen = unseen_secrets(report);
    let who = if unseen.is_empty() { "pull secrets and service accounts" } else { "these pull secrets" };
    let _ = write!(out, "\n# Are {who} made elsewhere, by hand or by a pipeline?\n# external:\n#   secrets:\n");
    let secrets = if unseen.is_empty() { BTreeSet::from(["*/registry-credentials".to_owned()]) } else { unseen };
    for secret in secrets {
        let _ = writeln!(out, "#     - {secret:?}");
    }
    out.push_str(
        "#   service-accounts: [\"*/default\"]\n\
         \n# Rules: off, info, warning or error.\n# rules: { pull-unproven: error }\n\
         \n# Findings that are known and accepted.\n# ignore:\n\
         #   - { rule: pull-unproven, object: Deployment/shop/web, reason: \"granted by the platform team\" }\n\
         \n# Paths that are not read.\n# exclude: [\"vendor/**\"]\n",
    );
    out
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Hosts that the nodes' identity might have access to.
fn private_registries(report: &Report) -> BTreeSet<String> {
    let private = report.pulls.iter().filter(|pull| needs_credentials(&pull.routes));
    private.filter_map(|pull| pull.registry.as_deref()).map(one_line).collect()
}

/// Hosts of which nothing is known but that images come from there.
fn other_registries(report: &Report) -> BTreeSet<String> {
    let private = private_registries(report);
    let open = report.pulls.iter().filter(|pull| pull.verdict == Truth::Unknown);
    open.filter_map(|pull| pull.registry.as_deref()).map(one_line).filter(|host| !private.contains(host)).collect()
}

/// Secrets that are named for pulling and made by no source, as globs.
fn unseen_secrets(report: &Report) -> BTreeSet<String> {
    let unseen = |link: &canpull_core::proof::Link| link.claim == Claim::SecretExists && link.truth == Truth::Unknown;
    let mut secrets = BTreeSet::new();
    for pull in &report.pulls {
        for route in pull.routes.iter().filter(|route| route.links.iter().any(unseen)) {
            if let Some(name) = route.secret_name.as_deref().filter(|name| !name.is_empty()) {
                let namespace = pull.namespace.as_deref().unwrap_or("*");
                secrets.insert(one_line(&format!("{namespace}/{name}")));
            }
        }
    }
    secrets
}
