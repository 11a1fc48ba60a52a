//! What scripts and pipelines add to service accounts and workloads, as lists of pull secrets.

use canpull_syntax::Span;

use crate::fact::script::InjectionFact;
use crate::fact::{Field, FileFacts, SecretList, SecretRef};
use crate::glob;
use crate::model::namespace::Namespace;

/// Pull secrets that a command gives to a service account.
#[derive(Clone, Debug)]
pub struct AccountPatch {
    /// The service account's name; `None` where it is not known.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Namespace,
    /// What is added.
    pub list: SecretList,
}

/// Pull secrets that a step of a pipeline gives to the workloads that it deploys.
#[derive(Clone, Debug)]
pub struct Injection<'a> {
    /// The step.
    pub fact: &'a InjectionFact,
    /// What is added.
    pub list: SecretList,
}

impl Injection<'_> {
    /// Whether the step deploys a manifest; `None` where it does not tell which.
    pub fn deploys(&self, path: &str) -> Option<bool> {
        let under = |manifest: &String| {
            let folder = manifest.trim_end_matches('/');
            glob::matches_path(manifest, path) || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        (!self.fact.manifests.is_empty()).then(|| self.fact.manifests.iter().any(under))
    }
}

fn list(names: &[Field<String>], span: Span) -> SecretList {
    let entries = names.iter().map(|name| SecretRef { name: name.clone(), span: name.span() }).collect();
    SecretList::Entries(entries, span)
}

pub(super) fn account_patches(files: &[FileFacts]) -> Vec<AccountPatch> {
    let facts = files.iter().flat_map(|file| &file.script.account_patches);
    let patches = facts.map(|fact| AccountPatch {
        name: fact.name.text().map(str::to_owned),
        namespace: Namespace::from_field(&fact.namespace),
        list: list(&fact.secrets, fact.span),
    });
    patches.collect()
}

pub(super) fn injections(files: &[FileFacts]) -> Vec<Injection<'_>> {
    let facts = files.iter().flat_map(|file| &file.script.injections);
    facts.map(|fact| Injection { fact, list: list(&fact.secrets, fact.span) }).collect()
}
