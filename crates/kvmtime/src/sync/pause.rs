//! A guest stopped and let go on again, so that it wakes in the present.

use kvmtime_core::reading::Interval;
use kvmtime_core::sync::{Correction, Gap, Outcome, Policy, parted};
use kvmtime_core::units::Nanos;

use super::{Request, Waits, correct, refused, unreachable};
use crate::guest::{Settable, State};
use crate::world::clock;

/// So long a guest may take to say how its clock is before it is stopped anyway.
const PATIENCE: Nanos = Nanos::SECOND;

/// Stops a guest, and says how its clock was. One that is stopped stays so.
pub(crate) fn pause(guest: &mut dyn Settable) -> Correction {
    let request = Request {
        policy: Policy::default(),
        trigger: "pause".to_owned(),
        timeout: PATIENCE,
        must_follow: None,
        dry_run: true,
        waits: Waits::Agent,
    };
    let mut was = correct(guest, &request);
    was.at = clock::realtime();
    let paused = match guest.state() {
        Ok(Some(State::Paused)) => Ok(()),
        _ => guest.pause(),
    };
    was.took = clock::realtime() - was.at;
    was.outcome = paused.map_or_else(|refusal| refused(&refusal), |()| Outcome::Paused);
    was
}

/// Lets a guest go on, and sets its clock; `paused` is what [`pause`] said when it was stopped, where that is known.
pub(crate) fn resume(
    guest: &mut dyn Settable,
    request: &Request,
    paused: Option<&Correction>,
) -> Correction {
    let begun = clock::realtime();
    let stood = match guest.state() {
        Ok(Some(State::Running)) => None,
        _ => match guest.go_on() {
            Ok(()) => Some(clock::realtime()),
            Err(refusal) => return unreachable(&guest.name(), &request.trigger, &refusal),
        },
    };
    let mut now = correct(guest, request);
    if let (Some(paused), Some(went_on)) = (paused, stood) {
        let host = Interval { lo: begun - (paused.at + paused.took), hi: went_on - paused.at };
        let lost = paused.residual.zip(now.before).map(|(before, after)| before.minus(after));
        // If it went on in between, its clock lost less than that, and how long it stood this time nobody saw.
        let same = |lost| host.widened(parted(host.hi)).intersect(lost).is_some();
        now.gap = Some(Gap { host: lost.is_none_or(same).then_some(host), guest: lost });
    }
    now
}
