//! See [`RULE`].

use crate::facts::{Facts, Machine, TimeDaemon};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// More than one daemon moves the host's system clock: chronyd, ntpd, systemd-timesyncd, OpenNTPD, or phc2sys
    /// towards `CLOCK_REALTIME`.
    ///
    /// ## Why it matters
    /// Each takes the other's corrections for errors of the clock. Offset and frequency swing, and guests that follow
    /// the host through `ptp_kvm` swing with it.
    ///
    /// ## What to do
    /// Keep one, and `systemctl disable --now` the others.
    ///
    /// ## Exceptions
    /// `chronyd -x` and `phc2sys` towards a network card leave the system clock alone and do not count. Nor do
    /// `vmtoolsd` and `VBoxService`: that they run does not tell whether they set the time.
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/4.6/chronyd.html>, option `-x`
    /// - phc2sys(8)
    /// - CIS Benchmarks for Linux distributions, section Time Synchronization: a single daemon is in use
    "host-multiple-time-daemons" on Host {
        summary: "several daemons move the host's clock",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let mut movers = host.clock_movers()?;
    movers.retain(|daemon| !matches!(daemon.name.as_str(), "vmtoolsd" | "VBoxService"));
    if movers.len() < 2 {
        return Ok(vec![]);
    }
    let names: Vec<String> = movers.iter().map(|daemon| format!("`{}`", daemon.name)).collect();
    let found = RULE.found(format!("several daemons move the host's clock: {}", names.join(", "))).cure(
        "keep one time daemon, and `systemctl disable --now` the others",
        Effect::Live,
        Risk::Careful,
    );
    let seen = |daemon: &TimeDaemon| format!("{} {}", daemon.pid, daemon.command);
    Ok(vec![movers.iter().fold(found, |found, daemon| {
        found.saw(daemon.name.clone(), seen(daemon), host.daemons.from())
    })])
}
