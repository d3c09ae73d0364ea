//! What a daemon that keeps guests' clocks right decides: what happened to whom, who is looked at next, how long each was away.

mod backoff;
mod fought;
mod gap;
mod limits;
mod monitored;
mod said;
mod scheduler;
mod status;
#[cfg(test)]
mod tests;
mod trigger;
mod verdict;

pub use backoff::Backoff;
pub use fought::Fought;
pub use gap::{Gap, Gaps};
pub use limits::Limits;
pub use monitored::Monitored;
pub use said::Said;
pub use scheduler::{Cause, Job, Outcome, Scheduler};
pub use status::{Counts, Doing, Guarded, SCHEMA, Source, Status};
pub use trigger::{Guest, Kind, Means, Notice, Trigger};
pub use verdict::outcome;

use crate::units::Nanos;

/// A clock that is disciplined parts from another by no more than this (`MAXFREQ`, include/linux/timex.h).
const PPM: i64 = 500;

/// How far it can have parted.
fn drifted(passed: Nanos) -> Nanos {
    Nanos(passed.0.max(0) / 1_000_000 * PPM)
}
