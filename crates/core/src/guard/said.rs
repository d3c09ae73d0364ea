//! What a guard says while it runs.

use super::trigger::Trigger;
use crate::sync::Correction;

/// What a guard says.
pub enum Said<'a> {
    /// It began.
    Began,
    /// What is not as it should be around it.
    Trouble(&'a str),
    /// A source was reached, and has so many guests.
    Reached(&'a str, usize),
    /// A source was lost.
    Lost(&'a str, &'a str),
    /// Something happened to the host.
    Host(&'a Trigger),
    /// What came of a look, where that is news.
    Looked(&'a Correction),
    /// It does what its files say now.
    Reloaded,
    /// It goes on as before.
    NotReloaded(&'a str),
    /// What was done could not be kept.
    NotKept(&'a str),
    /// It ends, with so many looks still under way.
    Draining(usize),
}
