//! The comparison of clocksources that is copied from page to page: sysbench with one, then with another, once each. Here in
//! rounds that take turns, with a control, and beside what the reads of clocks in it can explain.

use std::ffi::OsString;
use std::process::Stdio;

use kvmtime_core::bench::{Bench, Calls, Table, Trial, compare, median, predict};
use kvmtime_wire::sysbench;

use super::{Bencher, Error, Part, Progress, Wanted, with_clocksources, workload};
use crate::world;

/// A test of sysbench.
struct Test {
    words: &'static [&'static str],
    /// What ends it after so many events.
    end: fn(u64) -> String,
}

/// One that hardly reads clocks, and the one that reads them most. Memory is written in blocks of 1 KiB, each an event.
const TESTS: [Test; 2] = [
    Test { words: &["cpu", "--cpu-max-prime=100000"], end: |events| format!("--events={events}") },
    Test { words: &["memory"], end: |events| format!("--memory-total-size={events}K") },
];
/// How long each run takes: one second.
const TIME: &str = "--time=1";
const TIME_S: f64 = 1.0;
/// Events in the two runs that are counted; what sysbench reads besides is in both of them.
const EVENTS: [u64; 2] = [20, 120];

/// What a read costs, and what came of each test with each clocksource but the machine's own.
///
/// # Errors
/// When sysbench is not there, there is nothing to compare, or as for a run of `bench`.
pub(crate) fn run(
    wanted: &Wanted,
    progress: &dyn Fn(Progress),
) -> Result<(Bench, Vec<Trial>), Error> {
    ask(&["--version"])?;
    let costs = super::run(
        &Wanted { switch: wanted.switch.clone(), part: Part::Costs, ..*wanted },
        progress,
    )?;
    let threads = format!("--threads={}", costs.machine.cpus);
    let trials = with_clocksources(wanted, progress, |bencher| {
        let [own, others @ ..] = &costs.tables[..] else { return Ok(Vec::new()) };
        if others.is_empty() {
            return Err(Error::Alone(own.clocksource.clone()));
        }
        let mut trials = Vec::new();
        for test in TESTS {
            let calls = calls(&test)?;
            for other in others {
                let runs =
                    rounds(bencher, test.words, &threads, &other.clocksource, wanted.rounds)?;
                let command =
                    [&["sysbench"], test.words, &[&threads, TIME, "run"]].concat().join(" ");
                trials.push(trial(command, &calls, (own, other), runs));
            }
        }
        Ok(trials)
    })?;
    Ok((costs, trials))
}

/// Calls in `EVENTS[1] − EVENTS[0]` events. With a limit of time there is one more in each event, so there is one.
fn calls(test: &Test) -> Result<Vec<Calls>, Error> {
    let counted = |events: u64| {
        let end = (test.end)(events);
        let command = [&["sysbench"], test.words, &[&end, "--time=1000", "run"]].concat();
        let command: Vec<OsString> = command.into_iter().map(OsString::from).collect();
        let failed = |why| Error::Running { program: "sysbench".to_owned(), why };
        workload::count(&command, Stdio::null()).map(|ran| ran.calls).map_err(failed)
    };
    let (few, more) = (counted(EVENTS[0])?, counted(EVENTS[1])?);
    let before = |clock: &str| few.iter().find(|c| c.clock == clock).map_or(0, |c| c.count);
    let calls = more.into_iter().map(|calls| Calls {
        count: calls.count.saturating_sub(before(&calls.clock)),
        clock: calls.clock,
    });
    Ok(calls.filter(|calls| calls.count > 0).collect())
}

/// Runs with the one, with the other, and with the first again.
#[derive(Default)]
struct Runs {
    /// Events a second.
    rates: [Vec<f64>; 3],
    /// Time on processors of an event, with the first, seconds.
    event_s: Vec<f64>,
}

fn rounds(
    bencher: &mut Bencher,
    test: &[&str],
    threads: &str,
    other: &str,
    count: usize,
) -> Result<Runs, Error> {
    let own = bencher.clocksources[0].clone();
    let mut runs = Runs::default();
    let arguments = [test, &[threads, TIME, "run"]].concat();
    bencher.begin(&format!("sysbench {} with {own} and {other}", test[0]), count);
    for round in 0..count {
        for place in 0..3 {
            // Each is first as often as another.
            let visit = (place + round) % 3;
            bencher.switch(if visit == 1 { other } else { &own })?;
            let (printed, cpu_s) = ask(&arguments)?;
            bencher.go_on()?;
            let rate = sysbench::rate(&printed).ok_or_else(|| Error::Running {
                program: "sysbench".to_owned(),
                why: std::io::Error::other("it does not tell events a second"),
            })?;
            runs.rates[visit].push(rate);
            if visit != 1 {
                runs.event_s.push(cpu_s / (rate * TIME_S));
            }
        }
        bencher.step();
    }
    bencher.switch(&own)?;
    Ok(runs)
}

fn ask(arguments: &[&str]) -> Result<(String, f64), Error> {
    let command = [&["sysbench"], arguments].concat();
    let failed = |why| Error::Running { program: "sysbench".to_owned(), why };
    world::finish(&command).map_err(failed)
}

/// Compares the time that an event takes, which is what a read adds to.
fn trial(command: String, calls: &[Calls], (own, other): (&Table, &Table), runs: Runs) -> Trial {
    let Runs { rates, event_s } = runs;
    let events = (EVENTS[1] - EVENTS[0]) as f64;
    let times = |rates: &[f64]| rates.iter().map(|rate| 1.0 / rate).collect::<Vec<_>>();
    let reads: u64 = calls.iter().map(|calls| calls.count).sum();
    Trial {
        command,
        from: own.clocksource.clone(),
        to: other.clocksource.clone(),
        reads_per_event: reads as f64 / events,
        predicted_percent: predict(calls, events * median(&event_s), own, other).percent.value,
        measured: compare(&times(&rates[0]), &times(&rates[1]), &times(&rates[2])),
        rates,
    }
}
