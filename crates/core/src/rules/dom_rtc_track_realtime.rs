//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::lifecycle::WRITES_STATE;
use crate::translate::{Setting, Translation};

crate::rule! {
    /// ## What it checks
    /// The RTC follows the host's monotonic clock: `<timer name='rtc' track='realtime'/>`, which libvirt turns into
    /// `-rtc …,clock=rt`.
    ///
    /// ## Why it matters
    /// Such an RTC goes on through a pause, and is not moved when the host's clock is stepped. But a save and restore,
    /// a snapshot's revert or a migration starts it again at the date that was saved: it is behind by the gap, and
    /// `virsh domtime --sync` or `hwclock -s` then set the guest from it.
    ///
    /// ## What to do
    /// Remove `track`, or write `track='wall'`, unless the guest must not see steps of the host's clock.
    ///
    /// ## Exceptions
    /// Guests that are never saved, reverted or migrated: a warning only where something shows that they are.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_post_load`, which with this clock takes the date as it was saved
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-rtc-track-realtime" on Model {
        summary: "the RTC loses the time between save and restore",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let track = model.settings.iter().find(|setting| setting.yields("clock=rt"));
    let Some(track) = track.map(Setting::word) else { return vec![] };
    let found = RULE
        .found("the RTC tracks the host's monotonic clock, so it loses the time from save to restore")
        .cure("remove `track`, or write `track='wall'`", Effect::GuestRestart, Risk::Careful)
        .change(domain.rewrite("track", &track, "wall"));
    let found = domain.blame(found, "clock/timer[rtc]@track", &track);
    vec![domain.lifecycle.judge(found, WRITES_STATE, Severity::Warning)]
}
