//! The kernel's log, and what time daemons, libvirt and QEMU wrote to theirs.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Logs;
use kvmtime_wire::klog::{self, LogLine};

use crate::world::World;

/// Where the kernel's log lies when its buffer cannot be asked.
const KERNEL: [&str; 3] = ["/var/log/dmesg", "/var/log/kern.log", "/var/log/messages"];
const SYSTEM: [&str; 3] = ["/var/log/syslog", "/var/log/messages", "/var/log/daemon.log"];
const QEMU: &str = "/var/log/libvirt/qemu";

pub(super) fn probe(world: &World) -> Logs {
    let buffer = world.output(&["dmesg"], || {
        let bytes = kvmtime_sys::klog::read_all()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    });
    let kernel = KERNEL.into_iter().fold(buffer, |found, path| found.or_else(|| text(world, path)));
    Logs { kernel: kernel.map(|text| klog::parse(&text)), system: system(world) }
}

fn text(world: &World, path: &str) -> Fact<String> {
    world.log(path, |line| !klog::parse(line).is_empty())
}

fn system(world: &World) -> Fact<Vec<LogLine>> {
    let mut paths: Vec<String> = SYSTEM.map(str::to_owned).into();
    let qemu = world.names(QEMU);
    let logs = qemu.value().into_iter().flatten().filter(|name| name.ends_with(".log"));
    paths.extend(logs.map(|name| format!("{QEMU}/{name}")));
    let read = paths.iter().map(|path| text(world, path).map(|text| klog::parse(&text)));
    let mut all: Fact<Vec<LogLine>> = Fact::absent(SYSTEM[0]);
    for log in read {
        all = match (all, log) {
            (Fact::Known { mut value, from }, Fact::Known { value: more, from: file }) => {
                value.extend(more);
                Fact::known(value, format!("{from}, {file}"))
            }
            (known @ Fact::Known { .. }, Fact::Unknown(_)) => known,
            (_, log) => log,
        };
    }
    all
}
