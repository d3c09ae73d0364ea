//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::Translation;

crate::rule! {
    /// ## What it checks
    /// The RTC is told to track `boot`: `<timer name='rtc' track='boot'/>`.
    ///
    /// ## Why it matters
    /// No QEMU can do that. libvirt refuses to define the domain: "unsupported rtc timer track 'boot'".
    ///
    /// ## What to do
    /// Write `track='wall'`, or remove the attribute; both follow the host's clock.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-rtc-track-boot" on Model {
        summary: "the RTC is to track `boot`, which libvirt refuses",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let refused = model.refused_settings();
    let boots = refused.filter(|(s, _)| s.of_timer() == Some(("rtc", "track")) && s.value == "boot");
    let findings = boots.map(|(track, refusal)| {
        let track = track.word();
        let found = RULE
            .found("the RTC is to track `boot`, so libvirt refuses to define the domain")
            .cure("write `track='wall'`", Effect::GuestRestart, Risk::Safe)
            .change(domain.rewrite("track", &track, "wall"));
        let found = domain.heard(found, model, refusal);
        domain.blame(found, "clock/timer[rtc]@track", &track)
    });
    findings.collect()
}
