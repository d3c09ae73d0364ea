//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The RTC of a Windows or DOS guest shows UTC: `<clock offset='utc'/>`, or no offset.
    ///
    /// ## Why it matters
    /// Windows takes what the RTC shows for local time, so it boots with its clock off by its zone's offset and stays
    /// so until something sets it.
    ///
    /// ## What to do
    /// Write `offset='localtime'`, shut the guest down and start it. Or let the RTC be in UTC and tell the guest: set
    /// `RealTimeIsUniversal` to 1 under `HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation`. `localtime` is the
    /// host's local time at the start; from then on Windows itself sets the RTC when daylight saving time begins or ends.
    ///
    /// ## Exceptions
    /// Guests whose registry says that the RTC is in UTC, and guests whose zone is UTC. The XML shows neither; checked
    /// together with the guest, it is left to `win-rtc-mode-mismatch`. It is only noted under KubeVirt, whose presets have
    /// the RTC in UTC on purpose, and on a host whose own zone is at UTC, where `localtime` would change nothing.
    ///
    /// ## References
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    /// - QEMU `qemu-options.hx`, `-rtc base=localtime`
    /// - OpenStack nova `nova/virt/libvirt/driver.py:_set_clock`
    "dom-offset-windows-utc" on Domain {
        summary: "the RTC of a Windows guest shows UTC, which Windows takes for local time",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let clock = domain.xml.clock.as_ref();
    let offset = clock.and_then(|clock| clock.offset.as_ref());
    let adjusted = clock.and_then(|clock| clock.adjustment.as_ref());
    // With a number of seconds as adjustment libvirt makes it a variable offset.
    let shifted = adjusted.is_some_and(|adjustment| adjustment.value != "reset");
    if shifted || offset.is_some() && !is(offset, "utc") {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    if !os.is_windows() && os.family != Family::Dos {
        return Ok(vec![]);
    }
    // A guest that was read itself is judged by win-rtc-mode-mismatch.
    if facts.windows_of(domain).is_some() {
        return Ok(vec![]);
    }
    let zone = facts.host().map(|host| &host.rtc.zone_offset_seconds);
    let zone = zone.filter(|zone| zone.value() == Some(&0));
    let same = zone.is_some();
    let cure = match (os.is_windows(), same) {
        (true, false) => "write `offset='localtime'`, or set `RealTimeIsUniversal` to 1 in the guest's registry",
        (true, true) => "set `RealTimeIsUniversal` to 1 in the guest's registry, unless the guest's zone is UTC",
        (false, false) => "write `offset='localtime'`",
        (false, true) => "write `offset='timezone'` with the guest's zone, unless that is UTC",
    };
    let found = RULE
        .found(format!("the RTC shows UTC, which the guest, `{}`, takes for local time", os.id))
        .severity(if same || domain.xml.kubevirt { Severity::Info } else { Severity::Warning })
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(cure, Effect::GuestRestart, Risk::Manual);
    let found = match zone {
        Some(zone) => found.saw_fact("host's offset from UTC, seconds", zone, |zone| *zone),
        None => found,
    };
    Ok(vec![match offset {
        Some(offset) if same => domain.blame(found, "clock@offset", offset),
        Some(offset) => domain
            .blame(found, "clock@offset", offset)
            .change(domain.rewrite("offset", offset, "localtime")),
        None => domain.lacks(found, "clock@offset", domain.xml.clock_at()),
    }])
}
