//! A time of another clock, seen between two times of this machine's.

use kvmtime_core::reading::{Interval, Moment, Reading};
use kvmtime_core::units::Nanos;

use super::clock;

/// Something that takes a while, by `CLOCK_MONOTONIC`: a step of `CLOCK_REALTIME` meanwhile does no harm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bracket {
    before: Nanos,
    after: Nanos,
}

impl Bracket {
    /// Begins now, to be ended by [`Bracket::end`].
    pub(crate) fn begin() -> Self {
        let now = clock::monotonic();
        Self { before: now, after: now }
    }

    /// Ends now.
    #[must_use]
    pub(crate) fn end(self) -> Self {
        Self { after: clock::monotonic(), ..self }
    }

    /// From one time of `CLOCK_MONOTONIC` to another.
    pub(crate) fn between(before: Nanos, after: Nanos) -> Self {
        Self { before, after }
    }

    /// The other clock − this machine's. It said `remote` somewhere in between, and says something new after `tick`.
    pub(crate) fn remote(self, remote: Nanos, tick: Nanos, far: Option<Moment>) -> Reading {
        let here = clock::moment();
        let offset = Interval::bracketed(self.before, remote, self.after, tick);
        self.reading(offset.minus(here.shift), far, here)
    }

    /// The other clock − this machine's, by an interval against `CLOCK_MONOTONIC` that is known otherwise.
    pub(crate) fn known(self, offset: Interval) -> Reading {
        let here = clock::moment();
        self.reading(offset.minus(here.shift), None, here)
    }

    /// The same by one against `CLOCK_REALTIME`, and the clocks as they were then.
    pub(crate) fn real(self, offset: Interval, here: Moment) -> Reading {
        self.reading(offset, None, here)
    }

    fn reading(self, offset: Interval, of: Option<Moment>, here: Moment) -> Reading {
        // What is measured against is this machine; its time is that which does not stand while it is suspended.
        let at = Nanos(self.before.0.midpoint(self.after.0)) + here.asleep.lo;
        Reading { at, offset, of, against: Some(here) }
    }
}

/// This machine's clock − the other's.
pub(crate) fn turned(reading: Reading) -> Reading {
    Reading {
        offset: reading.offset.negated(),
        of: reading.against,
        against: reading.of,
        at: reading.at,
    }
}
