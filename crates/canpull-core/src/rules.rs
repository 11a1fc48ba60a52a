//! The rules: one file each, listed here.

mod invalid_image_reference;
mod pull_denied;
mod pull_secret_registry_mismatch;
mod pull_secret_undecodable;
mod pull_secret_wrong_type;
mod pull_unproven;
mod unparsable_source;
mod unused_suppression;

use canpull_syntax::Span;

use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::model::{AccessModel, Content, ImageUse, Pod, PullSecret};
use crate::proof::{PullProof, Route, Truth};

/// What a rule may look at.
pub struct Context<'a> {
    /// Objects and worlds.
    pub model: &'a AccessModel<'a>,
    /// One proof for each image use, in the model's order.
    pub proofs: &'a [PullProof],
    /// The time to hold expiry dates against, in seconds since 1970.
    pub now: Option<i64>,
}

/// A rule: its metadata, its page and its check.
pub struct Rule {
    /// Stable id in kebab-case that names the defect.
    pub id: &'static str,
    /// Severity unless a finding's evidence or the configuration says otherwise.
    pub severity: Severity,
    /// The version that brought it.
    pub since: &'static str,
    /// Whether it offers edits.
    pub fixable: bool,
    /// The page, in Markdown: its examples are executed by the tests.
    pub page: &'static str,
    /// Finds.
    pub check: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// All rules, by id.
pub const ALL: &[Rule] = &[
    invalid_image_reference::RULE,
    pull_denied::RULE,
    pull_secret_registry_mismatch::RULE,
    pull_secret_undecodable::RULE,
    pull_secret_wrong_type::RULE,
    pull_unproven::RULE,
    unparsable_source::RULE,
    unused_suppression::RULE,
];

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id)
}

impl<'a> Context<'a> {
    /// Every pull with its index, image and pod.
    fn pulls(&self) -> impl Iterator<Item = (usize, &'a PullProof, &'a ImageUse<'a>, &'a Pod<'a>)> {
        self.proofs.iter().enumerate().filter_map(|(index, proof)| {
            let image = self.model.image_use(proof.image_use)?;
            Some((index, proof, image, self.model.pod(image.pod)?))
        })
    }

    /// The secrets that pods name, each with the route that leads through it and the pull's index.
    fn named_secrets(&self) -> impl Iterator<Item = (usize, &'a PullProof, &'a Route, &'a PullSecret<'a>)> {
        let model = self.model;
        self.proofs.iter().enumerate().flat_map(move |(index, proof)| {
            let routes = proof.routes.iter();
            routes.flat_map(move |route| {
                route.secrets.iter().filter_map(move |id| Some((index, proof, route, model.secret(*id)?)))
            })
        })
    }

    /// One finding for each secret whose content `defect` objects to, however many pulls it concerns.
    fn secret_findings(
        &self,
        rule: &Rule,
        defect: fn(&Content) -> Option<(String, &'static str, Span)>,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut by_place = std::collections::BTreeMap::new();
        for (index, proof, route, secret) in self.named_secrets() {
            let Some((reason, help, span)) = defect(&secret.content) else { continue };
            let diagnostic =
                by_place.entry(span).or_insert_with(|| {
                    let name = secret.name.as_deref().unwrap_or_default();
                    let mut diagnostic = finding(rule, span, format!("pull secret `{name}`: {reason}"), help);
                    diagnostic.related.extend(route.named_at.map(|span| crate::diagnostic::Annotation {
                        span,
                        message: "named here for pulling".to_owned(),
                    }));
                    diagnostic
                });
            // Where another route proves the pull, the secret is a trap at most.
            if proof.verdict() == Truth::Yes {
                diagnostic.severity = diagnostic.severity.min(Severity::Warning);
            }
            diagnostic.pulls.push(index);
        }
        for mut diagnostic in by_place.into_values() {
            diagnostic.pulls.dedup();
            found.push(diagnostic);
        }
    }
}

/// The rule whose findings come from applying the suppressions, not from a check of its own.
pub(crate) const UNUSED_SUPPRESSION: &Rule = &unused_suppression::RULE;

/// A finding about a suppression.
pub(crate) fn unused_suppression(span: Span, message: String) -> Diagnostic {
    finding(UNUSED_SUPPRESSION, span, message, unused_suppression::HELP)
}

/// A finding of a rule at its own severity.
fn finding(rule: &Rule, span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        rule: rule.id,
        severity: rule.severity,
        confidence: Confidence::High,
        message,
        help: help.to_owned(),
        span,
        label: String::new(),
        related: Vec::new(),
        fixes: Vec::new(),
        pulls: Vec::new(),
    }
}

/// One cause, one error: `pull-denied` is silent where another error already names the cause.
pub(crate) fn silence_named_causes(found: &mut Vec<Diagnostic>) {
    let named: std::collections::BTreeSet<usize> = found
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error && diagnostic.rule != pull_denied::RULE.id)
        .flat_map(|diagnostic| diagnostic.pulls.iter().copied())
        .collect();
    found.retain(|diagnostic| {
        diagnostic.rule != pull_denied::RULE.id || !diagnostic.pulls.iter().all(|pull| named.contains(pull))
    });
}
