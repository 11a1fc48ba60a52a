//! Scripts: commands of the Azure CLI, Azure PowerShell and `kubectl`, in files of their own, in Markdown, in
//! Makefiles, and pasted into prose.

mod arguments;
mod azure;
mod conceal;
mod environment;
mod feed;
mod handed;
mod kubectl;
mod kustomize;
mod meaning;
mod powershell;
mod query;
mod run;
mod section;
mod session;
mod slip;
mod value;
mod word;

use std::rc::Rc;

use canpull_syntax::shell::Dialect;
use canpull_syntax::{FileId, TextRange, order, to_offset};

pub(super) use environment::{Environment, Start};
pub(super) use run::sections;
pub(super) use section::{MAX_SECTIONS, Section, dedented, folded};
pub(super) use value::Value;

use super::comment;
use crate::fact::FileFacts;

/// How the commands of a file are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Script(Dialect),
    Markdown,
    Makefile,
    Prose,
}

/// Whether a file is to be read for commands and nothing else. A text without a telling name may be a manifest.
pub(super) fn claims(path: &str, text: &str) -> bool {
    match layout(path, text) {
        Some(Layout::Prose) => {
            let first = text.lines().map(str::trim_end).find(|line| !(line.is_empty() || line.starts_with('#')));
            !first.is_some_and(|line| ["apiVersion:", "kind:", "---", "{"].iter().any(|start| line.starts_with(start)))
        }
        layout => layout.is_some(),
    }
}

/// Whether commands that are read may stand in a text.
pub(super) fn mentions_commands(text: &str) -> bool {
    ["az ", "kubectl", "-Az", kustomize::EDIT].iter().any(|word| text.contains(word))
}

fn layout(path: &str, text: &str) -> Option<Layout> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "sh" | "bash" | "zsh" => Some(Layout::Script(Dialect::Bash)),
        "ps1" | "psm1" => Some(Layout::Script(Dialect::PowerShell)),
        "md" | "markdown" => Some(Layout::Markdown),
        "mk" => Some(Layout::Makefile),
        "txt" => Some(Layout::Prose),
        _ if ["Makefile", "makefile", "GNUmakefile"].contains(&name) => Some(Layout::Makefile),
        "" => {
            let first = text.lines().next().filter(|line| line.starts_with("#!"))?;
            let shell = ["/sh", "bash", "zsh"].iter().any(|shell| first.contains(shell));
            shell.then_some(Layout::Script(Dialect::Bash))
        }
        _ => None,
    }
}

/// Takes the facts from a file of commands.
pub(super) fn read(file: FileId, path: &str, text: &str, facts: &mut FileFacts) {
    if !mentions_commands(text) {
        return;
    }
    let found = match layout(path, text) {
        Some(Layout::Script(language)) => {
            vec![Section::plain(text, TextRange::new(0, to_offset(text.len())), language)]
        }
        Some(Layout::Markdown) => section::fences(text),
        Some(Layout::Makefile) => section::recipes(text),
        Some(Layout::Prose) => section::pasted(text),
        None => return,
    };
    let mut given = Environment::default();
    let is_makefile = layout(path, text) == Some(Layout::Makefile);
    if is_makefile {
        for (name, value) in section::make_variables(text) {
            given.set(name, &Value::text(value));
        }
    }
    let environment = Rc::new(given);
    // A reader of a page types all of it in one terminal; each line of a recipe has a shell of its own.
    let start = || {
        if is_makefile { Start::Shell { environment: Rc::clone(&environment), job: 0 } } else { Start::GoOn }
    };
    let found: Vec<(Section<'_>, Start)> = found.into_iter().map(|section| (section, start())).collect();
    sections((file, path, text), &found, facts);
    finish(text, facts);
}

/// A file is a source where it states anything at all.
pub(super) fn finish(text: &str, facts: &mut FileFacts) {
    let azure = &facts.azure;
    let states = [
        azure.registries.len(),
        azure.clusters.len(),
        azure.identities.len(),
        azure.service_principals.len(),
        azure.tokens.len(),
        azure.scope_maps.len(),
        azure.assignments.len(),
        azure.revocations.len(),
        azure.role_definitions.len(),
        azure.listings.len(),
        azure.secret_listings.len(),
        facts.script.secrets.len(),
        facts.script.account_patches.len(),
        facts.script.injections.len(),
        facts.script.slips.len(),
        facts.workloads.len(),
        facts.service_accounts.len(),
        facts.secrets.len(),
        facts.producers.len(),
        facts.deployers.len(),
    ];
    if states.iter().all(|count| *count == 0) {
        return;
    }
    facts.recognised = true;
    facts.documents = facts.documents.max(1);
    order::sort(&mut facts.masked);
    facts.masked.dedup();
    comment::in_script(text, facts);
}
