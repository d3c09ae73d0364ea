//! See [`RULE`].

use kvmtime_wire::qemu::properties;

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk};

crate::rule! {
    /// ## What it checks
    /// The machine has QEMU's vmclock device (`-device vmclock`).
    ///
    /// ## Why it matters
    /// A vmclock page can tell a guest the precise time, and QEMU up to 11.1 does not fill that part: only the marker
    /// that says that the guest was restored. Linux then makes `/dev/vmclock0` and no PTP clock, so chrony's
    /// `refclock PHC /dev/ptp_vmclock` has nothing to read.
    ///
    /// ## What to do
    /// Take the time from `ptp_kvm`, or, with QEMU 11.1, from `-device virtio-rtc-pci`. Keep vmclock for programs that
    /// want to know that they were restored.
    ///
    /// ## Exceptions
    /// None. Nothing is wrong with the device itself.
    ///
    /// ## References
    /// - QEMU `hw/acpi/vmclock.c`: `VMCLOCK_STATUS_UNKNOWN`
    /// - Linux `drivers/ptp/ptp_vmclock.c`
    "qemu-vmclock-no-time" on Arguments {
        summary: "QEMU's vmclock marks restores and gives no time",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu) -> Vec<Finding> {
    let is_vmclock = |value: &str| properties(value, "driver").get("driver") == Some("vmclock");
    let devices = qemu.line.all("device");
    let vmclocks = devices.filter(|option| option.value.as_deref().is_some_and(is_vmclock));
    let findings = vmclocks.map(|option| {
        let found = RULE.found("QEMU's vmclock tells the guest of restores, and not the time").cure(
            "take the guest's time from `ptp_kvm` or `-device virtio-rtc-pci`",
            Effect::GuestRestart,
            Risk::Manual,
        );
        qemu.blame(found, option)
    });
    findings.collect()
}
