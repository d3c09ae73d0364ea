//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony gets no answer from `ptp_kvm`'s clock any more, and the guest has left kvm-clock since it booted.
    ///
    /// ## Why it matters
    /// `ptp_kvm` pairs its reading with kvm-clock's. chronyd tries that way of reading first and keeps to the first that
    /// works: when the guest changes to another clocksource the precise reading fails for ever, and chronyd does not try
    /// the others. The source goes silent without a message.
    ///
    /// ## What to do
    /// Restart chronyd. Where the clocksource may change again write `refclock PHC /dev/ptp_kvm:nocrossts poll 2`.
    ///
    /// ## Exceptions
    /// A guest that starts chronyd after the change is not affected: the source answers, and nothing is reported.
    ///
    /// ## References
    /// - chrony `sys_linux.c:SYS_Linux_GetPHCReadings`
    /// - Linux `drivers/ptp/ptp_kvm_common.c:ptp_kvm_getcrosststamp`, `kernel/time/timekeeping.c:get_device_system_crosststamp`
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `refclock`, `nocrossts`
    "guest-phc-dead-after-switch" on Guest {
        summary: "chrony lost the host's clock when the guest changed its clocksource",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let sources = guest.phc_sources()?;
    if sources.is_empty() || guest.phcs.optional()?.is_none() {
        return Ok(vec![]);
    }
    let precise: Vec<_> = sources.into_iter().filter(|s| s.is_kvm() && !s.has_flag("nocrossts")).collect();
    if precise.is_empty() || guest.clocksource.current.get()? == "kvm-clock" {
        return Ok(vec![]);
    }
    let log = &guest.logs.kernel;
    let switches = log.lines(|event| matches!(event, Event::Switched { .. }))?;
    let was = |name: &str| {
        let is = |event: &Event| matches!(event, Event::Switched { clocksource } if clocksource == name);
        switches.iter().rposition(|line| is(&line.event))
    };
    let Some(left) = was("kvm-clock").and_then(|at| switches.get(at + 1..)).filter(|s| !s.is_empty())
    else {
        return log.whole().map(|()| vec![]);
    };
    let reported = guest.chrony.sources.get()?;
    let silent = |name: &str| reported.iter().any(|s| s.mode == '#' && s.name == name && s.reach == 0);
    let found = precise.into_iter().filter(|source| silent(&source.name)).map(|source| {
        RULE.found(format!("chrony reads `{}` no more since the guest left kvm-clock", source.path))
            .blame(source.refclock)
            .saw_lines(log, left)
            .saw("chronyc sources", format!("{}: no answer", source.name), guest.chrony.sources.from())
            .cure(
                "restart chronyd, and write `:nocrossts` behind the clock's path",
                Effect::Live,
                Risk::Safe,
            )
    });
    Ok(found.collect())
}
