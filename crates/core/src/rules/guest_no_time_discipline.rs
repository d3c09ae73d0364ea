//! See [`RULE`].

use kvmtime_wire::chrony::tracking::Tracking;

use crate::fact::Unknown;
use crate::facts::{Facts, Machine, TimeDaemon, Timex};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// No time daemon moves the guest's clock: neither chronyd, ntpd, OpenNTPD nor systemd-timesyncd runs, and the
    /// kernel does not call its clock synchronised. Or one runs and says itself that it follows no source.
    ///
    /// ## Why it matters
    /// kvm-clock and `tsc` give the guest a rate, and the RTC gives it a start. Neither follows what NTP does to the
    /// host's clock afterwards, nor brings back the time that a pause, a save or a migration takes.
    ///
    /// ## What to do
    /// Install chrony in the guest, with NTP servers or with the host's clock (`refclock PHC /dev/ptp_kvm poll 2`). Where
    /// a daemon runs: see which of its sources answer, `chronyc sources` or `ntpq -pn`.
    ///
    /// ## Exceptions
    /// Containers, whose machine keeps the clock. Micro-VMs whose platform sets the clock through an agent. A daemon that
    /// was started a moment ago and still waits for its first answers.
    ///
    /// ## References
    /// - <https://chrony-project.org/faq.html>
    /// - Linux `arch/x86/kvm/x86.c:get_kvmclock_base_ns`: the base is the host's raw monotonic clock
    /// - SUSE Linux Enterprise Server 15 Virtualization Guide, VM Guest clock settings: NTP on host and guest
    "guest-no-time-discipline" on Unix {
        summary: "nothing keeps the guest's clock right",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    if guest.container.value() == Some(&true) {
        return Ok(vec![]);
    }
    let movers = guest.clock_movers()?;
    if !movers.is_empty() {
        return Ok(follows_nobody(guest, &movers)?.into_iter().collect());
    }
    // Somebody whose name is not known may do it.
    if guest.timex.value().is_some_and(Timex::synchronised) {
        return Ok(vec![]);
    }
    Ok(vec![kernel(guest, RULE.found("no time daemon keeps the guest's clock"))
        .saw("time daemons that move the clock", "none", guest.daemons.from())
        .cure("install chrony in the guest and start it", Effect::Live, Risk::Careful)])
}

/// What the daemons say when none of them follows a source.
fn follows_nobody(guest: &Machine, movers: &[&TimeDaemon]) -> Result<Option<Finding>, Unknown> {
    let opinions = guest.opinions();
    let Some(first) = opinions.first() else {
        return guest.heard(movers).map(|()| None);
    };
    // A clock that follows itself is the matter of guest-ntp-local-clock.
    let itself = guest.chrony.tracking.value().is_some_and(Tracking::follows_itself);
    if itself || opinions.iter().any(|opinion| opinion.synchronised) {
        return Ok(None);
    }
    let found = RULE.found(format!("`{}` runs in the guest, and {}", first.who, first.says));
    let found = opinions.iter().fold(found, |found, opinion| {
        found.saw(opinion.who, opinion.says, opinion.from.clone())
    });
    Ok(Some(kernel(guest, found).cure(
        "see which sources answer, `chronyc sources` or `ntpq -pn`, and name others",
        Effect::Live,
        Risk::Careful,
    )))
}

fn kernel(guest: &Machine, found: Finding) -> Finding {
    found.saw_fact("the kernel's clock", &guest.timex, |timex| {
        if timex.synchronised() { "synchronised" } else { "not synchronised" }
    })
}
