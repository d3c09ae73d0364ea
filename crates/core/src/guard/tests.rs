//! Whatever happens in whatever order: nothing is lost, nobody is looked at twice at once, and all that is due is done in the end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::reading::Interval;
use crate::units::Nanos;

const LIMITS: Limits = Limits {
    at_once: 3,
    deadline: Nanos(5_000_000_000),
    retry: [Nanos(100_000_000), Nanos(2_000_000_000)],
    tries: 6,
    sweep: Nanos(60_000_000_000),
    apart: Nanos(500_000_000),
};

fn guest(number: u8) -> Guest {
    Guest { key: number.to_string(), name: format!("guest{number}") }
}

fn trigger(number: u8, kind: Kind, at: Nanos) -> Notice {
    let guest = Some(guest(number));
    Notice::Trigger(Trigger { guest, kind, at, detail: String::new() })
}

fn listed(guests: impl IntoIterator<Item = u8>, at: Nanos) -> Notice {
    let guests = guests.into_iter().map(guest).collect();
    Notice::Listed { source: "here".to_owned(), guests, at }
}

#[derive(Debug, Clone)]
enum Step {
    /// Whether it then runs.
    Trigger(u8, bool),
    Host,
    Stopped(u8),
    Gone(u8),
    Agent(u8),
    Listed(Vec<u8>),
    /// The nth look that runs ends.
    End(usize, Outcome),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0_u8..12;
    let all = vec![Outcome::Done, Outcome::Done, Outcome::Again, Outcome::Again, Outcome::Gone];
    let outcome = prop::sample::select(all);
    prop_oneof![
        6 => (who.clone(), any::<bool>()).prop_map(|(who, runs)| Step::Trigger(who, runs)),
        1 => Just(Step::Host),
        1 => who.clone().prop_map(Step::Stopped),
        1 => who.clone().prop_map(Step::Gone),
        1 => who.clone().prop_map(Step::Agent),
        1 => prop::collection::vec(who, 0..12).prop_map(Step::Listed),
        6 => (0_usize..6, outcome).prop_map(|(nth, how)| Step::End(nth, how)),
        4 => (0_i64..8_000_000_000).prop_map(Step::Pass),
    ]
}

/// What a scheduler is held against: who runs, and who has something to be told since when.
#[derive(Default)]
struct Model {
    now: Nanos,
    running: Vec<Job>,
    /// The last trigger of each guest that no look has begun after.
    owed: BTreeMap<u8, Nanos>,
    stopped: BTreeSet<u8>,
    there: BTreeSet<u8>,
}

impl Model {
    fn begin(&mut self, scheduler: &mut Scheduler) {
        while let Some(job) = scheduler.next(self.now) {
            let number: u8 = job.guest.key.parse().unwrap();
            assert!(self.there.contains(&number), "{job:?} of one that is gone");
            assert!(!self.stopped.contains(&number), "{job:?} of one that does not run");
            assert!(self.running.iter().all(|run| run.guest.key != job.guest.key), "{job:?} twice");
            if let Some(at) = self.owed.remove(&number) {
                let Cause::Triggers(told) = &job.cause else { panic!("{job:?} for {at:?}") };
                assert!(told.last().is_some_and(|last| last.at == at), "{job:?} for {at:?}");
                assert!(told.len() <= 4);
            }
            self.running.push(job);
            assert!(self.running.len() <= 2 * LIMITS.at_once);
        }
    }

    fn owe(&mut self, number: u8) {
        self.there.insert(number);
        self.owed.insert(number, self.now);
    }

    fn leave(&mut self, number: u8) {
        self.there.remove(&number);
        self.owed.remove(&number);
        self.stopped.remove(&number);
    }

