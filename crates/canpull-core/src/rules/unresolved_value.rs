//! Values that are filled in later and keep verdicts open.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, Span, order};

use super::{Context, Rule, finding};
use crate::diagnostic::{Annotation, Diagnostic, Severity};
use crate::fact::{COMPOSITION, HELM_TEMPLATE, Why};
use crate::model::{Content, ImageUse, PullSecret, Reference};
use crate::proof::{Claim, Link, Route, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "unresolved-value",
    severity: Severity::Info,
    since: "0.1.0",
    fixable: false,
    docs: None,
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports, once for each file, images and names of pull secrets that are filled in before deploying, and templates with images, which are not read.

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
Check what is deployed: `helm template <chart> | canpull -`, `kustomize build <folder> | canpull -`, or what a pipeline
renders.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut by_file: BTreeMap<FileId, Vec<(usize, &ImageUse<'_>)>> = BTreeMap::new();
    for (index, _, image, _) in context.pulls() {
        if let Reference::Unresolved(Why::Placeholder) = image.reference {
            by_file.entry(image.span.file).or_default().push((index, image));
        }
    }
    found.extend(by_file.values().filter_map(|images| placeholders(images)));
    found.extend(open_names(context));
    found.extend(open_grants(context));
    for (index, file) in context.model.files.iter().enumerate() {
        let id = FileId::at(index);
        found.extend(file.unresolved.first().map(|template| unread(Span::new(id, template.range), template.what)));
    }
}

/// Pull secrets that are named, but by what is filled in or changed before deploying, or whose content is: one finding a
/// file.
fn open_names(context: &Context<'_>) -> impl Iterator<Item = Diagnostic> {
    let mut by_file: BTreeMap<FileId, BTreeMap<Span, (&str, BTreeSet<usize>)>> = BTreeMap::new();
    for (index, proof, _, _) in context.pulls().filter(|(_, proof, ..)| proof.verdict() == Truth::Unknown) {
        let routes = proof.routes.iter().filter(|route| route.truth() == Truth::Unknown);
        let open = |link: &&Link| link.claim == Claim::NamesOpen;
        for link in routes.flat_map(|route| route.links.iter().filter(open).chain(filled_in(context, route))) {
            let Some(&span) = link.because.first() else { continue };
            let (_, pulls) = by_file.entry(span.file).or_default().entry(span).or_insert((&link.text, BTreeSet::new()));
            pulls.insert(index);
        }
    }
    by_file.into_values().filter_map(|places| {
        let pulls: BTreeSet<usize> = order::gather(places.values().flat_map(|(_, pulls)| pulls.iter().copied()));
        let mut places = places.into_iter();
        let (span, (text, _)) = places.next()?;
        let message = format!("{text}; so whether the image can be pulled is not known either");
        let mut finding = finding(&RULE, span, message, "check the manifests as they are deployed: `… | canpull -`");
        finding.related.extend(places.map(|(span, _)| Annotation { span, message: "nor is it here".to_owned() }));
        finding.pulls.extend(pulls);
        Some(finding)
    })
}

/// What a secret is for, where that is filled in before deploying.
fn filled_in<'p>(context: &Context<'_>, route: &'p Route) -> Option<&'p Link> {
    let hidden = |secret: &PullSecret<'_>| matches!(secret.content, Content::Hidden(Why::Placeholder));
    let all = route.secrets.iter().all(|id| context.model.secret(*id).is_some_and(hidden));
    let open = |link: &&Link| link.claim == Claim::KeyMatches && link.truth == Truth::Unknown;
    route.links.iter().find(open).filter(|_| all)
}

/// Grants that may let the cluster pull, but for something that the sources leave open: one finding a grant.
fn open_grants(context: &Context<'_>) -> impl Iterator<Item = Diagnostic> {
    let mut by_place: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (index, proof, _, _) in context.pulls().filter(|(_, proof, ..)| proof.verdict() == Truth::Unknown) {
        let links = proof.routes.iter().flat_map(|route| &route.links);
        for link in links.filter(|link| link.claim == Claim::GrantOpen) {
            let Some(&span) = link.because.first() else { continue };
            let diagnostic = by_place.entry(span).or_insert_with(|| {
                let help = "write the values out, or declare in canpull.yaml what the cluster is attached to";
                finding(&RULE, span, format!("this may be what lets the cluster pull: {}", link.text), help)
            });
            diagnostic.pulls.push(index);
        }
    }
    by_place.into_values()
}

/// Images that somebody fills in before deploying.
fn placeholders(images: &[(usize, &ImageUse<'_>)]) -> Option<Diagnostic> {
    let (_, first) = images.first()?;
    let text = &first.text;
    let others = images.iter().map(|(_, image)| image.span).filter(|span| *span != first.span);
    let others: BTreeSet<Span> = order::gather(others);
    let message = if others.is_empty() {
        format!("`{text}` is filled in before deploying, so whether it can be pulled is not known")
    } else {
        let count = others.len() + 1;
        format!(
            "{count} images, such as `{text}`, are filled in before deploying, so whether they can be pulled is not known"
        )
    };
    let mut finding = finding(&RULE, first.span, message, "check the manifests as they are deployed: `… | canpull -`");
    finding.related.extend(others.into_iter().map(|span| Annotation { span, message: "filled in too".to_owned() }));
    finding.pulls.extend(images.iter().map(|(index, _)| *index));
    Some(finding)
}

/// A template, which is not read.
fn unread(span: Span, what: &str) -> Diagnostic {
    let message = format!("this {what} is not read, so the pulls that depend on it are not checked");
    let help = match what {
        HELM_TEMPLATE => "check what it renders to: `helm template <chart> | canpull -`",
        COMPOSITION => "check what it renders to: `crossplane render … | canpull -`",
        _ => "check what it renders to: `… | canpull -`",
    };
    finding(&RULE, span, message, help)
}
