//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

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
    "dom-rtc-track-boot" on Domain {
        summary: "the RTC is to track `boot`, which libvirt refuses",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    if !domain.xml.is_qemu() {
        return Ok(vec![]);
    }
    let tracks = domain.xml.timers("rtc").filter_map(|rtc| rtc.track.as_ref());
    let boots = tracks.filter(|track| track.value == "boot").map(|track| {
        let found = RULE
            .found("the RTC is to track `boot`, so libvirt refuses to define the domain")
            .cure("write `track='wall'`", Effect::GuestRestart, Risk::Safe)
            .change(domain.rewrite("track", track, "wall"));
        domain.blame(found, "clock/timer[rtc]@track", track)
    });
    Ok(boots.collect())
}
