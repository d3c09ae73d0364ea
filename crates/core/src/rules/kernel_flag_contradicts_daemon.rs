//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chronyd or ntpd follows a source and should have told the kernel so, and the kernel's clock is flagged as not
    /// synchronised (`STA_UNSYNC`).
    ///
    /// ## Why it matters
    /// One of the two is wrong: somebody else sets the flag, such as a second daemon, a script with `adjtimex`, or a tool
    /// that sets the clock. As long as the flag is set the kernel does not write the RTC, and what waits for a
    /// synchronised clock (`timedatectl`, `node_timex_sync_status`, start scripts) waits or warns.
    ///
    /// ## What to do
    /// Find who sets it: other time daemons, `journalctl` around `System clock interference detected`, cron. Stop that
    /// and restart the daemon.
    ///
    /// ## Exceptions
    /// `chronyd -x` and chronyd without `rtcsync` leave the flag alone, as do ntpd with `disable kernel`, and
    /// systemd-timesyncd where the RTC keeps local time. The reverse, a flag that outlives the daemon's sources, is told by
    /// `host-unsynchronised` and `guest-no-time-discipline`.
    ///
    /// ## References
    /// - chrony `sys_timex.c:set_sync_status`
    /// - ntpsec `ntpd/ntp_loopfilter.c:local_clock`
    /// - Linux `kernel/time/ntp.c:process_adj_status`, `sync_hw_clock`; adjtimex(2)
    "kernel-flag-contradicts-daemon" on Machine {
        summary: "the time daemon is synchronised, and the kernel says that the clock is not",
        severity: Warning,
        since: "0.1.0",
    }
}

/// chrony `sys_timex.c`, `MAX_SYNC_ERROR`: with a larger bound it sets the flag itself.
const MOST_SECONDS: f64 = 16.0;

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let Some((who, says, from)) = claims(machine)? else { return Ok(vec![]) };
    let timex = machine.timex.get()?;
    if timex.synchronised() {
        return Ok(vec![]);
    }
    Ok(vec![
        RULE.found(format!("`{who}` {says}, and the kernel flags the clock as not synchronised"))
            .saw(who, says, from)
            .saw_fact("adjtimex status", &machine.timex, |timex| format!("{:#x}", timex.status))
            .saw_fact("maximum error", &machine.timex, |timex| format!("{} µs", timex.maxerror_us))
            .cure("find who else sets the clock or its flags, and stop that", Effect::Live, Risk::Manual),
    ])
}

/// The daemon that follows a source and clears the flag when it does.
fn claims(machine: &Machine) -> Result<Option<(&'static str, &'static str, &str)>, Unknown> {
    let movers = machine.clock_movers()?;
    let moves = |name: &str| movers.iter().any(|mover| mover.name == name);
    if moves("chronyd") {
        let tracking = machine.chrony.tracking.get()?;
        if !tracking.synchronised() || tracking.root_distance() >= MOST_SECONDS {
            return Ok(None);
        }
        let clears = machine.chrony.conf.get()?.last("rtcsync").is_some();
        let from = machine.chrony.tracking.from();
        return Ok(clears.then_some(("chronyd", "follows a source", from)));
    }
    if moves("ntpd") {
        let follows = machine.ntp.variables.get()?.synchronised;
        let conf = machine.ntp.conf.get()?;
        let aside = conf.all("disable").any(|disable| disable.has("kernel"));
        let from = machine.ntp.variables.from();
        return Ok((follows && !aside).then_some(("ntpd", "is synchronised", from)));
    }
    Ok(None)
}
