//! A machine as a whole.

use std::panic::resume_unwind;
use std::thread;

use kvmtime_core::fact::{Fact, Why};
use kvmtime_core::facts::{Hypervisor, LIVE, Machine, Role, System};
use kvmtime_wire::ps::Process;

use super::{
    agent, bsd, chrony, clocksource, kvm, libvirt, log, ntp, power, processes, ptp, rtc, system,
    timex, units, windows,
};
use crate::world::World;

/// Everything that can be known of the machine; its roles are still to be settled.
pub(super) fn probe(
    world: &World,
    processes: &Fact<Vec<Process>>,
    libvirt: &Fact<libvirt::Answer>,
) -> Machine {
    let cpu = system::cpu(world);
    let (windows, bsd) = (windows::probe(world), bsd::probe(world));
    let (os, hypervisor) = match (&windows, &bsd) {
        (Some(_), _) => (windows::os(world), windows::hypervisor(world)),
        (None, Some(_)) => (bsd::os(world), bsd::hypervisor(world)),
        (None, None) => (system::os(world), system::hypervisor(world, &cpu)),
    };
    thread::scope(|scope| {
        // A program takes milliseconds to answer; the machine's files are read meanwhile.
        let told = scope.spawn(|| Machine {
            logs: log::probe(world),
            ..daemons(world, processes, bsd.is_some())
        });
        Machine {
            roles: vec![],
            source: LIVE.to_owned(),
            name: world.word("/proc/sys/kernel/hostname").or_else(|| world.word("/etc/hostname")),
            os,
            kernel: system::kernel(world),
            arch: system::arch(world),
            cmdline: system::cmdline(world),
            hypervisor,
            container: system::container(world),
            clocksource: clocksource::probe(world),
            kvm: kvm::probe(world),
            power: power::probe(world),
            timex: timex::probe(world),
            timesyncd_conf: ntp::timesyncd_conf(world),
            openntpd_conf: ntp::openntpd_conf(world),
            rtc: rtc::probe(world),
            phcs: ptp::clocks(world),
            ptp_kvm: ptp::driver(world),
            vmclock: world.exists("/sys/class/misc/vmclock0"),
            cpu_time: world.text("/proc/stat").parse(|text| kvmtime_wire::stat::parse(&text)),
            cpu_pressure: world
                .text("/proc/pressure/cpu")
                .parse(|text| kvmtime_wire::pressure::some_avg60(&text)),
            agent: agent::probe(world, processes),
            hwclock: world.exists("/sbin/hwclock"),
            units: units::probe(world),
            libvirt: libvirt::host(world, libvirt),
            cpu,
            bsd: bsd.clone(),
            windows,
            ..told.join().unwrap_or_else(|panic| resume_unwind(panic))
        }
    })
}

/// The daemons that keep its clock right, and what they say.
pub(super) fn daemons(world: &World, processes: &Fact<Vec<Process>>, on_bsd: bool) -> Machine {
    let daemons = processes::daemons(world, processes);
    let runs =
        |name: &str| daemons.value().is_none_or(|all| all.iter().any(|daemon| daemon.name == name));
    Machine {
        chrony: chrony::probe(world, runs("chronyd"), on_bsd),
        ntp: ntp::probe(world, runs("ntpd")),
        timesyncd: ntp::timesyncd(world, runs("systemd-timesyncd")),
        openntpd: ntp::openntpd(world, runs("openntpd")),
        daemons,
        ..Machine::default()
    }
}

/// What the machine looks like: a guest where a hypervisor shows itself, a host where it runs guests or asks libvirt for
/// them. Bare metal is always a host; a guest is none just because KVM is there, as in every guest that may nest. KVM's
/// host is always a Linux.
pub(super) fn roles(world: &World, machine: &Machine, runs_qemu: bool) -> Vec<Role> {
    if machine.system() != System::Linux {
        return vec![Role::Guest];
    }
    let libvirt = match &machine.libvirt.version {
        Fact::Known { .. } => true,
        Fact::Unknown(unknown) => matches!(unknown.unknown, Why::Denied | Why::Failed(_)),
    };
    let guest = match machine.hypervisor.value() {
        Some(by) => *by != Hypervisor::None,
        None => machine.is_virtual() || system::of_qemu(world).is_some(),
    };
    match (runs_qemu || libvirt, guest) {
        (true, true) => vec![Role::Host, Role::Guest],
        (false, true) => vec![Role::Guest],
        (_, false) => vec![Role::Host],
    }
}
