//! What happens to a machine's clocks, told from inside and without privilege: each event with its size, its bound and its evidence.

mod gaps;

use gaps::{Gap, Gaps};
use serde::{Deserialize, Serialize};

use crate::reading::{Interval, Moment};
use crate::units::Nanos;

/// What is looked at whenever the watch wakes up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// The clocks.
    pub moment: Moment,
    /// When the watch should have woken up by `CLOCK_MONOTONIC`, if it was by time that it did.
    pub due: Option<Nanos>,
    /// How long the look before this one took: nothing may have run then, either.
    pub took: Nanos,
    /// Whether the kernel said that somebody set the clock.
    pub set: bool,
    /// How long the watch itself has waited for a CPU of this machine (second number of schedstat), where that was looked at.
    pub waited: Option<Nanos>,
    /// CPU time that this machine's kernel counted, where that was looked at.
    pub counted: Option<Counted>,
    /// `CLOCK_MONOTONIC_RAW`.
    pub raw: Nanos,
    /// The TSC before and after that.
    pub counts: Option<[u64; 2]>,
    /// The RTC's second, and when by `CLOCK_MONOTONIC` it was first and last possible.
    pub rtc: Option<(i64, [Nanos; 2])>,
}

/// CPU time since boot, by /proc/stat. A kernel counts by its ticks, of which a machine that does not run has none: time that
/// went by on a busy CPU and was counted for nothing did not run there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// The CPU that the watch runs on.
    pub cpu: usize,
    /// All time of that CPU but steal.
    pub time: Nanos,
    /// Time of all CPUs that the host gave to others.
    pub steal: Nanos,
}

/// What changes seldom and is looked at now and then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// current_clocksource.
    pub clocksource: Option<String>,
    /// Whether a daemon keeps the clock.
    pub synchronised: Option<bool>,
    /// The state that adjtimex(2) returns: 1 and 2 announce a leap second, 3 and 4 are it.
    pub leap: Option<i32>,
    /// vmclock's disruption marker.
    pub disruption: Option<u64>,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Somebody set the clock.
    Step,
    /// The machine was suspended.
    Suspend,
    /// The machine was stopped with its clocks, as by QMP `stop`.
    Frozen,
    /// Nothing ran for once while the clocks went on, as when QEMU got SIGSTOP or its host hung.
    Stalled,
    /// CPU time was short for a while, as by a quota or a busy host.
    Starved,
    /// The clock lost time to a counter that went on.
    LostTime,
    /// The kernel reads another clocksource.
    Clocksource,
    /// A daemon began or ceased to keep the clock.
    Synchronised,
    /// A leap second was announced, or came.
    Leap,
    /// The machine was migrated, restored or cloned.
    Disrupted,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was seen, by `CLOCK_REALTIME`, ns since 1970.
    pub at: Nanos,
    /// What it is.
    pub what: What,
    /// How far, or how long; nothing of what has no size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Interval>,
    /// What says so.
    pub evidence: String,
}

/// Who is late by less was not kept from running: kernels tick at 100 Hz or more.
const LATE: Nanos = Nanos(10_000_000);
/// What is counted by ticks of 10 ms is as much as that off, in several kinds of time.
const TICKS: Nanos = Nanos(40_000_000);
/// After so long it is off by more: a CPU that is idle in between is not counted by ticks.
const FRESH: Nanos = Nanos(2_000_000_000);
/// Whole seconds that were looked at for so long tell an RTC's place to some hundredths of a second.
const SETTLE: Nanos = Nanos(4_000_000_000);
/// Machines that are paused are so for longer. A busy machine's RTC is read that much later than it was looked at.
const LEAST_FREEZE: Nanos = Nanos(50_000_000);
/// A clock that is slewed leaves its RTC by up to this much (`MAXFREQ`, include/linux/timex.h).
const SLEWED_PPM: f64 = 500.0;

