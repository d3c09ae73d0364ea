//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::{Irqchip, Translation};

crate::rule! {
    /// ## What it checks
    /// The domain sets no timer at all: there is no `<clock>`, or no `<timer>` in it.
    ///
    /// ## Why it matters
    /// QEMU's defaults hold then. The RTC drops the ticks that arrive while the guest cannot take them, and the machine
    /// has an HPET. A guest that counts the RTC's ticks falls behind under load.
    ///
    /// ## What to do
    /// Write down the timers that the guest needs. For one that counts ticks these are `<timer name='rtc'
    /// tickpolicy='catchup'/>` and `<timer name='pit' tickpolicy='catchup'/>`; for Windows the former, `<timer
    /// name='hpet' present='no'/>` and `<timer name='hypervclock' present='yes'/>` with the synthetic timers
    /// (`dom-stimer-missing`).
    ///
    /// ## Exceptions
    /// Guests with a clock of their own for KVM, such as Linux since 2.6.26, need no timer and are not reported. A
    /// split interrupt chip must not have `catchup`: see `dom-ioapic-split-rtc-slew`.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr`
    /// - QEMU `hw/rtc/mc146818rtc.c`, property `lost_tick_policy`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-clock-absent" on Model {
        summary: "the domain sets no timer, so QEMU's defaults hold",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let xml = &domain.xml;
    let set = xml.clock.as_ref().is_some_and(|clock| !clock.timers.is_empty());
    if set || !xml.is_x86() || model.irqchip == Irqchip::Split {
        return vec![];
    }
    let os = domain.os.value();
    if os.is_some_and(|os| !os.is_windows() && !os.counts_ticks()) {
        return vec![];
    }
    let cure = match os {
        Some(os) => format!("write `{}`", os.clock()),
        None => "add `<timer name='rtc' tickpolicy='catchup'/>`, and what else the guest needs, to `<clock>`"
            .to_owned(),
    };
    let found = RULE
        .found("the domain sets no timer, so the RTC drops lost ticks")
        .cure(cure, Effect::GuestRestart, Risk::Careful);
    vec![domain.lacks(found, "clock/timer", xml.clock_at())]
}
