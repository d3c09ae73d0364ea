//! The offset at each time as all readings together allow it.

use super::{FASTEST, Point, WANDER, rates};

/// So many times are enough for a picture.
const MOST: usize = 200;

/// Time in seconds, least and greatest offset in ns, at the times of up to 200 readings of a stretch. Where the readings contradict
/// each other, because the rate changed, only those of that time count.
pub fn band(points: &[Point]) -> Vec<(f64, f64, f64)> {
    let [slowest, fastest] = rates(points).unwrap_or([-FASTEST.0, FASTEST.0]);
    let (slowest, fastest) = (slowest - WANDER.0, fastest + WANDER.0);
    let narrow = narrowest(points);
    let at = |now: &Point| {
        let mut both = (now.lo, now.hi);
        for point in &narrow {
            let passed = now.t - point.t;
            let (least, most) = if passed < 0.0 { (fastest, slowest) } else { (slowest, fastest) };
            let (lo, hi) = (point.lo + least * passed, point.hi + most * passed);
            let new = (both.0.max(lo), both.1.min(hi));
            if new.0 <= new.1 {
                both = new;
            }
        }
        (now.t, both.0, both.1)
    };
    points.iter().step_by(points.len().div_ceil(MOST).max(1)).map(at).collect()
}

/// Wide readings say next to nothing besides narrow ones of about the same time.
fn narrowest(points: &[Point]) -> Vec<Point> {
    let group = points.len().div_ceil(MOST).max(1);
    let best = |group: &[Point]| {
        group.iter().copied().min_by(|a, b| (a.hi - a.lo).total_cmp(&(b.hi - b.lo)))
    };
    points.chunks(group).filter_map(best).collect()
}
