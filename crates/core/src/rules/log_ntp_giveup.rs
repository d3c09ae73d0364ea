//! See [`RULE`].

use kvmtime_wire::chrony::sources::Source;
use kvmtime_wire::klog::{Event, LogLine};

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::{Verdict, together};

crate::rule! {
    /// ## What it checks
    /// A time daemon's log tells that it met an error which it does not correct by itself or did not cause: ntpd's
    /// panic limit or chronyd's `maxchange`, chronyd's `System clock wrong by … seconds`,
    /// `Forward time jump detected!`, `Backward time jump detected!`, `Can't synchronise: …`.
    ///
    /// ## Why it matters
    /// ntpd ends when it finds the clock more than 1000 s off, and from then on nobody keeps it. chronyd lives on,
    /// unless `maxchange` tells it not to. But a jump means that the machine was paused, restored or set by somebody
    /// else, and after its first updates chronyd does not step: what is left is slewed away slowly.
    ///
    /// ## What to do
    /// Start ntpd again, with `tinker panic 0` for a machine that is paused or saved. For chronyd on such a machine
    /// `makestep 1 -1`, or set the guest's clock when it resumes.
    ///
    /// ## Exceptions
    /// The end of a daemon where one keeps the clock again is only worth a warning, and errors that chronyd stepped
    /// away afterwards, as it may at its start, a note. None is reported where `makestep` lets it step at any time:
    /// it needs no advice. `Can't synchronise` is not reported once chronyd follows a source again.
    ///
    /// ## References
    /// - ntp.org `ntpd/ntp_loopfilter.c:local_clock`; <https://docs.ntpsec.org/latest/miscopt.html>, `tinker panic`
    /// - chrony `reference.c`, `local.c`, `sched.c`, `sources.c`
    /// - <https://chrony-project.org/faq.html>, "Is chronyd allowed to step the system clock?"
    "log-ntp-giveup" on Machine {
        summary: "a time daemon met an error that it does not correct",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    together([ended(machine), jumped(machine), lost(machine)])
}

fn ended(machine: &Machine) -> Result<Option<Finding>, Unknown> {
    let log = &machine.logs.system;
    let lines = log.lines(|event| matches!(event, Event::NtpdGaveUp | Event::ChronyGaveUp))?;
    let Some(last) = lines.last() else { return Ok(None) };
    let daemon = match last.event {
        Event::ChronyGaveUp => "chronyd",
        _ => "ntpd",
    };
    let kept = machine.clock_movers().is_ok_and(|movers| !movers.is_empty());
    let found = RULE
        .found(format!("{daemon} found the clock too far off, and ended"))
        .severity(if kept { Severity::Warning } else { Severity::Error })
        .saw_lines(log, &lines)
        .saw_fact("time daemons that run", &machine.daemons, |daemons| match daemons.as_slice() {
            [] => "none".to_owned(),
            all => all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" "),
        });
    let summary = match daemon {
        "chronyd" => "start chronyd, and raise `maxchange` in its chrony.conf if the machine is ever paused",
        _ => "set the clock and start ntpd; if the machine is ever paused, `tinker panic 0` in ntp.conf",
    };
    Ok(Some(found.cure(summary, Effect::Live, Risk::Careful)))
}

fn jumped(machine: &Machine) -> Result<Option<Finding>, Unknown> {
    let log = &machine.logs.system;
    let all = log.get()?;
    let step = all.iter().rposition(|line| matches!(line.event, Event::ChronyStepped { .. }));
    let (before, after) = all.split_at(step.unwrap_or(0));
    let (lines, severity) = match (jumps(before), jumps(after)) {
        (stepped, left) if left.is_empty() => (stepped, Severity::Info),
        (_, left) => (left, Severity::Warning),
    };
    // A chronyd that steps at any time would have stepped what is left.
    let always = always_steps(machine).or_else(|unknown| match severity {
        Severity::Info => Err(unknown),
        _ => Ok(false),
    });
    if lines.is_empty() || always? {
        return Ok(None);
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
    let found = RULE.found(message).severity(severity).saw_lines(log, &lines);
    let summary = "if the machine is paused, saved or suspended, write `makestep 1 -1` to its chrony.conf";
    Ok(Some(found.cure(summary, Effect::Live, Risk::Careful)))
}

/// chrony.conf(5), `makestep`: a negative limit is none.
fn always_steps(machine: &Machine) -> Result<bool, Unknown> {
    let makestep = machine.chrony.conf.optional()?.and_then(|conf| conf.last("makestep"));
    let Some([threshold, limit]) = makestep.map(|makestep| &makestep.args[..]) else {
        return Ok(false);
    };
    Ok(limit.starts_with('-') && threshold.parse().is_ok_and(|seconds: f64| seconds <= LOGGED))
}

/// chronyd logs offsets above a second (chrony.conf(5), `logchange`).
const LOGGED: f64 = 1.0;

fn jumps(log: &[LogLine]) -> Vec<&LogLine> {
    let is_jump = |event| matches!(event, &Event::ChronyTimeJump | Event::ChronyClockWrong { .. });
    log.iter().filter(|line| is_jump(&line.event)).collect()
}

fn lost(machine: &Machine) -> Result<Option<Finding>, Unknown> {
    let log = &machine.logs.system;
    let lines = log.lines(|event| *event == Event::ChronyNoSources)?;
    if lines.is_empty() {
        return Ok(None);
    }
    // Absent: chronyd runs no more. After a pause it still tells of the source that it followed before.
    let Some(tracking) = machine.chrony.tracking.optional()? else { return Ok(None) };
    if tracking.synchronised() && machine.chrony.follows()? {
        return Ok(None);
    }
    let found = RULE
        .found("chronyd finds no source that it can follow")
        .severity(Severity::Warning)
        .saw_lines(log, &lines)
        .saw_fact("leap status of chronyd", &machine.chrony.tracking, |tracking| {
            tracking.leap.clone()
        })
        .saw_fact("sources of chronyd", &machine.chrony.sources, |sources| {
            sources.iter().map(Source::to_string).collect::<Vec<_>>().join(", ")
        });
    let reached = |sources: &Vec<Source>| sources.iter().any(|source| source.reach != 0);
    let (summary, risk) = if machine.chrony.sources.value().is_some_and(reached) {
        let summary = "see the states in `chronyc sources`: sources that contradict each other (x) need others beside \
                       them; where one contradicts what it said before (~), as after a pause, restart chronyd";
        (summary, Risk::Careful)
    } else {
        ("see `chronyc sources` and give chronyd sources that it can reach", Risk::Safe)
    };
    Ok(Some(found.cure(summary, Effect::Live, risk)))
}
