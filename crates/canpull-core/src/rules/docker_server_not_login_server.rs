//! A pull secret for a server that no image comes from.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::Span;

use super::{Context, Rule, finding, slip_finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::script::SlipKind;
use crate::model::{ImageUse, registry};
use crate::proof::{Claim, Truth};

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
misspelt one, or left out so that it is Docker Hub's, though the secret is named for images of a registry of Azure.

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
    let mut pulls: BTreeMap<Span, BTreeSet<usize>> = BTreeMap::new();
    for (index, _, _, secret) in context.named_secrets() {
        if let Some(command) = secret.made_by_command() {
            pulls.entry(command.span).or_default().insert(index);
        }
    }
    let mut told = BTreeSet::new();
    for slip in context.slips() {
        let SlipKind::ServerNotLoginServer { written, meant } = &slip.kind else { continue };
        let message = match written.as_str() {
            "" => NO_SERVER.to_owned(),
            written => format!("no image comes from `{written}`: the kubelet never uses this secret"),
        };
        let mut diagnostic = slip_finding(&RULE, slip, message, &help(meant.as_deref()));
        let command = pulls.range(..=slip.span).next_back();
        let holds = |span: &Span| span.file == slip.span.file && span.range.contains(slip.span.range);
        if let Some((span, pulls)) = command.filter(|(span, _)| holds(span)) {
            diagnostic.pulls.extend(pulls);
            told.insert(*span);
        }
        found.push(diagnostic);
    }
    without_server(context, &told, found);
}

const NO_SERVER: &str =
    "without `--docker-server` the secret is for Docker Hub: no image of the registry is pulled with it";

fn help(meant: Option<&str>) -> String {
    meant.map_or_else(|| "give the registry's login server".to_owned(), |meant| format!("likely `{meant}`"))
}

/// Secrets for Docker Hub, for want of a server, which are named for images of Azure's registries alone.
fn without_server(context: &Context<'_>, told: &BTreeSet<Span>, found: &mut Vec<Diagnostic>) {
    let mut by_command: BTreeMap<Span, (bool, Diagnostic)> = BTreeMap::new();
    for (index, proof, route, secret) in context.named_secrets() {
        let command = secret.made_by_command().filter(|fact| fact.server.is_absent() && !told.contains(&fact.span));
        let matches = route.links.iter().find(|link| link.claim == Claim::KeyMatches);
        let (Some(command), Some(matches)) = (command, matches) else { continue };
        let image = context.model.image_use(proof.image_use).and_then(ImageUse::parsed);
        let host = image.map(|image| image.registry.as_str()).filter(|host| registry::acr_host(host).is_some());
        let (misses, diagnostic) = by_command
            .entry(command.span)
            .or_insert_with(|| (true, finding(&RULE, command.span, NO_SERVER.to_owned(), &help(host))));
        *misses &= matches.truth == Truth::No && host.is_some();
        diagnostic.pulls.push(index);
    }
    found.extend(by_command.into_values().filter(|(misses, _)| *misses).map(|(_, diagnostic)| diagnostic));
}
