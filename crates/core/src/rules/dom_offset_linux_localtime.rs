//! See [`RULE`].

use kvmtime_wire::domain::{Clock, Word};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The RTC of a Linux, BSD or macOS guest shows local time: `offset='localtime'`, `offset='timezone'`, or
    /// `basis='localtime'`.
    ///
    /// ## Why it matters
    /// These systems take what the RTC shows for UTC. They boot with the clock off by the zone's offset, which NTP then
    /// has to step away. `timezone` is no better: libvirt passes `base=localtime` and sets `TZ` for QEMU.
    ///
    /// ## What to do
    /// Write `offset='utc'`, shut the guest down and start it.
    ///
    /// ## Exceptions
    /// Guests that are told to expect local time: `LOCAL` in `/etc/adjtime`. Where the host's zone is at UTC now,
    /// `localtime` is harmless for now, and is only noted.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr` and `qemuBuildClockCommandLine`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    /// - hwclock(8), "The Adjtime File"
    "dom-offset-linux-localtime" on Domain {
        summary: "the RTC shows local time to a guest that expects UTC",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some((what, word)) = domain.xml.clock.as_ref().and_then(local) else { return Ok(vec![]) };
    let os = domain.os.get()?;
    if !os.takes_rtc_for_utc() {
        return Ok(vec![]);
    }
    let zone = facts.host().map(|host| &host.rtc.zone_offset_seconds);
    let harmless = word.value == "localtime" && zone.and_then(|zone| zone.value()) == Some(&0);
    let mut found = RULE
        .found(format!("the RTC shows local time, which the guest, `{}`, takes for UTC", os.id))
        .severity(if harmless { Severity::Info } else { Severity::Warning })
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("write `<clock offset='utc'>`", Effect::GuestRestart, Risk::Manual);
    if let Some(zone) = zone {
        found = found.saw_fact("host's offset from UTC, seconds", zone, |zone| *zone);
    }
    if what == "clock@offset" && word.value == "localtime" {
        found = found.change(domain.rewrite("offset", word, "utc"));
    }
    Ok(vec![domain.blame(found, what, word)])
}

/// What makes the RTC show local time.
pub(super) fn local(clock: &Clock) -> Option<(&'static str, &Word)> {
    let offset = clock.offset.as_ref()?;
    match offset.value.as_str() {
        "localtime" => Some(("clock@offset", offset)),
        "timezone" => {
            let zone = clock.timezone.as_ref()?;
            let utc = matches!(zone.value.as_str(), "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT");
            (!utc).then_some(("clock@timezone", zone))
        }
        "variable" => {
            let basis = clock.basis.as_ref()?;
            (basis.value == "localtime").then_some(("clock@basis", basis))
        }
        _ => None,
    }
}
