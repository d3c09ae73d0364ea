//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::lifecycle::ALL;
use crate::translate::{Setting, Translation};

crate::rule! {
    /// ## What it checks
    /// The RTC is told to follow the guest's own virtual clock: `<timer name='rtc' track='guest'/>`, which libvirt
    /// turns into `-rtc …,clock=vm`.
    ///
    /// ## Why it matters
    /// QEMU's virtual clock stands still while the VM is stopped. After a pause, a save and restore or a migration
    /// such an RTC is behind by the whole gap, and everything that sets the guest from it (`virsh domtime --sync`,
    /// `SYNC_TIME=1` of libvirt-guests, `hwclock -s`) "succeeds" with the wrong time.
    ///
    /// ## What to do
    /// Remove `track`, or write `track='wall'`: both make the RTC follow the host's clock. The guest must be shut down
    /// and started again.
    ///
    /// ## Exceptions
    /// Machines that must be deterministic, such as test VMs. Where `--lifecycle` says that the VM never stops the
    /// finding is information. `track='realtime'` shields the RTC from steps of the host's clock, but loses the gap of a
    /// save and restore as well.
    ///
    /// ## References
    /// - QEMU `system/rtc.c` and `hw/rtc/mc146818rtc.c:rtc_post_load`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-rtc-track-guest" on Model {
        summary: "the RTC follows guest time, which stops while the VM does",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let track = model.settings.iter().find(|setting| setting.yields("clock=vm"));
    let Some(track) = track.map(Setting::word) else { return vec![] };
    let found = RULE
        .found("the RTC tracks guest time, so it stands still whenever the VM is paused or saved")
        .cure("remove `track`, or write `track='wall'`", Effect::GuestRestart, Risk::Careful)
        .change(domain.rewrite("track", &track, "wall"));
    let found = domain.blame(found, "clock/timer[rtc]@track", &track);
    // The host's sleep passes QEMU's virtual clock by as well: it is CLOCK_MONOTONIC (QEMU util/qemu-timer-common.c).
    vec![domain.lifecycle.judge(found, ALL, RULE.severity)]
}
