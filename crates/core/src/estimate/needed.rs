//! How long a run must last for a precision of the rate.

use serde::{Deserialize, Serialize};

use super::Point;
use super::theil_sen::slope;
use crate::units::{Nanos, Ppb};

/// Two durations: the one in which 95 of a hundred runs get there, and the one after which the bounds leave no doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// 95 of a hundred.
    pub likely: Nanos,
    /// Without a doubt.
    pub sure: Nanos,
}

/// From the noise of the readings so far; nothing from fewer than eight.
///
/// With white noise of the deviation σ in readings every τ the rate's deviation after T is σ √12 / (T √(T / τ)), and 95 of a hundred
/// lie within 1.96 of them: T = (1.96 σ √(12 τ) / f)^⅔. By bounds of ±e the rate is known to ±2e / T.
pub fn needed(points: &[Point], precision: Ppb) -> Option<Needed> {
    let [first, .., last] = points else { return None };
    if points.len() < 8 || precision.0 <= 0.0 {
        return None;
    }
    let rate = slope(points)?;
    let mut rest: Vec<f64> = points.iter().map(|p| p.middle() - rate * p.t).collect();
    let middle = median(&mut rest)?;
    let mut off: Vec<f64> = rest.iter().map(|x| (x - middle).abs()).collect();
    // For a normal distribution σ is 1.4826 of the median distance from the median.
    let deviation = 1.4826 * median(&mut off)?;
    let count = f64::from(u32::try_from(points.len()).ok()?);
    let spacing = (last.t - first.t) / (count - 1.0);
    let likely = (1.96 * deviation * (12.0 * spacing).sqrt() / precision.0).powf(2.0 / 3.0);
    let narrowest = points.iter().map(|p| p.hi - p.lo).fold(f64::INFINITY, f64::min);
    Some(Needed {
        likely: Nanos::from_secs(likely)?,
        sure: Nanos::from_secs(narrowest / precision.0)?,
    })
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