/// What is known up to now.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<Look>,
    state: Option<State>,
    waited: Option<Nanos>,
    /// And when.
    counted: Option<(Nanos, Counted)>,
    /// RTC − `CLOCK_MONOTONIC`, as far as the looks so far tell, and when that was.
    rtc: Option<(Nanos, Interval)>,
    freeze: Option<Freeze>,
    gaps: Gaps,
    /// The counter's rate, in ns of `CLOCK_MONOTONIC_RAW` for each count.
    rate: Option<(Look, f64)>,
}

/// An RTC that is not where it was expected. How far it moved is known when it was looked at for a while.
#[derive(Debug, Clone, Copy)]
struct Freeze {
    at: Nanos,
    since: Nanos,
    expected: Interval,
}

impl Watch {
    /// Takes a look, and says what happened since the last one.
    pub fn look(&mut self, look: Look) -> Vec<Event> {
        let mut events = Vec::new();
        let at = look.moment.monotonic + look.moment.shift.lo;
        if let Some(last) = self.last {
            stepped(&last.moment, &look, at, &mut events);
            self.lateness(&last, &look);
            self.counter(&last, &look, at, &mut events);
        } else {
            self.waited = look.waited;
            self.counted = look.counted.map(|counted| (look.moment.monotonic, counted));
        }
        self.frozen(&look, at, &mut events);
        events.extend(self.gaps.settled(look.moment.monotonic, at));
        self.last = Some(look);
        events
    }

