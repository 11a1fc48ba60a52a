//! A pull secret for a server that no image comes from.

use super::{Context, Rule, slip_finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::script::SlipKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "docker-server-not-login-server",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://learn.microsoft.com/azure/container-registry/container-registry-auth-kubernetes"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports `kubectl create secret docker-registry` whose `--docker-server` is a registry's name without its suffix, a host with a
misspelt one, or left out so that it is Docker Hub's.

## Why it matters
The kubelet offers a credential only to the host that it is for. The secret is made, is named by the pod, and is never used.

## Wrong
```sh setup.sh
kubectl create secret docker-registry acr-auth --docker-server=contoso.azureacr.io --docker-username=pull --docker-password=$PASSWORD
```

## Right
```sh setup.sh
kubectl create secret docker-registry acr-auth --docker-server=contoso.azurecr.io --docker-username=pull --docker-password=$PASSWORD
```

## How to fix
Give the registry's login server, as `az acr show --query loginServer` prints it.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for slip in context.slips() {
        let SlipKind::ServerNotLoginServer { written, meant } = &slip.kind else { continue };
        let message = if written.is_empty() {
            "without `--docker-server` the secret is for Docker Hub: no image of the registry is pulled with it"
                .to_owned()
        } else {
            format!("no image comes from `{written}`: the kubelet never uses this secret")
        };
        found.push(slip_finding(
            &RULE,
            slip,
            message,
            &meant
                .as_ref()
                .map_or_else(|| "give the registry's login server".to_owned(), |meant| format!("likely `{meant}`")),
        ));
    }
}
