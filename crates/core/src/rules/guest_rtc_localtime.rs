//! See [`RULE`].

use kvmtime_wire::adjtime::RtcScale;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The guest takes the RTC for local time (`LOCAL` in `/etc/adjtime`) and it shows UTC, or the other way round.
    ///
    /// ## Why it matters
    /// QEMU sets the RTC anew at every start, to UTC or to the host's local time as the domain says. A guest that reads
    /// it in the other scale boots off by the offset of its zone, until NTP steps the clock.
    ///
    /// ## What to do
    /// `timedatectl set-local-rtc 0` in the guest and `<clock offset='utc'>` in its domain.
    ///
    /// ## Exceptions
    /// A guest in the zone UTC. Where the RTC cannot be read, `LOCAL` alone is information: a domain with
    /// `offset='localtime'` goes with it.
    ///
    /// ## References
    /// - hwclock(8): The Adjtime File
    /// - systemd `src/core/main.c`, `src/shared/clock-util.c:clock_is_localtime`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "guest-rtc-localtime" on Guest {
        summary: "the guest reads the RTC in another time scale than it is kept in",
        severity: Warning,
        since: "0.1.0",
    }
}

/// Zones differ from UTC by multiples of 15 minutes, an RTC that nobody sets by less than this.
const NEAR_SECONDS: u64 = 300;

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let rtc = &guest.rtc;
    // hwclock(8): without /etc/adjtime the RTC is in UTC.
    let local = rtc.scale.optional()? == Some(&RtcScale::Local);
    let (shown, zone) = (&rtc.minus_system_seconds, &rtc.zone_offset_seconds);
    if zone.value() == Some(&0) {
        return Ok(vec![]);
    }
    let found = if local {
        let shown = shown.value();
        if shown.is_some_and(|shown| !near(*shown, 0)) {
            return Ok(vec![]);
        }
        zone.get()?;
        match shown {
            Some(_) => to_utc("the guest takes the RTC for local time, and it shows UTC"),
            None => to_utc("the guest takes the RTC for local time, which few hosts give it")
                .severity(Severity::Info),
        }
    } else {
        // Absent: there is no RTC.
        let Some(shown) = shown.optional()? else { return Ok(vec![]) };
        if near(*shown, 0) || !near(*shown, *zone.get()?) {
            return Ok(vec![]);
        }
        RULE.found("the guest takes the RTC for UTC, and it shows local time").cure(
            "write `<clock offset='utc'>` in the domain's XML",
            Effect::GuestRestart,
            Risk::Careful,
        )
    };
    Ok(vec![found
        .saw("time scale of the RTC", if local { "LOCAL" } else { "UTC" }, rtc.scale.from())
        .saw_fact("RTC minus system clock, seconds", shown, |s| *s)
        .saw_fact("zone's offset from UTC, seconds", zone, |s| *s)])
}

fn to_utc(message: &'static str) -> Finding {
    RULE.found(message).cure(
        "run `timedatectl set-local-rtc 0` in the guest",
        Effect::Live,
        Risk::Careful,
    )
}

fn near(seconds: i64, other: i64) -> bool {
    seconds.abs_diff(other) < NEAR_SECONDS
}
