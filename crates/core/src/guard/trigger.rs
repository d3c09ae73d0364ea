//! What happened to a guest, and what that means for its clock.
//!
//! All times here are those of the host's `CLOCK_BOOTTIME`: a host that sleeps keeps its guests from running as a pause does.

use serde::{Deserialize, Serialize};

use crate::reading::Interval;
use crate::units::Nanos;

/// A guest, for as long as its host knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Guest {
    /// What it is told apart by: a domain's UUID, or where a bare QEMU's monitor listens.
    pub key: String,
    /// What people call it.
    pub name: String,
}

/// Something after which a guest's clock may be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// To whom; nobody in particular when it was the host.
    pub guest: Option<Guest>,
    /// What happened.
    pub kind: Kind,
    /// When it was heard of.
    pub at: Nanos,
    /// Who says so, in its own words.
    pub detail: String,
}

/// The kinds of triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It goes on after it was paused.
    Resumed,
    /// It goes on from a saved state.
    Restored,
    /// It goes on from a snapshot.
    Reverted,
    /// It came from another host.
    Migrated,
    /// It woke up from its own suspend.
    Woken,
    /// It boots.
    Booted,
    /// Its clock was set by somebody inside, who also set its RTC.
    RtcChanged,
    /// The host was suspended for so long.
    HostSlept(Interval),
    /// The host's clock was set, by so much.
    HostStepped(Interval),
    /// It was not known before, and already runs.
    Found,
}

/// What is to be expected of a guest's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// It is behind by the time that the guest did not run.
    Behind,
    /// It is off by this much, because what it is compared with moved.
    Off(Interval),
    /// It was read from the RTC, which counts whole seconds.
    FromRtc,
    /// Nothing is.
    Unknown,
}

impl Kind {
    /// What it means for the guest's clock.
    pub fn means(self) -> Means {
        match self {
            Self::Resumed | Self::Restored | Self::Reverted | Self::Migrated => Means::Behind,
            // A guest's clock goes on from where it was, as does KVM's.
            Self::HostSlept(asleep) => Means::Off(asleep.negated()),
            Self::HostStepped(step) => Means::Off(step.negated()),
            Self::Woken | Self::Booted => Means::FromRtc,
            Self::RtcChanged | Self::Found => Means::Unknown,
        }
    }
}

/// What a source of events tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something after which clocks may be wrong.
    Trigger(Trigger),
    /// A guest's CPUs stopped.
    Stopped(Guest, Nanos),
    /// A guest is no more, or is not this host's any more.
    Gone(Guest),
    /// A guest's agent came or went.
    Agent(Guest, bool),
    /// The source was reached, and these are all guests that it has.
    Listed {
        /// Which source.
        source: String,
        /// Its guests.
        guests: Vec<Guest>,
        /// When.
        at: Nanos,
    },
    /// The source cannot be reached. Its guests may run on.
    Lost {
        /// Which source.
        source: String,
        /// Why.
        why: String,
    },
}
