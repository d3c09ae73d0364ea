//! A run: several pairs read in turns until it has lasted long enough.

use kvmtime_core::estimate::{Needed, Stretches, estimate, needed};
use kvmtime_core::reading::{Budget, Interval, Link, Series};
use kvmtime_core::units::{Nanos, Ppb};

use super::Pair;
use crate::world::{self, clock};

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    /// How long it lasts at most.
    pub(crate) duration: Option<Nanos>,
    /// When the rates are known as well as this.
    pub(crate) precision: Option<Ppb>,
    /// From the start of one reading to the start of the next.
    pub(crate) interval: Nanos,
}

/// One pair and what was read of it.
pub(crate) struct Run {
    pair: Box<dyn Pair>,
    pub(crate) series: Series,
    /// How many readings failed, and why the last did.
    pub(crate) lost: usize,
    pub(crate) why: Option<String>,
}

/// Where a run is.
pub(crate) struct Progress<'a> {
    pub(crate) passed: Nanos,
    pub(crate) duration: Option<Nanos>,
    pub(crate) runs: &'a [Run],
    /// The longest of what the pairs still need.
    pub(crate) needed: Option<Needed>,
}

/// So many failures in a row, without any success, are enough.
const HOPELESS: usize = 3;

impl Run {
    pub(crate) fn new(pair: Box<dyn Pair>) -> Self {
        Self { pair, series: Series::default(), lost: 0, why: None }
    }

    /// Reads all pairs in turns.
    pub(crate) fn all(runs: &mut [Self], until: Until, mut look: impl FnMut(&Progress<'_>)) {
        let start = clock::monotonic();
        let (mut next, mut judged) = (start, start);
        let mut known = (false, None);
        loop {
            for run in &mut *runs {
                if !clock::interrupted() {
                    run.read();
                }
            }
            let passed = clock::monotonic() - start;
            // Thinking about the readings takes time that the next one needs.
            if let Some(precision) = until.precision
                && clock::monotonic() - judged > Nanos::SECOND
            {
                known = wanted(runs, precision);
                judged = clock::monotonic();
            }
            let (precise, needed) = known;
            look(&Progress { passed, duration: until.duration, runs, needed });
            let over = until.duration.is_some_and(|duration| passed >= duration);
            let hopeless = runs.iter().all(Self::is_hopeless);
            if clock::interrupted() || over || precise || hopeless {
                break;
            }
            // One that took longer than it may is not made up for.
            next = (next + until.interval).max(clock::monotonic());
            let end = until.duration.map_or(next, |duration| (start + duration).min(next));
            clock::sleep_until(end);
        }
        for run in runs {
            let names = run.pair.names();
            run.series.clock = names.clock;
            run.series.against = names.against;
            run.series.method = names.method;
        }
    }

    fn read(&mut self) {
        match self.pair.read() {
            Ok(reading) => self.series.readings.push(reading),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.lost += 1;
                self.why = Some(world::plain(&error));
            }
        }
    }

    fn is_hopeless(&self) -> bool {
        self.series.readings.is_empty() && self.lost >= HOPELESS
    }

    /// The chain from the clock that was measured to UTC, or as far as it is known.
    pub(crate) fn budget(&mut self, offset: Interval) -> Option<Budget> {
        let first = Link {
            clock: self.series.clock.clone(),
            against: self.series.against.clone(),
            method: self.series.method.clone(),
            offset,
        };
        let onward = self.pair.onward();
        Budget::chain(std::iter::once(first).chain(onward).collect())
    }
}

/// Whether all rates are known as well as they should, else how long the slowest still takes. The median of a few readings agrees
/// with itself by chance: before ten it says nothing.
fn wanted(runs: &[Run], precision: Ppb) -> (bool, Option<Needed>) {
    let mut precise = true;
    let mut longest: Option<Needed> = None;
    for run in runs {
        let drift = estimate(&run.series).and_then(|estimate| estimate.drift);
        let enough = run.series.readings.len() >= 10;
        precise &= enough && drift.is_some_and(|drift| drift.doubt() <= precision);
        let stretches = Stretches::of(&run.series.readings);
        let needed = needed(stretches.longest(), precision);
        longest = longest.into_iter().chain(needed).max_by_key(|needed| needed.likely);
    }
    (precise, longest)
}
