//! See [`RULE`].

use kvmtime_wire::chrony::sources::Source;

use crate::budget::shown;
use crate::facts::{Facts, Machine, PhcSource};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// What a PHC says that chrony reads (`chronyc sources`: offset ± bound) overlaps with none of the NTP servers that
    /// chrony trusts, or with none at all where it trusts none.
    ///
    /// ## Why it matters
    /// One of the two clocks is wrong. A PHC of `ptp_kvm` shows the host's clock: then the host is off by that much, with
    /// all its guests that believe it. A difference of 37 s is that of TAI and UTC, which a PHC may count.
    ///
    /// ## What to do
    /// Look at the host's own sources (`chronyc sources` there). For a PHC in TAI add `tai` to its `refclock`, with
    /// `leapsectz` or, from chrony 4.6 on, `leapseclist`: an older chronyd does not start with what it does not know. Where
    /// the network is at fault, as with a path that is slower one way, take nearer servers.
    ///
    /// ## Exceptions
    /// A host's clock that chrony follows against all servers is told by `guest-phc-trusts-unsynced-host`, vmclock in the
    /// wrong time scale by `guest-vmclock-time-scale`. Below a millisecond the finding is information: an asymmetric network
    /// does that.
    ///
    /// ## References
    /// - chronyc(1), `sources`; chrony `sources.c:SRC_SelectSource`
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `refclock`, `tai`
    "phc-contradicts-servers" on Machine {
        summary: "a PTP clock and the NTP servers say different times",
        severity: Warning,
        since: "0.1.0",
    }
}

/// What an asymmetric path may hide from the bound that NTP gives.
const NETWORK_S: f64 = 1e-3;
/// TAI − UTC, seconds, since 2017; no leap second is scheduled (IERS Bulletin C).
const TAI_S: f64 = 37.0;

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let phcs = machine.phc_sources()?;
    if phcs.is_empty() {
        return Ok(vec![]);
    }
    let sources = machine.chrony.sources.get()?;
    let found = phcs.iter().filter(|phc| !phc.is_in_wrong_scale(machine)).filter_map(|phc| {
        let source = sources.iter().find(|source| source.mode == '#' && source.name == phc.name)?;
        disagrees(machine, phc, source, sources)
    });
    Ok(found.collect())
}

fn disagrees(machine: &Machine, phc: &PhcSource<'_>, source: &Source, all: &[Source]) -> Option<Finding> {
    let followed = source.state == '*' && phc.may_be_of_host();
    let own = source.last_sample.filter(|_| !followed && source.reach != 0)?;
    let servers = all.iter().filter(|server| server.mode != '#' && server.reach != 0);
    let servers: Vec<(&Source, (f64, f64))> =
        servers.filter_map(|server| Some((server, server.last_sample?))).collect();
    let trusted = servers.iter().any(|(server, _)| server.state != 'x');
    let trusted: Vec<_> =
        servers.into_iter().filter(|(server, _)| !trusted || server.state != 'x').collect();
    let apart = |(_, other): &(&Source, (f64, f64))| (other.0 - own.0).abs() > other.1 + own.1;
    if trusted.is_empty() || !trusted.iter().all(apart) {
        return None;
    }
    let nearest = trusted.iter().map(|(_, other)| (other.0 - own.0).abs()).fold(f64::MAX, f64::min);
    let tai = if (nearest - TAI_S).abs() < 1.0 { ", the difference of TAI and UTC" } else { "" };
    let message = format!("the PTP clock `{}` is {} from every NTP server{tai}", phc.path, shown(nearest));
    let severity = if nearest < NETWORK_S { Severity::Info } else { Severity::Warning };
    let found = RULE.found(message).severity(severity).blame(phc.refclock);
    let from = machine.chrony.sources.from();
    let found = found.saw(format!("chronyc sources, {}", source.name), value(own), from);
    let found = trusted.iter().fold(found, |found, (server, sample)| {
        found.saw(format!("chronyc sources, {}", server.name), value(*sample), from)
    });
    let cure = match tai {
        "" => "look at the clock of the host, or of what else feeds the PTP clock",
        _ => "add `tai` to the `refclock`, with `leapsectz` (from chrony 4.6 on `leapseclist`), and restart chronyd",
    };
    Some(found.cure(cure, Effect::Live, Risk::Careful))
}

fn value((offset, bound): (f64, f64)) -> String {
    format!("{} ± {}", shown(offset), shown(bound))
}
