//! `kvmtime echo`.

use super::exit::{Exit, Hinted};
use crate::measure::echo::{self, Port};
use crate::world;

/// Answer inside a guest what its clocks say, for `kvmtime measure --echo` on its host
///
/// It needs no privilege but to open the port, sets nothing, and answers one asker after the other until it is ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime echo --port /dev/virtio-ports/kvmtime    at a virtio port
  kvmtime echo --port /dev/ttyS1                   at a serial line
  kvmtime echo --port vsock:323                    at a vsock port")]
pub(super) struct Args {
    /// Where to answer: a device, a path at which to make a socket, or vsock:PORT
    #[arg(long, value_name = "PORT")]
    port: Port,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    echo::answer(&args.port).map_err(|error| {
        let message = format!("cannot answer at {}: {}", args.port, world::plain(&error));
        Hinted::new(message, "is it there, and does nobody else read it?")
    })?;
    Ok(Exit::Clean)
}
