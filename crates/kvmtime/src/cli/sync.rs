//! `kvmtime sync`.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use kvmtime_core::sync::{Correction, Outcome, Policy, Refusal};
use kvmtime_core::units::Nanos;

use super::exit::{Exit, Hinted};
use crate::guest::{Agent, Bare, Monitor, Settable};
use crate::output::{self, Plain};
use crate::sync::{self, Request};
use crate::world::{self, history};

/// Set guests' clocks through their agents, read them back, and repeat until they are proven right
///
/// A guest is right when guest − host, with all its doubt, is within --tolerance. Its clock is told the host's time as late as
/// possible, later by what the way takes. Its time daemon is told afterwards where the agent may run programs. What was done is
/// kept for `kvmtime history --corrections`.
///
/// Exit status: 0 all are right; 1 one is not, or may not be set; 2 one could not be asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime sync web01                          a libvirt domain
  kvmtime sync --all --only-if-behind         all that run and lag
  kvmtime sync --qga web01.qga --qmp web01.qmp  a QEMU without libvirt
  kvmtime sync --all --dry-run                what would be set
  kvmtime sync db01 --never-backwards --max-step 1h")]
pub(super) struct Args {
    /// The libvirt domains
    #[arg(value_name = "DOMAIN", required_unless_present_any = ["all", "qga"])]
    domains: Vec<String>,

    /// All domains that run
    #[arg(long, conflicts_with = "domains")]
    all: bool,

    /// The guest whose agent listens at this socket
    #[arg(long, value_name = "SOCKET")]
    qga: Option<PathBuf>,

    /// The same guest's QMP monitor: to tell whether it runs, and to drop the ticks that its RTC owes it
    #[arg(long, value_name = "SOCKET", requires = "qga")]
    qmp: Option<PathBuf>,

    /// The libvirt that knows the domains
    #[arg(long, value_name = "URI", default_value = "qemu:///system")]
    connect: String,

    #[command(flatten)]
    rules: Rules,

    /// Only say what would be done; exit status 1 when a clock would be set
    #[arg(long)]
    dry_run: bool,

    /// The file to keep it in [default: that of `kvmtime history`]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

/// What may be done, and when it is right.
#[derive(Debug, clap::Args)]
pub(super) struct Rules {
    /// How far off a clock may be
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = positive)]
    tolerance: Nanos,

    /// Leave a clock alone that is further off, for somebody to look at
    #[arg(long, value_name = "TIME", value_parser = positive)]
    max_step: Option<Nanos>,

    /// Never set a clock back; one that is ahead is a failure
    #[arg(long)]
    never_backwards: bool,

    /// Leave a clock that is ahead as it is
    #[arg(long)]
    only_if_behind: bool,

    /// Never step: have the guest's own daemon slew its clock, and wait for that
    #[arg(long, conflicts_with_all = ["never_backwards", "only_if_behind"])]
    slew: bool,

    /// How long a guest may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive)]
    timeout: Nanos,
}

fn positive(text: &str) -> Result<Nanos, String> {
    let time: Nanos = text.parse()?;
    if time > Nanos(0) { Ok(time) } else { Err("it must be more than nothing".to_owned()) }
}

