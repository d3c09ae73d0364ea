//! A guest's clock from its host, by the guest agent: `guest-get-time`.

use std::io;

use kvmtime_core::reading::{Link, Reading};
use kvmtime_core::units::Nanos;

use super::{HERE, Names, Pair, source};
use crate::guest::Guest;
use crate::guest::agent::PATIENCE;
use crate::world::clock;

/// A reading is the narrowest of the answers that come in this time: the first has to wake everybody on its way.
const BURST: Nanos = Nanos(20_000_000);

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
        let end = clock::monotonic() + BURST;
        let mut best = self.guest.time(PATIENCE).map_err(io::Error::other)?;
        while clock::monotonic() < end
            && let Ok(next) = self.guest.time(PATIENCE)
        {
            if next.offset.width() < best.offset.width() {
                best = next;
            }
        }
        Ok(best)
    }

    fn onward(&mut self) -> Option<Link> {
        source::host_to_utc()
    }
}
