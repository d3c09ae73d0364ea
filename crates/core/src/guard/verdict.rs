//! What a look at a guest means for the next one.

use super::scheduler;
use crate::sync::{Correction, Outcome};

/// Refusals that pass by themselves: see [`Refusal::passes`](crate::sync::Refusal::passes).
const PASSES: [&str; 10] = [
    "agent-not-connected",
    "agent-silent",
    "agent-gone",
    "agent-garbage",
    "agent-time-out-of-range",
    "set-unanswered",
    "bound-too-wide",
    "late",
    "no-socket",
    "clock-contested",
];

/// Whether to look again soon. A clock that was perhaps sent a time that is past by now is one to look at again.
pub fn outcome(correction: &Correction) -> scheduler::Outcome {
    match &correction.outcome {
        Outcome::Refused { why, .. } if PASSES.contains(&why.as_str()) => scheduler::Outcome::Again,
        Outcome::Slewing => scheduler::Outcome::Again,
        _ => scheduler::Outcome::Done,
    }
}

/// Whether the guest is not there any more.
pub fn is_gone(correction: &Correction) -> bool {
    let gone = ["no-such-guest", "not-running"];
    matches!(&correction.outcome, Outcome::Refused { why, .. } if gone.contains(&why.as_str()))
}
