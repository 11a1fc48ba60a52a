//! A pull secret of the right type whose payload holds no credential that the kubelet reads.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Applicability, Change, Diagnostic, Fix, Severity};
use crate::model::docker_config::LayoutDefect;
use crate::model::{Content, PullSecret};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-wrong-layout",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/concepts/configuration/secret/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports secrets of the right type without the key that it demands, payloads in the other layout, `auth` for `auths`, credentials kept in a `credsStore` or as `identitytoken`, and line breaks inside a password.

## Why it matters
A secret without its key never comes to be. The others the API server accepts, and the kubelet finds no credential in them, or
one that the registry refuses.

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
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  config.json: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
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
Create the secret with `kubectl create secret docker-registry`; use `printf`, not `echo`, to encode a password. Where a payload
is right and stands under the wrong key, `--fix` renames that.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, mend, found);
}

fn mend(secret: &PullSecret<'_>) -> Option<Fix> {
    let (key, edit) = secret.rename_key()?;
    let change = Change::Edits(vec![edit]);
    Some(Fix { title: format!("call the key `{key}`"), applicability: Applicability::Safe, change })
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    if let Content::Refused { reason, span, defects } = content
        && defects.contains(&LayoutDefect::WrongKey)
    {
        let reason = format!("the API server refuses it, for it lacks the key that its type demands: {reason}");
        return Some((reason, "create it with `kubectl create secret docker-registry`", *span));
    }
    let Content::Credentials { credentials, defects, span } = content else { return None };
    if credentials.iter().any(|credential| credential.newline) {
        let reason = "its user name or password ends in a line break, which the registry takes for a part of it";
        return Some((reason.to_owned(), "encode it with `printf %s`, not with `echo`", *span));
    }
    let (reason, help) = match defects.first()? {
        LayoutDefect::DockerCfgUnderJson => {
            ("the registries stand at the top, where `.dockerconfigjson` has `auths`", "put them under `auths`")
        }
        LayoutDefect::ConfigJsonUnderCfg => (
            "`auths` stands in a `.dockercfg`, which has the registries at the top",
            "use type `kubernetes.io/dockerconfigjson`",
        ),
        LayoutDefect::AuthInsteadOfAuths => ("`auth` stands at the top, where `auths` belongs", "write `auths`"),
        LayoutDefect::CredsStoreOnly => (
            "its credentials are kept in a `credsStore` or `credHelpers`, which the kubelet does not read",
            "create it with `kubectl create secret docker-registry`",
        ),
        LayoutDefect::IdentityTokenOnly => (
            "it holds only an `identitytoken`, as `az acr login` leaves it, which the kubelet does not read",
            "use a repository token or a service principal, or the cluster's own access",
        ),
        LayoutDefect::AuthEncodedTwice => ("its `auth` is encoded twice", "encode `user:password` once"),
        LayoutDefect::EmptyEntries => (
            "its entries hold neither user name nor password, as where a `credsStore` of the machine keeps them",
            "create it with `kubectl create secret docker-registry`",
        ),
        LayoutDefect::NoEntries => ("it names no registry", "add an entry for the registry under `auths`"),
        LayoutDefect::DoubleBase64 | LayoutDefect::AuthNotEncoded | LayoutDefect::WrongKey => return None,
    };
    Some((reason.to_owned(), help, *span))
}
