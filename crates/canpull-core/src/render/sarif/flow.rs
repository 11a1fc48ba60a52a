//! The proof of a finding's pull as SARIF's code flows: one for each way to the image, its links as steps.

use canpull_syntax::Span;
use serde::Serialize;

use super::{Location, location};
use crate::diagnostic::Diagnostic;
use crate::proof::{Link, Truth};
use crate::render::{Input, route_title, verdict_title};
use crate::report::Pull;

/// Places of one link that are shown as steps.
const MOST_PLACES: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeFlow {
    message: super::Message,
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    location: Location,
}

/// The flows of the first pull that the finding speaks of.
pub(super) fn of(input: &Input<'_>, finding: &Diagnostic) -> Vec<CodeFlow> {
    let Some(pull) = finding.pulls.first().and_then(|&index| input.report.pulls.get(index)) else { return Vec::new() };
    let common = (!pull.common.is_empty()).then(|| {
        let truth = pull.common.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        flow(input, pull, "needed by every pull of the pod", truth, &pull.common)
    });
    let routes = pull.routes.iter().map(|route| {
        let secret = route.secret_name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        flow(input, pull, &format!("{}{secret}", route_title(route.kind)), route.truth(), &route.links)
    });
    common.into_iter().chain(routes).collect()
}

fn flow(input: &Input<'_>, pull: &Pull, title: &str, truth: Truth, links: &[Link]) -> CodeFlow {
    let step = |span: Span, text: String| Step { location: location(input, span, None, Some(&text)) };
    let start = format!("image `{}` of {} {}", pull.image, pull.workload(), verdict_title(pull.verdict));
    let steps = links.iter().flat_map(|link| {
        let assumed = if link.assumed { " (assumed)" } else { "" };
        let text = format!("{}: {}{assumed}", link.truth.as_str(), link.text);
        // A link that rests on no place is told of at the image.
        let places = if link.because.is_empty() { std::slice::from_ref(&pull.span) } else { &link.because };
        places.iter().take(MOST_PLACES).map(move |&span| step(span, text.clone()))
    });
    CodeFlow {
        message: super::Message { text: format!("{}: {}", truth.as_str(), super::escaped(title)) },
        thread_flows: [ThreadFlow { locations: std::iter::once(step(pull.span, start)).chain(steps).collect() }],
    }
}
