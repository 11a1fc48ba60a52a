//! An ignore that ignores nothing, or names no rule.

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};

/// The rule. Its findings are made where suppressions are applied, for only there it shows which of them were used.
pub(super) const RULE: Rule = Rule {
    id: "unused-suppression",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: None,
    page: PAGE,
    check,
};

/// What to do about one.
pub(super) const HELP: &str = "remove it, or mend the rule's id";

const PAGE: &str = r#"## What it does
Reports comments, annotations and `ignore` entries of canpull.yaml that silence no finding, and those that name a rule that does not exist.

## Why it matters
A suppression that outlives its finding hides the next one at the same place; one with a misspelt rule never worked.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      # canpull: ignore[pull-unproven] attached by hand
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
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
Remove it, or mend the rule's id: `canpull rule` lists them all.
"#;

fn check(_: &Context<'_>, _: &mut Vec<Diagnostic>) {}
