//! A program that runs where a libvirtd is, and what it uses.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// One that goes on until it is ended, by this value's end at the latest.
pub(crate) struct Inside {
    nsenter: Child,
    pid: u32,
}

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) threads: u64,
    pub(crate) files: u64,
    pub(crate) resident_kib: u64,
    /// The most that it ever had.
    pub(crate) peak_kib: u64,
    pub(crate) cpu: Duration,
}

impl Inside {
    /// Starts what [`super::Libvirtd::command`] gave.
    pub(crate) fn start(command: &mut Command) -> Self {
        let nsenter = command.spawn().unwrap();
        // nsenter waits for its child, which is in the namespaces.
        let children = format!("/proc/{0}/task/{0}/children", nsenter.id());
        let pid = std::iter::repeat_with(|| {
            std::thread::sleep(Duration::from_millis(5));
            fs::read_to_string(&children).unwrap_or_default()
        });
        let pid = pid.take(1000).find_map(|pids| pids.split(' ').next()?.parse().ok());
        Self { nsenter, pid: pid.expect("it starts") }
    }

    /// What it uses, without what it has for a moment.
    pub(crate) fn usage(&self) -> Usage {
        let looks = (0..20).map(|_| {
            std::thread::sleep(Duration::from_millis(250));
            self.usage_now()
        });
        let least = looks.reduce(|least, next| Usage {
            threads: least.threads.min(next.threads),
            files: least.files.min(next.files),
            resident_kib: least.resident_kib.min(next.resident_kib),
            ..next
        });
        least.unwrap()
    }

    pub(crate) fn usage_now(&self) -> Usage {
        let folder = PathBuf::from(format!("/proc/{}", self.pid));
        let status = fs::read_to_string(folder.join("status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        // utime and stime (proc(5)) in ticks of a hundredth; what stands before them has no space.
        let stat = fs::read_to_string(folder.join("stat")).unwrap();
        let (_, stat) = stat.rsplit_once(") ").unwrap();
        let ticks: u64 = stat.split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum();
        Usage {
            threads: number("Threads:"),
            files: fs::read_dir(folder.join("fd")).unwrap().count() as u64,
            resident_kib: number("VmRSS:"),
            peak_kib: number("VmHWM:"),
            cpu: Duration::from_millis(ticks * 10),
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid.to_string();
        let _ = Command::new("kill").args(["-s", name, &pid]).status();
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let ended = self.nsenter.try_wait().unwrap();
        self.signal("KILL");
        let _ = self.nsenter.wait();
        if !std::thread::panicking() {
            assert!(ended.is_none(), "it ended by itself: {ended:?}");
        }
    }
}
