//! A secret that is named for pulling, but of a type that the kubelet ignores.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;

/// The rule.
pub(super) const RULE: Rule =
    Rule { id: "pull-secret-wrong-type", severity: Severity::Error, since: "0.1.0", fixable: false, page: PAGE, check };

const PAGE: &str = "## What it does\nReports pull secrets whose type is neither `kubernetes.io/dockerconfigjson` nor `kubernetes.io/dockercfg`.\n\n## Why it matters\nThe kubelet ignores them silently and pulls without credentials.\n\n## How to fix\nDelete the secret and create it anew with the right type: a secret's type cannot be changed.\n";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, found);
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let Content::Ignored { secret_type, span } = content else { return None };
    let reason = format!("the kubelet ignores secrets of type `{secret_type}` when it pulls");
    let help = "create it anew with `type: kubernetes.io/dockerconfigjson` and the key `.dockerconfigjson`";
    Some((reason, help, *span))
}
