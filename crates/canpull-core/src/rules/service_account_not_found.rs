//! A named service account that no source makes, where its secrets would matter.

use std::collections::BTreeMap;

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::{Field, SecretList};
use crate::proof::{Truth, needs_credentials};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "service-account-not-found",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports service accounts that a pod names and no source makes, where the proof of a private image hangs on their pull secrets.

## Why it matters
Without the account the API server refuses the pod; with it, its pull secrets are not visible here.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: runner
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
```

Reported beside it: `pull-unproven`.

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
Add the ServiceAccount to the sources, or declare it under `external` in canpull.yaml.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place = BTreeMap::new();
    for (index, proof, _, pod) in context.pulls().filter(|(_, proof, ..)| proof.verdict() == Truth::Unknown) {
        let Field::Known(name, span) = &pod.service_account else { continue };
        let private = needs_credentials(&proof.routes);
        let written = context.model.accounts_named(pod.world, name).next().is_some();
        let declared = pod.namespace.declared(&context.model.config.external_service_accounts, name);
        if declared.is_some_and(|(truth, _)| truth == Truth::Yes) {
            continue;
        }
        let matters = private && matches!(pod.pull_secrets, SecretList::Empty(_)) && pod.fact.built_in;
        if written || !matters || name == "default" || name.is_empty() {
            continue;
        }
        let diagnostic = by_place.entry(*span).or_insert_with(|| {
            let message = format!("no source makes service account `{name}`, so its pull secrets are not known");
            let help = "add it to the sources, or declare it under `external: service-accounts:` in canpull.yaml";
            finding(&RULE, *span, message, help)
        });
        diagnostic.pulls.push(index);
    }
    found.extend(by_place.into_values());
}
