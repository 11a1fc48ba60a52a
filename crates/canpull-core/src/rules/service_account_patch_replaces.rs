//! A patch that replaces a list where it is meant to add.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::fact::Field;
use crate::fact::script::AccountPatchFact;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "service-account-patch-replaces",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `kubectl patch serviceaccount --type merge` with `imagePullSecrets`, and any patch behind which a service account no
longer names a pull secret that the same script gave it before.

## Why it matters
A patch replaces the whole list. Pull secrets that the service account had before are gone, and pods made from then on pull
without them. The default type, `strategic`, replaces it too: lists of pods are merged by name, that of a service account is
not.

## Wrong
```sh setup.sh
kubectl patch serviceaccount default --type merge -p '{"imagePullSecrets": [{"name": "acr-auth"}]}'
```

## Right
```sh setup.sh
kubectl patch serviceaccount default --type json -p '[{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "acr-auth"}}]'
```

## How to fix
Name all pull secrets in the patch, or add one with `--type json`, which wants a list that is there.
"#;

const HELP: &str =
    "name all pull secrets in the patch, or add to the list with `--type json` and the path `/imagePullSecrets/-`";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for file in context.model.files {
        // What each account of the script names so far, and what gave it that.
        let mut named: BTreeMap<(&str, Option<&str>, u32), Vec<&AccountPatchFact>> = BTreeMap::new();
        for patch in &file.script.account_patches {
            let account =
                patch.name.text().map(|name| named.entry((name, patch.namespace.text(), patch.sequence)).or_default());
            let before = account.as_deref().filter(|_| patch.resets).and_then(|before| lost(before, patch));
            // Whoever empties the list means to.
            if !patch.secrets.is_empty() && (patch.merge.is_some() || before.is_some()) {
                found.push(told(patch, before));
            }
            if let Some(before) = account {
                if patch.resets {
                    before.clear();
                }
                before.push(patch);
            }
        }
    }
}

/// A secret that the account no longer names behind a patch, and what gave it that.
fn lost<'p>(before: &[&'p AccountPatchFact], patch: &AccountPatchFact) -> Option<(&'p str, Span)> {
    let keeps = |name: &str| patch.secrets.iter().any(|own| own.text().is_none_or(|own| own == name));
    let names = |own: &'p AccountPatchFact| own.secrets.iter().filter_map(Field::text).map(|name| (name, own.span));
    before.iter().filter(|_| !patch.maybe).flat_map(|own| names(own)).find(|(name, _)| !keeps(name))
}

fn told(patch: &AccountPatchFact, before: Option<(&str, Span)>) -> Diagnostic {
    let span = patch.merge.unwrap_or(patch.span);
    let Some((name, given)) = before else {
        let message = "a merge patch replaces the service account's pull secrets instead of adding to them";
        return finding(&RULE, span, message.to_owned(), HELP);
    };
    let message =
        format!("the patch replaces the service account's pull secrets, and `{name}` is no longer among them");
    let related = vec![Annotation { span: given, message: "given to it here".to_owned() }];
    Diagnostic { related, ..finding(&RULE, span, message, HELP) }
}
