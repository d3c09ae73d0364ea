//! The kernel's log, and what time daemons, libvirt and QEMU wrote to theirs.

use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_core::facts::Logs;
use kvmtime_wire::klog::{self, LogLine};

use crate::world::World;

/// Where the kernel's log lies when its buffer cannot be asked; the last holds what was said at boot, and nothing later.
const KERNEL: [&str; 3] = ["/var/log/kern.log", "/var/log/messages", "/var/log/dmesg"];
const SYSTEM: [&str; 3] = ["/var/log/syslog", "/var/log/messages", "/var/log/daemon.log"];
/// How sos asks for the journal, newest first.
const ARCHIVED: [&[&str]; 2] =
    [&["journalctl", "--no-pager"], &["journalctl", "--no-pager", "--catalog", "--boot"]];
/// A journal is kept on disk or only until the machine stops (systemd-journald.service(8)).
const JOURNALS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];
/// Holds what services say; others hold what users' programs do, and journalctl shows those that it may read
/// (systemd-journald.service(8)).
const OF_SERVICES: &str = "system.journal";
const QEMU: &str = "/var/log/libvirt/qemu";

pub(super) fn probe(world: &World) -> Logs {
    let text = |path| text(world, path);
    let kernel = KERNEL.into_iter().fold(buffer(world), |found, path| found.or_else(|| text(path)));
    let kernel = kernel.map(|text| klog::parse_kernel(&text));
    Logs { kernel, system: system(world), qemu: qemu(world) }
}

/// The kernel's own buffer.
pub(super) fn buffer(world: &World) -> Fact<String> {
    world.output(&["dmesg"], || {
        let bytes = kvmtime_sys::klog::read_all()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn text(world: &World, path: &str) -> Fact<String> {
    world.log(path, |line| klog::concerns_time(line) || klog::is_banner(line))
}

/// The files, or the journal where there are none.
fn system(world: &World) -> Fact<Vec<LogLine>> {
    let written = |text: String| {
        if text.is_empty() { Err("it is empty, as after a rotation") } else { Ok(text) }
    };
    let mut logs: Vec<_> = SYSTEM.iter().map(|path| text(world, path).parse(written)).collect();
    if logs.iter().all(|log| log.value().is_none()) {
        logs.push(journal(world));
    }
    if logs.iter().any(|log| log.value().is_some()) {
        return lines(logs.into_iter().filter(|log| log.value().is_some()));
    }
    // Not being allowed to look says more than that there is nothing in another place.
    let told = logs.into_iter().reduce(|first, next| first.or_else(|| next));
    match told.unwrap_or_default() {
        Fact::Unknown(Unknown { unknown: why @ (Why::Absent | Why::NotCollected), .. }) => {
            Fact::unknown(why, [&SYSTEM[..], &JOURNALS].concat().join(", "))
        }
        told => told.map(|_| vec![]),
    }
}

/// libvirt keeps a log for each guest.
fn qemu(world: &World) -> Fact<Vec<LogLine>> {
    match world.names(QEMU) {
        Fact::Known { value: names, from } => {
            let logs = names.iter().filter(|name| name.ends_with(".log"));
            let mut logs = logs.map(|name| text(world, &format!("{QEMU}/{name}"))).peekable();
            if logs.peek().is_none() { Fact::known(vec![], from) } else { lines(logs) }
        }
        Fact::Unknown(unknown) => Fact::Unknown(unknown),
    }
}

/// All in one; the first that is not known makes the whole unknown.
fn lines(logs: impl Iterator<Item = Fact<String>>) -> Fact<Vec<LogLine>> {
    let (mut all, mut places) = (vec![], vec![]);
    for log in logs {
        match log {
            Fact::Known { value, from } => {
                all.extend(klog::parse(&value));
                places.push(from);
            }
            Fact::Unknown(unknown) => return Fact::Unknown(unknown),
        }
    }
    Fact::known(all, places.join(", "))
}

fn journal(world: &World) -> Fact<String> {
    let names = ["-t", "chronyd", "-t", "ntpd", "-t", "libvirtd", "-t", "virtqemud"];
    let archived = ARCHIVED.map(|command| world.run_archived(command));
    if let Some(found) = archived.into_iter().find(|log| log.value().is_some()) {
        return found;
    }
    let command = [&["journalctl", "-b", "-q", "--no-pager"], &names[..]].concat();
    world.run_on(&JOURNALS, OF_SERVICES, &command)
}
