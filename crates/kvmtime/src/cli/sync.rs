//! `kvmtime sync`.

use kvmtime_core::sync::Policy;
use kvmtime_core::units::Nanos;

use super::exit::Exit;
use super::guests::{self, Guests};
use crate::output::{self, Plain};
use crate::sync::{self, Request, Waits};
use crate::world;

/// Set guests' clocks through their agents, read them back, and repeat until they are proven right
///
/// A guest is right when guest − host, with all its doubt, is within --tolerance; that the host's own clock is not synchronised is
/// told. Its clock is told the host's time as late as
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

    #[command(flatten)]
    guests: Guests,

    #[command(flatten)]
    rules: Rules,

    /// Also wait, up to --timeout, for a guest that is paused or off
    #[arg(long)]
    wait: bool,

    /// Only say what would be done; exit status 1 when a clock would be set
    #[arg(long)]
    dry_run: bool,

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

    /// Set nothing while this host's own clock is not synchronised
    #[arg(long)]
    only_if_synchronised: bool,

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
            heard: None,
            timeout: self.timeout,
            must_follow: self.only_if_synchronised.then_some(guests::unsynchronised as _),
            dry_run,
            waits: Waits::Agent,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    let waits = if args.wait { Waits::Guest } else { Waits::Agent };
    let request = Request { waits, ..args.rules.request("sync", args.dry_run) };
    let running = || guests::running(&args.guests.connect);
    let domains = if args.all { running()? } else { args.domains.clone() };
    let all = args.guests.each(&domains, "sync", |guest| sync::correct(guest, &request));
    output::corrections(&all, guests::doubt(&all).as_deref(), args.format)?;
    if !args.dry_run {
        args.guests.keep(&all)?;
    }
    Ok(guests::exit(&all))
}
