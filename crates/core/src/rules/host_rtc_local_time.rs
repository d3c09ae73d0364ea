//! See [`RULE`].

use kvmtime_wire::adjtime::RtcScale;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The third line of the host's `/etc/adjtime` says `LOCAL`: its RTC keeps local time.
    ///
    /// ## Why it matters
    /// The RTC does not know about daylight saving time, and Linux, which writes it, keeps the zone's offset of its own
    /// boot; systemd-timesyncd has the kernel leave such an RTC alone altogether. The first boot after daylight saving
    /// time began or ended is an hour wrong until a time daemon steps the clock, and guests that start with the host
    /// copy the error.
    ///
    /// ## What to do
    /// `timedatectl set-local-rtc 0` sets the RTC from the system clock, in UTC. Guests' RTCs are not concerned: theirs
    /// are libvirt's `<clock offset=…>`.
    ///
    /// ## Exceptions
    /// A desktop that also boots a Windows which keeps the RTC in local time.
    ///
    /// ## References
    /// - timedatectl(1), `set-local-rtc`; hwclock(8), The Adjtime File
    /// - Linux `kernel/time/ntp.c:update_rtc` (`persistent_clock_is_local`)
    /// - systemd `src/core/main.c`, `src/timesync/timesyncd-manager.c:manager_adjust_clock`
    "host-rtc-local-time" on Host {
        summary: "the host's RTC keeps local time",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    if host.rtc.scale.optional()? != Some(&RtcScale::Local) {
        return Ok(vec![]);
    }
    // No RTC: the line says nothing of any clock.
    if host.rtc.device.optional() == Ok(None) {
        return Ok(vec![]);
    }
    Ok(vec![
        RULE.found("the host's RTC keeps local time, which jumps with daylight saving time")
            .saw("scale of the RTC", "LOCAL", host.rtc.scale.from())
            .saw_fact("RTC", &host.rtc.device, Clone::clone)
            .saw_fact("zone, seconds east of UTC", &host.rtc.zone_offset_seconds, |east| *east)
            .cure("run `timedatectl set-local-rtc 0`", Effect::Live, Risk::Careful),
    ])
}
