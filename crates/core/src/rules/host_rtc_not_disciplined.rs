//! See [`RULE`].

use kvmtime_wire::directives::Directives;

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The host's RTC is more than two seconds away from its system clock, or chronyd keeps the clock with neither
    /// `rtcsync` nor `rtcfile` in its configuration.
    ///
    /// ## Why it matters
    /// The host takes its first time from the RTC. Until a time daemon has corrected it, guests that start with the
    /// host get that time. Linux copies the system clock to the RTC every 11 minutes, but only while the clock counts
    /// as synchronised, and chronyd without `rtcsync` never says that it is.
    ///
    /// ## What to do
    /// Add `rtcsync` to chrony.conf and restart chronyd. To set the RTC at once: `hwclock --systohc`, after making sure
    /// that it is the system clock that is right.
    ///
    /// ## Exceptions
    /// A host without an RTC, and one whose chronyd uses the RTC as a reference (`refclock RTC`).
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/4.6/chrony.conf.html>, `rtcsync`, `rtcfile`
    /// - chrony `sys_timex.c:set_sync_status`
    /// - Linux `kernel/time/ntp.c:sync_hw_clock`
    "host-rtc-not-disciplined" on Host {
        summary: "nobody keeps the host's RTC right",
        severity: Info,
        since: "0.1.0",
    }
}

/// The RTC is read in whole seconds, to ±1 s.
const TOLERANCE_S: u64 = 2;

fn check(host: &Machine, _: &Facts) -> Verdict {
    if host.rtc.device.optional()?.is_none() {
        return Ok(vec![]);
    }
    let error = host.rtc.error_seconds();
    if let Ok(error) = error
        && error.unsigned_abs() > TOLERANCE_S
    {
        return Ok(vec![apart(host, error)]);
    }
    match unwritten(host)? {
        Some(found) => Ok(vec![found]),
        None => error.map(|_| vec![]),
    }
}

fn apart(host: &Machine, error: i64) -> Finding {
    let side = if error < 0 { "behind" } else { "ahead of" };
    let message = format!("the host's RTC is {} s {side} its system clock", error.unsigned_abs());
    RULE.found(message)
        .severity(Severity::Warning)
        .saw("RTC minus system clock", format!("{error} s"), host.rtc.minus_system_seconds.from())
        .saw_fact("kernel", &host.timex, |timex| {
            if timex.synchronised() { "synchronised" } else { "not synchronised" }
        })
        .cure(
            "find out which of the two is right; if it is the system clock, `hwclock --systohc`",
            Effect::Live,
            Risk::Manual,
        )
}

fn unwritten(host: &Machine) -> Result<Option<Finding>, Unknown> {
    if !host.clock_movers()?.iter().any(|daemon| daemon.name == "chronyd") {
        return Ok(None);
    }
    let conf = host.chrony.conf.get()?;
    if sets_or_reads_rtc(conf) {
        return Ok(None);
    }
    let found = RULE
        .found("chronyd has neither `rtcsync` nor `rtcfile`, so nobody corrects the host's RTC")
        .saw("rtcsync", "missing", host.chrony.conf.from())
        .saw_fact("RTC", &host.rtc.device, Clone::clone)
        .cure("add `rtcsync` to chrony.conf and restart chronyd", Effect::Live, Risk::Safe);
    Ok(Some(found))
}

fn sets_or_reads_rtc(conf: &Directives) -> bool {
    let reference = conf.all("refclock").any(|clock| clock.args.first().is_some_and(|d| d == "RTC"));
    reference || conf.last("rtcsync").or_else(|| conf.last("rtcfile")).is_some()
}
