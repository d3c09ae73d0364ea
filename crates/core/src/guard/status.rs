//! What a running guard says of itself.

use serde::{Deserialize, Serialize};

use super::trigger::Guest;
use crate::sync::Correction;

/// The form of [`Status`] as JSON.
pub const SCHEMA: &str = "kvmtime.guard-status/1";

/// A guard, its sources and its guests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: String,
    /// Its process.
    pub pid: u32,
    /// Since when it runs, seconds since 1970.
    pub since: i64,
    /// Whether it ends, and only waits for what has begun.
    pub draining: bool,
    /// Why the host's own clock is not synchronised, where that is so; who asks adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What it does not do as it should.
    pub troubles: Vec<String>,
    /// What was done.
    pub counts: Counts,
    /// Where events come from.
    pub sources: Vec<Source>,
    /// Whom it guards.
    pub guests: Vec<Guarded>,
}

/// What was done since the guard began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Looks at guests.
    pub looks: u64,
    /// Times that a guest's clock was found right, or left ahead as asked.
    pub right: u64,
    /// Times that one was set, or slewed, until it was right.
    pub corrected: u64,
    /// Times that one is not right, or nobody knows.
    pub failed: u64,
    /// Things that happened, to guests or to the host.
    pub triggers: u64,
}

/// Where events come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// A libvirt's URI, or where a monitor listens.
    pub name: String,
    /// Whether it is reached.
    pub reached: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A guest that is guarded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guarded {
    /// Who it is.
    #[serde(flatten)]
    pub guest: Guest,
    /// What happens to it.
    pub doing: Doing,
    /// What came of the last look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Correction>,
}

/// What happens to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// Nothing happened since the last look.
    Rests,
    /// It will be looked at, because something happened.
    Due,
    /// It is being looked at.
    Looked,
    /// It does not run.
    Stopped,
}
