//! See [`RULE`].

use crate::facts::{Agent, Facts, Machine, TimeDaemon};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Something happens to the guest that its clocksource does not count, and its time daemon takes long to make up for
    /// it: OpenNTPD and phc2sys never step after their start, systemd-timesyncd steps at its next poll. What happens is
    /// told by `--lifecycle`, or by what the host shows.
    ///
    /// ## Why it matters
    /// | | paused | saved, reverted | host sleeps |
    /// |---|---|---|---|
    /// | kvm-clock | behind by the pause | behind by the gap | right |
    /// | tsc | right | behind by the gap | behind by the sleep, if it was deep |
    ///
    /// OpenNTPD slews by 500 ppm: an hour takes 83 days. systemd-timesyncd notices nothing before its next poll, which may
    /// be 34 minutes away. Until then certificates, tokens and logs are judged by a wrong clock.
    ///
    /// ## What to do
    /// Have the host set the clock through the guest agent after each such event (`virsh domtime DOMAIN --now`), or keep it
    /// with chrony and `makestep 1 -1`. With systemd-timesyncd `PollIntervalMaxSec=64` shortens the wait.
    ///
    /// ## Exceptions
    /// A guest whose agent can set the clock: the host may do so. chronyd and ntpd have rules of their own,
    /// `guest-chrony-makestep-limited` and `guest-ntpd-panic-threshold`; without any daemon there is
    /// `guest-no-time-discipline`. Of a migration only the downtime is lost, and nothing is reported.
    ///
    /// ## References
    /// - QEMU `hw/i386/kvm/clock.c:kvmclock_vm_state_change`, `target/i386/kvm/kvm.c:kvm_put_msrs`
    /// - Linux `arch/x86/kvm/x86.c:get_kvmclock_base_ns`, `kvm_arch_enable_virtualization_cpu`
    /// - OpenNTPD `ntpd.c:ntpd_adjtime`, `dispatch_imsg`; adjtime(3)
    /// - systemd `src/timesync/timesyncd-manager.c:manager_adjust_clock`; timesyncd.conf(5), `PollIntervalMaxSec=`
    /// - phc2sys(8), `-S`
    "guest-behind-after-gap" on Guest {
        summary: "the guest's clock stays behind for long after a pause or restore",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(gap) = guest.gap()? else { return Ok(vec![]) };
    let [daemon] = guest.clock_movers()?[..] else { return Ok(vec![]) };
    let Some(does) = how_long(daemon) else { return Ok(vec![]) };
    if guest.agent.optional()?.is_some_and(Agent::sets_the_clock) {
        return Ok(vec![]);
    }
    let name = &daemon.name;
    Ok(vec![
        RULE.found(format!("the guest's clock is left behind at times, and `{name}` {does}"))
            .showing(gap)
            .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone)
            .saw(name.clone(), &daemon.command, guest.daemons.from())
            .cure(
                "let the host set the clock through the guest agent, or use chrony with `makestep 1 -1`",
                Effect::Live,
                Risk::Careful,
            ),
    ])
}

/// What a daemon does about a clock that is far behind, where that takes long.
fn how_long(daemon: &TimeDaemon) -> Option<&'static str> {
    match daemon.name.as_str() {
        "openntpd" => Some("never steps it after its start"),
        "phc2sys" if !daemon.command.contains(" -S") => Some("never steps it after its start"),
        "systemd-timesyncd" => Some("steps it at its next poll, up to 34 minutes later"),
        _ => None,
    }
}
