//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};

crate::rule! {
    /// ## What it checks
    /// The RTC's distance from UTC, `adjustment` of `<clock offset='variable'>`, is not the offset of any time zone: it
    /// is no multiple of a quarter of an hour.
    ///
    /// ## Why it matters
    /// libvirt follows a guest that sets its RTC, so such a number means that the guest's clock was wrong when it wrote
    /// it. The running domain keeps the number through reboots, saves and migrations, and the guest boots with that
    /// error each time. Where a manager or a person has written it into the definition, every start begins with it.
    ///
    /// ## What to do
    /// Write the offset of the guest's zone in seconds, `adjustment='0'` for UTC. For a running guest set its clock
    /// (`virsh domtime DOMAIN --now`) and let it write the RTC (`hwclock -w`).
    ///
    /// ## Exceptions
    /// A difference of up to two seconds is not reported: the start date and the guest's write are whole seconds each.
    /// oVirt always writes `variable`, with the zone's offset.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessHandleRTCChange`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-offset-variable-stale" on Xml {
        summary: "the RTC is off by what a guest with a wrong clock once wrote into it",
        severity: Warning,
        since: "0.1.0",
    }
}

/// All offsets in use today are multiples of it (IANA time zone database).
const QUARTER: i64 = 900;
/// libvirt's start date and QEMU's `RTC_CHANGE` are whole seconds each, so a right clock may be off by one for either.
const ROUNDING: i64 = 2;

fn check(domain: &Domain) -> Vec<Finding> {
    let Some(clock) = &domain.xml.clock else { return vec![] };
    let fixed = clock
        .offset
        .as_ref()
        .is_some_and(|offset| matches!(offset.value.as_str(), "timezone" | "absolute"));
    let Some(adjustment) = clock.adjustment.as_ref().filter(|_| !fixed) else {
        return vec![];
    };
    let past = adjustment.value.parse::<i64>().map_or(0, |seconds| seconds.rem_euclid(QUARTER));
    let error = if past > QUARTER / 2 { past - QUARTER } else { past };
    if error.abs() <= ROUNDING {
        return vec![];
    }
    let found = RULE
        .found(format!(
            "the RTC is `{}` s from UTC, which is {error} s off the offset of any time zone",
            adjustment.value
        ))
        .cure(
            "write the offset of the guest's zone in seconds: `adjustment='0'` for UTC",
            Effect::GuestRestart,
            Risk::Manual,
        );
    vec![domain.blame(found, "clock@adjustment", adjustment)]
}