    fn take(&mut self, scheduler: &mut Scheduler, step: Step) {
        let now = self.now;
        let notice = match step {
            Step::Trigger(number, runs) => {
                if runs {
                    self.stopped.remove(&number);
                }
                self.owe(number);
                trigger(number, if runs { Kind::Resumed } else { Kind::Booted }, now)
            }
            Step::Host => {
                self.there.clone().into_iter().for_each(|number| self.owe(number));
                let kind = Kind::HostStepped(crate::reading::Interval::default());
                Notice::Trigger(Trigger { guest: None, kind, at: now, detail: String::new() })
            }
            Step::Stopped(number) => {
                self.stopped.insert(number);
                self.there.insert(number);
                Notice::Stopped(guest(number), now)
            }
            Step::Gone(number) => {
                self.leave(number);
                Notice::Gone { guest: guest(number), saved: false }
            }
            Step::Agent(number) => Notice::Agent(guest(number), true),
            Step::Listed(numbers) => {
                for &number in &numbers {
                    self.stopped.remove(&number);
                    self.owe(number);
                }
                // Who was never listed, but heard of, is not missed in a list.
                let listed = listed(numbers, now);
                scheduler.notice(now, listed);
                let left: BTreeSet<u8> =
                    scheduler.guests().map(|(guest, _)| guest.key.parse().unwrap()).collect();
                let gone: Vec<u8> = self.there.difference(&left).copied().collect();
                gone.into_iter().for_each(|number| self.leave(number));
                // Whether he is still there is seen by looking, also if he did not run.
                self.stopped.clear();
                return;
            }
            Step::End(nth, outcome) => {
                if nth < self.running.len() {
                    let job = self.running.remove(nth);
                    scheduler.done(now, job.id, outcome);
                    // Who had something happen to him meanwhile is there.
                    let number: u8 = job.guest.key.parse().unwrap();
                    if outcome == Outcome::Gone && !self.owed.contains_key(&number) {
                        self.leave(number);
                    }
                }
                return;
            }
            Step::Pass(by) => {
                self.now = now + Nanos(by);
                return;
            }
        };
        scheduler.notice(now, notice);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nobody_is_looked_at_twice_at_once(steps in prop::collection::vec(step(), 0..120)) {
        let mut scheduler = Scheduler::new(LIMITS, 7);
        let mut model = Model { now: Nanos::SECOND, ..Model::default() };
        for step in steps {
            model.take(&mut scheduler, step);
            model.begin(&mut scheduler);
            // Never more to do than there are guests.
            prop_assert!(scheduler.guests().count() <= 12);
            prop_assert_eq!(scheduler.running_and_overdue(model.now)[0], model.running.len());
        }
        // From now on all goes well, and only when the scheduler says so is it asked again.
        let all_due = |model: &Model| model.owed.keys().all(|number| model.stopped.contains(number));
        for _ in 0..100 {
            for job in std::mem::take(&mut model.running) {
                scheduler.done(model.now, job.id, Outcome::Done);
            }
            model.begin(&mut scheduler);
            if model.running.is_empty() {
                if all_due(&model) {
                    break;
                }
                let wake = scheduler.wake(model.now).unwrap();
                prop_assert!(wake > model.now, "{wake:?} now, and nothing to do");
                model.now = wake;
            }
        }
        prop_assert!(all_due(&model), "{:?} is owed", model.owed);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sweep_is_even_and_has_a_speed_limit(count in 1_u8..100, seed in any::<u64>()) {
        let mut scheduler = Scheduler::new(LIMITS, seed);
        let mut now = Nanos::SECOND;
        scheduler.notice(now, listed(0..count, now));
        // The first looks are those at guests that were found.
        let mut begun = 0;
        while let Some(job) = scheduler.next(now) {
            scheduler.done(now, job.id, Outcome::Done);
            begun += 1;
        }
        prop_assert_eq!(begun, count);
        let mut swept: Vec<(Nanos, Guest)> = Vec::new();
        let end = now + Nanos(10 * LIMITS.sweep.0);
        while let Some(wake) = scheduler.wake(now).filter(|wake| *wake < end) {
            now = now.max(wake);
            let job = scheduler.next(now).unwrap();
            prop_assert_eq!(&job.cause, &Cause::Sweep);
            scheduler.done(now, job.id, Outcome::Done);
            swept.push((now, job.guest));
        }
        for pair in swept.windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 >= LIMITS.apart);
        }
        for number in 0..count {
            let looks = swept.iter().filter(|(_, who)| *who == guest(number)).count();
            prop_assert!((8..=11).contains(&looks), "{number}: {looks}");
        }
        // No tenth of a sweep has more than three times its share.
        let mut tenths = [0_usize; 10];
        for (at, _) in &swept {
            tenths[usize::try_from((at.0 % LIMITS.sweep.0) * 10 / LIMITS.sweep.0).unwrap()] += 1;
        }
        let most = tenths.iter().max().unwrap();
        prop_assert!(*most <= 3 * swept.len() / 10 + 20, "{tenths:?}");
    }
}

