//! How much later than now a guest's clock must be told, as it will be set only when the command has arrived.

use crate::reading::Interval;
use crate::units::Nanos;

/// The time from taking the host's time to the guest's `settimeofday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead(Nanos);

/// A command that takes longer than this is no measure of the next one.
const MOST: Nanos = Nanos(2_000_000_000);

impl Lead {
    /// From how long a question and its answer take, of which the way there is about half.
    pub fn of_round_trip(width: Nanos) -> Self {
        Self(Nanos(width.0 / 2).clamp(Nanos(0), MOST))
    }

    /// How much.
    pub fn get(self) -> Nanos {
        self.0
    }

    /// Learns from guest − host after a set: who is behind was told too early a time.
    pub fn learn(&mut self, residual: Interval) {
        self.0 = (self.0 - residual.middle()).clamp(Nanos(0), MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_later_by_what_the_last_was_behind() {
        let mut lead = Lead::of_round_trip(Nanos(2_000));
        assert_eq!(lead.get(), Nanos(1_000));
        lead.learn(Interval { lo: Nanos(-600), hi: Nanos(-400) });
        assert_eq!(lead.get(), Nanos(1_500));
        lead.learn(Interval { lo: Nanos(9_000), hi: Nanos(9_000) });
        assert_eq!(lead.get(), Nanos(0));
    }
}
