//! Proofs against an oracle on small random estates, and the law that learning more never overturns a verdict.

mod azure;
mod estate;
mod learning;
mod oracle;

use canpull_core::Report;
use canpull_core::proof::{Link, Truth};

use estate::{Estate, Random};
use oracle::Reading;

const ESTATES: u64 = 1_200;

/// The verdict on the estate's only pull.
fn verdict(report: &Report, reading: Reading) -> Truth {
    let [pull] = report.pulls.as_slice() else { panic!("{} pulls", report.pulls.len()) };
    let truth = |link: &Link| match reading {
        Reading::Strict if link.assumed => Truth::Unknown,
        _ => link.truth,
    };
    let all = |links: &[Link]| links.iter().map(truth).fold(Truth::Yes, Truth::and);
    let any = pull.routes.iter().map(|route| all(&route.links)).fold(Truth::No, Truth::or);
    let found = all(&pull.common).and(any);
    assert!(reading == Reading::Strict || found == pull.verdict);
    found
}

fn estates() -> impl Iterator<Item = (u64, Estate)> {
    (0..ESTATES).map(|seed| (seed, Random(seed).estate()))
}

/// Fails with the shortest of the estates that failed.
fn report(mut failed: Vec<String>) {
    failed.sort_by_key(String::len);
    assert!(failed.is_empty(), "{} of {ESTATES} fail, such as this:\n{}", failed.len(), failed[0]);
}

fn shown(estate: &Estate, what: &str) -> String {
    format!("{what}\nnow: {}\n{}---\n{}", estate.now, estate.config(), estate.manifests())
}

/// Neither a proof nor a refutation is wrong; and where it is certain what is in one namespace, none is missed.
#[test]
fn verdicts_are_those_of_every_completion() {
    let mut failed = Vec::new();
    let mut count = [0; 3];
    for (seed, estate) in estates() {
        let own = verdict(&estate.report(), Reading::Granting);
        let right = oracle::verdict(&estate, Reading::Granting);
        count[own as usize] += 1;
        if own != right && (own != Truth::Unknown || !estate.has_mixed_namespaces()) {
            failed.push(shown(&estate, &format!("estate {seed}: {own:?}, but the oracle says {right:?}")));
        }
    }
    assert!(count.iter().all(|count| *count > 200), "the estates say too little: {count:?}");
    report(failed);
}

#[test]
fn no_verdict_rests_on_an_assumption_that_it_does_not_show() {
    let mut failed = Vec::new();
    for (seed, estate) in estates() {
        let own = verdict(&estate.report(), Reading::Strict);
        let right = oracle::verdict(&estate, Reading::Strict);
        if own != right && own != Truth::Unknown {
            failed.push(shown(&estate, &format!("estate {seed}: {own:?}, but the oracle says {right:?}")));
        }
    }
    report(failed);
}

#[test]
fn learning_more_overturns_no_verdict() {
    let (mut failed, mut settled, mut held) = (Vec::new(), 0, 0);
    for (seed, estate) in estates() {
        let mut random = Random(!seed);
        let mut before = verdict(&estate.report(), Reading::Strict);
        let mut estate = estate;
        for _ in 0..6 {
            let Some(learned) = estate.learn(&mut random) else { continue };
            let after = verdict(&learned.report(), Reading::Strict);
            settled += usize::from(before == Truth::Unknown && after != Truth::Unknown);
            held += usize::from(before != Truth::Unknown);
            if before != Truth::Unknown && before != after {
                let texts = [shown(&estate, "before"), shown(&learned, "after")];
                failed.push(format!("estate {seed}: {before:?} becomes {after:?}\n{}", texts.join("\n")));
            }
            (estate, before) = (learned, after);
        }
    }
    assert!(settled > 60 && held > 400, "too little is learned: {settled} settled, {held} held");
    report(failed);
}
