//! The rates that intervals allow: all lines that go through every one of them.

use super::Point;

/// The least and the greatest rate of a line through all intervals, ppb; nothing if there is no such line, or no two times.
///
/// Of all pairs i < j the rate is at least (lo_j − hi_i) / (t_j − t_i) and at most (hi_j − lo_i) / (t_j − t_i). Of all i before a j
/// only those on the hull of their ends can matter (Moon, Skelly, Towsley 1999; Zhang, Liu, Xia 2002).
pub fn rates(points: &[Point]) -> Option<[f64; 2]> {
    let fastest = least_slope(points.iter().map(|p| (p.t, p.lo, p.hi)))?;
    // Upside down the slowest is the fastest.
    let slowest = -least_slope(points.iter().map(|p| (p.t, -p.hi, -p.lo)))?;
    (slowest <= fastest).then_some([slowest, fastest])
}

/// The least of (hi_j − lo_i) / (t_j − t_i) over all i < j.
fn least_slope(points: impl Iterator<Item = (f64, f64, f64)>) -> Option<f64> {
    let mut hull: Vec<(f64, f64)> = Vec::new();
    let mut least: Option<f64> = None;
    for (t, lo, hi) in points {
        if hull.last().is_some_and(|last| last.0 >= t) {
            continue;
        }
        if let Some(slope) = tangent(&hull, (t, hi)) {
            least = Some(least.map_or(slope, |least| least.min(slope)));
        }
        // What lies below the line from its neighbour to the new point is on no upper hull.
        while let [.., a, b] = hull[..] {
            if slope(a, b) > slope(a, (t, lo)) {
                break;
            }
            hull.pop();
        }
        hull.push((t, lo));
    }
    least
}

/// The least slope from the hull to a point on its right. Along the hull slopes to it first fall, then rise.
fn tangent(hull: &[(f64, f64)], to: (f64, f64)) -> Option<f64> {
    let (mut from, mut end) = (0, hull.len());
    while end - from > 1 {
        let middle = usize::midpoint(from, end);
        if slope(hull[middle], to) <= slope(hull[middle - 1], to) {
            from = middle;
        } else {
            end = middle;
        }
    }
    hull.get(from).map(|best| slope(*best, to))
}

fn slope(a: (f64, f64), b: (f64, f64)) -> f64 {
    (b.1 - a.1) / (b.0 - a.0)
}
