//! `kvmtime pause`.

use kvmtime_core::sync::{Correction, Outcome};

use super::exit::Exit;
use super::guests::Guests;
use crate::output::{self, Plain};
use crate::sync;
use crate::world;

/// Stop guests with their clocks, for `kvmtime resume` to let them go on in the present
///
/// How far each clock was off is read before and kept, so that what the pause took from it is known afterwards. A guest that is
/// stopped already stays so.
///
/// Exit status: 0 all are stopped; 2 one is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime pause web01
  kvmtime pause --qga web01.qga --qmp web01.qmp  a QEMU without libvirt")]
pub(super) struct Args {
    /// The libvirt domains
    #[arg(value_name = "DOMAIN", required_unless_present = "qga")]
    domains: Vec<String>,

    #[command(flatten)]
    guests: Guests,

    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    let all = args.guests.each(&args.domains, "pause", sync::pause);
    output::corrections(&all, None, args.format)?;
    args.guests.keep(&all)?;
    let paused = all.iter().all(|one: &Correction| one.outcome == Outcome::Paused);
    Ok(if paused { Exit::Clean } else { Exit::Failed })
}
