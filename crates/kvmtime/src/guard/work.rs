//! One look at one guest.

use std::path::PathBuf;

use kvmtime_core::guard::Guest;
use kvmtime_core::sync::{Correction, Refusal};
#[cfg(feature = "libvirt")]
use kvmtime_sys::libvirt::{Connection, Loop};

use super::events::qmp::Held;
use crate::guest::{Agent, Bare};
use crate::sync::{self, Request};

/// How a guest is reached.
#[derive(Clone)]
pub(super) enum Way {
    /// By the libvirt of this URI.
    Libvirt(String),
    /// By its agent's socket and its monitor.
    Bare(PathBuf, Held),
    /// Its source is not asked any more.
    Nowhere,
}

/// What a worker keeps from one look to the next: a connection of its own, as libvirtd works on five calls of a client at once
/// (`max_client_requests`).
pub(super) struct Means {
    #[cfg(feature = "libvirt")]
    libvirt: Option<Loop>,
    #[cfg(feature = "libvirt")]
    connection: Option<(String, Connection)>,
}

impl Means {
    #[cfg(feature = "libvirt")]
    pub(super) fn new(libvirt: Option<Loop>) -> Self {
        Self { libvirt, connection: None }
    }

    #[cfg(not(feature = "libvirt"))]
    pub(super) fn new() -> Self {
        Self {}
    }

    /// Looks, and does what is to be done.
    pub(super) fn look(&mut self, guest: &Guest, way: &Way, request: &Request) -> Correction {
        let done = match way {
            Way::Libvirt(uri) => self.domain(uri, guest, request),
            Way::Bare(agent, monitor) => bare(agent, monitor, request),
            Way::Nowhere => Err(Refusal::Unknown),
        };
        let mut done = done
            .unwrap_or_else(|refusal| sync::unreachable(&guest.name, &request.trigger, &refusal));
        // A socket's path is nobody's name.
        done.guest.clone_from(&guest.name);
        done
    }

    #[cfg(feature = "libvirt")]
    fn domain(
        &mut self,
        uri: &str,
        guest: &Guest,
        request: &Request,
    ) -> Result<Correction, Refusal> {
        use crate::guest::{Domain, unopened};

        let open = self.connection.take_if(|(to, open)| to == uri && open.is_alive());
        let connection = match (open, &self.libvirt) {
            (Some((_, connection)), _) => connection,
            (None, Some(libvirt)) => libvirt.open(uri).map_err(unopened)?,
            (None, None) => return Err(Refusal::Unknown),
        };
        let (_, connection) = self.connection.insert((uri.to_owned(), connection));
        let mut domain = Domain::of_uuid(connection, &guest.key)?;
        Ok(sync::correct(&mut domain, request))
    }

    #[cfg(not(feature = "libvirt"))]
    fn domain(&mut self, _: &str, _: &Guest, _: &Request) -> Result<Correction, Refusal> {
        Err(Refusal::Unknown)
    }
}

fn bare(agent: &std::path::Path, monitor: &Held, request: &Request) -> Result<Correction, Refusal> {
    let mut guest = Bare::new(Agent::open(agent)?, None);
    let done = sync::correct(&mut guest, request);
    if !done.sets.is_empty() {
        // The ticks that its RTC still owes it belong to the time that it was just told.
        monitor.tell("rtc-reset-reinjection");
    }
    Ok(done)
}
