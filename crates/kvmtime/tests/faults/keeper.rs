//! Who keeps the guests' clocks: `kvmtime guard`, or somebody who types.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::herd::{Domain, Herd};
use crate::libvirtd::{Inside, Usage};

/// A keeper.
pub(crate) enum Keeper<'a> {
    Guard {
        program: &'a str,
        running: Mutex<Option<Inside>>,
    },
    /// `virsh domtime --now` after whatever happened.
    Hand,
}

impl<'a> Keeper<'a> {
    /// The guard of this program.
    pub(crate) fn guard(herd: &Herd, program: &'a str) -> Self {
        Self::Guard { program, running: Mutex::new(Some(guard(herd, program))) }
    }

    /// Kills it and starts it again.
    pub(super) fn restart(&self, herd: &Herd) {
        if let Self::Guard { program, running } = self {
            let mut running = running.lock().unwrap();
            // One after the other: there is one socket.
            *running = None;
            *running = Some(guard(herd, program));
        }
    }

    /// What a guard uses, without what it has for a moment.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let Self::Guard { running, .. } = self else { return None };
        Some(running.lock().unwrap().as_ref().expect("a guard").usage())
    }

    /// What a guard uses that has had nothing to do for so long that it keeps no threads for work.
    pub(crate) fn rested(&self) -> Option<Usage> {
        if matches!(self, Self::Guard { .. }) {
            std::thread::sleep(Duration::from_secs(40));
        }
        self.usage()
    }

    pub(super) fn by_hand(&self, herd: &Herd, domain: &Domain) {
        if matches!(self, Self::Hand) {
            domain.agent_answers();
            herd.virsh(&["domtime", domain.name(), "--now"]);
        }
    }
}

/// Starts the guard of this program.
fn guard(herd: &Herd, program: &str) -> Inside {
    let history = herd.libvirt().folder().join("history");
    let history = history.to_str().unwrap();
    let mut command = herd.libvirt().command(program, &["guard", "--history", history]);
    // For whoever wants to know what it said.
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench_sync.guard.log");
    let log = OpenOptions::new().append(true).create(true).open(log).unwrap();
    Inside::start(command.stdout(log.try_clone().unwrap()).stderr(log))
}
