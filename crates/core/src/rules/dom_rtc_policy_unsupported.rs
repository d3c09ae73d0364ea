//! See [`RULE`].

use kvmtime_wire::domain::{Timer, Word, is};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A timer has a setting that libvirt's QEMU driver refuses: `merge` or `discard` for the RTC, `merge` for the PIT,
    /// any tick policy for `kvmclock` or `hypervclock`, an attribute that belongs to another timer, a clock of x86 on
    /// another architecture, the timer `platform`, or a word that libvirt does not know, such as the policy `none` and
    /// the track `guest virtual machine` of old vendor guides.
    ///
    /// ## Why it matters
    /// The schema allows most of them, so `virt-xml-validate` passes, and then the domain cannot be defined; one that
    /// was defined by an older libvirt stays listed and does not start.
    ///
    /// ## What to do
    /// The RTC takes `catchup` and `delay` (as without one: lost ticks are dropped); the PIT takes `delay`, `catchup`
    /// and `discard`. Remove what else is refused.
    ///
    /// ## Exceptions
    /// Domains of other drivers, such as Xen's.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers`
    /// - libvirt `src/conf/domain_postparse.c:virDomainDefPostParseTimer`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-rtc-policy-unsupported" on Domain {
        summary: "a timer's setting makes libvirt refuse the domain",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    if !xml.is_qemu() {
        return Ok(vec![]);
    }
    let timers = xml.clock.iter().flat_map(|clock| &clock.timers);
    let refused = timers.flat_map(|timer| refused(timer, xml.is_x86()).map(move |r| (timer, r)));
    let findings = refused.map(|(timer, (attribute, word))| {
        let name = &timer.name.value;
        let found = RULE
            .found(format!("libvirt refuses `{attribute}='{}'` of timer `{name}`", word.value))
            .cure(remedy(name, attribute), Effect::GuestRestart, Risk::Careful);
        domain.blame(found, &format!("clock/timer[{name}]@{attribute}"), word)
    });
    Ok(findings.collect())
}

/// The words that libvirt reads (src/conf/schemas/domaincommon.rng).
const POLICIES: [&str; 4] = ["delay", "catchup", "merge", "discard"];
/// Likewise; `boot` is another rule's.
const TRACKS: [&str; 4] = ["boot", "guest", "wall", "realtime"];

/// The attributes of a timer that libvirt refuses.
fn refused(timer: &Timer, x86: bool) -> impl Iterator<Item = (&'static str, &Word)> {
    let name = timer.name.value.as_str();
    let policy = timer.tickpolicy.as_ref().filter(|policy| match name {
        "rtc" => !matches!(policy.value.as_str(), "delay" | "catchup"),
        "pit" => !matches!(policy.value.as_str(), "delay" | "catchup" | "discard"),
        "kvmclock" | "hypervclock" => true,
        _ => !POLICIES.contains(&policy.value.as_str()),
    });
    let tracks = matches!(name, "rtc" | "platform");
    let track = timer.track.as_ref();
    let track = track.filter(|track| !tracks || !TRACKS.contains(&track.value.as_str()));
    let foreign = !x86 && matches!(name, "tsc" | "kvmclock" | "hypervclock");
    let frequency = timer.frequency.as_ref().filter(|frequency| frequency.value != "0");
    [
        ("name", Some(&timer.name).filter(|_| name == "platform")),
        ("tickpolicy", policy),
        ("present", timer.present.as_ref().filter(|p| foreign && is(Some(p), "yes"))),
        ("track", track),
        ("mode", timer.mode.as_ref().filter(|_| name != "tsc")),
        ("frequency", frequency.filter(|_| name != "tsc")),
    ]
    .into_iter()
    .filter_map(|(attribute, word)| Some((attribute, word?)))
}

fn remedy(name: &str, attribute: &str) -> String {
    match (name, attribute) {
        ("rtc", "tickpolicy") => "write `tickpolicy='catchup'`, or remove it to drop lost ticks",
        ("pit", "tickpolicy") => "write `tickpolicy='catchup'`, or `discard` to drop lost ticks",
        ("rtc", "track") => "remove `track`, or write `track='wall'`",
        ("platform", _) | (_, "present") => return format!("remove `<timer name='{name}'>`"),
        _ => return format!("remove `{attribute}` from `<timer name='{name}'>`"),
    }
    .to_owned()
}
