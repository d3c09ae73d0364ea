//! What happens to a machine's clocks, told from inside and without privilege: each event with its size, its bound and its evidence.

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
    /// CPU time that the host gave to others (/proc/stat), where that was looked at.
    pub steal: Option<Nanos>,
    /// `CLOCK_MONOTONIC_RAW`.
    pub raw: Nanos,
    /// The TSC before and after that.
    pub counts: Option<[u64; 2]>,
    /// The RTC's second, and when by `CLOCK_MONOTONIC` it was first and last possible.
    pub rtc: Option<(i64, [Nanos; 2])>,
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

/// Who is late by less was not kept from running for long: kernels tick at 100 Hz or more.
const LATE: Nanos = Nanos(20_000_000);
/// No thread waits longer for a CPU that runs: the queue was stopped with the machine.
const LONGEST_TURN: Nanos = Nanos(200_000_000);
/// Late wake-ups within this time belong together.
const TOGETHER: Nanos = Nanos(1_500_000_000);
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
    steal: Option<Nanos>,
    /// RTC − `CLOCK_MONOTONIC`, as far as the looks so far tell, and when that was.
    rtc: Option<(Nanos, Interval)>,
    freeze: Option<Freeze>,
    late: Option<Lateness>,
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

/// Wake-ups that were late, not far from each other.
#[derive(Debug, Clone, Copy)]
struct Lateness {
    last: Nanos,
    count: u32,
    /// Nothing ran for at least this long in all: each began before the wake-up that it kept waiting, up to a whole sleep before.
    sum: Nanos,
    asleep: Nanos,
    worst: Nanos,
    steal: Nanos,
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
            (self.waited, self.steal) = (look.waited, look.steal);
        }
        self.frozen(&look, at, &mut events);
        self.settled(look.moment.monotonic, at, &mut events);
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

    /// Ends, and says what was not settled yet.
    pub fn end(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let (Some(freeze), Some((_, known))) = (self.freeze.take(), self.rtc) {
            events.extend(freeze.event(known));
        }
        if let (Some(late), Some(last)) = (self.late.take(), self.last) {
            events.push(late.event(last.moment.monotonic + last.moment.shift.lo));
        }
        events
    }

    fn lateness(&mut self, last: &Look, look: &Look) {
        // Since they were looked at before.
        let grown = |before: &mut Option<Nanos>, now: Option<Nanos>| {
            let grown = before.zip(now).map(|(before, now)| now - before);
            *before = now.or(*before);
            grown.unwrap_or_default()
        };
        let own = grown(&mut self.waited, look.waited).min(LONGEST_TURN);
        let steal = grown(&mut self.steal, look.steal);
        let Some(due) = look.due else { return };
        let late = look.moment.monotonic - due + look.took - own;
        if late < LATE {
            return;
        }
        let before = self.late.unwrap_or(Lateness {
            last: due,
            count: 0,
            sum: Nanos(0),
            asleep: Nanos(0),
            worst: Nanos(0),
            steal: Nanos(0),
        });
        self.late = Some(Lateness {
            last: look.moment.monotonic,
            count: before.count + 1,
            sum: before.sum + late,
            asleep: before.asleep + (due - last.moment.monotonic),
            worst: before.worst.max(late),
            steal: before.steal + steal,
        });
    }

    /// Late wake-ups become an event when no more follow.
    fn settled(&mut self, now: Nanos, at: Nanos, events: &mut Vec<Event>) {
        if let Some(late) = self.late.take_if(|late| now - late.last > TOGETHER) {
            events.push(late.event(at));
        }
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

impl Lateness {
    fn event(&self, at: Nanos) -> Event {
        let Self { count, sum, asleep, worst, steal, .. } = *self;
        let stolen = steal.ns() >= 0.5 * sum.ns();
        // One gap that is longer than all others together is one event, on a busy machine, too.
        let one = worst.ns() * 2.0 > sum.ns();
        let what = if one && !stolen { What::Stalled } else { What::Starved };
        let by = if stolen { format!(", {steal} of steal time") } else { String::new() };
        Event {
            at,
            what,
            size: Some(Interval::between(sum, sum + asleep)),
            evidence: format!("{count} late wake-ups, together by {sum}, at worst by {worst}{by}"),
        }
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
        let moment = |ms: i64| Moment { monotonic: Nanos(ms * MS), ..Moment::default() };
        let look = |ms, waited: Option<i64>| Look {
            moment: moment(ms),
            due: Some(Nanos(100 * MS)),
            waited: waited.map(|ms| Nanos(ms * MS)),
            ..Look::default()
        };
        let mut watch = Watch::default();
        watch.look(look(0, Some(5000)));
        watch.look(look(90, None));
        watch.look(look(260, Some(5155)));
        assert_eq!(watch.end(), []);
        watch.look(look(700, Some(5500)));
        assert_eq!(watch.end().len(), 1);
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
