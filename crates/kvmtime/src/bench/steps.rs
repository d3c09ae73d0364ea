//! The smallest steps of clocks, and whether they ever go back within a thread.

use kvmtime_core::bench::{Path, Step};
use kvmtime_sys::{clock_read, counter};

use super::cell::{Cell, Way};

/// So many pairs of reads show the smallest step of a clock that moves with each read.
const PAIRS: u64 = 20_000;
/// A clock that moves once a tick shows five steps in this time at 250 Hz, seconds.
const PATIENCE_S: f64 = 0.02;

/// Of every clock that the C library reads by its id, and of the counter.
pub(super) fn measure(cells: &[Cell], hz: f64) -> Vec<Step> {
    let steps = cells.iter().filter_map(|cell| match cell.way {
        Way::After => Some(step(cell.clock, None, hz, 1e9 / hz, || Some(count()))),
        Way::Library(id) if cell.path == Path::Library => {
            let resolution = clock_read::resolution(id).ok();
            Some(step(cell.clock, resolution, hz, 1.0, || clock_read::now(id).ok()))
        }
        _ => None,
    });
    steps.collect()
}

fn count() -> i64 {
    counter::after().cast_signed()
}

fn step(
    clock: &str,
    resolution_ns: Option<i64>,
    hz: f64,
    unit_ns: f64,
    read: impl Fn() -> Option<i64>,
) -> Step {
    let (mut pairs, mut same, mut backward, mut smallest) = (0, 0, 0, i64::MAX);
    let start = counter::stamp();
    let mut last = read();
    // A clock that stands still between ticks is read much faster than it moves.
    let enough = |pairs, same| pairs >= PAIRS && same < pairs / 2;
    while ((counter::stamp() - start) as f64) < PATIENCE_S * hz && !enough(pairs, same) {
        for _ in 0..16 {
            let now = read();
            if let (Some(now), Some(last)) = (now, last) {
                pairs += 1;
                match now - last {
                    0 => same += 1,
                    difference if difference < 0 => backward += 1,
                    difference => smallest = smallest.min(difference),
                }
            }
            last = now;
        }
    }
    let step_ns = (smallest < i64::MAX).then_some(smallest as f64 * unit_ns);
    Step { clock: clock.to_owned(), step_ns, resolution_ns, pairs, same, backward }
}
