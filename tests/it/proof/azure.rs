//! The Azure side of the proofs, against an oracle of its own.

mod estate;
mod learning;
mod oracle;

use canpull_core::proof::Truth;

use super::estate::Random;
use super::oracle::Reading;
use super::{ESTATES, report, verdict};
use estate::Estate;

fn estates() -> impl Iterator<Item = (u64, Estate)> {
    (0..ESTATES).map(|seed| (seed, Random(seed).azure()))
}

/// Where what is open bears on two questions at once, three values may fall short of every completion.
fn may_fall_short(estate: &Estate) -> bool {
    !estate.denials.is_empty() || estate.clusters.len() > 1
}

#[test]
fn azure_verdicts_are_those_of_every_completion() {
    let mut failed = Vec::new();
    let mut count = [0; 3];
    for (seed, estate) in estates() {
        let own = verdict(&estate.report(), Reading::Granting);
        let right = oracle::verdict(&estate, Reading::Granting);
        count[own as usize] += 1;
        if own != right && (own != Truth::Unknown || !may_fall_short(&estate)) {
            failed.push(format!("estate {seed}: {own:?}, but the oracle says {right:?}\n{}", estate.shown()));
        }
    }
    assert!(count.iter().all(|count| *count > 100), "the estates say too little: {count:?}");
    report(failed);
}

#[test]
fn no_azure_verdict_rests_on_an_assumption_that_it_does_not_show() {
    let mut failed = Vec::new();
    for (seed, estate) in estates() {
        let own = verdict(&estate.report(), Reading::Strict);
        let right = oracle::verdict(&estate, Reading::Strict);
        if own != right && own != Truth::Unknown {
            failed.push(format!("estate {seed}: {own:?}, but the oracle says {right:?}\n{}", estate.shown()));
        }
    }
    report(failed);
}

#[test]
fn learning_more_of_azure_overturns_no_verdict() {
    let (mut failed, mut settled, mut held) = (Vec::new(), 0, 0);
    for (seed, estate) in estates().step_by(3) {
        let (mut random, mut estate) = (Random(!seed), estate);
        let mut before = verdict(&estate.report(), Reading::Strict);
        for _ in 0..6 {
            let Some(learned) = estate.learn(&mut random) else { continue };
            let after = verdict(&learned.report(), Reading::Strict);
            settled += usize::from(before == Truth::Unknown && after != Truth::Unknown);
            held += usize::from(before != Truth::Unknown);
            if before != Truth::Unknown && before != after {
                let texts = [estate.shown(), learned.shown()];
                failed.push(format!("estate {seed}: {before:?} becomes {after:?}\n{}", texts.join("\nbecomes\n")));
            }
            (estate, before) = (learned, after);
        }
    }
    assert!(settled > 60 && held > 200, "too little is learned: {settled} settled, {held} held");
    report(failed);
}
