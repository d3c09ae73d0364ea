//! The cost of reads: rounds in which every clocksource has its turn.

use std::collections::BTreeMap;

use kvmtime_core::bench::{Comparison, Cost, Path, ReadCompared, Sample, Table, compare, median};

use super::cell::Cell;
use super::{Bencher, Error};

/// A batch takes about so long, nanoseconds: long against the two stamps around it (20 ns), short against what an interrupted
/// batch loses to another program (milliseconds), so that few batches are interrupted.
const BATCH_NS: f64 = 50_000.0;
/// Batches of one way to read, each time its clocksource has its turn.
const BATCHES: usize = 40;
/// More reads than this make no batch better.
const MOST_READS: f64 = 50_000.0;

/// What was measured of the ways to read, in one turn of a clocksource each.
type Turn = Vec<Vec<f64>>;

/// The turns of one clocksource, or of the machine's own once more.
struct Turns {
    clocksource: String,
    turns: Vec<Turn>,
}

/// Tables with their reads filled in, and the other clocksources against the first.
pub(super) fn measure(
    bencher: &mut Bencher,
    cells: &[Cell],
    rounds: usize,
) -> Result<(Vec<Table>, Vec<Comparison>), Error> {
    let mut all: Vec<Turns> = visits(&bencher.clocksources);
    let mut reads: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    bencher.begin("cost of reads, in rounds", rounds);
    for round in 0..rounds {
        let count = all.len();
        for place in 0..count {
            // Each is first as often as another.
            let visit = &mut all[(place + round) % count];
            bencher.switch(&visit.clocksource)?;
            let sizes = reads
                .entry(visit.clocksource.clone())
                .or_insert_with(|| cells.iter().map(|cell| size(*cell, bencher.hz)).collect());
            let mut turn = Turn::new();
            for (cell, reads) in cells.iter().zip(sizes) {
                bencher.go_on()?;
                turn.push(batches(*cell, *reads, bencher.hz));
            }
            visit.turns.push(turn);
        }
        bencher.step();
    }
    let tables: Vec<Table> = bencher
        .clocksources
        .iter()
        .zip(&all)
        .map(|(clocksource, turns)| table(clocksource, cells, turns))
        .collect();
    let comparisons = compared(&tables, &all, cells);
    Ok((tables, comparisons))
}

/// Each clocksource once a round, and the first once more where it is compared with others.
fn visits(clocksources: &[String]) -> Vec<Turns> {
    let again = clocksources.first().filter(|_| clocksources.len() > 1);
    let turns = |name: &String| Turns { clocksource: name.clone(), turns: Vec::new() };
    clocksources.iter().chain(again).map(turns).collect()
}

fn size(cell: Cell, hz: f64) -> u32 {
    const TRIAL: u32 = 64;
    cell.batch(TRIAL);
    let ns = cell.batch(TRIAL) as f64 / f64::from(TRIAL) / hz * 1e9;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 10 and MOST_READS"
    )]
    let reads = (BATCH_NS / ns.max(0.1)).clamp(10.0, MOST_READS) as u32;
    reads
}

/// Nanoseconds a read. The first batch finds caches and branch predictors cold, and does not count.
fn batches(cell: Cell, reads: u32, hz: f64) -> Vec<f64> {
    let ns = |ticks: u64| ticks as f64 / hz * 1e9 / f64::from(reads);
    (0..=BATCHES).map(|_| ns(cell.batch(reads))).skip(1).collect()
}

fn table(clocksource: &str, cells: &[Cell], turns: &Turns) -> Table {
    let cost = |(index, cell): (usize, &Cell)| {
        let batches: Vec<f64> = turns.turns.iter().flat_map(|turn| turn[index].clone()).collect();
        Cost {
            clock: cell.clock.to_owned(),
            path: cell.path,
            ns: Sample::of(&batches),
            rounds: medians(turns, index),
            vdso: None,
        }
    };
    Table {
        clocksource: clocksource.to_owned(),
        reads: cells.iter().enumerate().map(cost).collect(),
        steps: Vec::new(),
        threads: Vec::new(),
        orders: Vec::new(),
    }
}

fn medians(turns: &Turns, index: usize) -> Vec<f64> {
    turns.turns.iter().map(|turn| median(&turn[index])).collect()
}

fn compared(tables: &[Table], all: &[Turns], cells: &[Cell]) -> Vec<Comparison> {
    let ([first, others @ ..], Some(again)) = (tables, all.last()) else { return Vec::new() };
    let against = |(place, other): (usize, &Table)| Comparison {
        from: first.clocksource.clone(),
        to: other.clocksource.clone(),
        reads: cells
            .iter()
            .enumerate()
            // An instruction does not know of clocksources.
            .filter(|(_, cell)| cell.path != Path::Counter)
            .map(|(index, cell)| ReadCompared {
                clock: cell.clock.to_owned(),
                path: cell.path,
                more_ns: other.reads[index].ns.p50 - first.reads[index].ns.p50,
                compared: compare(
                    &medians(&all[0], index),
                    &medians(&all[place + 1], index),
                    &medians(again, index),
                ),
            })
            .collect(),
    };
    others.iter().enumerate().map(against).collect()
}
