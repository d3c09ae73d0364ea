//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The RTC of a Windows guest drops lost ticks: there is no `<timer name='rtc' tickpolicy='catchup'/>`, which
    /// libvirt turns into `-rtc …,driftfix=slew`. `tickpolicy='delay'` is the same as none.
    ///
    /// ## Why it matters
    /// Windows counts the RTC's periodic interrupts. Those that the host could not deliver in time are gone, and its
    /// clock falls behind under load. With Hyper-V's synthetic timers it rarely uses the RTC, and little is lost;
    /// without Hyper-V's reference counter it has nothing else to go by.
    ///
    /// ## What to do
    /// Write `<timer name='rtc' tickpolicy='catchup'/>`, shut the guest down and start it.
    ///
    /// ## Exceptions
    /// Domains with a split interrupt chip are not reported: there the RTC would run away
    /// (`dom-ioapic-split-rtc-slew`).
    ///
    /// ## References
    /// - QEMU `qemu-options.hx`, `-rtc driftfix=slew`, and `hw/rtc/mc146818rtc.c`
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-stimer`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>
    "dom-rtc-no-catchup-windows" on Domain {
        summary: "Windows counts the RTC's ticks, and lost ones are dropped",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    // libvirt takes the first <timer name='rtc'> and ignores another.
    let rtc = xml.timer("rtc");
    let policy = rtc.and_then(|rtc| rtc.tickpolicy.as_ref());
    let elsewhere = !xml.is_x86() || !xml.is_qemu() || domain.splits_irqchip(facts);
    if elsewhere || is(policy, "catchup") || !domain.os.get()?.is_windows() {
        return Ok(vec![]);
    }
    let synthetic = xml.enlightened("stimer").is_some() || xml.takes_hyperv_from_host();
    let severity = severity(xml.has_hyperv_clock(), synthetic, xml.is_kvm());
    let found = RULE
        .found("the RTC drops the ticks that Windows loses while the host is busy")
        .severity(severity)
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(
            "write `<timer name='rtc' tickpolicy='catchup'/>` into `<clock>`",
            Effect::GuestRestart,
            Risk::Careful,
        );
    Ok(vec![match policy {
        Some(policy) => domain
            .blame(found, "clock/timer[rtc]@tickpolicy", policy)
            .change(domain.rewrite("tickpolicy", policy, "catchup")),
        None => {
            let at = rtc.map_or(xml.clock_at(), |rtc| rtc.at);
            domain.lacks(found, "clock/timer[rtc]@tickpolicy", at)
        }
    }])
}

/// How bad it is, by what else the guest has to keep time: Hyper-V's reference counter and its synthetic timers.
pub(super) fn severity(counter: bool, synthetic: bool, kvm: bool) -> Severity {
    match (counter, synthetic) {
        (true, true) => Severity::Info,
        (true, false) => Severity::Warning,
        (false, _) if kvm => Severity::Error,
        // Without KVM there is no such counter to be had.
        (false, _) => Severity::Warning,
    }
}
