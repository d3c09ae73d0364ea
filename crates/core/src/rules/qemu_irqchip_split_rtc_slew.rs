//! See [`RULE`].

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::profile::Os;

crate::rule! {
    /// ## What it checks
    /// RTC catch-up (`-rtc driftfix=slew`) together with KVM's split interrupt chips (`kernel_irqchip=split`, which is
    /// also what the machine types `pc-q35-4.0` and `microvm` choose).
    ///
    /// ## Why it matters
    /// QEMU counts a tick as lost until it hears that it was delivered. With split chips nothing ever reports delivery,
    /// so QEMU injects without end: once the guest switches the RTC's periodic interrupt on it gets 28 times the rate,
    /// for ever. A guest that keeps time by that interrupt, as Windows does, runs away.
    ///
    /// ## What to do
    /// Leave `driftfix=slew` out (libvirt: no `tickpolicy='catchup'` on the RTC), or use `kernel_irqchip=on`. libvirt
    /// splits the chips by itself for a virtual IOMMU with `intremap='on'`, which refuses `kernel_irqchip=on`.
    ///
    /// ## Exceptions
    /// Linux never switches that interrupt on to keep time: for such a guest this is information.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_coalesced_timer_update`, `rtc_policy_slew_deliver_irq`
    /// - QEMU `hw/i386/kvm/ioapic.c`, `hw/i386/kvm/i8259.c`, `hw/intc/apic.c`: who reports delivery
    /// - QEMU `hw/i386/pc_q35.c:pc_q35_4_0_machine_options`
    "qemu-irqchip-split-rtc-slew" on Arguments {
        summary: "RTC catch-up with split interrupt chips floods the guest with ticks",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu) -> Vec<Finding> {
    let ticks = qemu.rtc_lost_ticks();
    let irqchip = qemu.kernel_irqchip();
    let kvm = qemu.line.is_x86() && qemu.line.accelerator() == "kvm";
    if !kvm || irqchip.value != "split" || ticks.value != "slew" {
        return vec![];
    }
    // Not knowing the system makes no difference: the interrupt is there for whoever asks.
    let linux = qemu.os.value().is_some_and(Os::is_linux);
    let found = RULE
        .found("RTC catch-up never ends with a split interrupt chip: ticks come at 28 times their rate")
        .severity(if linux { Severity::Info } else { Severity::Error })
        .cure(
            "leave `driftfix=slew` out or, if no virtual IOMMU remaps interrupts, write `-machine kernel_irqchip=on`",
            Effect::GuestRestart,
            Risk::Careful,
        );
    let found = qemu.blame_setting(found, "kernel_irqchip of this machine type", &irqchip);
    vec![qemu.blame_setting(found, "RTC lost ticks", &ticks)]
}
