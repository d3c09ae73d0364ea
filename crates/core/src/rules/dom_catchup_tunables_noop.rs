//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A timer has `<catchup threshold='…' slew='…' limit='…'/>`.
    ///
    /// ## Why it matters
    /// libvirt reads and stores these numbers, and its QEMU driver never uses them: QEMU gets `driftfix=slew` and
    /// decides the rate by itself. The example in libvirt's manual and in old vendor guides suggests otherwise. Without
    /// `tickpolicy='catchup'` libvirt refuses them.
    ///
    /// ## What to do
    /// Remove the element.
    ///
    /// ## Exceptions
    /// Domains of other drivers than QEMU's.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr`
    /// - libvirt `src/conf/domain_postparse.c:virDomainDefPostParseTimer`
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_coalesced_timer_update`
    "dom-catchup-tunables-noop" on Domain {
        summary: "the numbers that shall govern catching up are never used",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    if !domain.xml.is_qemu() {
        return Ok(vec![]);
    }
    let timers = domain.xml.clock.iter().flat_map(|clock| &clock.timers);
    let tuned = timers.filter_map(|timer| Some((timer, timer.catchup.as_ref()?)));
    let set = tuned.filter(|(_, catchup)| catchup.attributes.iter().any(|(_, w)| w.value != "0"));
    let findings = set.map(|(timer, catchup)| {
        let name = &timer.name.value;
        let found = if is(timer.tickpolicy.as_ref(), "catchup") {
            RULE.found(format!("`<catchup>` of timer `{name}` has no effect"))
        } else {
            RULE.found(format!(
                "libvirt refuses `<catchup>` of timer `{name}`, whose policy is not `catchup`"
            ))
            .severity(Severity::Error)
        };
        let found = catchup.attributes.iter().fold(found, |found, (attribute, word)| {
            domain.blame(found, &format!("clock/timer[{name}]/catchup@{attribute}"), word)
        });
        found
            .cure("remove `<catchup>`", Effect::GuestRestart, Risk::Safe)
            .at(&domain.path, catchup.at)
    });
    Ok(findings.collect())
}
