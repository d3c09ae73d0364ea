//! `kvmtime keep-clocksource`, which `bench --switch` starts beside itself.

use super::exit::{Exit, Hinted};
use crate::apply::clocksource;
use crate::output;

/// Wait for the end of standard input, then put the clocksource back
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which
    name: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match clocksource::keep(&args.name) {
        Ok(false) => Ok(Exit::Clean),
        Ok(true) => {
            let said = format!("bench was ended; the clocksource is {} again", args.name);
            output::error(&said, None);
            Ok(Exit::Clean)
        }
        Err(error) => Err(Hinted::new(error.to_string(), by_hand(&args.name)).into()),
    }
}

/// What puts a clocksource back without kvmtime.
pub(super) fn by_hand(name: &str) -> String {
    format!("echo {name} >/sys/devices/system/clocksource/clocksource0/current_clocksource")
}
