//! What a daemon that keeps guests' clocks right decides: what happened to whom, who is looked at next, how long each was away.

mod backoff;
mod gap;
mod limits;
mod scheduler;
#[cfg(test)]
mod tests;
mod trigger;

pub use backoff::Backoff;
pub use gap::{Gap, Gaps};
pub use limits::Limits;
pub use scheduler::{Cause, Job, Outcome, Scheduler};
pub use trigger::{Guest, Kind, Means, Notice, Trigger};
