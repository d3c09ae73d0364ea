//! `kvmtime history`.

use std::path::PathBuf;

use anyhow::Context;

use super::exit::{Exit, Hinted};
use crate::output::{self, Table};
use crate::world::{self, history};

/// Show what `kvmtime measure --record` has kept: offsets and drifts over days and months
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime measure domain:all --record     once an hour, by a timer
  kvmtime history                         all of it
  kvmtime history web01 --svg web01.svg   one clock, drawn")]
pub(super) struct Args {
    /// Only this clock
    #[arg(value_name = "CLOCK")]
    clock: Option<String>,

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
    let all = history::read(&path, args.clock.as_deref()).map_err(|error| {
        let message = format!("cannot read {}: {}", path.display(), world::plain(&error));
        Hinted::new(message, "`kvmtime measure --record` begins a history")
    })?;
    output::history(&all, args.format)?;
    if let Some(svg) = &args.svg {
        let failed = || format!("cannot write {}", svg.display());
        world::save(svg, &output::history_svg(&all)).with_context(failed)?;
    }
    Ok(Exit::Clean)
}
