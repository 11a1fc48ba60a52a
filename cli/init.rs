//! `canpull init`: a commented `canpull.yaml` that names what the project leaves open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use canpull_core::proof::{Claim, Truth, needs_credentials};
use canpull_core::render::one_line;
use canpull_core::{Options, Report};

use crate::args::{FileArgs, InputArgs};
use crate::codes;
use crate::output;
use crate::progress::Progress;
use crate::run::{Project, reason};

const HEAD: &str = "\
# canpull's configuration: what lives outside this repository, said once.
# Every entry is a statement that proofs may rest on. `canpull config-schema` prints what may stand here.
";

/// Runs `init`.
pub(crate) fn init(files: &FileArgs) -> Result<u8, String> {
    let input = InputArgs { files: files.clone(), isolated: true, ..InputArgs::default() };
    let project = Project::find(&input)?;
    for taken in ["canpull.yaml", ".github/canpull.yaml"] {
        if project.root.join(taken).exists() {
            return Err(format!("{taken} exists already and is left as it is"));
        }
    }
    let progress = Progress::new(!files.no_progress && !files.quiet);
    let report = project.analyse(&Options::default(), &BTreeMap::new(), &progress)?.report;
    let path = project.root.join("canpull.yaml");
    // Creating anew, so that a file that appears in between is not overwritten either.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(contents(&report).as_bytes()));
    written.map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
    output::print(&format!("wrote {}\n", path.display())).map(|()| codes::CLEAN)
}

/// The file's text. All that is detected stands in comments: only people know whether it is true.
fn contents(report: &Report) -> String {
    let mut out = String::from(HEAD);
    let private = private_registries(report);
    let attached = if private.is_empty() { "myregistry.azurecr.io".to_owned() } else { joined(&private) };
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "\n# Clusters, and the registries that their nodes may pull from.\n\
         # clusters:\n#   - name: prod\n#     paths: [\"**\"]\n#     attached: [{attached}]\n\
         #     complete: []   # secrets, service-accounts, attached, role-assignments: all of them are in sight\n\
         \n# Registries that everyone may pull from, or that need credentials.\n"
    );
    let other = other_registries(report);
    if other.is_empty() {
        out.push_str("# registries:\n#   - host: mirror.example\n#     public: true\n");
    } else {
        out.push_str("# registries:\n");
        for host in other {
            let _ = writeln!(out, "#   - host: {host}\n#     private: true   # or public: true");
        }
    }
    let unseen = unseen_secrets(report);
    out.push_str("\n# Pull secrets and service accounts that are made elsewhere.\n# external:\n");
    let secrets: Vec<String> = unseen.iter().map(|secret| format!("{secret:?}")).collect();
    let secrets = if secrets.is_empty() { "\"*/registry-credentials\"".to_owned() } else { secrets.join(", ") };
    let _ = writeln!(out, "#   secrets: [{secrets}]\n#   service-accounts: [\"*/default\"]");
    out.push_str(
        "\n# Rules: off, info, warning or error.\n# rules: { pull-unproven: error }\n\
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
