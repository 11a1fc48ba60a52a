//! What scripts and pipelines add to service accounts and workloads, as lists of pull secrets.

use std::collections::BTreeMap;

use canpull_syntax::{Span, order};

use crate::fact::script::{AccountPatchFact, InjectionFact};
use crate::fact::{Field, FileFacts, ObjectMeta, SecretList, SecretRef};
use crate::glob;
use crate::model::namespace::Namespace;
use crate::proof::Truth;

/// Pull secrets that a command gives to a service account.
#[derive(Clone, Debug)]
pub struct AccountPatch {
    /// The service account's name; `None` where it is not known.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Namespace,
    /// What it names from then on, or what is added to it.
    pub list: SecretList,
    /// What it named before is gone.
    pub resets: bool,
    /// Commands of one file and number run one after the other.
    pub sequence: u32,
    /// The command.
    pub span: Span,
}

impl AccountPatch {
    /// Whether it is about the account of this name.
    pub fn reaches(&self, account: &str, namespace: &Namespace) -> Truth {
        let name = self.name.as_deref().map_or(Truth::Unknown, |name| (name == account).into());
        name.and(self.namespace.same(namespace))
    }

    /// Whether the account names behind it whatever it named before.
    fn keeps(&self, list: &SecretList) -> bool {
        let names = |own: &SecretRef| self.list.entries().iter().any(|entry| entry.name.text() == own.name.text());
        !self.resets || list.entries().iter().all(|own| own.name.text().is_some() && names(own))
    }

    /// Whether it may take away what another patch gives to the account. Whatever does so for certain has done it already.
    pub fn may_undo(&self, other: &Self) -> bool {
        let follows = |own: &Self| (own.span.file, own.sequence);
        let before = follows(self) == follows(other) && self.span.range.start <= other.span.range.start;
        !before && !self.keeps(&other.list)
    }

    /// Whether what the account is written to name may be gone: which was applied last is not known.
    pub fn disputes(&self, written: &SecretList) -> bool {
        !self.keeps(written)
    }

    /// Whether what a written account names may have taken its place.
    pub fn is_disputed_by(&self, written: &SecretList) -> bool {
        let names = |own: &SecretRef| written.entries().iter().any(|entry| entry.name.text() == own.name.text());
        self.resets && !written.entries().is_empty() && !self.list.entries().iter().all(names)
    }
}

/// Pull secrets that a step of a pipeline gives to the workloads that it deploys, or a command to one.
#[derive(Clone, Debug)]
pub struct Injection<'a> {
    /// The step.
    pub fact: &'a InjectionFact,
    /// What is added.
    pub list: SecretList,
}

impl Injection<'_> {
    /// Whether it changes a workload that is written in this file.
    pub fn reaches(&self, object: &ObjectMeta, namespace: &Namespace, path: &str) -> Truth {
        let Some(workload) = &self.fact.workload else {
            return self.deploys(path).map_or(Truth::Unknown, Truth::from);
        };
        let own = |name: &str| workload.name.text().map_or(Truth::Unknown, |own| Truth::from(own == name));
        let named = object.name.text().map_or(Truth::Unknown, own);
        let here = Namespace::from_field(&self.fact.namespace).same(namespace);
        Truth::from(workload.kind == object.kind).and(named).and(here)
    }

    /// Whether the step deploys a manifest; `None` where it does not tell which.
    fn deploys(&self, path: &str) -> Option<bool> {
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

/// Those that count in the end: of one account, what a script gives it last replaces what it gave before.
pub(super) fn account_patches(files: &[FileFacts]) -> Vec<AccountPatch> {
    files.iter().flat_map(|file| left_at_end(&file.script.account_patches)).collect()
}

fn left_at_end(facts: &[AccountPatchFact]) -> Vec<AccountPatch> {
    let mut by_account: BTreeMap<(Option<String>, Namespace, u32), Vec<AccountPatch>> = BTreeMap::new();
    for fact in facts {
        let name = fact.name.text().map(str::to_owned);
        let namespace = Namespace::from_field(&fact.namespace);
        let known = name.is_some() && namespace.same(&namespace) == Truth::Yes;
        let own = by_account.entry((name.clone(), namespace.clone(), fact.sequence)).or_default();
        if known && fact.resets && !fact.maybe {
            own.clear();
        }
        if fact.deletes {
            continue;
        }
        let list = list(&fact.secrets, fact.span);
        own.push(AccountPatch { name, namespace, list, resets: fact.resets, sequence: fact.sequence, span: fact.span });
    }
    let mut left: Vec<AccountPatch> = by_account.into_values().flatten().collect();
    order::sort_by_key(&mut left, |patch| patch.span);
    left
}

pub(super) fn injections(files: &[FileFacts]) -> Vec<Injection<'_>> {
    let facts = files.iter().flat_map(|file| &file.script.injections);
    facts.map(|fact| Injection { fact, list: list(&fact.secrets, fact.span) }).collect()
}
