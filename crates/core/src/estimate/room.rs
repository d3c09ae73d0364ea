//! The rate that leaves the most room: between the lines of that rate below all upper ends and above all lower ends.
//!
//! A wrong rate tilts one of the quickest ways there against one of the quickest ways back, and lessens the room. So it is decided by
//! the few readings whose delays were least, at either end of the run, and a thousand late ones do not matter.

use super::Point;

/// What leaves so much less is as good: it is one reading that decides between them.
const ALIKE: f64 = 0.02;
/// Halvings: enough for a rate in ppb, whatever the bounds were.
const STEPS: u32 = 60;

/// The middle of the rates, among those that all readings allow, that leave the most room.
pub fn roomiest(points: &[Point], [slowest, fastest]: [f64; 2]) -> f64 {
    let (mut lo, mut hi) = (slowest, fastest);
    // Room has one summit.
    for _ in 0..2 * STEPS {
        let third = (hi - lo) / 3.0;
        let (a, b) = (lo + third, hi - third);
        if room(points, a) < room(points, b) { lo = a } else { hi = b }
    }
    let summit = f64::midpoint(lo, hi);
    let enough = room(points, summit) * (1.0 - ALIKE);
    let edge = |mut outside: f64| {
        let mut inside = summit;
        for _ in 0..STEPS {
            let middle = f64::midpoint(inside, outside);
            if room(points, middle) < enough { outside = middle } else { inside = middle }
        }
        inside
    };
    f64::midpoint(edge(slowest), edge(fastest))
}

fn room(points: &[Point], rate: f64) -> f64 {
    let lo = points.iter().map(|p| p.lo - rate * p.t).fold(f64::NEG_INFINITY, f64::max);
    let hi = points.iter().map(|p| p.hi - rate * p.t).fold(f64::INFINITY, f64::min);
    hi - lo
}
