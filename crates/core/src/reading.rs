//! Readings: two clocks compared, never without a bound.

use serde::{Deserialize, Serialize};

use crate::units::{Nanos, Ppb};

/// All values that something can have: both ends belong to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The least.
    pub lo: Nanos,
    /// The greatest.
    pub hi: Nanos,
}

impl Interval {
    /// From one end to the other, in any order.
    pub fn between(a: Nanos, b: Nanos) -> Self {
        Self { lo: a.min(b), hi: a.max(b) }
    }

    /// A value and its bound.
    pub fn around(middle: Nanos, radius: Nanos) -> Self {
        Self::between(middle - radius, middle + radius)
    }

    /// `remote` − local, where the remote clock was read after the local one said `before` and before it said `after`.
    /// Nothing is supposed of when in between. `tick` is how far the remote clock goes on before it says something new.
    pub fn bracketed(before: Nanos, remote: Nanos, after: Nanos, tick: Nanos) -> Self {
        // remote − after ≤ offset ≤ remote + tick − before
        Self::between(remote - after, remote + tick - before)
    }

    /// Its middle, the best guess where nothing else is known.
    pub fn middle(self) -> Nanos {
        Nanos(self.lo.0.midpoint(self.hi.0))
    }

    /// How far the truth can be from the middle.
    pub fn radius(self) -> Nanos {
        Nanos(self.width().0 / 2 + self.width().0 % 2)
    }

    /// From end to end.
    pub fn width(self) -> Nanos {
        self.hi - self.lo
    }

    /// The furthest that the truth can be from zero.
    pub fn worst(self) -> Nanos {
        self.lo.abs().max(self.hi.abs())
    }

    /// Whether what it holds keeps within ±`budget`.
    pub fn within(self, budget: Nanos) -> Verdict {
        let allowed = Self::around(Nanos(0), budget);
        match self.intersect(allowed) {
            None => Verdict::Exceeded,
            Some(both) if both == self => Verdict::Kept,
            Some(_) => Verdict::Unproven,
        }
    }

    /// Whether a value is in it.
    pub fn contains(self, value: Nanos) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// What both allow; nothing when they contradict each other.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Self { lo, hi })
    }

    /// Of a sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { lo: self.lo + other.lo, hi: self.hi + other.hi }
    }

    /// Of a difference of two.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    /// Seen from the other clock.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }

    /// Both ends moved outward.
    #[must_use]
    pub fn widened(self, by: Nanos) -> Self {
        Self { lo: self.lo - by, hi: self.hi + by }
    }
}

/// Whether an error keeps within a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Wherever in its interval the truth is.
    Kept,
    /// Wherever in its interval the truth is, it does not.
    Exceeded,
    /// The interval allows both.
    Unproven,
}

/// A machine's clocks at one moment: what tells a step and a sleep from drift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// `CLOCK_MONOTONIC`.
    pub monotonic: Nanos,
    /// `CLOCK_REALTIME` − `CLOCK_MONOTONIC`: only a step or a leap second changes it.
    pub shift: Interval,
    /// `CLOCK_BOOTTIME` − `CLOCK_MONOTONIC`: only suspending the machine changes it, upward.
    pub asleep: Interval,
}

impl Moment {
    /// How far `CLOCK_REALTIME` was set since an earlier moment; nothing if it need not have been.
    pub fn stepped_since(&self, before: &Self) -> Option<Interval> {
        match self.slept_since(before) {
            None => changed(before.shift, self.shift),
            // Time that the machine slept belongs to both.
            Some(_) => changed(before.shift.minus(before.asleep), self.shift.minus(self.asleep)),
        }
    }

    /// How long the machine was suspended since an earlier moment; nothing if it need not have been.
    pub fn slept_since(&self, before: &Self) -> Option<Interval> {
        changed(before.asleep, self.asleep)
    }
}

/// The difference of two values that cannot be the same.
fn changed(before: Interval, after: Interval) -> Option<Interval> {
    before.intersect(after).is_none().then(|| after.minus(before))
}

/// One comparison of two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When, by the reader's `CLOCK_MONOTONIC`.
    pub at: Nanos,
    /// The clock − what it is measured against.
    pub offset: Interval,
    /// The other clocks of the machine whose clock is measured, where they can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Moment>,
    /// The same of the machine that it is measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Moment>,
}

/// Many readings of the same two clocks, in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The clock that is measured.
    pub clock: String,
    /// The clock that it is measured against.
    pub against: String,
    /// How the two are compared.
    pub method: String,
    /// The readings.
    pub readings: Vec<Reading>,
}

/// What a history keeps of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// When it began, seconds since 1970.
    pub started: i64,
    /// The clock that was measured.
    pub clock: String,
    /// What it was measured against.
    pub against: String,
    /// How.
    pub method: String,
    /// From the first to the last reading.
    pub lasted: Nanos,
    /// How many there were.
    pub readings: i64,
    /// The offset at the end.
    pub offset: Interval,
    /// The rate, if there were enough readings.
    pub rate: Option<Ppb>,
    /// Where 95 of a hundred such runs have it.
    pub confidence: Option<[Ppb; 2]>,
    /// How many steps, pauses and suspends were seen.
    pub events: i64,
}

/// One step of a chain of clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The clock.
    pub clock: String,
    /// What it was measured against.
    pub against: String,
    /// How.
    pub method: String,
    /// Clock − against.
    pub offset: Interval,
}

/// The error of a clock as the sum of errors on the way from it to the last clock of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The links, from the clock on.
    pub links: Vec<Link>,
    /// Their sum: the first clock − the last.
    pub total: Interval,
}

impl Budget {
    /// Adds up links, each of which begins with the clock that the one before ends with; nothing if one does not.
    pub fn chain(links: Vec<Link>) -> Option<Self> {
        let joined = links.windows(2).all(|pair| pair[0].against == pair[1].clock);
        let total = links.iter().map(|link| link.offset).reduce(Interval::plus)?;
        joined.then_some(Self { links, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_holds_whatever_the_delays_were() {
        // Ours says 100, then 130; the other said 150 in between: it is 20 to 50 ahead, and its tick is 5.
        let offset = Interval::bracketed(Nanos(100), Nanos(150), Nanos(130), Nanos(5));
        assert_eq!(offset, Interval { lo: Nanos(20), hi: Nanos(55) });
        assert_eq!((offset.middle(), offset.radius()), (Nanos(37), Nanos(18)));
    }

    #[test]
    fn a_chain_of_clocks_that_do_not_meet_is_none() {
        let link = |clock: &str, against: &str, lo, hi| Link {
            clock: clock.to_owned(),
            against: against.to_owned(),
            method: String::new(),
            offset: Interval { lo: Nanos(lo), hi: Nanos(hi) },
        };
        let chain = Budget::chain(vec![link("guest", "host", 1, 3), link("host", "UTC", -5, 5)]);
        assert_eq!(chain.unwrap().total, Interval { lo: Nanos(-4), hi: Nanos(8) });
        let broken = vec![link("guest", "host", 1, 3), link("other", "UTC", -5, 5)];
        assert_eq!(Budget::chain(broken), None);
        assert_eq!(Budget::chain(vec![]), None);
    }
}
