//! What many readings of two clocks say: offset, rate, stability and events, each with its doubt.

mod allan;
mod band;
mod bound;
mod least_squares;
mod needed;
mod room;
mod stretch;
mod theil_sen;

use serde::{Deserialize, Serialize};

pub use allan::{Stability, stability};
pub use band::band;
pub use bound::rates;
pub use least_squares::least_squares;
pub use needed::{Needed, needed};
pub use room::roomiest;
pub use stretch::{Event, Kind, Point, Side, Stretches};
pub use theil_sen::{confidence, slope};

use crate::reading::{Interval, Series};
use crate::units::{Nanos, Ppb};

/// How much the rate of a clock is allowed to wander within a run without making an offset's bound dishonest. Crystals wander by
/// 1 to 10 ppb in 100 to 1000 s (their Allan deviation); a daemon that keeps a clock changes its rate by some tens.
const WANDER: Ppb = Ppb(100.0);

/// No clock that is not slewed is further off than this: the kernel does not allow more (`MAXFREQ`, include/linux/timex.h).
const FASTEST: Ppb = Ppb(500_000.0);

/// Nor is one that is: a tick can be set to a tenth more or less (adjtimex(2)). Beyond that one of the two stands, or races.
const ABSURD: Ppb = Ppb(2e8);

/// All that a series says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// How many readings there are.
    pub readings: usize,
    /// From the first to the last.
    pub lasted: Nanos,
    /// The offset when the last reading was made: what all readings allow together.
    pub offset: Interval,
    /// The narrowest single reading.
    pub best: Interval,
    /// How the widths of the readings are distributed.
    pub widths: Widths,
    /// The rate; nothing from fewer than three readings.
    pub drift: Option<Drift>,
    /// Stability over averaging times.
    pub stability: Vec<Stability>,
    /// Steps, pauses and suspends.
    pub events: Vec<Event>,
}

/// Quantiles of the readings' widths, which are their delays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widths {
    /// The least.
    pub min: Nanos,
    /// The median.
    pub p50: Nanos,
    /// 99 of a hundred are narrower.
    pub p99: Nanos,
    /// The greatest.
    pub max: Nanos,
}

/// How much faster the clock runs than what it is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The one that leaves the most room between the readings' ends; where no single rate fits them all, the median of the slopes
    /// between windows of them (Theil, Sen).
    pub rate: Ppb,
    /// Where 95 of a hundred such runs have it, by a block bootstrap.
    pub confidence: [Ppb; 2],
    /// What the readings' bounds allow; nothing if no single rate fits them all.
    pub hard: Option<[Ppb; 2]>,
    /// By least squares, for comparison only: one late answer spoils it.
    pub least_squares: Ppb,
    /// The time that it was measured over: the longest without a jump.
    pub over: Nanos,
}

impl Drift {
    /// Whether a clock that works and is not slewed can be so far off.
    pub fn is_likely(&self) -> bool {
        self.rate.0.abs() <= FASTEST.0
    }

    /// How often the clock on a side counts a second of the other, if no clock does that.
    pub fn pace(&self, side: Side) -> Option<f64> {
        let rate = match side {
            Side::Clock => self.rate.0,
            Side::Against => -self.rate.0,
        };
        (rate.abs() > ABSURD.0).then_some(1.0 + rate / 1e9)
    }

    /// How far the rate can be from the estimate: the better of the two bounds.
    pub fn doubt(&self) -> Ppb {
        let half = |[lo, hi]: [Ppb; 2]| (hi.0 - lo.0) / 2.0;
        let sure = self.hard.map_or(f64::INFINITY, half);
        Ppb(sure.min(half(self.confidence)))
    }
}

/// Says what a series says; nothing of an empty one.
pub fn estimate(series: &Series) -> Option<Estimate> {
    let (first, last) = (series.readings.first()?, series.readings.last()?);
    let best = series.readings.iter().map(|r| r.offset).min_by_key(|offset| offset.width())?;
    let stretches = Stretches::of(&series.readings);
    let longest = stretches.longest();
    Some(Estimate {
        readings: series.readings.len(),
        lasted: last.at - first.at,
        offset: offset(&stretches)?,
        best,
        widths: widths(series),
        drift: drift(longest),
        stability: stability(longest),
        events: stretches.events,
    })
}

/// The offset at the end of the last stretch. Each reading says something of it by the rates that are possible; from the last one
/// backward, until one contradicts those after it.
fn offset(stretches: &Stretches) -> Option<Interval> {
    let points = stretches.parts.last()?;
    let end = points.last()?;
    let [slowest, fastest] = rates(points).unwrap_or([-FASTEST.0, FASTEST.0]);
    let (slowest, fastest) = (slowest - WANDER.0, fastest + WANDER.0);
    let (mut lo, mut hi) = (end.lo, end.hi);
    for point in points.iter().rev().skip(1) {
        let passed = end.t - point.t;
        let now = (point.lo + slowest * passed, point.hi + fastest * passed);
        let both = (lo.max(now.0), hi.min(now.1));
        if both.0 > both.1 {
            break;
        }
        (lo, hi) = both;
    }
    let steps = stretches.steps_at_end;
    // Outward: the truth may not be rounded away.
    let whole = |ns: f64| Nanos::from_ns(ns);
    let found = Interval::between(whole(lo.floor())?, whole(hi.ceil())?);
    Some(found.plus(steps).plus(Interval::between(stretches.origin, stretches.origin)))
}

fn drift(points: &[Point]) -> Option<Drift> {
    let [first, .., last] = points else { return None };
    if points.len() < 3 {
        return None;
    }
    let hard = rates(points);
    let within = |rate: f64| hard.map_or(rate, |[lo, hi]| rate.clamp(lo, hi));
    let rate = hard.map_or_else(|| slope(points), |hard| Some(within(roomiest(points, hard))))?;
    let [lo, hi] = confidence(points)?.map(within);
    let confidence = [lo.min(rate), hi.max(rate)];
    Some(Drift {
        rate: Ppb(rate),
        confidence: confidence.map(Ppb),
        hard: hard.map(|ends| ends.map(Ppb)),
        least_squares: Ppb(least_squares(points)?),
        over: Nanos::from_secs(last.t - first.t)?,
    })
}

fn widths(series: &Series) -> Widths {
    let mut widths: Vec<Nanos> = series.readings.iter().map(|r| r.offset.width()).collect();
    widths.sort_unstable();
    let at = |share: usize| widths.get((widths.len() * share / 100).min(widths.len() - 1));
    let at = |share| at(share).copied().unwrap_or_default();
    Widths { min: at(0), p50: at(50), p99: at(99), max: at(100) }
}

#[cfg(test)]
mod tests;
