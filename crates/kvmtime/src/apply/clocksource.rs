//! The kernel's clocksource, switched for a while and put back however the program ends.
//!
//! While it is switched, a second process waits for the end of this one: a panic, an abort or SIGKILL leave it to put the
//! clocksource back. What else ends a program is noticed by this one, which then does so itself.

use std::io;
use std::path::Path;

use crate::world::{self, Held, Input, Witness, Writable};

const CURRENT: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
const AVAILABLE: &str = "/sys/devices/system/clocksource/clocksource0/available_clocksource";

/// The command that the second process runs, and what it is told when there is nothing left to do.
pub(crate) const KEEP: &str = "keep-clocksource";
const DONE: &str = "done";

/// Why a clocksource is not switched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The kernel would take the name, and choose another clocksource by itself (Linux `clocksource_select`).
    #[error("the clocksource {name} is not on offer: there are {}", offered.join(", "))]
    Unknown { name: String, offered: Vec<String> },
    #[error("the kernel was told {wanted} and chose the clocksource {chosen}")]
    Ignored { wanted: String, chosen: String },
    #[error("another kvmtime is switching the clocksource")]
    Held,
    #[error("cannot {what}: {}", world::plain(why))]
    Failed { what: String, why: io::Error },
}

/// The clocksource that the machine is on, and those on offer.
///
/// # Errors
/// Where sysfs does not tell.
pub(crate) fn offer() -> Result<(String, Vec<String>), Refused> {
    let current = read(CURRENT)?;
    let available = read(AVAILABLE)?;
    Ok((current.trim().to_owned(), available.split_whitespace().map(str::to_owned).collect()))
}

/// A clocksource that is switched, and put back when this value goes away.
pub(crate) struct Switch {
    machine: Writable,
    home: String,
    current: String,
    offered: Vec<String>,
    witness: Witness,
    _held: Held,
}

impl Switch {
    /// Makes sure that it can be put back; nothing is switched yet.
    ///
    /// # Errors
    /// Without privilege, or while another one is at it.
    pub(crate) fn begin() -> Result<Self, Refused> {
        let machine = Writable::live();
        let failed = |why| Refused::Failed { what: "write the clocksource".to_owned(), why };
        let held = machine.lock(CURRENT).map_err(failed)?.ok_or(Refused::Held)?;
        let (home, offered) = offer()?;
        let witness = Witness::start(&[KEEP, &home], &held).map_err(|why| Refused::Failed {
            what: "start what puts the clocksource back".to_owned(),
            why,
        })?;
        Ok(Self { machine, current: home.clone(), home, offered, witness, _held: held })
    }

    /// Switches, and reads back what the kernel made of it.
    ///
    /// # Errors
    /// When the name is not on offer, or the kernel chose otherwise.
    pub(crate) fn to(&mut self, name: &str) -> Result<(), Refused> {
        known(name, &self.offered)?;
        if self.current != name {
            // Written before it is noted: a write that fails may still have switched.
            self.current.clear();
            write(&self.machine, name)?;
            name.clone_into(&mut self.current);
        }
        Ok(())
    }

    /// Puts it back.
    ///
    /// # Errors
    /// When the kernel does not take it; the second process then tries once more.
    pub(crate) fn back(mut self) -> Result<(), Refused> {
        self.put_back()
    }

    fn put_back(&mut self) -> Result<(), Refused> {
        let home = self.home.clone();
        let done = if self.current == home { Ok(()) } else { write(&self.machine, &home) };
        if done.is_ok() {
            self.current = home;
        }
        self.witness.dismiss(if done.is_ok() { DONE } else { "" });
        done
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // `back` has told of a failure already, and the second process tells of its own.
        let _ = self.put_back();
    }
}

/// Whether a name is on offer.
///
/// # Errors
/// [`Refused::Unknown`] if it is not.
pub(crate) fn known(name: &str, offered: &[String]) -> Result<(), Refused> {
    match offered.iter().any(|one| one == name) {
        true => Ok(()),
        false => Err(Refused::Unknown { name: name.to_owned(), offered: offered.to_vec() }),
    }
}

/// The second process: waits for the end of the first, and puts the clocksource back unless that is done. Whether it had to.
///
/// # Errors
/// When the kernel does not take it.
pub(crate) fn keep(home: &str) -> Result<bool, Refused> {
    let failed = |why| Refused::Failed { what: "wait for the end of kvmtime".to_owned(), why };
    kvmtime_sys::signals::catch().map_err(failed)?;
    let told = world::input(Path::new("-")).map_err(failed)?;
    if matches!(told, Input::File(word) if word == DONE) || offer()?.0 == home {
        return Ok(false);
    }
    write(&Writable::live(), home)?;
    Ok(true)
}

fn write(machine: &Writable, name: &str) -> Result<(), Refused> {
    let failed = |why| Refused::Failed { what: format!("switch the clocksource to {name}"), why };
    machine.write(CURRENT, name).map_err(failed)?;
    let chosen = offer()?.0;
    if chosen == name {
        return Ok(());
    }
    Err(Refused::Ignored { wanted: name.to_owned(), chosen })
}

fn read(path: &str) -> Result<String, Refused> {
    world::read(path).map_err(|why| Refused::Failed { what: format!("read {path}"), why })
}
