//! A workload under an API version that the server no longer has.

use super::{Context, Rule, finding};
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, Severity};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "removed-api-version",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/reference/using-api/deprecation-guide/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports workloads whose `apiVersion` was removed from Kubernetes.

## Why it matters
A current API server answers `no matches for kind`; nothing is created, so nothing is pulled.

## Wrong
```yaml
apiVersion: apps/v1beta1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
```

## Right
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
```

## How to fix
Write the version that took its place; `apps/v1` also wants a `selector`, for which `--unsafe-fixes` takes the labels of the
template, as the older versions did by themselves.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for fact in context.model.files.iter().flat_map(|file| &file.workloads) {
        let Some(removed) = fact.object.removed_api else { continue };
        let object = &fact.object;
        let message = format!(
            "Kubernetes {} and later have no {} in `{}`: the object is not created",
            removed.removed_in, object.kind, object.api_version
        );
        let help = format!("write `apiVersion: {}`", removed.replacement);
        let mut diagnostic = finding(&RULE, object.api_version_span, message, &help);
        if !object.upgrade.is_empty() {
            let more = if object.upgrade.len() > 1 {
                "and the selector that it asks for"
            } else {
                "which may ask for more fields"
            };
            let edits = object.upgrade.iter().map(|edit| (object.api_version_span.file, edit.clone()));
            diagnostic.fixes.push(Fix {
                title: format!("write `{}`, {more}", removed.replacement),
                applicability: Applicability::Unsafe,
                change: Change::Edits(edits.collect()),
            });
        }
        found.push(diagnostic);
    }
}
