//! Guests whose clocks are to be set, as they are named on the command line.

use std::path::{Path, PathBuf};

use kvmtime_core::sync::{Correction, Refusal};

use super::exit::{Exit, Hinted};
use crate::guest::{Agent, Bare, Monitor, Settable};
use crate::probe;
use crate::sync;
use crate::world::{self, World, history};

/// Which, and where what is done to them is kept.
#[derive(Debug, clap::Args)]
pub(super) struct Guests {
    /// The guest whose agent listens at this socket
    #[arg(long, value_name = "SOCKET")]
    pub(super) qga: Option<PathBuf>,

    /// The same guest's QMP monitor, by which it is stopped and let go on, and the ticks are dropped that its RTC owes it
    #[arg(long, value_name = "SOCKET", requires = "qga")]
    pub(super) qmp: Option<PathBuf>,

    /// The libvirt that knows the domains
    #[arg(long, value_name = "URI", default_value = "qemu:///system")]
    pub(super) connect: String,

    /// The file that keeps what was done [default: that of `kvmtime history`]
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
}

impl Guests {
    /// Does the work on each, in the order in which they are named; on some of libvirt's at once.
    pub(super) fn each(
        &self,
        domains: &[String],
        trigger: &str,
        work: impl Fn(&mut dyn Settable) -> Correction + Sync,
    ) -> Vec<Correction> {
        let bare = self.qga.iter().map(|qga| match bare(qga, self.qmp.as_deref()) {
            Ok(mut guest) => work(&mut guest),
            Err(refusal) => sync::unreachable(&qga.display().to_string(), trigger, &refusal),
        });
        let mut all: Vec<_> = bare.collect();
        all.extend(of_libvirt(&self.connect, domains, trigger, &work));
        all
    }

    /// Appends it to the history.
    pub(super) fn keep(&self, all: &[Correction]) -> anyhow::Result<()> {
        let path = self.place();
        history::corrections::append(&path, all).map_err(|error| {
            let why = world::plain(&error);
            let message = format!("cannot write the history {}: {why}", path.display());
            let hint = "the work was done all the same; --history names another file";
            Hinted::new(message, hint).into()
        })
    }

    /// Where the history is.
    pub(super) fn place(&self) -> PathBuf {
        self.history.clone().unwrap_or_else(history::place)
    }
}

/// See [`sync::Unsynchronised`].
pub(super) fn unsynchronised() -> Result<Option<String>, String> {
    probe::unsynchronised(&World::live()).map_err(|why| why.to_string())
}

/// What makes it worth less that guests are right: nothing that can be told where none is.
pub(super) fn doubt(all: &[Correction]) -> Option<String> {
    all.iter().any(Correction::is_right).then(unsynchronised)?.ok()?
}

/// How a run over guests ends.
pub(super) fn exit(all: &[Correction]) -> Exit {
    match (all.iter().any(Correction::is_unknown), all.iter().all(Correction::is_as_asked)) {
        (true, _) => Exit::Failed,
        (false, false) => Exit::Findings,
        (false, true) => Exit::Clean,
    }
}

fn bare(qga: &Path, qmp: Option<&Path>) -> Result<Bare, Refusal> {
    let closed = |error| Refusal::NoSocket(format!("QEMU's monitor: {}", world::plain(&error)));
    let monitor = qmp.map(Monitor::open).transpose().map_err(closed)?;
    Ok(Bare::new(Agent::connect(qga)?, monitor))
}

/// The names of all domains that run.
#[cfg(feature = "libvirt")]
pub(super) fn running(uri: &str) -> anyhow::Result<Vec<String>> {
    use kvmtime_sys::libvirt::Connection;
    let names = Connection::open(uri).and_then(|libvirt| libvirt.running());
    let names = names.map_err(|error| {
        let message = format!("cannot ask libvirt at {uri}: {error}");
        Hinted::new(message, crate::guest::unopened(error).hint())
    })?;
    Ok(names.into_iter().map(|named| named.name).collect())
}

/// At most so many guests are asked at once: libvirtd has 20 workers for all its clients (`max_workers`, libvirtd.conf).
#[cfg(feature = "libvirt")]
const AT_ONCE: usize = 8;

/// Each thread has a connection of its own, as libvirtd works on five calls of a client at once (`max_client_requests`).
#[cfg(feature = "libvirt")]
fn of_libvirt(
    uri: &str,
    names: &[String],
    trigger: &str,
    work: &(impl Fn(&mut dyn Settable) -> Correction + Sync),
) -> Vec<Correction> {
    use std::sync::Mutex;

    use crate::guest::{Domain, unopened};
    use kvmtime_sys::libvirt::Connection;

    let next = Mutex::new(names.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let share = || {
        let connection = Connection::open(uri).map_err(unopened);
        let take = || next.lock().ok()?.next();
        while let Some((index, name)) = take() {
            let domain = match world::clock::interrupted() {
                true => Err(Refusal::Interrupted),
                false => connection.as_ref().map_err(Clone::clone),
            };
            let correction = match domain.and_then(|libvirt| Domain::open(libvirt, name)) {
                Ok(mut domain) => work(&mut domain),
                Err(refusal) => sync::unreachable(name, trigger, &refusal),
            };
            if let Ok(mut done) = done.lock() {
                done.push((index, correction));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(names.len()) {
            scope.spawn(share);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, correction)| correction).collect()
}

#[cfg(not(feature = "libvirt"))]
pub(super) fn running(_: &str) -> anyhow::Result<Vec<String>> {
    anyhow::bail!("this kvmtime is built without libvirt")
}

#[cfg(not(feature = "libvirt"))]
fn of_libvirt(
    _: &str,
    names: &[String],
    trigger: &str,
    _: &impl Fn(&mut dyn Settable) -> Correction,
) -> Vec<Correction> {
    let without = Refusal::Words("this kvmtime is built without libvirt".to_owned());
    names.iter().map(|name| sync::unreachable(name, trigger, &without)).collect()
}
