//! A patch that replaces a list where it is meant to add.

use super::{Context, Rule, finding};
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, Severity};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "service-account-patch-replaces",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `kubectl patch serviceaccount --type merge` with `imagePullSecrets`.

## Why it matters
A merge patch replaces the whole list. Pull secrets that the service account had before are gone, and pods made from then on
pull without them.

## Wrong
```sh setup.sh
kubectl patch serviceaccount default --type merge -p '{"imagePullSecrets": [{"name": "acr-auth"}]}'
```

## Right
```sh setup.sh
kubectl patch serviceaccount default -p '{"imagePullSecrets": [{"name": "acr-auth"}]}'
```

## How to fix
Leave `--type merge` out: the default patch, `strategic`, adds to the list. `--unsafe-fixes` writes it, unless the list is
meant to be replaced.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for patch in context.model.files.iter().flat_map(|file| &file.script.account_patches) {
        let Some(span) = patch.replaces else { continue };
        let message = "a merge patch replaces the service account's pull secrets instead of adding to them";
        let mut diagnostic = finding(&RULE, span, message.to_owned(), "leave `--type merge` out");
        if let Some(edit) = &patch.adding {
            diagnostic.fixes.push(Fix {
                title: "add to the list".to_owned(),
                applicability: Applicability::Unsafe,
                change: Change::Edits(vec![(span.file, edit.clone())]),
            });
        }
        found.push(diagnostic);
    }
}
