//! A guest's clock from its host, by the guest agent: `guest-get-time`.

use std::io;

use kvmtime_core::reading::{Link, Reading};

use super::{HERE, Names, Pair, source};
use crate::guest::Guest;
use crate::guest::agent::PATIENCE;

/// A guest and what is said of the way to its agent.
pub(super) struct Agent<G> {
    guest: G,
    names: Names,
}

impl<G: Guest> Agent<G> {
    pub(super) fn new(guest: G, clock: &str, method: &str) -> Self {
        Self { guest, names: Names::new(clock, HERE, method) }
    }
}

impl<G: Guest> Pair for Agent<G> {
    fn names(&self) -> Names {
        self.names.clone()
    }

    fn read(&mut self) -> io::Result<Reading> {
        self.guest.time(PATIENCE).map_err(io::Error::other)
    }

    fn onward(&mut self) -> Option<Link> {
        source::host_to_utc()
    }
}
