//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The running guests have more than four vCPUs for each CPU of the host, and it shows: tasks wait for a CPU
    /// more than 20 % of the time (PSI), or more than 10 % of the host's own time was stolen since boot, where the host
    /// is a VM itself. The limits are kvmtime's own.
    ///
    /// ## Why it matters
    /// A vCPU that waits takes its timer interrupts late. A guest that counts ticks falls behind, and an NTP client in
    /// a guest measures delays that are not the network's.
    ///
    /// ## What to do
    /// Give guests that must keep time a larger share or CPUs of their own (`virsh schedinfo`, `virsh vcpupin`), or run
    /// fewer guests.
    ///
    /// ## Exceptions
    /// Batch work in guests that read kvm-clock or the TSC: they are late, but not wrong.
    ///
    /// ## References
    /// - <https://docs.kernel.org/accounting/psi.html>
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.1 Interrupt clocking
    /// - RHEL 6 Virtualization Host Configuration and Guest Installation Guide, 14.4 Steal Time Accounting
    "host-overcommit-steal" on Host {
        summary: "the host has too few CPUs for its running guests",
        severity: Warning,
        since: "0.1.0",
    }
}

const VCPUS_PER_CPU: u32 = 4;
const PRESSURE_PERCENT: f64 = 20.0;
const STEAL_PERCENT: f64 = 10.0;

fn check(host: &Machine, _: &Facts) -> Verdict {
    // Absent: no libvirt, so nobody counts.
    let Some(vcpus) = host.libvirt.running_vcpus.optional()? else { return Ok(vec![]) };
    if *vcpus == 0 {
        return Ok(vec![]);
    }
    let cpus = host.cpu.get()?.cpus;
    if *vcpus <= cpus.saturating_mul(VCPUS_PER_CPU) {
        return Ok(vec![]);
    }
    let stolen = host.cpu_time.get().map(|time| time.steal_percent() > STEAL_PERCENT);
    let pressed = host.cpu_pressure.get().map(|pressure| *pressure > PRESSURE_PERCENT);
    if stolen != Ok(true) && pressed != Ok(true) {
        return pressed.and(stolen).map(|_| vec![]);
    }
    Ok(vec![
        RULE.found(format!("guests with {vcpus} vCPUs compete for {cpus} CPUs, and wait for them"))
            .saw("running vCPUs", vcpus, host.libvirt.running_vcpus.from())
            .saw("CPUs", cpus, host.cpu.from())
            .saw_fact("tasks waiting for a CPU, one minute", &host.cpu_pressure, |p| format!("{p:.1} %"))
            .saw_fact("steal since boot", &host.cpu_time, |time| {
                format!("{:.1} %", time.steal_percent())
            })
            .cure(
                "give guests that must keep time CPUs of their own (`virsh vcpupin`), or run fewer",
                Effect::Live,
                Risk::Manual,
            ),
    ])
}
