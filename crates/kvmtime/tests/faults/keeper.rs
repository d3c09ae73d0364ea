//! Who keeps the guests' clocks: `kvmtime guard`, or somebody who types.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::Duration;

use crate::herd::{Domain, Herd};

/// A keeper.
pub(crate) enum Keeper<'a> {
    Guard {
        program: &'a str,
        running: Mutex<Option<Guard>>,
    },
    /// `virsh domtime --now` after whatever happened.
    Hand,
}

/// A running guard, which ends with this value.
pub(crate) struct Guard {
    nsenter: Child,
    pid: u32,
}

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) threads: u64,
    pub(crate) files: u64,
    pub(crate) resident_kib: u64,
    pub(crate) cpu: Duration,
}

impl<'a> Keeper<'a> {
    /// The guard of this program.
    pub(crate) fn guard(herd: &Herd, program: &'a str) -> Self {
        Self::Guard { program, running: Mutex::new(Some(Guard::start(herd, program))) }
    }

    /// Kills it and starts it again.
    pub(super) fn restart(&self, herd: &Herd) {
        if let Self::Guard { program, running } = self {
            let mut running = running.lock().unwrap();
            // One after the other: there is one socket.
            *running = None;
            *running = Some(Guard::start(herd, program));
        }
    }

    /// What a guard uses, without what it has for a moment.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let Self::Guard { running, .. } = self else { return None };
        let looks = (0..20).map(|_| {
            std::thread::sleep(Duration::from_millis(250));
            Usage::of(running.lock().unwrap().as_ref().expect("a guard").pid)
        });
        looks.reduce(|least, next| Usage {
            threads: least.threads.min(next.threads),
            files: least.files.min(next.files),
            resident_kib: least.resident_kib.min(next.resident_kib),
            cpu: next.cpu,
        })
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

impl Guard {
    fn start(herd: &Herd, program: &str) -> Self {
        let history = herd.libvirt().folder().join("history");
        let history = history.to_str().unwrap();
        let mut command = herd.libvirt().command(program, &["guard", "--history", history]);
        // For whoever wants to know what it said.
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench_sync.guard.log");
        let log = OpenOptions::new().append(true).create(true).open(log).unwrap();
        let nsenter = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        // nsenter waits for its child, which is in the namespaces.
        let children = format!("/proc/{0}/task/{0}/children", nsenter.id());
        let pid = std::iter::repeat_with(|| {
            std::thread::sleep(Duration::from_millis(5));
            fs::read_to_string(&children).unwrap_or_default()
        });
        let pid = pid.take(1000).find_map(|pids| pids.split(' ').next()?.parse().ok());
        Self { nsenter, pid: pid.expect("guard starts") }
    }

    fn kill(&mut self) {
        let ended = self.nsenter.try_wait().unwrap();
        assert!(ended.is_none(), "the guard ended by itself: {ended:?}");
        let pid = self.pid.to_string();
        let _ = Command::new("kill").args(["-s", "KILL", &pid]).status();
        let _ = self.nsenter.wait();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.kill();
        }
    }
}

impl Usage {
    fn of(pid: u32) -> Self {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let status = fs::read_to_string(folder.join("status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        // utime and stime (proc(5)) in ticks of a hundredth; what stands before them has no space.
        let stat = fs::read_to_string(folder.join("stat")).unwrap();
        let (_, stat) = stat.rsplit_once(") ").unwrap();
        let ticks: u64 = stat.split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum();
        Self {
            threads: number("Threads:"),
            files: fs::read_dir(folder.join("fd")).unwrap().count() as u64,
            resident_kib: number("VmRSS:"),
            cpu: Duration::from_millis(ticks * 10),
        }
    }
}
