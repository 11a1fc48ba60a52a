//! A pull secret that no source makes.

use std::collections::BTreeMap;

use canpull_syntax::edit::Edit;
use canpull_syntax::{Span, TextRange};

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Applicability, Change, Diagnostic, Fix, Severity};
use crate::proof::Truth;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-not-found",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports names of pull secrets that no Secret and no producer of secrets in the sources makes. A warning where a name one slip away exists, or where kustomize generates the secret and appends a hash to its name, which it writes into the fields of built-in kinds and those that its `configurations` name; an error where canpull.yaml says that all secrets are in the sources.

## Why it matters
The kubelet goes on without a secret that it cannot read. Secrets are rarely committed, so this is for information.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-atuh
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
Name the secret that exists, create it, or declare it under `external` in canpull.yaml. A generated secret keeps its name with
`options: {disableNameSuffixHash: true}`.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for named in context.unseen_names() {
        // `image-pull-secrets-malformed` tells of a printed Go map.
        if named.name.starts_with("map[") || context.elsewhere(&named).is_some() {
            continue;
        }
        let diagnostic = by_place.entry(named.at).or_insert_with(|| {
            let message = if context.model.nameless_secrets.contains(&named.pod.world) {
                format!("no source that is read makes pull secret `{}`; one that is not read may", named.name)
            } else {
                format!("no source makes pull secret `{}`", named.name)
            };
            let help = "create it, or declare it under `external: secrets:` in canpull.yaml";
            let mut diagnostic = finding(&RULE, named.at, message, help);
            if let Some(generated) = context.generated(&named) {
                diagnostic.severity = Severity::Warning;
                diagnostic.message = format!(
                    "kustomize appends a hash to the name of generated secret `{}`, and does not write it here",
                    named.name
                );
                "give the generator `options: {disableNameSuffixHash: true}`, or name the field under \
                                   `nameReference` in a file of `configurations`"
                    .clone_into(&mut diagnostic.help);
                diagnostic.related.push(Annotation { span: generated.span, message: "generated here".to_owned() });
            } else if let Some(near) = near(context, &named) {
                diagnostic.severity = Severity::Warning;
                diagnostic.message = format!("no source makes pull secret `{}`, but there is `{near}`", named.name);
                diagnostic.help = format!("name `{near}`");
                diagnostic.fixes.push(rename(&named, &near));
            }
            diagnostic
        });
        if named.exists == Truth::No {
            diagnostic.severity = Severity::Error;
        }
        diagnostic.pulls.push(named.pull);
    }
    found.extend(by_place.into_values());
}

/// The one pull secret of the pod's namespace whose name is a slip away.
fn near(context: &Context<'_>, named: &super::UnseenName<'_>) -> Option<String> {
    let here = context.model.secrets_of(named.pod.world, &named.pod.namespace);
    let mut names = here.filter(|secret| !secret.credentials().is_empty()).filter_map(|secret| secret.name.as_deref());
    let slips = 1 + named.name.len() / 10;
    let near = |name: &&str| {
        // Lengths tell most names apart at once.
        name.len().abs_diff(named.name.len()) <= slips && strsim::osa_distance(name, &named.name) <= slips
    };
    names.find(|name| named.name.len() > 3 && near(name)).map(str::to_owned)
}

fn rename(named: &super::UnseenName<'_>, near: &str) -> Fix {
    // Quotes around the name stay.
    let quoted = u32::from(named.quoted);
    let range = TextRange::new(named.at.range.start + quoted, named.at.range.end - quoted);
    Fix {
        title: format!("name `{near}`"),
        applicability: Applicability::Unsafe,
        change: Change::Edits(vec![(named.at.file, Edit { range, text: near.to_owned() })]),
    }
}
