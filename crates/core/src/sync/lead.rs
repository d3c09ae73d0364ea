//! How much later than now a guest's clock must be told, as it will be set only when the command has arrived.

use crate::reading::Interval;
use crate::units::Nanos;

/// The time from taking the host's time to the guest's `settimeofday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    time: Nanos,
    /// How long the last way took, or is thought to take.
    last: Nanos,
    /// Up to this a way may take by itself.
    usual: Nanos,
    /// How long the last one took that took longer.
    unusual: Option<Nanos>,
}

/// A command that takes longer than this is no measure of the next one.
const MOST: Nanos = Nanos(2_000_000_000);
/// No way is believed to take longer before one did: a question that took longer met a pause.
const WAKING: Nanos = Nanos(20_000_000);
/// The first command finds a guest that slept: its way takes some times as long as a later question's.
const TIMES: i64 = 4;

impl Lead {
    /// From how long a question and its answer take, of which the way there is about half.
    pub fn of_round_trip(width: Nanos) -> Self {
        let half = Nanos(width.0 / 2).clamp(Nanos(0), WAKING);
        let usual = Nanos(half.0 * TIMES).max(WAKING);
        Self { time: half, last: half, usual, unusual: None }
    }

    /// How much.
    pub fn get(self) -> Nanos {
        self.time
    }

    /// Learns from guest − host after a set: who is behind was told too early a time. Where the last two ways differ by so little that
    /// a clock is right after either, the next is told what lies between: on busy CPUs one is as likely as the other. A way that took
    /// unusually long was a pause or somebody else's work: it is only believed when the next takes as long.
    pub fn learn(&mut self, residual: Interval, tolerance: Nanos) {
        let took = (self.time - residual.middle()).clamp(Nanos(0), MOST);
        if took <= self.usual {
            let last = std::mem::replace(&mut self.last, took);
            // What is read back has a bound, too.
            let near = (took - last).abs().0 / 2 <= tolerance.0 / 4 * 3;
            self.time = if near { Nanos(i64::midpoint(last.0, took.0)) } else { took };
            self.unusual = None;
            return;
        }
        match self.unusual.replace(took) {
            Some(before) if (before - took).abs().0 <= took.0 / 4 => {
                self.time = before.min(took);
                self.last = self.time;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exactly(ns: i64) -> Interval {
        Interval { lo: Nanos(ns), hi: Nanos(ns) }
    }

    #[test]
    fn the_next_time_is_later_by_what_the_last_was_behind() {
        let mut lead = Lead::of_round_trip(Nanos(2_000));
        assert_eq!(lead.get(), Nanos(1_000));
        lead.learn(Interval { lo: Nanos(-600), hi: Nanos(-400) }, Nanos(10));
        assert_eq!(lead.get(), Nanos(1_500));
        lead.learn(exactly(9_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(0));
    }

    #[test]
    fn ways_that_differ_are_met_in_the_middle() {
        const TOLERANCE: Nanos = Nanos(10_000_000);
        let mut lead = Lead::of_round_trip(Nanos(4_000_000));
        // Busy CPUs: as quick as it was thought to be, or 14 ms, in turns.
        lead.learn(exactly(-12_000_000), TOLERANCE);
        assert_eq!(lead.get(), Nanos(8_000_000));
        // It always takes as long.
        lead.learn(exactly(-6_000_000), TOLERANCE);
        assert_eq!(lead.get(), Nanos(14_000_000));
        // Both cannot be met.
        lead.learn(exactly(-26_000_000), TOLERANCE);
        lead.learn(exactly(-26_000_000), TOLERANCE);
        assert_eq!(lead.get(), Nanos(40_000_000));
    }

    #[test]
    fn a_pause_on_the_way_is_no_way() {
        assert_eq!(Lead::of_round_trip(Nanos(3_000_000_000)).get(), WAKING);
        let mut lead = Lead::of_round_trip(Nanos(2_000_000));
        lead.learn(exactly(-3_000_000_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(1_000_000));
        // Another pause is of another length.
        lead.learn(exactly(-1_000_000_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(1_000_000));
        lead.learn(exactly(-4_000_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(5_000_000));
    }

    #[test]
    fn an_agent_that_is_always_slow_is_believed() {
        let mut lead = Lead::of_round_trip(Nanos(2_000_000));
        lead.learn(exactly(-299_000_000), Nanos(10));
        lead.learn(exactly(-301_000_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(300_000_000));
        lead.learn(exactly(1_000_000), Nanos(10));
        assert_eq!(lead.get(), Nanos(299_000_000));
    }
}
