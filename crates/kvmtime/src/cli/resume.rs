//! `kvmtime resume`.

use kvmtime_core::sync::{Correction, Outcome};

use super::exit::Exit;
use super::guests::{self, Guests};
use super::sync::Rules;
use crate::output::{self, Plain};
use crate::sync;
use crate::world::{self, history};

/// Let stopped guests go on, and set their clocks at once
///
/// The ticks that a guest's RTC owes it are dropped before, where it makes up for lost ticks. Then it is as with `kvmtime sync`; a
/// guest that runs is set as well.
///
/// Exit status: 0 all go on and are right; 1 one is not right, or may not be set; 2 one does not go on, or could not be asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime resume web01
  kvmtime resume --qga web01.qga --qmp web01.qmp  a QEMU without libvirt")]
pub(super) struct Args {
    /// The libvirt domains
    #[arg(value_name = "DOMAIN", required_unless_present = "qga")]
    domains: Vec<String>,

    #[command(flatten)]
    guests: Guests,

    #[command(flatten)]
    rules: Rules,

    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    let request = args.rules.request("resume", false);
    // Without a history nothing is known of the pause, and the guests go on all the same.
    let paused = |name: &str| {
        let past = history::corrections::read(&args.guests.place(), Some(name)).ok()?;
        let known = |one: &Correction| one.outcome == Outcome::Paused || one.is_right();
        past.into_iter().rfind(known).filter(|one| one.outcome == Outcome::Paused)
    };
    let all = args.guests.each(&args.domains, "resume", |guest| {
        let before = paused(&guest.name());
        sync::resume(guest, &request, before.as_ref())
    });
    output::corrections(&all, guests::doubt(&all).as_deref(), args.format)?;
    args.guests.keep(&all)?;
    Ok(guests::exit(&all))
}
