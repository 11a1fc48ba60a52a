//! An image name that the kubelet refuses.

use std::collections::BTreeMap;

use canpull_syntax::Span;

use super::{Context, Rule, finding, image_fix};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Reference;
use crate::model::image::ImageReference;
use crate::proof::{Claim, Truth};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "invalid-image-reference",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/concepts/containers/images/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports image names that the kubelet answers with InvalidImageName.

## Why it matters
Nothing is pulled: the pod never starts.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ghcr.io/Contoso/web:1
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ghcr.io/contoso/web:1
```

## How to fix
Write `host/path:tag` with a path in lower case and without a scheme.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let refused = refused(context);
    for (index, _, image, _) in context.pulls() {
        let Reference::Invalid(error) = &image.reference else { continue };
        let (message, help) = if image.text.is_empty() {
            ("the image is empty: the API server refuses the pod".to_owned(), "name an image")
        } else {
            let message = format!("the kubelet refuses image `{}` (InvalidImageName): {error}", image.text);
            (
                message,
                "write `host/path:tag` or `host/path@sha256:<64 digits>`, the path in lower case, without a scheme",
            )
        };
        let fixes = meant(&image.text).and_then(|(from, to)| image_fix(image, from, &to)).into_iter().collect();
        let mut pulls = refused.get(&image.span).cloned().unwrap_or_default();
        if !pulls.contains(&index) {
            pulls.insert(0, index);
        }
        found.push(Diagnostic { fixes, pulls, ..finding(&RULE, image.span, message, help) });
    }
}

/// The pulls of pods that are refused as a whole, by what in them is refused.
fn refused(context: &Context<'_>) -> BTreeMap<Span, Vec<usize>> {
    let mut found: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for (index, proof, ..) in context.pulls() {
        let refusals = proof.common.iter().filter(|link| link.claim == Claim::PodAdmitted && link.truth == Truth::No);
        for span in refusals.filter_map(|link| link.because.first()) {
            found.entry(*span).or_default().push(index);
        }
    }
    found
}

/// The name without tag and digest, and what it was meant to be: without a scheme, in lower case.
fn meant(image: &str) -> Option<(&str, String)> {
    let path = image.rfind('/').map_or(0, |slash| slash + 1);
    let behind = image.get(path..)?.find([':', '@']).map_or(image.len(), |at| path + at);
    let (name, rest) = image.split_at_checked(behind)?;
    let bare = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    let meant = bare.to_lowercase();
    (meant != name && ImageReference::parse(&format!("{meant}{rest}")).is_ok()).then_some((name, meant))
}
