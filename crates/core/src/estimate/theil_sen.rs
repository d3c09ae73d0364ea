//! The median of all slopes between pairs (Theil 1950, Sen 1968), and how sure it is.

use super::Point;

/// So many points are compared pair by pair. Of more, the narrowest of each group is taken.
const MOST: usize = 800;
/// The same for each of the many samples of the bootstrap.
const MOST_EACH: usize = 150;
const SAMPLES: usize = 200;
/// Delays that belong together, such as those of a busy minute, stay together in a sample.
const BLOCKS: usize = 15;

/// The median slope in ppb; nothing without two times.
pub fn slope(points: &[Point]) -> Option<f64> {
    median_slope(&thinned(points, MOST))
}

/// From the 2.5th to the 97.5th percentile of the slopes of samples that are drawn by blocks.
pub fn confidence(points: &[Point]) -> Option<[f64; 2]> {
    let points = thinned(points, MOST_EACH);
    let blocks: Vec<&[Point]> = points.chunks(points.len().div_ceil(BLOCKS).max(1)).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let draw = |_| {
        let sample = (0..blocks.len()).flat_map(|_| blocks[dice.below(blocks.len())]).copied();
        median_slope(&sample.collect::<Vec<_>>())
    };
    let mut slopes: Vec<f64> = (0..SAMPLES).filter_map(draw).collect();
    slopes.sort_by(f64::total_cmp);
    let at = |per_mille: usize| slopes.get(slopes.len() * per_mille / 1000).copied();
    Some([at(25)?, at(975)?])
}

fn median_slope(points: &[Point]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (index, a) in points.iter().enumerate() {
        let after = points[index + 1..].iter().filter(|b| b.t.total_cmp(&a.t).is_ne());
        slopes.extend(after.map(|b| (b.middle() - a.middle()) / (b.t - a.t)));
    }
    let middle = slopes.len() / 2;
    if slopes.is_empty() {
        return None;
    }
    let (_, median, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

fn thinned(points: &[Point], most: usize) -> Vec<Point> {
    let group = points.len().div_ceil(most).max(1);
    let narrowest = |group: &[Point]| {
        group.iter().copied().min_by(|a, b| (a.hi - a.lo).total_cmp(&(b.hi - b.lo)))
    };
    points.chunks(group).filter_map(narrowest).collect()
}

/// Marsaglia's xorshift: the same samples for the same readings.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap_or_default()
    }
}
