//! A guest, seen from its host: by its agent, its monitor and libvirt.
//!
//! Who only reads is given a [`Guest`]; whoever changes something needs a [`Settable`], which tests/layers.rs keeps from all but `sync/` and `guard/`.

pub(crate) mod agent;
mod bare;
#[cfg(feature = "libvirt")]
mod domain;
pub(crate) mod monitor;

use kvmtime_core::reading::Reading;
use kvmtime_core::sync::Refusal;
use kvmtime_core::units::Nanos;

pub(crate) use agent::Agent;
pub(crate) use bare::Bare;
#[cfg(feature = "libvirt")]
pub(crate) use domain::{Domain, unopened};
pub(crate) use monitor::Monitor;

/// A guest whose clock can be read.
pub(crate) trait Guest {
    /// What it is called.
    fn name(&self) -> String;

    /// Guest − host, once.
    ///
    /// # Errors
    /// Why not.
    fn time(&mut self, patience: Nanos) -> Result<Reading, Refusal>;
}

/// A guest whose clock can be set.
pub(crate) trait Settable: Guest {
    /// Sets its clock to the host's, later by a lead, and drops the ticks that its RTC still owes it.
    ///
    /// # Errors
    /// Why not.
    fn set(&mut self, lead: Nanos, patience: Nanos) -> Result<(), Refusal>;

    /// Runs a program in it, and gives its exit status.
    ///
    /// # Errors
    /// Why it does not run.
    fn run(&mut self, program: &[&str], patience: Nanos) -> Result<i64, Refusal>;

    /// Whether it is a Windows.
    ///
    /// # Errors
    /// Why that is not known.
    fn is_windows(&mut self, patience: Nanos) -> Result<bool, Refusal>;

    /// Whether it runs, where that can be told without asking it.
    ///
    /// # Errors
    /// Why not.
    fn state(&mut self) -> Result<Option<State>, Refusal>;

    /// Stops it with its clocks.
    ///
    /// # Errors
    /// Why not.
    fn pause(&mut self) -> Result<(), Refusal>;

    /// Drops the ticks that its RTC owes it, and lets it go on.
    ///
    /// # Errors
    /// Why not.
    fn go_on(&mut self) -> Result<(), Refusal>;
}

/// What a guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Paused,
    #[cfg_attr(
        not(feature = "libvirt"),
        expect(dead_code, reason = "only libvirt knows guests that are off")
    )]
    Off,
}