#[test]
fn who_does_not_answer_is_asked_again_until_he_does_or_nobody_hopes_any_more() {
    let mut scheduler = Scheduler::new(LIMITS, 1);
    let mut now = Nanos::SECOND;
    scheduler.notice(now, trigger(1, Kind::Resumed, now));
    let mut waits = Vec::new();
    for tries in 0..=LIMITS.tries {
        let job = scheduler.next(now).unwrap();
        assert_eq!(job.tries, tries);
        scheduler.done(now, job.id, Outcome::Again);
        assert_eq!(scheduler.next(now), None);
        let wake = scheduler.wake(now).unwrap();
        waits.push((wake - now).0 / 1_000_000);
        now = wake;
    }
    assert!((75..=125).contains(&waits[0]) && (1500..=2500).contains(&waits[5]), "{waits:?}");
    // After the last it is left to the sweep…
    assert!(waits[6] > 2500, "{waits:?}");
    // …or to an agent that comes, with what there was to be told.
    scheduler.notice(now - Nanos(1_000_000), Notice::Agent(guest(1), true));
    let job = scheduler.next(now - Nanos(1_000_000)).unwrap();
    assert!(matches!(job.cause, Cause::Triggers(_)) && job.tries == 0);
    // One that comes while nobody answers is not waited for.
    scheduler.notice(now, Notice::Agent(guest(1), true));
    scheduler.done(now, job.id, Outcome::Again);
    assert!(scheduler.next(now).is_some());
}

#[test]
fn who_was_set_is_looked_at_again_soon() {
    let mut scheduler = Scheduler::new(LIMITS, 1);
    let now = Nanos::SECOND;
    scheduler.notice(now, listed(0..1, now));
    let job = scheduler.next(now).unwrap();
    scheduler.done(now, job.id, Outcome::Set);
    let soon = scheduler.wake(now).unwrap();
    assert!(soon <= now + Nanos(15 * Nanos::SECOND.0), "{soon}");
    assert_eq!(scheduler.next(soon).unwrap().cause, Cause::Sweep);
}

#[test]
fn who_went_while_nobody_listened_is_not_kept() {
    let mut scheduler = Scheduler::new(LIMITS, 1);
    let mut now = Nanos::SECOND;
    scheduler.notice(now, trigger(1, Kind::Booted, now));
    let job = scheduler.next(now).unwrap();
    scheduler.done(now, job.id, Outcome::Done);
    scheduler.notice(now, Notice::Stopped(guest(1), now));
    assert_eq!(scheduler.wake(now), None);
    scheduler.notice(now, listed([], now));
    now = scheduler.wake(now).unwrap();
    let job = scheduler.next(now).unwrap();
    scheduler.done(now, job.id, Outcome::Gone);
    assert_eq!(scheduler.guests().count(), 0);
}

#[test]
fn who_hangs_makes_room_but_not_for_ever() {
    let mut scheduler = Scheduler::new(LIMITS, 1);
    let mut now = Nanos::SECOND;
    scheduler.notice(now, listed(0..12, now));
    let begin = |scheduler: &mut Scheduler, now| {
        std::iter::from_fn(|| scheduler.next(now)).map(|job| job.id).collect::<Vec<_>>()
    };
    let hung = begin(&mut scheduler, now);
    assert_eq!(hung.len(), LIMITS.at_once);
    assert_eq!(scheduler.wake(now), Some(now + LIMITS.deadline));
    now = now + LIMITS.deadline;
    assert_eq!(scheduler.running_and_overdue(now), [3, 3]);
    assert_eq!(begin(&mut scheduler, now).len(), LIMITS.at_once);
    now = now + LIMITS.deadline;
    assert_eq!((begin(&mut scheduler, now), scheduler.wake(now)), (vec![], None));
    scheduler.done(now, hung[0], Outcome::Done);
    assert_eq!(begin(&mut scheduler, now).len(), 1);
}

#[test]
fn what_was_heard_is_when_a_guest_went_on() {
    let at = |kind, at| match trigger(1, kind, Nanos(at)) {
        Notice::Trigger(trigger) => trigger,
        _ => unreachable!(),
    };
    let heard = |all: &[Trigger]| Cause::Triggers(all.to_vec()).heard();
    let slept = Kind::HostSlept(Interval::around(Nanos(1), Nanos(0)));
    let [slept, resumed] = [at(slept, 1), at(Kind::Resumed, 5)];
    assert_eq!(heard(std::slice::from_ref(&slept)), Some(Nanos(1)));
    assert_eq!(heard(&[slept, resumed, at(Kind::RtcChanged, 8)]), Some(Nanos(5)));
    assert_eq!(Cause::Sweep.heard(), None);
}

#[test]
fn who_never_answers_is_asked_again_after_those_to_whom_something_happened() {
    let mut scheduler = Scheduler::new(LIMITS, 1);
    let mut now = Nanos::SECOND;
    scheduler.notice(now, listed(0..100, now));
    // Nobody answers, each look takes its time, and tries pile up.
    for _ in 0..60 {
        for job in std::iter::from_fn(|| scheduler.next(now)).collect::<Vec<_>>() {
            scheduler.done(now, job.id, Outcome::Again);
        }
        now = now + LIMITS.deadline;
    }
    scheduler.notice(now, trigger(200, Kind::Resumed, now));
    assert_eq!(scheduler.next(now).map(|job| job.guest), Some(guest(200)));
}
