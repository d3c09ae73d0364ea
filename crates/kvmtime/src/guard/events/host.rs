//! The host itself: it slept, or somebody set its clock.
//!
//! The kernel tells both by one timer, without being asked again and again. What a session manager announces before a suspend is
//! not needed: what counts is that it is over.

use kvmtime_core::guard::{Kind, Notice, Trigger};
use kvmtime_core::reading::{Interval, Moment};
use kvmtime_core::units::Nanos;

use super::now;
use crate::world::clock;

/// Daemons may set a clock by nanoseconds, many times a second. Such steps are nothing to guests, until they add up to this.
const LEAST: Nanos = Nanos::MILLISECOND;

/// A kernel takes how long it slept from the RTC, which counts whole seconds and need not agree with its clock: it lets a second or
/// two of their difference pass (`timekeeping_suspend`, kernel/time/timekeeping.c).
const COUNTED: Nanos = Nanos(3_000_000_000);

/// The host's clocks as they were when they were looked at.
pub(in crate::guard) struct Host {
    last: Moment,
}

impl Host {
    /// As they are now.
    pub(in crate::guard) fn new() -> Self {
        Self { last: clock::moment() }
    }

    /// What happened since the last look at which something had.
    pub(in crate::guard) fn look(&mut self) -> Vec<Notice> {
        let moment = clock::moment();
        let happened = happened(&self.last, &moment, now());
        if !happened.is_empty() {
            self.last = moment;
        }
        happened
    }
}

fn happened(before: &Moment, after: &Moment, at: Nanos) -> Vec<Notice> {
    let slept = after.slept_since(before).map(|time| time.widened(COUNTED));
    let slept = slept.map(|time| (Kind::HostSlept(time), "the host slept"));
    let large = |by: &Interval| by.worst() >= LEAST;
    let stepped = after.stepped_since(before).filter(large);
    let stepped = stepped.map(|by| (Kind::HostStepped(by), "the host's clock was set"));
    let notice = |(kind, detail): (Kind, &str)| {
        Notice::Trigger(Trigger { guest: None, kind, at, detail: detail.to_owned() })
    };
    slept.into_iter().chain(stepped).map(notice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(monotonic: i64, realtime: i64, boottime: i64) -> Moment {
        let to = |clock: i64| Interval::around(Nanos(clock - monotonic), Nanos(50));
        Moment { monotonic: Nanos(monotonic), shift: to(realtime), asleep: to(boottime) }
    }

    #[test]
    fn a_sleep_is_told_from_a_step_and_both_are_bounded() {
        const S: i64 = 1_000_000_000;
        let kinds = |after| {
            let before = moment(100 * S, 5000 * S, 100 * S);
            let kind = |notice| match notice {
                Notice::Trigger(trigger) => trigger.kind,
                other => panic!("{other:?}"),
            };
            happened(&before, &after, Nanos(0)).into_iter().map(kind).collect::<Vec<_>>()
        };
        let by = |seconds: i64| Interval::around(Nanos(seconds * S), Nanos(100));
        let slept = |seconds| Kind::HostSlept(by(seconds).widened(COUNTED));
        assert_eq!(kinds(moment(110 * S, 5010 * S + 60, 110 * S)), []);
        assert_eq!(kinds(moment(110 * S, 5010 * S + 900_000, 110 * S)), []);
        // All that passed asleep is in the realtime as well.
        assert_eq!(kinds(moment(110 * S, 5030 * S, 130 * S)), [slept(20)]);
        assert_eq!(kinds(moment(110 * S, 5007 * S, 110 * S)), [Kind::HostStepped(by(-3))]);
        let both = kinds(moment(110 * S, 5031 * S, 130 * S));
        assert_eq!(both[0], slept(20));
        let Kind::HostStepped(step) = both[1] else { panic!("{both:?}") };
        assert!(step.contains(Nanos(S)) && step.width() < Nanos(1000), "{step:?}");
    }
}
