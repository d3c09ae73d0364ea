//! What the daemon does: the table `[guard]`.

use kvmtime_core::guard::{Limits, Monitored};
use kvmtime_core::sync::Policy;
use kvmtime_core::units::Nanos;
use serde::{Deserialize, Serialize};

/// A length of time as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Time {
    text: String,
    time: Nanos,
}

impl TryFrom<String> for Time {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let time: Nanos = text.parse()?;
        if time <= Nanos(0) {
            return Err(format!("{text} is no time to wait"));
        }
        Ok(Self { text, time })
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.text
    }
}

/// The table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guard {
    /// The libvirt whose domains are guarded; none when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_step: Option<Time>,
    #[serde(default)]
    never_backwards: bool,
    #[serde(default)]
    only_if_behind: bool,
    #[serde(default)]
    pub(crate) only_if_synchronised: bool,
    #[serde(default)]
    slew: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_once: Option<u16>,
    /// Names of guests that are left alone.
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
    /// QEMUs that no libvirt runs.
    #[serde(default)]
    pub(crate) monitors: Vec<Monitored>,
}

impl Guard {
    /// What may be done to clocks, as `sync` has it.
    pub(crate) fn policy(&self) -> Policy {
        let tolerance = self.tolerance.as_ref().map_or(Nanos(10_000_000), |time| time.time);
        Policy {
            tolerance,
            max_step: self.max_step.as_ref().map(|time| time.time),
            never_backwards: self.never_backwards,
            only_if_behind: self.only_if_behind,
            slew: self.slew,
        }
    }

    /// How long one look may take.
    pub(crate) fn timeout(&self) -> Nanos {
        self.timeout.as_ref().map_or(Nanos(10_000_000_000), |time| time.time)
    }

    /// How much at once, and how often.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            at_once: self.at_once.map_or(usual.at_once, usize::from).max(1),
            sweep: self.sweep.as_ref().map_or(usual.sweep, |time| time.time.max(Nanos::SECOND)),
            ..usual
        }
    }
}
