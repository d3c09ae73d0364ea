//! How measured values are spread.

use serde::{Deserialize, Serialize};

/// Quantiles; there is no mean, since one interruption outweighs a thousand reads in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they say it themselves")]
pub struct Sample {
    pub count: usize,
    pub min: f64,
    pub p25: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Sample {
    /// Of these values; all zero where there are none.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share| quantile(&sorted, share);
        Self {
            count: sorted.len(),
            min: at(0.0),
            p25: at(0.25),
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

/// Of sorted values, between the two nearest (Hyndman and Fan 1996, type 7, as R and NumPy do).
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index"
    )]
    let below = place.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    low + (high - low) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_nearest_two() {
        let sample = Sample::of(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!((sample.min, sample.p25, sample.p50, sample.max), (1.0, 1.75, 2.5, 4.0));
        assert!((Sample::of(&[7.0]).p99 - 7.0).abs() < 1e-9);
        assert_eq!(Sample::of(&[]), Sample::default());
    }
}
