//! A BSD guest, from the folder that `capture --script bsd` makes there.

use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_core::facts::{Bsd, Hypervisor};
use kvmtime_core::profile::{self, Family, Os};
use kvmtime_wire::{assignments, sysctl};

use super::{log, system};
use crate::world::World;

/// What the machine says of itself, if it is one of these.
pub(super) fn probe(world: &World) -> Option<Bsd> {
    let family = os(world).value()?.family;
    if !matches!(family, Family::Freebsd | Family::Netbsd | Family::Openbsd) {
        return None;
    }
    Some(Bsd {
        timecounter: ask(world, "kern.timecounter")
            .parse(|text| sysctl::timecounter(&text).ok_or("it names no clock in use")),
        hz: ask(world, "kern.clockrate").parse(|text| sysctl::hz(&text).ok_or("no hz in it")),
        loader_hz: loader_hz(world),
        time_deltas: ask(world, "hw.sensors").map(|text| sysctl::time_deltas(&text)),
        ntpd_sensors: world.text("/etc/ntpd.conf").map(|text| ntpd_sensors(&text)),
    })
}

/// By uname(1); of a disk that does not run, FreeBSD's os-release(5) tells.
pub(super) fn os(world: &World) -> Fact<Os> {
    let line = system::uname_line(world);
    let told = line.value().is_some();
    let of_disk =
        || system::os(world).parse(|os| if os.is_linux() { Err("not a BSD") } else { Ok(os) });
    if told { of_uname(line) } else { of_disk() }
}

/// It begins with the system's name, the machine's and the release: `FreeBSD host 13.2-RELEASE-p1`.
fn of_uname(line: Fact<String>) -> Fact<Os> {
    line.parse(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, _, release, ..] = words.as_slice() else { return Err("too few words") };
        let number = |c: char| c.is_ascii_digit() || c == '.';
        let version = release.split(|c| !number(c)).next().unwrap_or_default();
        let id = format!("{}/{version}", name.to_lowercase());
        match profile::of_id(&id) {
            Some(os) if !os.is_linux() => Ok(os),
            _ => Err("not a BSD"),
        }
    })
}

/// FreeBSD says it itself, OpenBSD in its kernel's log; of NetBSD the firmware's vendor is known.
pub(super) fn hypervisor(world: &World) -> Fact<Hypervisor> {
    let told = ask(world, "kern.vm_guest").parse(|text| {
        match sysctl::values(&text).get("kern.vm_guest").copied() {
            Some("kvm") => Ok(Hypervisor::Kvm),
            Some("none") => Ok(Hypervisor::None),
            Some("generic") | None => Err("it names no hypervisor"),
            Some(other) => Ok(Hypervisor::Other(other.to_owned())),
        }
    });
    match pvbus(world) {
        Some(known) if told.value().is_none() => known,
        _ => told
            .or_else(|| vendor(world, "hw.vendor"))
            .or_else(|| vendor(world, "machdep.dmi.system-vendor")),
    }
}

/// By CPUID: `pvbus0 at mainbus0: KVM` (OpenBSD `sys/dev/pv/pvbus.c:pvbus_attach`).
fn pvbus(world: &World) -> Option<Fact<Hypervisor>> {
    let Fact::Known { value: text, from } = log::buffer(world) else { return None };
    let names = text.lines().find_map(|line| line.strip_prefix("pvbus0 at mainbus0: "))?;
    let kvm = names.split(", ").any(|name| name == "KVM");
    let known = if kvm { Hypervisor::Kvm } else { Hypervisor::Other(names.to_owned()) };
    Some(Fact::known(known, from))
}

fn vendor(world: &World, name: &str) -> Fact<Hypervisor> {
    ask(world, name).parse(|text| match sysctl::values(&text).get(name) {
        // OpenBSD would have named KVM.
        Some(vendor) if name == "hw.vendor" && system::may_emulate(vendor) => {
            Err("it shows QEMU's machine, and not whether KVM runs it")
        }
        vendor => {
            let known = vendor.map(|vendor| system::vendor_runs(vendor));
            known.filter(|known| *known != Hypervisor::None).ok_or("it names no known hypervisor")
        }
    })
}

fn ask(world: &World, name: &str) -> Fact<String> {
    world.run_archived(&["sysctl", name])
}

/// loader.conf(5): the last file that sets it counts.
fn loader_hz(world: &World) -> Fact<String> {
    let set = |path| {
        let unset = Unknown { unknown: Why::Absent, from: format!("{path}: kern.hz") };
        match world.text(path).map(|text| assignments::parse(&text).remove("kern.hz")) {
            Fact::Known { value: Some(value), from } => Fact::known(value, from),
            Fact::Known { value: None, .. } => Fact::Unknown(unset),
            Fact::Unknown(unknown) => Fact::Unknown(unknown),
        }
    };
    let local = set("/boot/loader.conf.local");
    if local.value().is_some() { local } else { set("/boot/loader.conf") }
}

/// ntpd.conf(5): `sensor *`, `sensor pvclock0 correction 5`.
fn ntpd_sensors(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("sensor")).then(|| words.next().map(str::to_owned)).flatten()
    };
    text.lines().filter_map(named).collect()
}
