//! Pairs of clocks, read again and again: one file for each way of comparing two.

mod agent;
mod chronyd;
pub(crate) mod echo;
pub(crate) mod events;
mod ntp;
mod phc;
mod rtc;
mod run;
mod source;
mod vmclock;

use std::io;

use kvmtime_core::reading::{Link, Reading};

pub(crate) use run::{Progress, Run, Until};
pub(crate) use source::{Missed, Source, best};

/// Two clocks that can be compared.
pub(crate) trait Pair {
    /// The clock that is measured, the one that it is measured against, and how.
    fn names(&self) -> Names;

    /// Compares them once.
    ///
    /// # Errors
    /// When nothing answers in time, or refuses.
    fn read(&mut self) -> io::Result<Reading>;

    /// From the clock that is measured against on to UTC, if that is known.
    fn onward(&mut self) -> Option<Link> {
        None
    }
}

/// What a series of readings is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) clock: String,
    pub(crate) against: String,
    pub(crate) method: String,
}

impl Names {
    fn new(clock: &str, against: &str, method: impl Into<String>) -> Self {
        Self { clock: clock.to_owned(), against: against.to_owned(), method: method.into() }
    }
}

/// What this machine's own clock is called.
pub(crate) const HERE: &str = "this machine";
/// What everybody's clock should say.
pub(crate) const UTC: &str = "UTC";
/// A guest's host, as the guest calls it.
const HOST: &str = "its host";
