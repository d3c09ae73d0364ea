//! A clock that somebody else sets.

use super::drifted;
use crate::reading::Interval;
use crate::sync::{Correction, Outcome};
use crate::units::Nanos;

/// Who was set so often in vain is left to those who set it otherwise.
const OFTEN: u32 = 3;
/// Who was right so often in a row is at peace.
const PEACE: u32 = 4;

/// How often a guest's clock was set by somebody else.
#[derive(Debug, Default)]
pub struct Fought {
    times: u32,
    peaceful: u32,
    right: Option<(Nanos, Interval)>,
}

impl Fought {
    /// A look ended; `alone` says that nothing is known to have happened to the guest since the one before.
    pub fn looked(&mut self, at: Nanos, alone: bool, correction: &Correction) {
        let was = self.right.take().zip(correction.before);
        let set = was.is_some_and(|((then, right), now)| {
            now.intersect(right.widened(drifted(at - then))).is_none()
        });
        let in_sync = correction.outcome == Outcome::InSync;
        self.peaceful = if in_sync { self.peaceful + 1 } else { 0 };
        if !alone || self.peaceful >= PEACE {
            self.times = 0;
        } else if set {
            self.times += 1;
        }
        self.right = correction.residual.filter(|_| correction.is_right()).map(|now| (at, now));
    }

    /// Whether to set it no more until something happens to the guest.
    pub fn is_lost(&self) -> bool {
        self.times >= OFTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(before: i64, outcome: Outcome) -> Correction {
        let at = |ms: i64| Interval::around(Nanos(ms * 1_000_000), Nanos::MILLISECOND);
        let right = outcome != Outcome::WouldSet;
        Correction {
            guest: String::new(),
            at: Nanos(0),
            trigger: String::new(),
            waited: None,
            gap: None,
            before: Some(at(before)),
            sets: vec![],
            residual: Some(at(if right { 0 } else { before })),
            took: Nanos(0),
            told: None,
            outcome,
        }
    }

    #[test]
    fn who_is_set_back_again_and_again_is_left() {
        let mut fought = Fought::default();
        let seconds = |n: i64| Nanos(n * Nanos::SECOND.0);
        fought.looked(seconds(0), false, &look(-10_000, Outcome::Corrected));
        for n in 1..=3 {
            assert!(!fought.is_lost());
            fought.looked(seconds(15 * n), true, &look(-5_000, Outcome::Corrected));
            fought.looked(seconds(15 * n + 5), true, &look(0, Outcome::InSync));
        }
        assert!(fought.is_lost());
        fought.looked(seconds(60), true, &look(-5_000, Outcome::WouldSet));
        assert!(fought.is_lost());
        // A pause is a new beginning, and so is a clock that is right by itself.
        let mut paused = Fought { times: 3, ..Fought::default() };
        paused.looked(seconds(70), false, &look(-9_000, Outcome::Corrected));
        assert!(!paused.is_lost());
        (7..11).for_each(|n| fought.looked(seconds(10 * n), true, &look(0, Outcome::InSync)));
        assert!(!fought.is_lost());
    }

    #[test]
    fn a_clock_that_drifts_is_set_by_nobody() {
        let mut fought = Fought::default();
        for n in 0..9 {
            // 100 ppm, looked at every five minutes.
            let at = Nanos(n * 300 * Nanos::SECOND.0);
            fought.looked(at, true, &look(-30, Outcome::Corrected));
        }
        assert!(!fought.is_lost());
    }
}
