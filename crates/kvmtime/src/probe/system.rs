//! What the machine is: its system, kernel, processor and hypervisor.

use std::collections::BTreeMap;

use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_core::facts::Hypervisor;
use kvmtime_core::profile::{self, Os};
use kvmtime_wire::assignments;
use kvmtime_wire::cmdline::Cmdline;
use kvmtime_wire::cpuinfo::{self, CpuInfo};

use super::{clocksource, log};
use crate::world::World;

pub(super) fn os(world: &World) -> Fact<Os> {
    let named = |values: BTreeMap<_, _>| profile::of_os_release(&values).ok_or("no ID=");
    let release = |path| world.text(path).map(|text| assignments::parse(&text)).parse(named);
    release("/etc/os-release").or_else(|| release("/usr/lib/os-release")).or_else(|| {
        let old = |text: String| profile::of_redhat_release(&text).ok_or("not understood");
        world.text("/etc/redhat-release").parse(old)
    })
}

pub(super) fn kernel(world: &World) -> Fact<String> {
    world.word("/proc/sys/kernel/osrelease").or_else(|| uname(world, 2))
}

pub(super) fn arch(world: &World) -> Fact<String> {
    // `uname -a` of GNU ends in `x86_64 GNU/Linux`, the bare call in `x86_64`.
    let known = [
        "x86_64", "amd64", "aarch64", "i686", "i586", "i386", "s390x", "ppc64le", "ppc64",
        "riscv64",
    ];
    uname_line(world).parse(|line| {
        let found = line.split(' ').rev().find(|word| known.contains(word));
        let found = found.map(|name| if name == "amd64" { "x86_64" } else { name });
        found.map(str::to_owned).ok_or("no architecture in it")
    })
}

fn uname(world: &World, nth: usize) -> Fact<String> {
    uname_line(world)
        .parse(|line| line.split(' ').nth(nth).map(str::to_owned).ok_or("too few words"))
}

pub(super) fn uname_line(world: &World) -> Fact<String> {
    world.output(&["uname", "-a"], kvmtime_sys::uname::all).map(|line| line.trim().to_owned())
}

pub(super) fn cmdline(world: &World) -> Fact<Cmdline> {
    let running = world.text("/proc/cmdline").map(|text| Cmdline::parse(&text));
    if world.is_live() { running } else { running.or_else(|| configured(world)) }
}

/// What a machine that does not run would be booted with: kernel-install's file, else GRUB's settings.
fn configured(world: &World) -> Fact<Cmdline> {
    let kernel_install = world.text("/etc/kernel/cmdline").map(|text| Cmdline::parse(&text));
    kernel_install.or_else(|| {
        world.text("/etc/default/grub").map(|text| {
            let values = assignments::parse(&text);
            let words = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];
            let lines: Vec<&str> =
                words.iter().filter_map(|name| Some(values.get(*name)?.as_str())).collect();
            Cmdline::parse(&lines.join(" "))
        })
    })
}

pub(super) fn cpu(world: &World) -> Fact<CpuInfo> {
    world.text("/proc/cpuinfo").map(|text| cpuinfo::parse(&text))
}

/// By CPUID on the machine itself; in evidence by the kernel's own words, the CPU flag and the firmware's vendor.
pub(super) fn hypervisor(world: &World, cpu: &Fact<CpuInfo>) -> Fact<Hypervisor> {
    let asked =
        world.ask("hypervisor", "CPUID 0x40000000", || Ok(kvmtime_sys::cpuid::hypervisor()));
    // Elsewhere there is no CPUID to tell.
    let x86 = arch(world).value().is_none_or(|arch| arch == "x86_64");
    if asked.value().is_some() && x86 {
        return asked.map(|signature| match signature.as_deref() {
            None => Hypervisor::None,
            Some("KVMKVMKVM") => Hypervisor::Kvm,
            Some("TCGTCGTCGTCG") => Hypervisor::Tcg,
            Some(other) => Hypervisor::Other(other.to_owned()),
        });
    }
    match cpu {
        Fact::Known { value, from } if value.has("tsc") && !value.has("hypervisor") => {
            Fact::known(Hypervisor::None, from.clone())
        }
        _ => {
            let flagged = cpu.value().is_some_and(|cpu| cpu.has("hypervisor"));
            let mut told = by_log(world);
            if told.value().is_none() {
                told = by_trace(world, cpu).unwrap_or(told);
            }
            if told.value().is_none()
                && let Some(from) = of_qemu(world)
            {
                return Fact::failed("it shows QEMU's machine, and not whether KVM runs it", from);
            }
            let told = told.or_else(|| by_firmware(world, flagged));
            match told {
                Fact::Unknown(Unknown {
                    unknown: why @ (Why::Absent | Why::NotCollected), ..
                }) => {
                    let from = "which hypervisor runs it (dmesg, /sys/class/dmi/id/sys_vendor)";
                    Fact::unknown(why, from)
                }
                told => told,
            }
        }
    }
}

