//! The line through the middles with the least sum of squares.

use super::Point;

/// Its slope in ppb; nothing without two times.
pub fn least_squares(points: &[Point]) -> Option<f64> {
    let count = f64::from(u32::try_from(points.len()).ok()?);
    let t = points.iter().map(|p| p.t).sum::<f64>() / count;
    let x = points.iter().map(Point::middle).sum::<f64>() / count;
    let sum =
        |of: fn(f64, f64) -> f64| points.iter().map(|p| of(p.t - t, p.middle() - x)).sum::<f64>();
    // slope = Σ (t − t̄)(x − x̄) / Σ (t − t̄)²
    let slope = sum(|t, x| t * x) / sum(|t, _| t * t);
    slope.is_finite().then_some(slope)
}
