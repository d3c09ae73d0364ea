//! `kvmtime keep-clocksource NAME`, which `bench --switch` starts beside itself: it waits for the end of standard input, then puts
//! the clocksource back.

use super::exit::{self, Exit, Hinted};
use crate::apply::clocksource;
use crate::output;

/// The name of the clocksource, if that is what this process is for.
pub(super) fn asked() -> Option<String> {
    let mut words = std::env::args_os().skip(1);
    let asked = words.next()? == clocksource::KEEP;
    words.next()?.into_string().ok().filter(|_| asked)
}

pub(super) fn run(home: &str) -> Exit {
    match clocksource::keep(home) {
        Ok(false) => Exit::Clean,
        Ok(true) => {
            let said = format!("bench was ended; the clocksource is {home} again");
            output::error(&said, None);
            Exit::Clean
        }
        Err(error) => exit::failed(&Hinted::new(error.to_string(), by_hand(home)).into()),
    }
}

/// What puts a clocksource back without kvmtime.
fn by_hand(home: &str) -> String {
    format!("echo {home} >/sys/devices/system/clocksource/clocksource0/current_clocksource")
}