/// Linux `arch/x86/kernel/cpu/hypervisor.c:init_hypervisor_platform`, `drivers/firmware/smccc/kvm_guest.c:kvm_init_hyp_services`
/// (from 5.13 on).
fn by_log(world: &World) -> Fact<Hypervisor> {
    log::buffer(world).parse(|text| {
        if text.contains("smccc: KVM: hypervisor services detected") {
            return Ok(Hypervisor::Kvm);
        }
        let name = text.lines().find_map(|line| line.split_once("Hypervisor detected: "));
        match name.map(|(_, name)| name.trim()) {
            Some("KVM") => Ok(Hypervisor::Kvm),
            Some(name) => Ok(Hypervisor::Other(name.to_owned())),
            None => Err("it names no hypervisor"),
        }
    })
}

/// What only KVM gives its guests, and the model that only QEMU's own emulation has (QEMU `target/i386/cpu.c:max_x86_cpu_realize`).
fn by_trace(world: &World, cpu: &Fact<CpuInfo>) -> Option<Fact<Hypervisor>> {
    let clocks = clocksource::probe(world).available;
    if clocks.value().is_some_and(|all| all.iter().any(|name| name == "kvm-clock")) {
        return Some(clocks.map(|_| Hypervisor::Kvm));
    }
    let emulated = cpu.value().is_some_and(|cpu| cpu.model.starts_with("QEMU TCG CPU"));
    emulated.then(|| Fact::known(Hypervisor::Tcg, cpu.from()))
}

/// Whoever runs a machine whose CPU shows the flag `hypervisor` may write any vendor into its firmware.
fn by_firmware(world: &World, flagged: bool) -> Fact<Hypervisor> {
    let vendor = world.word("/sys/class/dmi/id/sys_vendor");
    let known = vendor.map(|vendor| vendor_runs(&vendor));
    if flagged && known.value() == Some(&Hypervisor::None) {
        return Fact::failed(
            "the vendor does not tell which hypervisor runs this machine",
            known.from(),
        );
    }
    known
}

/// Where it shows that this is QEMU's machine: neither its device tree nor its firmware tells whether KVM runs it. systemd
/// (`src/basic/virt.c:detect_vm_device_tree`) and virt-what say `qemu` to both, the latter for want of "enough information to
/// determine if we're using KVM acceleration or not".
pub(super) fn of_qemu(world: &World) -> Option<String> {
    let nodes = world.names("/proc/device-tree");
    if nodes.value().is_some_and(|names| names.iter().any(|name| name.starts_with("fw-cfg"))) {
        return Some(nodes.from().to_owned());
    }
    let vendor = world.word("/sys/class/dmi/id/sys_vendor");
    may_emulate(vendor.value()?).then(|| vendor.from().to_owned())
}

/// Whether a machine with this vendor may also be emulated: nova has `virt_type=qemu`, KubeVirt `useEmulation`.
pub(super) fn may_emulate(vendor: &str) -> bool {
    ["QEMU", "Red Hat", "OpenStack Foundation", "RDO", "oVirt", "KubeVirt"].contains(&vendor)
}

pub(super) fn vendor_runs(vendor: &str) -> Hypervisor {
    match vendor {
        "QEMU"
        | "Amazon EC2"
        | "Google"
        | "OpenStack Foundation"
        | "Red Hat"
        | "oVirt"
        | "KubeVirt"
        | "DigitalOcean"
        | "Hetzner"
        | "Alibaba Cloud"
        | "RDO"
        | "Nutanix" => Hypervisor::Kvm,
        "Microsoft Corporation" => Hypervisor::Other("Microsoft Hv".to_owned()),
        "VMware, Inc." => Hypervisor::Other("VMwareVMware".to_owned()),
        "innotek GmbH" => Hypervisor::Other("VBoxVBoxVBox".to_owned()),
        "Xen" => Hypervisor::Other("XenVMMXenVMM".to_owned()),
        _ => Hypervisor::None,
    }
}

/// The marks that systemd-detect-virt looks for as well (systemd `src/basic/virt.c:detect_container`). A disk that was made
/// from a container's image keeps them, so a machine that shows the kernel's own threads is none.
pub(super) fn container(world: &World) -> Fact<bool> {
    let kthreadd = world.word("/proc/2/comm");
    if kthreadd.value().is_some_and(|name| name == "kthreadd") {
        return kthreadd.map(|_| false);
    }
    let marks = ["/run/.containerenv", "/.dockerenv", "/run/systemd/container"];
    let mut marks = marks.into_iter().map(|path| world.exists(path));
    marks.find(|mark| mark.value() == Some(&true)).unwrap_or_else(|| match kthreadd {
        Fact::Unknown(Unknown { unknown, from }) => {
            Fact::unknown(unknown, format!("{from}, by which a machine is told from a container"))
        }
        known => known.map(|_| false),
    })
}
