//! What was done to a guest's clock.

use serde::{Deserialize, Serialize};

use crate::reading::Interval;
use crate::units::Nanos;

/// One time that a clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// How much later than the host's time, for the way.
    pub lead: Nanos,
    /// Until the agent said that it was done.
    pub took: Nanos,
    /// Guest − host afterwards, where that could be read.
    pub after: Option<Interval>,
}

/// Time that a guest did not live through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// How long it stood, by its host's clock.
    pub host: Option<Interval>,
    /// How much its clock lost, by two readings before and after.
    pub guest: Option<Interval>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// It was right.
    InSync,
    /// It is right now.
    Corrected,
    /// The guest was stopped with it.
    Paused,
    /// It is being slewed.
    Slewing,
    /// It is ahead and was left so, as asked.
    LeftAhead,
    /// It would be set, if that had been asked for.
    WouldSet,
    /// It was refused, or failed.
    Refused {
        /// The refusal's name.
        why: String,
        /// The same in words.
        message: String,
        /// What may help.
        hint: String,
        /// Whether the next try may do better by itself.
        #[serde(default)]
        passes: bool,
    },
}

impl Outcome {
    /// Its name, or the refusal's, for programs.
    pub fn name(&self) -> &str {
        match self {
            Self::InSync => "in-sync",
            Self::Corrected => "corrected",
            Self::Paused => "paused",
            Self::Slewing => "slewing",
            Self::LeftAhead => "left-ahead",
            Self::WouldSet => "would-set",
            Self::Refused { why, .. } => why,
        }
    }
}

/// A guest's clock, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The guest.
    pub guest: String,
    /// When it began, ns since 1970 by the host's clock.
    pub at: Nanos,
    /// Why it was looked at.
    pub trigger: String,
    /// The time that it missed, where there is some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// Guest − host before, where that could be read.
    pub before: Option<Interval>,
    /// Each time that it was set.
    pub sets: Vec<Set>,
    /// Guest − host at the end, where that could be read.
    pub residual: Option<Interval>,
    /// From the beginning to the last reading.
    pub took: Nanos,
    /// The daemon in the guest that was told, or why none was.
    pub told: Option<String>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Correction {
    /// Whether the clock is proven right.
    pub fn is_right(&self) -> bool {
        matches!(self.outcome, Outcome::InSync | Outcome::Corrected)
    }

    /// Whether it is as was asked for.
    pub fn is_as_asked(&self) -> bool {
        self.is_right() || self.outcome == Outcome::LeftAhead
    }

    /// Whether it could not be told how its clock is, as opposed to what may be done about it.
    pub fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. }) && self.residual.is_none()
    }
}
