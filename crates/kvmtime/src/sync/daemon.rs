//! The time daemon in a guest, told that its clock was set: what it measured before is worth nothing now.

use kvmtime_core::sync::Refusal;
use kvmtime_core::units::Nanos;

use crate::guest::Settable;

/// chronyd forgets its samples, since 4.0, and takes new ones. `makestep` would step by what it still meant to slew before the clock was set.
const CHRONYD: [&[&str]; 2] = [&["chronyc", "reset", "sources"], &["chronyc", "burst", "2/4"]];
/// W32Time (learn.microsoft.com, "Windows Time service tools and settings").
const W32TIME: [&[&str]; 1] = [&["w32tm", "/resync", "/nowait"]];

/// Tells it, and gives its name. systemd-timesyncd notices by itself (`manager_clock_watch`, src/timesync/timesyncd-manager.c).
///
/// # Errors
/// Why nobody was told.
pub(super) fn tell(guest: &mut dyn Settable, patience: Nanos) -> Result<String, String> {
    let windows = guest.is_windows(patience).unwrap_or(false);
    let (name, commands): (_, &[&[&str]]) =
        if windows { ("W32Time", &W32TIME) } else { ("chronyd", &CHRONYD) };
    let mut done = Ok(name.to_owned());
    for command in commands {
        done = match guest.run(command, patience) {
            Ok(0) => Ok(name.to_owned()),
            Ok(status) => Err(format!("{} ends with status {status}", command.join(" "))),
            Err(Refusal::Words(words)) if words.contains("No such file") => {
                return Err(format!("it has no {}", command[0]));
            }
            Err(refusal) => return Err(refusal.to_string()),
        }
    }
    done
}
