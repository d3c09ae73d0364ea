//! See [`RULE`].

use crate::facts::Fleet;
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The hosts of the run are in different zones, and there are domains with `<clock offset='localtime'>` or
    /// `basis='localtime'`.
    ///
    /// ## Why it matters
    /// QEMU takes the local time of the host that it starts on. When such a guest has moved to a host in another zone and
    /// is started again there, its RTC, and with it Windows' clock, is off by the difference of the zones.
    ///
    /// ## What to do
    /// Give all hosts one zone, or the guests `offset='timezone'` with their own, or let Windows keep UTC
    /// (`RealTimeIsUniversal`) with `offset='utc'`.
    ///
    /// ## Exceptions
    /// Hosts between which no guest moves. Zones whose offsets from UTC are the same now are not told apart.
    ///
    /// ## References
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    /// - QEMU `qemu-options.hx`, `-rtc base=localtime`
    "fleet-localtime-mixed-tz" on Fleet {
        summary: "guests on local time, and hosts in different zones",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(fleet: &Fleet) -> Verdict {
    if fleet.local_time.count == 0 {
        return Ok(vec![]);
    }
    let hosts = fleet.compare(|member| match member.is_host {
        true => member.zone.get().map(|zone| Some(canonical(zone))),
        false => Ok(None),
    });
    let zones = hosts.groups(|member| member.zone.from().to_owned());
    let offsets = hosts.known.iter().map(|(member, _)| member.zone_offset);
    let mut known: Vec<Option<i64>> = offsets.collect();
    known.dedup();
    if zones.len() < 2 || matches!(known.as_slice(), [Some(_)]) {
        return hosts.verdict(vec![]);
    }
    let found = RULE.found("guests are shown the local time of hosts that are in different zones");
    let found = zones
        .iter()
        .fold(found, |found, (zone, group)| found.saw_group(format!("hosts in {zone}"), group))
        .saw_group("domains on local time", &fleet.local_time);
    Ok(vec![found.cure(
        "give all hosts one zone, or the guests `offset='timezone'`",
        Effect::GuestRestart,
        Risk::Manual,
    )])
}

/// UTC has many names.
fn canonical(zone: &str) -> &str {
    match zone {
        "Etc/UTC" | "Etc/UCT" | "UCT" | "Etc/Universal" | "Universal" | "Etc/Zulu" | "Zulu"
        | "Etc/GMT" | "GMT" => "UTC",
        zone => zone,
    }
}
