//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::profile::Os;
use crate::translate::{Irqchip, Translation};

crate::rule! {
    /// ## What it checks
    /// The RTC makes up for lost ticks, `<timer name='rtc' tickpolicy='catchup'/>`, and the interrupt chips are split
    /// between KVM and QEMU: `<ioapic driver='qemu'/>`, or an IOMMU with `intremap='on'`, for which newer libvirt
    /// splits them by itself, or the machine type `pc-q35-4.0`, which does without being asked.
    ///
    /// ## Why it matters
    /// QEMU counts an RTC tick as lost until it hears that it was delivered, and a split chip never tells. As soon as
    /// the guest switches on periodic interrupts they come at 28 times their rate, for ever: 1790 a second instead of
    /// 64 in QEMU 7.2, 10.0 and 11.1. A guest that counts them runs fast; any guest loses CPU time.
    ///
    /// ## What to do
    /// Remove the RTC's `tickpolicy`; lost ticks are then dropped. Give Windows its synthetic timers, so that it does
    /// not need the RTC. Or write `<ioapic driver='kvm'/>` and do without interrupt remapping.
    ///
    /// ## Exceptions
    /// Guests that leave the RTC's periodic interrupt off do not notice. Linux is one: there it is information.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_coalesced_timer_update`; callers of `kvm_report_irq_delivered` are
    ///   `hw/i386/kvm/ioapic.c`, `hw/i386/kvm/i8259.c` and `hw/intc/apic.c`
    /// - libvirt `src/qemu/qemu_postparse.c:qemuDomainDefEnableDefaultFeatures`
    "dom-ioapic-split-rtc-slew" on Model {
        summary: "the RTC's interrupts run away: catch-up does not work with a split interrupt chip",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let slews = model.settings.iter().find(|setting| setting.yields("driftfix=slew"));
    let (Some(policy), Some((what, split))) = (slews, &model.split_by) else { return vec![] };
    if model.irqchip != Irqchip::Split {
        return vec![];
    }
    let policy = policy.word();
    // Not knowing the system makes no difference: the interrupt is there for whoever asks.
    let linux = domain.os.value().is_some_and(Os::is_linux);
    let found = RULE
        .found("the RTC makes up for lost ticks although the split interrupt chip never reports delivery")
        .severity(if linux { Severity::Info } else { Severity::Error })
        .saw(*what, &split.value, domain.place(split.at))
        .cure("remove `tickpolicy='catchup'`", Effect::GuestRestart, Risk::Careful)
        .change(domain.remove("tickpolicy", &policy));
    vec![domain.blame(found, "clock/timer[rtc]@tickpolicy", &policy)]
}
