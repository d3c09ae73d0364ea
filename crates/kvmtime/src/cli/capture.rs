//! `kvmtime capture`.

use std::path::PathBuf;

use anyhow::Context;

use super::exit::Exit;
use crate::output;
use crate::probe::{self, Part};
use crate::world::{Recorder, World};

/// Keep everything that `check` reads of this machine in a folder, for somebody else
///
/// The folder is evidence: `kvmtime check DIR` finds there what it would find here. It holds files at their own paths,
/// and below kvmtime/ what programs, the kernel and libvirt answered. MAC addresses and the host's name are replaced;
/// domain names, time servers and kernel parameters stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime capture web01-time && tar czf web01-time.tar.gz web01-time
  kvmtime check web01-time/                    on any other machine")]
pub(super) struct Args {
    /// The folder, which must be empty or not exist yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let name = args.folder.display();
    let recorder =
        Recorder::new(&args.folder).with_context(|| format!("cannot capture into {name}"))?;
    let world = World::recording(recorder);
    // What cannot be reached is written down as that.
    let _ = probe::gather(&world, &[Part::Roles, Part::Domains, Part::Qemus]);
    let files = world.finish().with_context(|| format!("cannot write into {name}"))?;
    output::line(&format!("kept {files} files in {name}; check it with `kvmtime check {name}`"))?;
    Ok(Exit::Clean)
}
