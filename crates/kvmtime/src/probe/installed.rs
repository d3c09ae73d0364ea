//! The libvirt and QEMU that are installed here, whether their daemon runs or not.

use kvmtime_wire::capabilities::Tsc;

use super::{SYSTEM, libvirt};
use crate::world::{self, World};

/// What is installed.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    /// libvirt's version, as `9.0.0`.
    pub(crate) libvirt: Option<String>,
    /// QEMU's version, as `7.2.22`.
    pub(crate) qemu: Option<String>,
    /// The host's time stamp counter, by libvirt.
    pub(crate) tsc: Option<Tsc>,
}

/// Asks libvirt, and where it does not answer the programs themselves.
pub(crate) fn installed() -> Installed {
    let world = World::live();
    let host = libvirt::host(&world, &libvirt::ask(&world, SYSTEM));
    let asked = |command: &[&str]| {
        let said = world.run(command);
        said.value().and_then(|text| number(text))
    };
    let libvirt = host.version.value().cloned();
    let qemu = host.qemu_version.value().cloned();
    Installed {
        libvirt: libvirt.or_else(|| asked(&["virsh", "--version"])),
        qemu: qemu.or_else(|| asked(&["qemu-system-x86_64", "--version"])),
        tsc: host.capabilities.value().and_then(|capabilities| capabilities.tsc.clone()),
    }
}

/// The first word that begins with a digit: `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)`.
fn number(text: &str) -> Option<String> {
    let words = text.split_whitespace();
    words.into_iter().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

/// Seconds that local time is ahead of UTC now.
pub(crate) fn utc_offset() -> Option<i64> {
    kvmtime_sys::local_time::offset(world::epoch_seconds()).ok()
}
