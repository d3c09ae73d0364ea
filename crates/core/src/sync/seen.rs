//! What two readings of one clock say together.

use super::parted;
use crate::reading::{Interval, Reading};

/// What the later one says, by the earlier one as well, where that still holds: neither the host's clock was set in between, nor did the
/// host sleep. Who contradicts it was read after a step of the guest's.
pub fn joined(earlier: &Reading, later: &Reading) -> Interval {
    let clocks = earlier.against.zip(later.against);
    let moved = clocks.is_some_and(|(then, now)| {
        now.stepped_since(&then).is_some() || now.slept_since(&then).is_some()
    });
    let held = earlier.offset.widened(parted(later.at - earlier.at));
    let both = held.intersect(later.offset).filter(|_| !moved);
    both.unwrap_or(later.offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Moment;
    use crate::units::Nanos;

    fn reading(at: i64, lo: i64, hi: i64, shift: i64, asleep: i64) -> Reading {
        let exactly = |ns| Interval::around(Nanos(ns), Nanos(0));
        let against = Some(Moment {
            monotonic: Nanos(at - asleep),
            shift: exactly(shift),
            asleep: exactly(asleep),
        });
        let offset = Interval { lo: Nanos(lo), hi: Nanos(hi) };
        Reading { at: Nanos(at), offset, of: None, against }
    }

    #[test]
    fn two_readings_know_more_than_one_unless_the_host_moved() {
        let first = reading(0, -50, 50, 1_000, 0);
        let both = |lo, hi, shift, asleep| {
            let both = joined(&first, &reading(90, lo, hi, shift, asleep));
            (both.lo.0, both.hi.0)
        };
        assert_eq!(both(-20, 80, 1_000, 0), (-20, 60));
        // The guest's clock was set.
        assert_eq!(both(200, 300, 1_000, 0), (200, 300));
        // The host's was, by 30: what was known of it before is off by that.
        assert_eq!(both(-80, 20, 1_030, 0), (-80, 20));
        // It slept for 30.
        assert_eq!(both(-80, 20, 1_030, 30), (-80, 20));
    }
}
