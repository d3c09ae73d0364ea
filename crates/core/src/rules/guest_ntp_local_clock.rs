//! See [`RULE`].

use kvmtime_wire::chrony::tracking::Tracking;
use kvmtime_wire::directives::Directive;
use kvmtime_wire::ntp::peers::Peer;

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::{Verdict, together};

crate::rule! {
    /// ## What it checks
    /// The guest's time daemon may take the guest's own clock for a source: `server 127.127.1.0` of ntpd,
    /// `refclock local` of ntpsec, `local stratum` below 10 of chrony.
    ///
    /// ## Why it matters
    /// Once the real sources are out of reach the daemon follows the clock that it is to correct, and calls itself
    /// synchronised. Monitoring sees nothing, and clients take the guest's drift for time.
    ///
    /// ## What to do
    /// Delete the lines (with ntpd also `fudge 127.127.1.0 …`) and restart the daemon. To serve an isolated network
    /// use ntpd's orphan mode, or chrony's `local` with `orphan`, on real machines.
    ///
    /// ## Exceptions
    /// As a fallback behind real sources it is a warning, and information when its stratum is 10 or more, as RHEL 5
    /// ships it. With chrony that is the default stratum, and nothing is reported while it is not in use. `noselect`
    /// only watches.
    ///
    /// ## References
    /// - <https://www.ntp.org/documentation/drivers/driver1/>
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `local`
    /// - VMware knowledge base 1006427, Timekeeping best practices for Linux guests
    "guest-ntp-local-clock" on Unix {
        summary: "the time daemon may follow the guest's own clock",
        severity: Error,
        since: "0.1.0",
    }
}

/// Far below any real source; also chrony's default (chrony.conf(5), `local`).
const FALLBACK: u32 = 10;
/// Of ntpd's driver (ntpsec ntpd/refclock_local.c).
const DRIVER: u32 = 5;
const SOURCES: [&str; 7] =
    ["server", "pool", "peer", "refclock", "broadcastclient", "manycastclient", "multicastclient"];

fn check(guest: &Machine, _: &Facts) -> Verdict {
    together([chrony(guest), ntpd(guest)])
}

fn chrony(guest: &Machine) -> Result<Option<Finding>, Unknown> {
    let Some(conf) = guest.chronyd_conf()? else { return Ok(None) };
    let Some(local) = conf.last("local") else { return Ok(None) };
    let stratum = local.option("stratum").and_then(|n| n.parse().ok()).unwrap_or(FALLBACK);
    let alone = !conf.0.iter().any(|directive| SOURCES.contains(&&*directive.name));
    let tracking = &guest.chrony.tracking;
    // RFC 5905 leaves 127.127.x.x to local clocks; chrony shows its own so (chrony ntp.h).
    let followed = tracking.value().map_or(alone, Tracking::follows_itself);
    if !followed && stratum >= FALLBACK {
        return tracking.get().map(|_| None);
    }
    guest.runs("chronyd")?;
    let found = found("chronyd", local, followed, stratum);
    Ok(Some(found.saw_fact("reference", tracking, |tracking| tracking.reference_id.clone())))
}

fn ntpd(guest: &Machine) -> Result<Option<Finding>, Unknown> {
    if !guest.may_run("ntpd") {
        return Ok(None);
    }
    let Some(conf) = guest.ntp.conf.optional()? else { return Ok(None) };
    let Some(local) = conf.0.iter().find(|directive| is_local(directive)) else { return Ok(None) };
    let fudge = conf.0.iter().find(|d| d.name == "fudge" && d.args.first() == local.args.first());
    let stratum = fudge.unwrap_or(local).option("stratum");
    let stratum = stratum.and_then(|n| n.parse().ok()).unwrap_or(DRIVER);
    let alone = !conf.0.iter().any(|d| SOURCES.contains(&&*d.name) && !is_local(d));
    let peers = guest.ntp.peers.value();
    let followed = peers.map_or(alone, |peers| peers.iter().any(follows_itself));
    guest.runs("ntpd")?;
    Ok(Some(found("ntpd", local, followed, stratum)))
}

fn is_local(directive: &Directive) -> bool {
    let source = directive.args.first().map_or("", String::as_str);
    let local = match directive.name.as_str() {
        "server" | "peer" => source.starts_with("127.127.1."),
        "refclock" => source == "local",
        _ => false,
    };
    local && !directive.has("noselect")
}

fn follows_itself(peer: &Peer) -> bool {
    let own = peer.remote.starts_with("127.127.1.") || peer.remote.starts_with("LOCAL(");
    own && matches!(peer.tally, '*' | 'o')
}

fn found(daemon: &str, local: &Directive, followed: bool, stratum: u32) -> Finding {
    let (message, severity) = if followed {
        (format!("{daemon} follows the guest's own clock"), Severity::Error)
    } else if stratum < FALLBACK {
        (format!("{daemon} falls back to the guest's own clock"), Severity::Warning)
    } else {
        (format!("{daemon} falls back to the guest's own clock, far down"), Severity::Info)
    };
    RULE.found(message).severity(severity).blame(local).cure(
        format!("delete `{}` and restart {daemon}", local.text()),
        Effect::Live,
        Risk::Careful,
    )
}
