//! A pull secret that the API server refuses or the kubelet cannot decode.

use canpull_syntax::Span;

use super::{Context, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Content;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "pull-secret-undecodable",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    page: PAGE,
    check,
};

const PAGE: &str = "## What it does\nReports pull secrets whose payload is refused by the API server, or accepted and then not decoded by the kubelet.\n\n## Why it matters\nA refused secret never comes to be. One that does not decode stops every pull of the pod, the node's own access included.\n\n## How to fix\nCreate the secret with `kubectl create secret docker-registry`.\n";

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    context.secret_findings(&RULE, defect, found);
}

fn defect(content: &Content) -> Option<(String, &'static str, Span)> {
    let help = "create it with `kubectl create secret docker-registry`, which writes the payload right";
    match content {
        Content::Refused { reason, span, .. } => {
            Some((format!("the API server refuses it, so it never comes to be: {reason}"), help, *span))
        }
        Content::Undecodable { reason, span, .. } => {
            Some((format!("the kubelet cannot decode it and gives up every pull of the pod: {reason}"), help, *span))
        }
        _ => None,
    }
}
