//! What a rule concluded, with its evidence and its cure.

use std::borrow::Cow;

use kvmtime_wire::text::At;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::plan::Change;

/// How bad the consequence is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No effect, stale advice, or a cheap improvement.
    Info,
    /// Wrong or slow after some event: load, pause, migration, boot.
    Warning,
    /// Time is or will be wrong, or the VM cannot start or migrate.
    Error,
}

impl Severity {
    /// The word that stands in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// When a cure takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// At once.
    Live,
    /// When the guest's kernel boots again.
    GuestReboot,
    /// When QEMU is started anew: shut the guest down and start it.
    GuestRestart,
    /// When the host boots again.
    HostReboot,
}

/// What carrying out a cure may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Cannot make time worse, and can be taken back.
    Safe,
    /// Steps a clock, or needs a restart.
    Careful,
    /// Needs a person's judgement.
    Manual,
}

/// One observation that a finding stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was looked at.
    pub what: Cow<'static, str>,
    /// What it was.
    pub value: String,
    /// Where it was read.
    pub from: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file, as it was named on the command line or found.
    pub path: String,
    /// The place in it.
    #[serde(flatten)]
    pub at: At,
    /// The text of that line, where it is at hand.
    #[serde(skip)]
    pub excerpt: Option<Box<str>>,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cure {
    /// The act, in the imperative.
    pub summary: Cow<'static, str>,
    /// When it takes effect.
    pub effect: Effect,
    /// What it may cost.
    pub risk: Risk,
}

/// A fault that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Cow<'static, str>,
    /// How bad it is here; a rule may raise or lower its own severity.
    pub severity: Severity,
    /// The id of the subject.
    pub subject: String,
    /// One sentence, present tense, without advice.
    pub message: String,
    /// What it stands on.
    pub evidence: Vec<Evidence>,
    /// Where the fault stands, when it stands in a file.
    pub location: Option<Location>,
    /// What to do.
    pub cure: Cure,
    /// The cure as changes, where it is exact enough to be carried out; they go into plans.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

impl Finding {
    /// Adds an observation; an empty one is `none`.
    #[must_use]
    pub fn saw(
        mut self,
        what: impl Into<Cow<'static, str>>,
        value: impl ToString,
        from: impl Into<String>,
    ) -> Self {
        let mut value = value.to_string();
        if value.is_empty() {
            "none".clone_into(&mut value);
        }
        self.evidence.push(Evidence { what: what.into(), value, from: from.into() });
        self
    }

    /// Adds an observation that was made already.
    #[must_use]
    pub fn showing(mut self, evidence: &Evidence) -> Self {
        self.evidence.push(evidence.clone());
        self
    }

    /// Adds a fact as an observation, shown as `view` gives it; an unknown fact adds nothing.
    #[must_use]
    pub fn saw_fact<T, S: ToString>(
        self,
        what: impl Into<Cow<'static, str>>,
        fact: &Fact<T>,
        view: impl FnOnce(&T) -> S,
    ) -> Self {
        match fact {
            Fact::Known { value, from } => self.saw(what, view(value), from.clone()),
            Fact::Unknown(_) => self,
        }
    }

    /// Judges this case differently from the rule's own severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn cure(
        mut self,
        summary: impl Into<Cow<'static, str>>,
        effect: Effect,
        risk: Risk,
    ) -> Self {
        self.cure = Cure { summary: summary.into(), effect, risk };
        self
    }

    /// Says where the fault stands.
    #[must_use]
    pub fn at(mut self, path: &str, at: At) -> Self {
        self.location = Some(Location { path: path.to_owned(), at, excerpt: None });
        self
    }

    /// Adds a change that would carry out the cure.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}
