//! Several threads reading at once, each on its own processor: a clock in a device serves one after the other.

use std::sync::Barrier;
use std::thread;

use kvmtime_core::bench::{Threads, median};
use kvmtime_sys::{affinity, counter};

use super::cell::Cell;

/// How long the threads read, seconds.
const TIME_S: f64 = 0.04;
/// Reads between two looks at the counter.
const READS: u32 = 500;

/// With one thread, two, four and so on to all processors.
pub(super) fn measure(cell: Cell, cpus: &[usize], hz: f64) -> Vec<Threads> {
    let doubled = std::iter::successors(Some(1), |count| Some(count * 2));
    let counts = doubled.take_while(|count| *count < cpus.len()).chain([cpus.len()]);
    counts.map(|count| at_once(cell, &cpus[..count], hz)).collect()
}

fn at_once(cell: Cell, cpus: &[usize], hz: f64) -> Threads {
    let all = Barrier::new(cpus.len());
    let batches = thread::scope(|scope| {
        let reading = |cpu| {
            let all = &all;
            scope.spawn(move || {
                // Where it may not, the kernel places it.
                let _ = affinity::keep_to(&[cpu]);
                all.wait();
                one(cell, hz)
            })
        };
        let threads: Vec<_> = cpus.iter().map(|cpu| reading(*cpu)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    let ns = median(&batches);
    Threads { clock: cell.clock.to_owned(), threads: cpus.len(), ns }
}

fn one(cell: Cell, hz: f64) -> Vec<f64> {
    let start = counter::stamp();
    let mut batches = Vec::new();
    while ((counter::stamp() - start) as f64) < TIME_S * hz {
        batches.push(cell.batch(READS) as f64 / hz * 1e9 / f64::from(READS));
    }
    batches
}
