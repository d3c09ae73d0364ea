//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::translate::Translation;

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
    "dom-catchup-tunables-noop" on Model {
        summary: "the numbers that shall govern catching up are never used",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let timers = domain.xml.clock.iter().flat_map(|clock| &clock.timers);
    let tuned = timers.filter_map(|timer| Some((&timer.name.value, timer.catchup.as_ref()?)));
    let set = tuned.filter(|(_, catchup)| !catchup.attributes.is_empty());
    let findings = set.map(|(name, catchup)| {
        let refusal = catchup.attributes.iter().find_map(|(_, word)| {
            model.refusals.iter().find(|refusal| refusal.place == word.at)
        });
        let found = match refusal {
            None => RULE.found(format!("`<catchup>` of timer `{name}` has no effect")),
            Some(refusal) => {
                let found = RULE.found(format!("libvirt refuses `<catchup>` of timer `{name}`"));
                domain.heard(found.severity(Severity::Error), model, refusal)
            }
        };
        let found = catchup.attributes.iter().fold(found, |found, (attribute, word)| {
            domain.blame(found, &format!("clock/timer[{name}]/catchup@{attribute}"), word)
        });
        found
            .cure("remove `<catchup>`", Effect::GuestRestart, Risk::Safe)
            .at(&domain.path, catchup.at)
    });
    findings.collect()
}
