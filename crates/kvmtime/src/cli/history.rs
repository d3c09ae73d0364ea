//! `kvmtime history`.

use std::path::PathBuf;

use anyhow::Context;

use super::exit::{Exit, Hinted};
use crate::output::{self, Table};
use crate::world::{self, history};

/// Show what `measure --record`, `sync` and `guard` have kept: offsets, drifts, corrections
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime measure domain:all --record     once an hour, by a timer
  kvmtime history                         all of it
  kvmtime history web01 --svg web01.svg   one clock, drawn
  kvmtime history --corrections web01     when it was set, and by how much")]
pub(super) struct Args {
    /// Only this clock
    #[arg(value_name = "CLOCK")]
    clock: Option<String>,

    /// Show what was done to guests' clocks instead of what was measured
    #[arg(long, conflicts_with = "svg")]
    corrections: bool,

    /// The history's file [default: /var/lib/kvmtime/history.sqlite, or below $XDG_STATE_HOME for who is not root]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Also draw it: the offsets, each with its bound
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Table,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let path = args.history.clone().unwrap_or_else(history::place);
    let unreadable = |error| {
        let message = format!("cannot read {}: {}", path.display(), world::plain(&error));
        Hinted::new(message, "`kvmtime measure --record`, `sync` and `guard` begin a history")
    };
    if args.corrections {
        let all = history::corrections::read(&path, args.clock.as_deref()).map_err(unreadable)?;
        output::past_corrections(&all, args.format)?;
        return Ok(Exit::Clean);
    }
    let all = history::measurements::read(&path, args.clock.as_deref()).map_err(unreadable)?;
    output::history(&all, args.format)?;
    if let Some(svg) = &args.svg {
        let failed = || format!("cannot write {}", svg.display());
        world::save(svg, &output::history_svg(&all)).with_context(failed)?;
    }
    Ok(Exit::Clean)
}
