//! An image name that the kubelet refuses.

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Reference;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "invalid-image-reference",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
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
        found.push(Diagnostic { pulls: vec![index], ..finding(&RULE, image.span, message, help) });
    }
}
