//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The RTC, the PIT or the TSC is declared absent: `<timer name='pit' present='no'/>`.
    ///
    /// ## Why it matters
    /// libvirt accepts this and does nothing with it: the device stays. The PIT's line even adds an argument, `-global
    /// kvm-pit.lost_tick_policy=delay`. Whoever counts on the device being gone is mistaken.
    ///
    /// ## What to do
    /// Remove the line or, where it says more than that (`tickpolicy='catchup'` does count), `present`.
    ///
    /// ## Exceptions
    /// Domains of other drivers than QEMU's.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockCommandLine`
    /// - QEMU `qemu-options.hx`, `-machine` (the PIT has its own property, `pit=off`)
    "dom-timer-present-noop" on Domain {
        summary: "a timer is declared absent that cannot be removed",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    if !domain.xml.is_qemu() {
        return Ok(vec![]);
    }
    let findings = ["rtc", "pit", "tsc"].into_iter().flat_map(|name| {
        let presents =
            domain.xml.timers(name).filter_map(|timer| Some((timer, timer.present.as_ref()?)));
        presents.filter(|(_, present)| is(Some(present), "no")).map(move |(timer, present)| {
            // What else the line says still counts.
            let more = timer.tickpolicy.is_some() || timer.track.is_some() || timer.frequency.is_some();
            let cure = if more { "remove `present='no'`" } else { "remove the line" };
            let found = RULE
                .found(format!("timer `{name}` is declared absent, and libvirt leaves it there"))
                .cure(cure, Effect::GuestRestart, Risk::Safe);
            domain.blame(found, &format!("clock/timer[{name}]@present"), present)
        })
    });
    Ok(findings.collect())
}
