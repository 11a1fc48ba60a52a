//! Values that are filled in later and keep verdicts open.

use std::collections::BTreeMap;

use canpull_syntax::{FileId, Span};

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::Why;
use crate::model::Reference;

/// The rule.
pub(super) const RULE: Rule =
    Rule { id: "unresolved-value", severity: Severity::Info, since: "0.1.0", fixable: false, page: PAGE, check };

const PAGE: &str = r#"## What it does
Reports, once for each file, placeholders and templates that keep a verdict unknown.

## Why it matters
What is filled in before deploying cannot be checked before: render the sources first, or check what the pipeline renders.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ${REGISTRY}/web:1
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
```

## How to fix
Check the rendered manifests: `helm template … | canpull -`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_file: BTreeMap<FileId, (Vec<Span>, Vec<usize>)> = BTreeMap::new();
    for (index, _, image, _) in context.pulls() {
        if let Reference::Unresolved(Why::Placeholder) = image.reference {
            let (spans, pulls) = by_file.entry(image.span.file).or_default();
            spans.push(image.span);
            pulls.push(index);
        }
    }
    for (index, file) in context.model.files.iter().enumerate() {
        let id = FileId::at(index);
        for unresolved in &file.unresolved {
            by_file.entry(id).or_default().0.push(Span::new(id, unresolved.range));
        }
    }
    for (mut spans, pulls) in by_file.into_values() {
        spans.sort_unstable();
        spans.dedup();
        let Some(first) = spans.first() else { continue };
        let values = if spans.len() == 1 { "a value is".to_owned() } else { format!("{} values are", spans.len()) };
        let message = format!("{values} filled in before deploying, so what hangs on this stays unknown");
        let help = "check the rendered manifests: `helm template … | canpull -`";
        found.push(Diagnostic { pulls, ..finding(&RULE, *first, message, help) });
    }
}
