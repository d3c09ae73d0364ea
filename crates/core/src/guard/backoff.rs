//! How long to wait before something is tried again.

use crate::units::Nanos;

/// Each wait is twice as long as the one before, up to a limit, and a quarter longer or shorter by chance: what failed together
/// is not tried again together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Nanos,
    longest: Nanos,
    dice: u64,
}

impl Backoff {
    /// From `first` up to `longest`; whoever starts from another seed waits at other times.
    pub fn new(first: Nanos, longest: Nanos, seed: u64) -> Self {
        Self { first, longest, dice: seed }
    }

    /// How long to wait after so many tries that failed before this one.
    pub fn after(&mut self, failed: u32) -> Nanos {
        let doubled = 1_i64.checked_shl(failed.min(62)).unwrap_or(i64::MAX);
        let wait = self.first.0.saturating_mul(doubled).min(self.longest.0).max(0);
        // 768 to 1279 of 1024 parts.
        let parts = 768 + i64::try_from(self.roll() % 512).unwrap_or_default();
        Nanos((wait / 1024).saturating_mul(parts))
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let mut backoff = Backoff::new(Nanos(1_000_000), Nanos::SECOND, 1);
        for (failed, wait) in
            [(0, 1), (1, 2), (5, 32), (9, 512), (10, 1000), (63, 1000), (900, 1000)]
        {
            let waited = backoff.after(failed).0 / 1000;
            assert!((wait * 749..=wait * 1250).contains(&waited), "{failed}: {waited}");
        }
    }
}
