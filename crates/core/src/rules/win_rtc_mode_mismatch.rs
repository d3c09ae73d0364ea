//! See [`RULE`].

use crate::facts::{Facts, Machine, RtcShows, Windows};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Windows takes the RTC for local time, as it does by itself, and its domain shows it UTC; or `RealTimeIsUniversal`
    /// tells Windows that the RTC is in UTC, and its domain shows local time. Needs the guest and its domain XML together:
    /// `kvmtime check GUEST-FOLDER web01.xml`.
    ///
    /// ## Why it matters
    /// Windows boots with its clock off by its zone's offset, and stays so until something sets it. With Kerberos nobody
    /// can log on meanwhile.
    ///
    /// ## What to do
    /// Make one side follow the other. `offset='localtime'` is the usual one; the registry's value serves where every
    /// guest is to have UTC. Shut the guest down and start it, so that QEMU is started anew.
    ///
    /// ## Exceptions
    /// Guests whose zone is UTC all year. A zone that is at UTC only in winter gets a warning.
    ///
    /// ## References
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    /// - QEMU `qemu-options.hx`, `-rtc base=localtime`
    /// - OpenStack nova `nova/virt/libvirt/driver.py:_set_clock`
    "win-rtc-mode-mismatch" on Windows {
        summary: "Windows takes the RTC for another time scale than its domain shows",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, windows: &Windows, facts: &Facts) -> Verdict {
    let takes_utc = windows.rtc_is_utc.optional()? == Some(&true);
    let zone = windows.zone.get()?;
    if zone.is_utc() {
        return Ok(vec![]);
    }
    let domain = facts.domain_of(guest)?;
    let (message, cure) = match (takes_utc, domain.rtc_shows()) {
        (false, RtcShows::Utc) => (
            "Windows takes the RTC for local time, and its domain shows UTC",
            "write `offset='localtime'` in the domain's XML, or set `RealTimeIsUniversal` to 1 in the guest",
        ),
        (true, RtcShows::Local) => (
            "Windows takes the RTC for UTC, and its domain shows local time",
            "write `offset='utc'` in the domain's XML, or delete `RealTimeIsUniversal` in the guest",
        ),
        _ => return Ok(vec![]),
    };
    let clock = domain.xml.clock.as_ref();
    let offset = clock.and_then(|clock| clock.offset.as_ref());
    let found = RULE
        .found(message)
        .severity(if zone.offset_seconds == 0 { Severity::Warning } else { Severity::Error })
        .saw(
            "RealTimeIsUniversal",
            if takes_utc { "1" } else { "not 1" },
            windows.rtc_is_utc.from(),
        )
        .saw_fact("zone's offset from UTC, seconds", &windows.zone, |zone| zone.offset_seconds)
        .cure(cure, Effect::GuestRestart, Risk::Careful);
    Ok(vec![match offset {
        Some(offset) => domain.blame(found, "clock@offset", offset),
        None => domain.lacks(found, "clock@offset", domain.xml.clock_at()),
    }])
}
