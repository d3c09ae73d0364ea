//! `kvmtime capture`.

use std::path::PathBuf;

use anyhow::Context;

use super::exit::Exit;
use crate::output;
use crate::probe::{self, Part, scripts};
use crate::world::{Recorder, World};

/// Keep everything that `check` reads of this machine in a folder, for somebody else
///
/// The folder is evidence: `kvmtime check DIR` finds there what it would find here. It holds files at their own paths,
/// and below kvmtime/ what programs, the kernel and libvirt answered. MAC addresses and the host's name are replaced;
/// domain names, time servers and kernel parameters stay. A guest that runs Windows or a BSD makes such a folder with a
/// script, which changes nothing and asks nothing on the network.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime capture web01-time && tar czf web01-time.tar.gz web01-time
  kvmtime check web01-time/                    on any other machine
  kvmtime capture --script windows > capture.ps1
  powershell -ExecutionPolicy Bypass -File capture.ps1   in the guest; then
  kvmtime check kvmtime-windows win10.xml      the guest with its domain")]
pub(super) struct Args {
    /// The folder, which must be empty or not exist yet
    #[arg(value_name = "DIR", required_unless_present = "script")]
    folder: Option<PathBuf>,

    /// Print a script that makes such a folder in a guest where kvmtime cannot be run
    #[arg(long, value_name = "SYSTEM", conflicts_with = "folder")]
    script: Option<System>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum System {
    /// PowerShell, from Windows 7 and Server 2008 R2 on
    Windows,
    /// sh, for FreeBSD, NetBSD and OpenBSD
    Bsd,
    /// sh, for any Linux
    Linux,
}

impl System {
    fn script(self) -> String {
        match self {
            Self::Windows => scripts::windows(),
            Self::Bsd => scripts::bsd(),
            Self::Linux => scripts::linux(),
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let Some(system) = args.script {
        output::line(system.script().trim_end())?;
        return Ok(Exit::Clean);
    }
    let folder = args.folder.clone().unwrap_or_default();
    let name = folder.display();
    let recorder = Recorder::new(&folder).with_context(|| format!("cannot capture into {name}"))?;
    let world = World::recording(recorder);
    // What cannot be reached is written down as that.
    let _ = probe::gather(&world, &[Part::Roles, Part::Domains, Part::Qemus]);
    let files = world.finish().with_context(|| format!("cannot write into {name}"))?;
    output::line(&format!("kept {files} files in {name}; check it with `kvmtime check {name}`"))?;
    Ok(Exit::Clean)
}