    /// Takes a look at what changes seldom.
    pub fn state(&mut self, at: Nanos, now: State) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(before) = &self.state {
            let mut changed =
                |what, evidence| events.push(Event { at, what, size: None, evidence });
            if let (Some(old), Some(new)) = (&before.clocksource, &now.clocksource)
                && old != new
            {
                changed(What::Clocksource, format!("{old} before, {new} now"));
                self.rate = None;
            }
            if let (Some(old), Some(new)) = (before.synchronised, now.synchronised)
                && old != new
            {
                let words = if new { "STA_UNSYNC went" } else { "STA_UNSYNC came" };
                changed(What::Synchronised, words.to_owned());
            }
            if let (Some(old), Some(new @ 0..5)) = (before.leap, now.leap)
                && old != new
                && old < 5
            {
                let states = ["none", "one will be inserted", "one will be deleted", "now", "over"];
                let words = states[usize::try_from(new).unwrap_or_default()];
                changed(What::Leap, format!("leap second: {words}"));
            }
            if let (Some(old), Some(new)) = (before.disruption, now.disruption)
                && old != new
            {
                let words = format!("vmclock's disruption marker was {old}, and is {new}");
                changed(What::Disrupted, words);
            }
        }
        self.state = Some(now);
        events
    }

    /// Whether something began that only looks at small distances tell: one gap or many.
    pub fn is_uneasy(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Ends, and says what was not settled yet.
    pub fn end(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let (Some(freeze), Some((_, known))) = (self.freeze.take(), self.rtc) {
            events.extend(freeze.event(known));
        }
        if let Some(last) = self.last {
            events.extend(self.gaps.rest(last.moment.monotonic + last.moment.shift.lo));
        }
        events
    }

    fn lateness(&mut self, last: &Look, look: &Look) {
        let waited = self.waited.zip(look.waited).map(|(before, now)| now - before);
        self.waited = look.waited.or(self.waited);
        let own = waited.unwrap_or_default();
        let (uncounted, steal) = self.uncounted(last, look);
        let Some(due) = look.due else { return };
        // Whoever waits for a CPU of this machine goes on waiting while the machine does not run: only what was counted is own.
        let stopped = own.min(uncounted - look.took - TICKS).max(Nanos(0));
        let late = look.moment.monotonic - due + look.took - (own - stopped);
        if late < LATE {
            self.gaps.besides = self.gaps.besides + uncounted;
            return;
        }
        let (asleep, end) = (due - last.moment.monotonic - look.took, look.moment.monotonic);
        self.gaps.add(Gap { late, asleep, end, steal, uncounted });
    }

    /// Time since it was last looked at that was counted for nothing, and steal.
    fn uncounted(&mut self, last: &Look, look: &Look) -> (Nanos, Nanos) {
        let (at, Some(now)) = (look.moment.monotonic, look.counted) else {
            return Default::default();
        };
        let Some((then, before)) = self.counted.replace((at, now)) else {
            return Default::default();
        };
        let known = before.cpu == now.cpu && last.moment.monotonic - then < FRESH;
        let uncounted = if known { at - then - (now.time - before.time) } else { Nanos(0) };
        (uncounted, now.steal - before.steal)
    }

    /// A machine that is stopped with its clocks falls behind its RTC, which goes on with the host.
    fn frozen(&mut self, look: &Look, at: Nanos, events: &mut Vec<Event>) {
        let Some((second, [before, after])) = look.rtc else { return };
        let begun = Nanos::of_timespec(second, 0);
        // It said so at some time from `before` to `after`: second − after ≤ RTC − CLOCK_MONOTONIC < second + 1 − before.
        let now = Interval::between(begun - after, begun + Nanos::SECOND - before);
        let Some((when, known)) = self.rtc else {
            self.rtc = Some((after, now));
            return;
        };
        let slewed = Nanos::from_ns((after - when).ns() * SLEWED_PPM / 1e6).unwrap_or_default();
        let expected = known.widened(slewed);
        let both = expected.intersect(now);
        self.rtc = Some((after, both.unwrap_or(now)));
        let settled = |freeze: &mut Freeze| both.is_none() || after - freeze.since > SETTLE;
        if let Some(freeze) = self.freeze.take_if(settled) {
            events.extend(freeze.event(expected));
        }
        if both.is_none() {
            self.freeze = Some(Freeze { at, since: after, expected });
        }
    }

    /// Whatever CLOCK_MONOTONIC_RAW counts, the TSC counts besides: where both count the same, this tells nothing.
    fn counter(&mut self, last: &Look, look: &Look, at: Nanos, events: &mut Vec<Event>) {
        let (Some(before), Some(now)) = (last.counts, look.counts) else { return };
        let counts = |from: u64, to: u64| Nanos(to.wrapping_sub(from).cast_signed()).ns();
        if let Some((_, rate)) = self.rate {
            // What certainly passed, and how much more may have: something may have come between two reads.
            let ran = counts(before[1], now[0]) * rate;
            let more = (counts(before[0], before[1]) + counts(now[0], now[1])) * rate;
            let lost = Nanos::from_ns(ran - (look.raw - last.raw).ns()).unwrap_or_default();
            // The rate of the first seconds is as good as some ppm.
            let doubt = Nanos::from_ns(ran.abs() * 20e-6 + more + 1e6).unwrap_or_default();
            if lost > doubt {
                let kvm = self.state.as_ref().and_then(|state| state.clocksource.as_deref());
                let frozen = kvm == Some("kvm-clock");
                events.push(Event {
                    at,
                    what: if frozen { What::Frozen } else { What::LostTime },
                    size: Some(Interval { lo: lost - doubt, hi: lost + doubt }),
                    evidence: "the TSC went on without CLOCK_MONOTONIC_RAW".to_owned(),
                });
            }
        }
        let first = self.rate.map_or(*last, |(first, _)| first);
        let passed = (look.raw - first.raw).ns();
        // Calibrated over the first ten seconds, then left alone: a loss may not change what it is measured by.
        if passed > 0.0 && passed < 1e10 {
            let all = first.counts.map(|first| counts(first[1], now[1])).filter(|all| *all > 0.0);
            self.rate = all.map(|all| (first, passed / all));
        }
    }
}

impl Freeze {
    /// By where the RTC is now; nothing of one that was set back, or by too little to be sure.
    fn event(&self, now: Interval) -> Option<Event> {
        let size = now.minus(self.expected);
        let size = Interval { lo: size.lo.max(Nanos(0)), hi: size.hi };
        (size.middle() >= LEAST_FREEZE).then(|| Event {
            at: self.at,
            what: What::Frozen,
            size: Some(size),
            evidence: "the RTC went on without CLOCK_MONOTONIC, or was set".to_owned(),
        })
    }
}

