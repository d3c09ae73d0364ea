//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// ntpd keeps its panic threshold (no `tinker panic 0` in ntp.conf), and it has given up over an offset before, or
    /// something happens to the guest that its clocksource does not count (`--lifecycle`, or what the host shows).
    ///
    /// ## Why it matters
    /// ntpd ends when it is off by more than 1000 s. After a long pause, a restore or a reverted snapshot it does, and
    /// the clock stays wrong with nobody to keep it. `-g` does not help: it forgives once, until ntpd has first
    /// synchronised.
    ///
    /// ## What to do
    /// Write `tinker panic 0` as the first line of ntp.conf and restart ntpd, or use chrony.
    ///
    /// ## Exceptions
    /// A guest of which no pause is known: nothing is reported.
    ///
    /// ## References
    /// - <https://www.ntp.org/documentation/4.2.8-series/miscopt/>: `tinker panic`
    /// - <https://www.ntp.org/documentation/4.2.8-series/ntpd/>: `-g`
    /// - ntpsec `ntpd/ntp_loopfilter.c:local_clock`: `allow_panic`
    "guest-ntpd-panic-threshold" on Unix {
        summary: "ntpd ends after a long pause of the guest",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(conf) = guest.ntp.conf.optional()? else { return Ok(vec![]) };
    let off = |value: &str| value.parse::<f64>().is_ok_and(|seconds| seconds <= 0.0);
    if conf.0.iter().any(|d| d.name == "tinker" && d.option("panic").is_some_and(off)) {
        return Ok(vec![]);
    }
    if guest.is_never_behind() {
        return Ok(vec![]);
    }
    let found = RULE
        .found("ntpd ends at an offset above 1000 s, and this guest is stopped at times")
        .saw("tinker panic", "absent", guest.ntp.conf.from())
        .saw_fact("ntpd's options", &guest.units.ntpd_options, |words| words.join(" "))
        .cure(
            "write `tinker panic 0` as the first line of ntp.conf and restart ntpd",
            Effect::Live,
            Risk::Careful,
        );
    if guest.may_run("ntpd")
        && let Some(gap) = guest.gap()?
    {
        return Ok(vec![found.showing(gap)]);
    }
    let log = &guest.logs.system;
    let lines = log.lines(|event| *event == Event::NtpdGaveUp)?;
    Ok(if lines.is_empty() { vec![] } else { vec![found.saw_lines(log, &lines)] })
}
