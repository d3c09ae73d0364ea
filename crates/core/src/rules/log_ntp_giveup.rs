//! See [`RULE`].

use kvmtime_wire::chrony::tracking::Tracking;
use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A time daemon's log tells that it met an error which it does not correct by itself or did not cause: ntpd's
    /// panic limit, chronyd's `System clock wrong by … seconds`, `Forward time jump detected!`,
    /// `Backward time jump detected!`, `Can't synchronise: no selectable sources`.
    ///
    /// ## Why it matters
    /// ntpd ends when it finds the clock more than 1000 s off, and from then on nobody keeps it. chronyd lives on, but
    /// a jump means that the machine was paused, restored or set by somebody else, and after its first updates chronyd
    /// does not step: what is left is slewed away slowly.
    ///
    /// ## What to do
    /// Start ntpd again, with `tinker panic 0` for a machine that is paused or saved. For chronyd on such a machine
    /// `makestep 1 -1`, or set the guest's clock when it resumes.
    ///
    /// ## Exceptions
    /// ntpd's line where a time daemon keeps the clock again is only worth a warning. `no selectable sources` is not
    /// reported once chronyd follows a source again.
    ///
    /// ## References
    /// - ntp.org `ntpd/ntp_loopfilter.c:local_clock`; <https://docs.ntpsec.org/latest/miscopt.html>, `tinker panic`
    /// - chrony `reference.c`, `sched.c`, `sources.c`
    /// - <https://chrony-project.org/faq.html>, "Is chronyd allowed to step the system clock?"
    "log-ntp-giveup" on Machine {
        summary: "a time daemon met an error that it does not correct",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    machine.logs.system.get()?;
    Ok([ended(machine), jumped(machine), lost(machine)].into_iter().flatten().collect())
}

fn ended(machine: &Machine) -> Option<Finding> {
    let log = &machine.logs.system;
    let lines = log.lines(|event| *event == Event::NtpdGaveUp).ok()?;
    if lines.is_empty() {
        return None;
    }
    let kept = machine.clock_movers().is_ok_and(|movers| !movers.is_empty());
    let found = RULE
        .found("ntpd found the clock too far off, and ended")
        .severity(if kept { Severity::Warning } else { Severity::Error })
        .saw_lines(log, &lines)
        .saw_fact("time daemons that run", &machine.daemons, |daemons| {
            daemons.iter().map(|daemon| daemon.name.as_str()).collect::<Vec<_>>().join(" ")
        });
    let summary = "set the clock and start ntpd; if the machine is ever paused, `tinker panic 0` in ntp.conf";
    Some(found.cure(summary, Effect::Live, Risk::Careful))
}

fn jumped(machine: &Machine) -> Option<Finding> {
    let log = &machine.logs.system;
    let jumps = |event: &Event| matches!(event, Event::ChronyTimeJump | Event::ChronyClockWrong { .. });
    let lines = log.lines(jumps).ok()?;
    if lines.is_empty() {
        return None;
    }
    let offsets = lines.iter().filter_map(|line| match line.event {
        Event::ChronyClockWrong { offset_ns } => Some(offset_ns.unsigned_abs()),
        _ => None,
    });
    let message = match offsets.max() {
        Some(ns) => format!(
            "chronyd found the clock wrong by up to {}.{:03} s",
            ns / 1_000_000_000,
            ns % 1_000_000_000 / 1_000_000
        ),
        None => "chronyd saw the time jump, which it did not cause".to_owned(),
    };
    let found = RULE.found(message).severity(Severity::Warning).saw_lines(log, &lines);
    let summary = "if the machine is paused, saved or suspended, write `makestep 1 -1` to its chrony.conf";
    Some(found.cure(summary, Effect::Live, Risk::Careful))
}

fn lost(machine: &Machine) -> Option<Finding> {
    let log = &machine.logs.system;
    let lines = log.lines(|event| *event == Event::ChronyNoSources).ok()?;
    if lines.is_empty() || machine.chrony.tracking.value().is_some_and(Tracking::synchronised) {
        return None;
    }
    let found = RULE
        .found("chronyd has lost every source that it could follow")
        .severity(Severity::Warning)
        .saw_lines(log, &lines)
        .saw_fact("chronyd", &machine.chrony.tracking, |tracking| tracking.leap.clone());
    let summary = "see `chronyc sources` and give chronyd sources that it can reach";
    Some(found.cure(summary, Effect::Live, Risk::Safe))
}
