//! `kvmtime guard`.

use std::io;
use std::path::{Path, PathBuf};

use kvmtime_core::units::Nanos;

use super::choices::refused;
use super::exit::{self, Exit, Hinted};
use super::guests::unsynchronised;
use crate::config::{self, Layer};
use crate::guard::{self, Ended, Settings, sandbox};
use crate::output::{self, Plain};
use crate::probe;
use crate::world::{self, World, history};

const SYSTEM: &str = "qemu:///system";
const SOCKET: &str = "/run/kvmtime/guard.sock";

/// Keep guests' clocks right, as a service
///
/// Each guest is looked at after it was paused, restored, reverted or migrated, after the host slept or its clock was set, and now
/// and then.
///
/// The table [guard] of the configuration says what may be done. SIGHUP reads it again, SIGTERM lets what has begun end. What is
/// lacking for the work is said at the start, and nothing is begun.
///
/// Exit status: 0 all clocks that were looked at last are right; 1 one is not; 2 it cannot do its work, or a clock cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  kvmtime guard                     as `systemctl start kvmtime-guard` does
  kvmtime guard --once              each guest once, for cron
  kvmtime guard --once --dry-run    what would be set
  kvmtime guard status              what a guard that runs does"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// The libvirt whose domains are guarded; "" for none [default: qemu:///system]
    #[arg(long, value_name = "URI")]
    connect: Option<String>,

    /// The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Look at each guest once, and end
    #[arg(long)]
    once: bool,

    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// The file to keep in what was done [default: that of `kvmtime history`]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Where it answers `kvmtime guard status`
    #[arg(long, value_name = "SOCKET", default_value = SOCKET)]
    socket: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print what a guard that runs does
    Status(Status),
}

/// What a guard that runs says of itself.
#[derive(Debug, clap::Args)]
struct Status {
    /// Where it answers
    #[arg(long, value_name = "SOCKET", default_value = SOCKET)]
    socket: PathBuf,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let Some(Command::Status(status)) = &args.command {
        return asked(status);
    }
    let settings = args.settings()?;
    let lacking = sandbox::lacking(&settings);
    if !lacking.is_empty() {
        let all = lacking.into_iter().map(|one| Hinted::new(one.what, one.hint).into());
        exit::failed_parts(&all.collect::<Vec<_>>());
        return Ok(Exit::Failed);
    }
    let reload = || args.settings().map_err(|error| exit::words(&error));
    let socket = settings.socket.clone();
    let ended = guard::run(settings, &reload, &mut |said| output::guard(said));
    let ended = ended.map_err(|error| not_begun(error, socket.as_deref()))?;
    Ok(match ended {
        // Who was told to end did so.
        _ if !args.once => Exit::Clean,
        Ended::Right => Exit::Clean,
        Ended::Wrong => Exit::Findings,
        Ended::Unknown => Exit::Failed,
    })
}

fn not_begun(error: io::Error, socket: Option<&Path>) -> anyhow::Error {
    let socket = socket.unwrap_or(Path::new("")).display();
    if error.kind() == io::ErrorKind::AddrInUse {
        let what = format!("cannot answer at {socket}: {error}");
        return Hinted::new(what, "another guard runs; --socket names another place").into();
    }
    error.into()
}

impl Args {
    fn settings(&self) -> anyhow::Result<Settings> {
        let settings = config::Settings::load(Layer::default(), self.config.as_deref());
        let file = settings.map_err(refused)?.guard.value;
        let connect = self.connect.clone().or_else(|| file.connect.clone());
        let connect = connect.unwrap_or_else(|| SYSTEM.to_owned());
        Ok(Settings {
            connect: Some(connect).filter(|uri| !uri.is_empty()),
            policy: file.policy(),
            limits: file.limits(),
            timeout: file.timeout().max(Nanos::SECOND),
            dry_run: self.dry_run,
            history: Some(self.history.clone().unwrap_or_else(history::place)),
            // Who looks once has nothing to say to others.
            socket: (!self.once).then(|| self.socket.clone()),
            once: self.once,
            rivals: probe::rivals(&World::live()),
            unsynchronised,
            only_if_synchronised: file.only_if_synchronised,
            monitors: file.monitors,
            ignore: file.ignore,
        })
    }
}

fn asked(args: &Status) -> anyhow::Result<Exit> {
    let mut status = guard::ask(&args.socket).map_err(|error| {
        let what =
            format!("cannot ask the guard at {}: {}", args.socket.display(), world::plain(&error));
        Hinted::new(what, "does it run? `systemctl status kvmtime-guard`")
    })?;
    // The guard itself has better things to do than to wait for a time daemon.
    status.host = unsynchronised().ok().flatten();
    output::guard_status(&status, args.format)?;
    let wrong = !status.troubles.is_empty()
        || status.sources.iter().any(|source| !source.reached)
        || status
            .guests
            .iter()
            .any(|guest| guest.last.as_ref().is_some_and(|last| !last.is_as_asked()));
    Ok(if wrong { Exit::Findings } else { Exit::Clean })
}
