//! Commands that do not do what they are meant to, whichever tool they are of.

use canpull_syntax::TextRange;
use canpull_syntax::edit::Edit;

use super::arguments::Argument;
use super::meaning;
use super::run::Run;
use super::value::{self, Shape};
use crate::fact::azure::PrincipalAttribute;
use crate::fact::script::{SlipFact, SlipKind};

/// The service principal's client id of a cluster that may have a managed identity instead.
pub(super) fn msi(run: &mut Run<'_>, argument: &Argument) {
    for output in argument.value.alternatives().iter().filter_map(|joined| value::as_output(joined)) {
        let Some((cluster, PrincipalAttribute::ClusterServicePrincipalClientId)) = meaning::attribute(output) else {
            continue;
        };
        if !matches!(output.shape, Shape::Resource) || run.compares(output.chosen.0) {
            continue;
        }
        let (range, literal) = output.chosen;
        let span = run.span(range);
        let right = "identityProfile.kubeletidentity.objectId";
        let written = "servicePrincipalProfile.clientId";
        // Only the whole property can be put right; its last key alone is what was chosen.
        let start = range.end.checked_sub(canpull_syntax::to_offset(written.len()));
        let whole = start.map(|start| TextRange::new(start, range.end)).filter(|range| run.slice(*range) == written);
        let edits = match whole.filter(|_| literal) {
            Some(whole) => vec![Edit { range: run.place(whole), text: right.to_owned() }],
            None => Vec::new(),
        };
        let span = whole.map_or(span, |whole| run.span(whole));
        run.facts.script.slips.push(SlipFact { kind: SlipKind::MsiClientId { cluster }, span, edits });
    }
}
