//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The RTC makes up for lost ticks, `<timer name='rtc' tickpolicy='catchup'/>`, and the interrupt chips are split
    /// between KVM and QEMU: `<ioapic driver='qemu'/>`, or an IOMMU with `intremap='on'`, for which newer libvirt
    /// splits them by itself.
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
    /// Linux and other guests that leave the RTC's periodic interrupt off do not notice.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_coalesced_timer_update`; callers of `kvm_report_irq_delivered` are
    ///   `hw/i386/kvm/ioapic.c`, `hw/i386/kvm/i8259.c` and `hw/intc/apic.c`
    /// - libvirt `src/qemu/qemu_postparse.c:qemuDomainDefEnableDefaultFeatures`
    "dom-ioapic-split-rtc-slew" on Domain {
        summary: "the RTC's interrupts run away: catch-up does not work with a split interrupt chip",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let policy = xml.timer("rtc").and_then(|rtc| rtc.tickpolicy.as_ref());
    let Some(policy) = policy.filter(|policy| is(Some(policy), "catchup")) else {
        return Ok(vec![]);
    };
    let Some(split) = xml.split_irqchip().filter(|_| xml.is_kvm_x86()) else { return Ok(vec![]) };
    let what = if xml.ioapic_driver.is_some() {
        "features/ioapic@driver"
    } else {
        "devices/iommu/driver@intremap"
    };
    let found = RULE
        .found("the RTC makes up for lost ticks although the split interrupt chip never reports delivery")
        .saw(what, &split.value, domain.place(split.at))
        .cure("remove `tickpolicy='catchup'`", Effect::GuestRestart, Risk::Careful)
        .change(domain.remove("tickpolicy", policy));
    Ok(vec![domain.blame(found, "clock/timer[rtc]@tickpolicy", policy)])
}
