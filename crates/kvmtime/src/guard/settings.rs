//! What a guard is told to do, by flags and files.

use std::path::PathBuf;

use kvmtime_core::guard::{Limits, Monitored};
use kvmtime_core::sync::Policy;
use kvmtime_core::units::Nanos;

use crate::sync::Unsynchronised;

/// What a guard is to do.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The libvirt whose domains are guarded.
    pub(crate) connect: Option<String>,
    /// Others that are guarded.
    pub(crate) monitors: Vec<Monitored>,
    /// Who is left alone.
    pub(crate) ignore: Vec<String>,
    /// What may be done.
    pub(crate) policy: Policy,
    /// Asked whether this host's clock is.
    pub(crate) unsynchronised: Unsynchronised,
    /// Whether guests are only set by a host's clock that is synchronised.
    pub(crate) only_if_synchronised: bool,
    /// How much at once, and how often.
    pub(crate) limits: Limits,
    /// How long one look may take.
    pub(crate) timeout: Nanos,
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// Where all that is done is kept.
    pub(crate) history: Option<PathBuf>,
    /// Where it answers.
    pub(crate) socket: Option<PathBuf>,
    /// Who else sets guests' clocks.
    pub(crate) rivals: Vec<String>,
    /// Each guest once, and then no more.
    pub(crate) once: bool,
}
