//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// libvirt or QEMU refused a guest for its TSC: `Requested TSC frequency … outside tolerance range`,
    /// `TSC frequency mismatch between VM … and host`, `State blocked by non-migratable CPU device (invtsc flag)`.
    ///
    /// ## Why it matters
    /// With the first two the guest does not start on this host, or was taken in by migration and runs at the wrong
    /// rate. With the third it cannot be migrated, saved or snapshotted.
    ///
    /// ## What to do
    /// Give the domain a frequency that this host has (`virsh capabilities`, `<counter name='tsc' …>`), or run it on
    /// a host that can scale. For the third: add `<timer name='tsc' frequency='…'/>` beside `invtsc`, or drop `invtsc`.
    ///
    /// ## Exceptions
    /// The log is history: a domain that has been corrected since keeps its line.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz` and `kvm_arch_init_vcpu`
    "log-tsc-frequency-mismatch" on Machine {
        summary: "a guest was refused for its TSC",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let log = &machine.logs.system;
    let frequency = log.lines(|event| {
        matches!(event, Event::TscFrequencyRefused | Event::TscFrequencyMismatch)
    })?;
    let blocked = log.lines(|event| *event == Event::InvtscBlocksMigration)?;
    let mut findings: Vec<Finding> = Vec::new();
    if !frequency.is_empty() {
        findings.push(
            RULE.found("a guest's TSC frequency is not one that this host can give")
                .saw_lines(log, &frequency)
                .saw_fact("KVM_CAP_TSC_CONTROL", &machine.kvm.device, |device| device.tsc_control)
                .cure(
                    "give the domain this host's TSC frequency, or run it on a host that can scale",
                    Effect::GuestRestart,
                    Risk::Careful,
                ),
        );
    }
    if !blocked.is_empty() {
        findings.push(
            RULE.found("a guest with `invtsc` cannot be migrated, saved or snapshotted")
                .saw_lines(log, &blocked)
                .cure(
                    "add `<timer name='tsc' frequency='…'/>` to the domain's `<clock>`, or drop `invtsc`",
                    Effect::GuestRestart,
                    Risk::Careful,
                ),
        );
    }
    Ok(findings)
}
