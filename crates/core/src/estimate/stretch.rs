//! Stretches of readings in which the clock ran on undisturbed, with known steps taken out.
//!
//! Steps and pauses are told from drift by evidence, not by statistics: a change of `CLOCK_REALTIME` − `CLOCK_BOOTTIME` of either
//! machine is a step, a change of `CLOCK_BOOTTIME` − `CLOCK_MONOTONIC` is a suspend, and what neither explains and no clock can run
//! fast enough for is a pause of the measured machine where the clocks of both can be seen, else a jump. Jumps that one rate explains
//! are none: two clocks run apart that much faster than any that work.

use serde::{Deserialize, Serialize};

use super::{FASTEST, rates};
use crate::reading::{Interval, Reading};
use crate::units::Nanos;

/// One reading: seconds since the first, and nanoseconds from the first one's lower end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Seconds.
    pub t: f64,
    /// Lower end, nanoseconds.
    pub lo: f64,
    /// Upper end, nanoseconds.
    pub hi: f64,
}

impl Point {
    /// The middle.
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.lo, self.hi)
    }
}

/// Something that happened to a clock, found between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was found, by the reader's `CLOCK_BOOTTIME`.
    pub at: Nanos,
    /// What it is.
    pub kind: Kind,
    /// Whose clocks say so.
    pub side: Side,
    /// How far the clock was moved, or for how long it stood.
    pub size: Interval,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Somebody set the clock: its distance to `CLOCK_BOOTTIME` changed.
    Step,
    /// The machine was suspended: `CLOCK_BOOTTIME` moved on without `CLOCK_MONOTONIC`.
    Suspend,
    /// Nobody set the clock, and it fell behind: the whole machine stood.
    Pause,
    /// A step or a pause, which cannot be told apart from here.
    Jump,
}

/// One of the two machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The one whose clock is measured.
    Clock,
    /// The one that it is measured against.
    Against,
}

/// So many jumps on one line are no chance.
const JUMPS: usize = 3;

/// A series, cut where the clock jumped.
pub struct Stretches {
    /// The undisturbed parts; none is empty.
    pub parts: Vec<Vec<Point>>,
    /// What happened.
    pub events: Vec<Event>,
    /// Where the points' nanoseconds count from.
    pub origin: Nanos,
    /// Known steps up to the last reading, which the points are without.
    pub(super) steps_at_end: Interval,
}

impl Stretches {
    /// Cuts readings.
    pub fn of(readings: &[Reading]) -> Self {
        let first = readings.first();
        let origin = first.map(|reading| reading.offset.lo).unwrap_or_default();
        let start = first.map(|reading| reading.at).unwrap_or_default();
        let mut cut = Self {
            parts: Vec::new(),
            events: Vec::new(),
            origin,
            steps_at_end: Interval::default(),
        };
        let mut before: Option<&Reading> = None;
        // What the readings since the last jump allow at the last one.
        let mut feasible = Interval::default();
        for reading in readings {
            if let Some(before) = before {
                if reading.at <= before.at {
                    continue;
                }
                cut.known(before, reading);
            }
            let offset = reading.offset.minus(cut.steps_at_end);
            let passed = before.map_or(Nanos(0), |before| reading.at - before.at);
            let reach = Nanos::from_ns(passed.secs() * FASTEST.0).unwrap_or_default();
            let expected = feasible.widened(reach);
            match (expected.intersect(offset), cut.parts.is_empty()) {
                (Some(both), false) => feasible = both,
                (_, first) => {
                    if !first {
                        cut.jumped(reading, offset.minus(expected));
                    }
                    feasible = offset;
                    cut.parts.push(Vec::new());
                }
            }
            let point = Point {
                t: (reading.at - start).secs(),
                lo: (offset.lo - origin).ns(),
                hi: (offset.hi - origin).ns(),
            };
            cut.parts.last_mut().into_iter().for_each(|part| part.push(point));
            before = Some(reading);
        }
        if cut.parts.len() > JUMPS {
            cut.join();
        }
        cut
    }

    /// Takes the jumps back if there is a line through all readings.
    fn join(&mut self) {
        let mut all = self.parts.concat();
        let [first, .., last] = all[..] else { return };
        let rate = (last.middle() - first.middle()) / (last.t - first.t);
        // When in its bracket a reading was made makes no difference to clocks that work.
        for point in &mut all {
            let moved = (rate.abs() * 1e-9) * (point.hi - point.lo) / 2.0;
            (point.lo, point.hi) = (point.lo - moved, point.hi + moved);
        }
        if rates(&all).is_some() {
            self.events.retain(|event| matches!(event.kind, Kind::Step | Kind::Suspend));
            self.parts = vec![all];
        }
    }

    /// The part that lasts longest.
    pub fn longest(&self) -> &[Point] {
        let lasted = |part: &&Vec<Point>| match part[..] {
            [first, .., last] => last.t - first.t,
            _ => 0.0,
        };
        let longest = self.parts.iter().max_by(|a, b| lasted(a).total_cmp(&lasted(b)));
        longest.map_or(&[], Vec::as_slice)
    }

    /// What the clocks of the two machines say of the time between two readings.
    fn known(&mut self, before: &Reading, after: &Reading) {
        let sides =
            [(Side::Clock, before.of, after.of), (Side::Against, before.against, after.against)];
        for (side, before, now) in sides {
            let (Some(before), Some(now)) = (before, now) else { continue };
            let at = after.at;
            if let Some(size) = now.slept_since(&before) {
                self.events.push(Event { at, kind: Kind::Suspend, side, size });
            }
            if let Some(size) = now.stepped_since(&before) {
                self.events.push(Event { at, kind: Kind::Step, side, size });
                let moved = match side {
                    Side::Clock => size,
                    Side::Against => size.negated(),
                };
                self.steps_at_end = self.steps_at_end.plus(moved);
            }
        }
    }

    fn jumped(&mut self, reading: &Reading, size: Interval) {
        let fell = size.hi < Nanos(0);
        // A clock that nobody set does not jump ahead.
        let (kind, side) = match (reading.of.is_some(), reading.against.is_some()) {
            (true, true) if fell => (Kind::Pause, Side::Clock),
            (true, false) if !fell => (Kind::Jump, Side::Against),
            _ => (Kind::Jump, Side::Clock),
        };
        let size = match (kind, side) {
            (Kind::Jump, Side::Clock) => size,
            _ => size.negated(),
        };
        self.events.push(Event { at: reading.at, kind, side, size });
    }
}
