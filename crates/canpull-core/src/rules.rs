//! The rules: one file each, listed here.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::AccessModel;
use crate::proof::PullProof;

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
pub const ALL: &[Rule] = &[];

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id)
}
