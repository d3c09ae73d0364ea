//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::{Verdict, together};

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
    let refused = |event: &Event| {
        matches!(event, Event::TscFrequencyRefused | Event::TscFrequencyMismatch)
    };
    let refused = seen(
        machine,
        refused,
        RULE.found("a guest's TSC frequency is not one that this host can give").cure(
            "give the domain this host's TSC frequency, or run it on a host that can scale",
            Effect::GuestRestart,
            Risk::Careful,
        ),
    );
    let refused = refused.map(|found| {
        let scales = &machine.kvm.device;
        Some(found?.saw_fact("KVM_CAP_TSC_CONTROL", scales, |device| device.tsc_control))
    });
    let blocked = seen(
        machine,
        |event| *event == Event::InvtscBlocksMigration,
        RULE.found("a guest with `invtsc` cannot be migrated, saved or snapshotted").cure(
            "add `<timer name='tsc' frequency='…'/>` to the domain's `<clock>`, or drop `invtsc`",
            Effect::GuestRestart,
            Risk::Careful,
        ),
    );
    together([refused, blocked])
}

/// The finding, where libvirt or QEMU wrote such lines.
fn seen(
    machine: &Machine,
    such: impl Fn(&Event) -> bool,
    found: Finding,
) -> Result<Option<Finding>, Unknown> {
    let logs = [&machine.logs.system, &machine.logs.qemu];
    let lines = logs.map(|log| log.lines(&such).unwrap_or_default());
    if lines.iter().all(Vec::is_empty) {
        machine.logs.system.get()?;
        // Absent: libvirt runs no QEMU here.
        return machine.logs.qemu.optional().map(|_| None);
    }
    let shown = logs.into_iter().zip(&lines);
    Ok(Some(shown.fold(found, |found, (log, lines)| found.saw_lines(log, lines))))
}
