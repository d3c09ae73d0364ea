//! Whether two things that were measured in turns differ.

use serde::{Deserialize, Serialize};

use super::sample::quantile;

/// Resamples of a bootstrap: its limits then move by less than a twentieth of its width from one seed to another.
const RESAMPLES: usize = 2000;
/// Both limits together leave out so much.
const BEYOND: f64 = 0.05;

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they say it themselves")]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// What the numbers allow to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The second costs less.
    Less,
    /// The second costs more.
    More,
    /// The first differs from itself by as much.
    CannotTell,
}

/// Two things, measured in turns, and the first against itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The second over the first: the median of the rounds' ratios.
    pub ratio: Interval,
    /// The first over itself, measured twice in each round.
    pub control: Interval,
    /// What can be said.
    pub verdict: Verdict,
}

/// Compares round by round: what slows a whole round down slows all of it.
///
/// The same thing measured twice differs by noise alone. A difference counts only when its interval leaves out 1, and when it is
/// larger than the control's interval is wide and than the control is off.
pub fn compare(first: &[f64], second: &[f64], again: &[f64]) -> Compared {
    let ratio = interval(&ratios(second, first));
    let control = interval(&ratios(again, first));
    let difference = (ratio.value - 1.0).abs();
    let noise = [control.high - control.low, (control.low - 1.0).abs(), (control.high - 1.0).abs()];
    let noise = noise.into_iter().fold(0.0, f64::max);
    let verdict = match () {
        () if difference <= noise => Verdict::CannotTell,
        () if ratio.low > 1.0 => Verdict::More,
        () if ratio.high < 1.0 => Verdict::Less,
        () => Verdict::CannotTell,
    };
    Compared { ratio, control, verdict }
}

fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    let pairs = above.iter().zip(below).filter(|(_, below)| **below > 0.0);
    pairs.map(|(above, below)| above / below).collect()
}

/// The median, and its interval by a bootstrap of percentiles (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13).
fn interval(values: &[f64]) -> Interval {
    let mut dice = Dice::new(1);
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| median(&values.iter().map(|_| dice.one_of(values)).collect::<Vec<_>>()))
        .collect();
    medians.sort_by(f64::total_cmp);
    Interval {
        value: median(values),
        low: quantile(&medians, BEYOND / 2.0),
        high: quantile(&medians, 1.0 - BEYOND / 2.0),
    }
}

/// The value in the middle; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014): the same in every run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Thrown from this seed on.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn one_of(&mut self, values: &[f64]) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = (u128::from(z ^ (z >> 31)) * values.len() as u128) >> 64;
        values[usize::try_from(place).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rounds of a cost with noise, the same in every run.
    fn rounds(cost: f64, noise: f64, seed: u64) -> Vec<f64> {
        let mut dice = Dice::new(seed);
        let steps: Vec<f64> = (-10..=10).map(f64::from).collect();
        (0..10).map(|_| cost * (1.0 + noise * dice.one_of(&steps) / 10.0)).collect()
    }

    #[test]
    fn a_difference_above_the_noise_is_told() {
        let (tsc, kvm, again) =
            (rounds(20.5, 0.01, 2), rounds(23.3, 0.01, 3), rounds(20.5, 0.01, 4));
        let compared = compare(&tsc, &kvm, &again);
        assert_eq!(compared.verdict, Verdict::More);
        assert!(compared.ratio.low < 1.137 && 1.137 < compared.ratio.high, "{compared:?}");
        assert_eq!(compare(&kvm, &tsc, &kvm).verdict, Verdict::Less);
    }

    #[test]
    fn a_difference_below_the_noise_is_not() {
        // sysbench differs by 0.14 % and by several percent from itself.
        let (first, second) = (rounds(1000.0, 0.05, 2), rounds(1001.4, 0.05, 3));
        assert_eq!(compare(&first, &second, &rounds(1000.0, 0.05, 4)).verdict, Verdict::CannotTell);
    }

    #[test]
    fn a_control_that_is_off_takes_the_verdict_away() {
        let (first, second) = (rounds(20.0, 0.001, 2), rounds(21.0, 0.001, 3));
        assert_eq!(compare(&first, &second, &first).verdict, Verdict::More);
        // The second visit of each round cost 6 % more with the same clocksource.
        let again = rounds(21.2, 0.001, 4);
        assert_eq!(compare(&first, &second, &again).verdict, Verdict::CannotTell);
    }

    #[test]
    fn nothing_measured_tells_nothing() {
        assert_eq!(compare(&[], &[], &[]).verdict, Verdict::CannotTell);
        assert_eq!(compare(&[0.0], &[1.0], &[0.0]).verdict, Verdict::CannotTell);
    }

    proptest! {
        #[test]
        fn the_value_lies_in_its_interval(values in prop::collection::vec(0.1f64..10.0, 1..30)) {
            let Interval { value, low, high } = interval(&values);
            prop_assert!(low <= value && value <= high);
        }

        #[test]
        fn the_same_twice_never_differs(values in prop::collection::vec(0.1f64..10.0, 1..30)) {
            prop_assert_eq!(compare(&values, &values, &values).verdict, Verdict::CannotTell);
        }
    }
}