impl Rules {
    pub(super) fn request(&self, trigger: &str, dry_run: bool) -> Request {
        let policy = Policy {
            tolerance: self.tolerance,
            max_step: self.max_step,
            never_backwards: self.never_backwards,
            only_if_behind: self.only_if_behind,
            slew: self.slew,
        };
        Request {
            policy,
            trigger: trigger.to_owned(),
            timeout: self.timeout,
            dry_run,
            patient: true,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    let request = args.rules.request("asked for", args.dry_run);
    let mut all = Vec::new();
    if let Some(qga) = &args.qga {
        all.push(bare(qga, args.qmp.as_deref(), &request));
    }
    let domains = if args.all { running(&args.connect)? } else { args.domains.clone() };
    all.extend(of_libvirt(&args.connect, &domains, &request));
    output::corrections(&all, args.format)?;
    if !args.dry_run {
        keep(&all, args.history.as_deref())?;
    }
    Ok(exit(&all))
}

/// How a run over these guests ends.
pub(super) fn exit(all: &[Correction]) -> Exit {
    let done = |one: &Correction| one.is_right() || one.outcome == Outcome::LeftAhead;
    match (all.iter().any(Correction::is_unknown), all.iter().all(done)) {
        (true, _) => Exit::Failed,
        (false, false) => Exit::Findings,
        (false, true) => Exit::Clean,
    }
}

/// Appends what was set, or could not be, to the history.
pub(super) fn keep(all: &[Correction], path: Option<&Path>) -> anyhow::Result<()> {
    let path = path.map_or_else(history::place, Path::to_owned);
    history::corrections::append(&path, all).map_err(|error| {
        let message =
            format!("cannot write the history {}: {}", path.display(), world::plain(&error));
        Hinted::new(message, "the clocks were set all the same; --history names another file")
            .into()
    })
}

fn bare(qga: &Path, qmp: Option<&Path>, request: &Request) -> Correction {
    let opened = || -> Result<Bare, Refusal> {
        let monitor = qmp.map(Monitor::open).transpose();
        let closed = |error| Refusal::NoSocket(format!("QEMU's monitor: {}", world::plain(&error)));
        Ok(Bare::new(Agent::open(qga, request.timeout)?, monitor.map_err(closed)?))
    };
    match opened() {
        Ok(mut guest) => sync::correct(&mut guest, request),
        Err(refusal) => sync::unreachable(&qga.display().to_string(), request, &refusal),
    }
}

/// At most so many guests are asked at once: libvirtd has 20 workers for all its clients (`max_workers`, libvirtd.conf).
const AT_ONCE: usize = 8;

#[cfg(feature = "libvirt")]
fn running(uri: &str) -> anyhow::Result<Vec<String>> {
    use kvmtime_sys::libvirt::Connection;
    let names = Connection::open(uri).and_then(|libvirt| libvirt.running());
    let names = names.map_err(|error| {
        let hint = crate::guest::refused(error.clone()).hint();
        Hinted::new(format!("cannot ask libvirt at {uri}: {error}"), hint)
    })?;
    Ok(names.into_iter().map(|named| named.name).collect())
}

/// All of them, some at once, in the order in which they were named. Each thread has a connection of its own, as libvirtd works on
/// five calls of a client at once (`max_client_requests`).
#[cfg(feature = "libvirt")]
fn of_libvirt(uri: &str, names: &[String], request: &Request) -> Vec<Correction> {
    use crate::guest::Domain;
    use kvmtime_sys::libvirt::Connection;

    let next = Mutex::new(names.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let work = || {
        let connection = Connection::open(uri).map_err(crate::guest::refused);
        loop {
            let taken = next.lock().ok().and_then(|mut next| next.next());
            let Some((index, name)) = taken.filter(|_| !world::clock::interrupted()) else {
                return;
            };
            let domain = connection.as_ref().map_err(Clone::clone);
            let correction = match domain.and_then(|libvirt| Domain::open(libvirt, name)) {
                Ok(mut domain) => sync::correct(&mut domain as &mut dyn Settable, request),
                Err(refusal) => sync::unreachable(name, request, &refusal),
            };
            if let Ok(mut done) = done.lock() {
                done.push((index, correction));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(names.len()) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, correction)| correction).collect()
}

#[cfg(not(feature = "libvirt"))]
fn running(_: &str) -> anyhow::Result<Vec<String>> {
    anyhow::bail!("this kvmtime is built without libvirt")
}

#[cfg(not(feature = "libvirt"))]
fn of_libvirt(_: &str, names: &[String], request: &Request) -> Vec<Correction> {
    let without = Refusal::Words("this kvmtime is built without libvirt".to_owned());
    names.iter().map(|name| sync::unreachable(name, request, &without)).collect()
}
