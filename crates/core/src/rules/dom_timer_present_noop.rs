//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::Translation;

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
    "dom-timer-present-noop" on Model {
        summary: "a timer is declared absent that cannot be removed",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let findings = model.idle().filter(|setting| setting.value == "no").filter_map(|setting| {
        let (name @ ("rtc" | "pit" | "tsc"), "present") = setting.of_timer()? else { return None };
        let mut timers = domain.xml.timers(name);
        let timer = timers.find(|t| t.present.as_ref().is_some_and(|p| p.at == setting.at))?;
        // What else the line says still counts.
        let more = timer.tickpolicy.is_some() || timer.track.is_some() || timer.frequency.is_some();
        let cure = if more { "remove `present='no'`" } else { "remove the line" };
        let found = RULE
            .found(format!("timer `{name}` is declared absent, and libvirt leaves it there"))
            .cure(cure, Effect::GuestRestart, Risk::Safe);
        Some(domain.blame(found, &setting.path, &setting.word()))
    });
    findings.collect()
}
