//! What a look at a guest means for the next one.

use super::scheduler;
use crate::sync::{Correction, Outcome};

/// Refusals of who is not there.
const GONE: [&str; 2] = ["no-such-guest", "not-running"];

/// Whether to look again soon. A clock that was perhaps sent a time that is past by now is one to look at again.
pub fn outcome(correction: &Correction) -> scheduler::Outcome {
    match &correction.outcome {
        Outcome::Refused { why, .. } if GONE.contains(&why.as_str()) => scheduler::Outcome::Gone,
        Outcome::Refused { passes: true, .. } => scheduler::Outcome::Again,
        Outcome::Slewing => scheduler::Outcome::Again,
        Outcome::Corrected => scheduler::Outcome::Set,
        _ => scheduler::Outcome::Done,
    }
}
