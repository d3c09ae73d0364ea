//! See [`RULE`].

use kvmtime_wire::chrony::sources::Source;

use crate::fact::{Unknown, Why};
use crate::facts::{Facts, Machine, PhcSource, Timex};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony follows the host's clock through a PHC while that clock is wrong: the host follows no source, or every
    /// NTP server that the guest reaches disagrees with it.
    ///
    /// ## Why it matters
    /// A PHC is stratum 0, with an error of microseconds. It hides what the host's clock itself is off by, so chrony in
    /// the guest says "synchronised", and every guest of that host is wrong by the same.
    ///
    /// ## What to do
    /// Synchronise the host. In the guest keep NTP servers beside the PHC, without `trust` or `prefer` on it, and give
    /// it `stratum 2` so that its clients see what it is.
    ///
    /// ## Exceptions
    /// Without facts of the host, and without an NTP server in reach, the rule cannot be decided.
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `refclock`, `stratum`, `trust`
    /// - <https://learn.microsoft.com/en-us/azure/virtual-machines/linux/time-sync>
    /// - RHEL 7 Virtualization Deployment and Administration Guide, 8.1 Host-wide Time Synchronization
    "guest-phc-trusts-unsynced-host" on Guest {
        summary: "chrony follows a host whose clock is not right",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, facts: &Facts) -> Verdict {
    let names = host_clocks(guest)?;
    if names.is_empty() {
        return Ok(vec![]);
    }
    let sources = guest.chrony.sources.get()?;
    let is_followed = |s: &&Source| s.mode == '#' && s.state == '*' && names.contains(&s.name);
    let Some(phc) = sources.iter().find(is_followed) else { return Ok(vec![]) };
    let disproof = match facts.host_of(guest) {
        Some(host) => by_host(host)?,
        None => by_servers(guest, sources)?,
    };
    Ok(disproof
        .map(|found| {
            found.saw("source that chrony follows", &phc.name, guest.chrony.sources.from()).cure(
                "synchronise the host, and keep NTP servers beside the PHC",
                Effect::Live,
                Risk::Careful,
            )
        })
        .into_iter()
        .collect())
}

/// The names under which `chronyc sources` shows the host's clocks.
fn host_clocks(guest: &Machine) -> Result<Vec<String>, Unknown> {
    let sources = guest.phc_sources()?.into_iter();
    let of_host = sources.filter(PhcSource::may_be_of_host);
    Ok(of_host.map(|source| source.name).collect())
}

fn by_host(host: &Machine) -> Result<Option<Finding>, Unknown> {
    let opinions = host.opinions();
    if opinions.iter().any(|opinion| opinion.synchronised) {
        return Ok(None);
    }
    let found = RULE.found("chrony follows the clock of a host that follows no source");
    if let Some(opinion) = opinions.into_iter().next() {
        let who = format!("the host's {}", opinion.who);
        return Ok(Some(found.saw(who, opinion.says, opinion.from)));
    }
    let synchronised = host.timex.get().map(Timex::synchronised)?;
    Ok((!synchronised)
        .then(|| found.saw("the host's kernel", "clock not synchronised", host.timex.from())))
}

fn by_servers(guest: &Machine, sources: &[Source]) -> Result<Option<Finding>, Unknown> {
    let servers: Vec<&Source> =
        sources.iter().filter(|source| source.mode != '#' && source.reach != 0).collect();
    if servers.is_empty() {
        let from = "the host's clock (neither the host nor an NTP server in reach)".to_owned();
        return Err(Unknown { unknown: Why::NotCollected, from });
    }
    if servers.iter().any(|server| server.state != 'x') {
        return Ok(None);
    }
    let found = RULE.found("chrony follows the host's clock against every NTP server in reach");
    Ok(Some(servers.iter().fold(found, |found, server| {
        let (offset, bound) = server.last_sample.unwrap_or_default();
        let value = format!("{}: falseticker, {offset:+.6} s ± {bound:.6} s", server.name);
        found.saw("NTP server", value, guest.chrony.sources.from())
    })))
}