fn stepped(before: &Moment, look: &Look, at: Nanos, events: &mut Vec<Event>) {
    let now = &look.moment;
    let slept = now.slept_since(before);
    if let Some(size) = slept {
        let evidence = "CLOCK_BOOTTIME went on without CLOCK_MONOTONIC".to_owned();
        events.push(Event { at, what: What::Suspend, size: Some(size), evidence });
    }
    let seen = now.stepped_since(before);
    // One that is too small to be seen in the clocks themselves: the kernel said so. It says the same when the machine slept.
    let told = (look.set && slept.is_none()).then(|| now.shift.minus(before.shift));
    if let Some(size) = seen.or(told) {
        let evidence = match seen {
            Some(_) => "CLOCK_REALTIME − CLOCK_MONOTONIC changed",
            None => "the kernel cancelled a timer: the clock was set, or TAI − UTC",
        };
        let evidence = evidence.to_owned();
        events.push(Event { at, what: What::Step, size: Some(size), evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// A watch that wakes up every 90 ms. Of a machine that is stopped with its clocks only the RTC goes on.
    struct Machine {
        watch: Watch,
        now: i64,
        rtc_ahead: i64,
        shift: i64,
        events: Vec<Event>,
    }

    impl Machine {
        fn new() -> Self {
            let watch = Watch::default();
            let mut machine = Self { watch, now: 0, rtc_ahead: 0, shift: 0, events: vec![] };
            machine.run(100);
            machine
        }

        fn run(&mut self, wakes: usize) {
            for _ in 0..wakes {
                self.late(0);
            }
        }

        fn late(&mut self, by: i64) {
            let due = self.now + 90 * MS;
            self.now = due + by;
            let near = |ns| Interval::around(Nanos(ns), Nanos(15));
            let rtc = (self.now + self.rtc_ahead).div_euclid(1000 * MS);
            let look = Look {
                moment: Moment {
                    monotonic: Nanos(self.now),
                    shift: near(self.shift),
                    asleep: near(0),
                },
                due: Some(Nanos(due)),
                raw: Nanos(self.now),
                counts: u64::try_from(2 * self.now).ok().map(|count| [count; 2]),
                rtc: Some((rtc, [Nanos(self.now), Nanos(self.now + 10_000)])),
                ..Look::default()
            };
            self.events.extend(self.watch.look(look));
        }

        fn only(&mut self) -> Event {
            self.run(60);
            assert_eq!(self.events.len(), 1, "{:?}", self.events);
            self.events.remove(0)
        }
    }

    #[test]
    fn an_undisturbed_machine_has_no_events() {
        let mut machine = Machine::new();
        machine.run(1000);
        assert_eq!(machine.events, []);
        assert_eq!(machine.watch.end(), []);
    }

    #[test]
    fn a_step_of_100_ns_is_one() {
        let mut machine = Machine::new();
        machine.shift = -100;
        let event = machine.only();
        assert_eq!(event.what, What::Step);
        assert!(event.size.unwrap().contains(Nanos(-100)));
        assert!(event.size.unwrap().radius() <= Nanos(60));
    }

    #[test]
    fn a_step_that_is_too_small_to_be_seen_is_told_by_the_kernel() {
        let mut watch = Watch::default();
        let moment =
            |ns| Moment { shift: Interval::around(Nanos(ns), Nanos(1000)), ..Moment::default() };
        watch.look(Look { moment: moment(0), ..Look::default() });
        let events = watch.look(Look { moment: moment(100), set: true, ..Look::default() });
        assert_eq!((events.len(), events[0].what), (1, What::Step));
        assert!(events[0].size.unwrap().contains(Nanos(100)));
    }

    #[test]
    fn one_gap_is_a_stall_and_many_are_starvation() {
        let mut machine = Machine::new();
        machine.late(500 * MS);
        let event = machine.only();
        assert_eq!(event.what, What::Stalled);
        assert_eq!(event.size, Some(Interval { lo: Nanos(500 * MS), hi: Nanos(590 * MS) }));
        for _ in 0..5 {
            machine.late(80 * MS);
        }
        let event = machine.only();
        assert_eq!(event.what, What::Starved);
        assert_eq!(event.size, Some(Interval { lo: Nanos(400 * MS), hi: Nanos(850 * MS) }));
    }

    #[test]
    fn who_waited_for_a_cpu_of_its_own_machine_was_not_stalled() {
        // It was late by 900 ms, and waited that long for a CPU; its kernel counted so much of the second for that CPU.
        let kinds = |counted: i64| {
            let look = |ms, due, waited, counted| Look {
                moment: Moment { monotonic: Nanos(ms * MS), ..Moment::default() },
                due: Some(Nanos(due * MS)),
                waited: Some(Nanos(waited * MS)),
                counted: Some(Counted { time: Nanos(counted * MS), ..Counted::default() }),
                ..Look::default()
            };
            let mut watch = Watch::default();
            watch.look(look(0, 0, 5000, 7000));
            watch.look(look(1000, 100, 5900, 7000 + counted));
            watch.end().iter().map(|event| event.what).collect::<Vec<_>>()
        };
        assert_eq!(kinds(1000), []);
        assert_eq!(kinds(960), []);
        // The machine was stopped while it waited.
        assert_eq!(kinds(100), [What::Stalled]);
    }

    #[test]
    fn a_gap_that_the_host_gave_to_others_is_no_stop() {
        let look = |ms, due, steal| Look {
            moment: Moment { monotonic: Nanos(ms * MS), ..Moment::default() },
            due: Some(Nanos(due * MS)),
            counted: Some(Counted { steal: Nanos(steal * MS), ..Counted::default() }),
            ..Look::default()
        };
        let mut watch = Watch::default();
        watch.look(look(0, 0, 300));
        watch.look(look(1000, 100, 1150));
        let events = watch.end();
        assert_eq!((events.len(), events[0].what), (1, What::Starved));
        assert!(events[0].evidence.contains("of steal time"), "{events:?}");
    }

    #[test]
    fn a_counter_that_goes_on_without_the_clock_tells_what_it_lost() {
        let mut watch = Watch::default();
        let mut look = |seconds: i64, count: i64| {
            let now = Nanos(seconds * 1000 * MS);
            let moment = Moment { monotonic: now, ..Moment::default() };
            let counts = u64::try_from(count).ok().map(|count| [count, count + 200]);
            watch.look(Look { moment, raw: now, counts, ..Look::default() })
        };
        // 2 GHz; then 4687 ms more than the clock says.
        let events: Vec<Event> = (0..20).flat_map(|s| look(s, s * 2_000_000_000)).collect();
        assert_eq!(events, []);
        let events = look(20, 20 * 2_000_000_000 + 4687 * 2 * MS);
        assert_eq!((events.len(), events[0].what), (1, What::LostTime));
        assert!(events[0].size.unwrap().contains(Nanos(4687 * MS)), "{events:?}");
    }

    #[test]
    fn a_machine_that_is_stopped_with_its_clocks_falls_behind_its_rtc() {
        let mut machine = Machine::new();
        machine.rtc_ahead = 500 * MS;
        let event = machine.only();
        assert_eq!(event.what, What::Frozen);
        assert!(event.size.unwrap().contains(Nanos(500 * MS)), "{event:?}");
        assert!(event.size.unwrap().radius() <= Nanos(100 * MS), "{event:?}");
    }

    #[test]
    fn what_changes_seldom_is_told_when_it_does() {
        let mut watch = Watch::default();
        let state = |clocksource: &str, synchronised, leap| State {
            clocksource: Some(clocksource.to_owned()),
            synchronised: Some(synchronised),
            leap: Some(leap),
            disruption: Some(u64::from(!synchronised)),
        };
        assert_eq!(watch.state(Nanos(0), state("tsc", true, 0)), []);
        let events = watch.state(Nanos(5), state("hpet", false, 1));
        let kinds: Vec<What> = events.iter().map(|event| event.what).collect();
        assert_eq!(kinds, [What::Clocksource, What::Synchronised, What::Leap, What::Disrupted]);
        // TIME_ERROR is no leap second.
        assert_eq!(watch.state(Nanos(9), state("hpet", false, 5)), []);
    }
}
