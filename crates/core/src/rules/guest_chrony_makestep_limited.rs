//! See [`RULE`].

use kvmtime_wire::chrony::sources::Source;
use kvmtime_wire::chrony::tracking::Tracking;
use kvmtime_wire::directives::Directive;
use kvmtime_wire::klog::{Event, LogLine};

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Evidence, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony may step the clock only in its first updates, or never, and the guest's clock is left behind at times:
    /// chronyd met a large offset and did not step, it ended at one (`maxchange`), it detected a jump of time, the servers
    /// that it followed are far off all at once, or something happens to the guest that its clocksource does not count
    /// (`--lifecycle`, or what the host shows).
    ///
    /// ## Why it matters
    /// After a pause or a restore the guest is behind by the gap. `makestep 1 3`, which distributions ship, steps in
    /// the first three updates after chronyd's start and never again. The rest is slewed at 83333 ppm at most: an hour
    /// takes twelve.
    ///
    /// ## What to do
    /// Write `makestep 1 -1` and restart chronyd: it then steps whenever it is off by more than a second.
    ///
    /// ## Exceptions
    /// A guest of which no pause is known: the distributions' setting is right there, and nothing is reported. A guest on
    /// `tsc` does not lose a pause, one on kvm-clock not its host's sleep; each loses a save and restore. Programs that
    /// cannot bear a step, and guests whose clock the host sets through the agent after each pause. The guest's own sleep
    /// does not count: its kernel sets the clock from the RTC when it wakes.
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `makestep`, `maxslewrate`
    /// - <https://chrony-project.org/faq.html>: suspended virtual machines and `makestep 1 -1`
    /// - chrony `reference.c:is_step_limit_reached`, `sched.c`: `time jump detected`
    "guest-chrony-makestep-limited" on Unix {
        summary: "chrony does not step the clock of a guest that is stopped at times",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(conf) = guest.chronyd_conf()? else { return Ok(vec![]) };
    let makestep = conf.last("makestep");
    let limit = makestep.and_then(|makestep| makestep.args.get(1)?.parse::<i64>().ok());
    if limit.is_some_and(|limit| limit < 0) {
        return Ok(vec![]);
    }
    let Some(pause) = pause(guest, makestep)? else { return Ok(vec![]) };
    let steps = match limit {
        Some(limit) if limit > 0 => format!("steps the clock only in its first {limit} updates"),
        _ => "never steps the clock".to_owned(),
    };
    let found = RULE
        .found(format!("chronyd {steps}, and this guest is stopped at times"))
        .showing(&pause)
        .cure(
            "write `makestep 1 -1` in chrony.conf and restart chronyd",
            Effect::Live,
            Risk::Careful,
        );
    Ok(vec![match makestep {
        Some(makestep) => found.blame(makestep),
        None => found.saw("makestep", "absent", guest.chrony.conf.from()),
    }])
}

fn pause(
    guest: &Machine,
    makestep: Option<&Directive>,
) -> Result<Option<Evidence>, Unknown> {
    if guest.is_never_behind() {
        return Ok(None);
    }
    if let Some(gap) = guest.gap()? {
        return Ok(Some(gap.clone()));
    }
    let threshold = makestep.and_then(|makestep| makestep.args.first()?.parse::<f64>().ok());
    let threshold = threshold.unwrap_or(LOGGED);
    let log = &guest.logs.system;
    let logged = missed_step(log.get()?, threshold).map(|line| Evidence {
        what: "log".into(),
        value: line.text.clone(),
        from: format!("{}:{}", log.from(), line.line),
    });
    if logged.is_some() { Ok(logged) } else { left_behind(guest, threshold) }
}

/// Minutes may pass before chronyd believes the servers that it followed before, and says how wrong the clock is.
fn left_behind(guest: &Machine, threshold_seconds: f64) -> Result<Option<Evidence>, Unknown> {
    let tracking = guest.chrony.tracking.optional()?;
    if !tracking.is_some_and(Tracking::synchronised) || guest.chrony.follows()? {
        return Ok(None);
    }
    let sources = &guest.chrony.sources;
    let far = |source: &&Source| {
        source.last_sample.is_some_and(|(offset, _)| offset.abs() > threshold_seconds)
    };
    Ok(sources.get()?.iter().find(far).map(|source| Evidence {
        what: "source of chronyd".into(),
        value: source.to_string(),
        from: sources.from().to_owned(),
    }))
}

/// chronyd logs offsets above a second (chrony.conf(5), `logchange`).
const LOGGED: f64 = 1.0;

/// The first line that tells of a jump, of an offset that chronyd ended at, or of one above the threshold with no step
/// behind it.
fn missed_step(log: &[LogLine], threshold_seconds: f64) -> Option<&LogLine> {
    log.iter().enumerate().find_map(|(index, line)| match line.event {
        Event::ChronyTimeJump | Event::ChronyGaveUp => Some(line),
        Event::ChronyClockWrong { offset_ns } => {
            // A step is logged right behind the offset (chrony reference.c:REF_SetReference).
            let next = log.get(index + 1).map(|next| &next.event);
            let stepped = matches!(next, Some(Event::ChronyStepped { .. }));
            #[expect(clippy::cast_precision_loss, reason = "compared with a threshold in seconds")]
            let seconds = offset_ns.unsigned_abs() as f64 / 1e9;
            (!stepped && seconds > threshold_seconds).then_some(line)
        }
        _ => None,
    })
}
