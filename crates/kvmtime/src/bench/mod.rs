//! Measures what reading clocks costs. Everything is timed with the processor's counter, on one processor, in batches that take
//! turns; `kvmtime_core::bench` holds what is concluded.

mod cell;
mod costs;
mod machine;
mod order;
mod steps;
pub(crate) mod sysbench;
mod threads;
mod vdso;
mod wakeups;
pub(crate) mod workload;

use std::io;

use kvmtime_core::bench::{Bench, Comparison, Counter, Failed, SCHEMA, Table, Wakeup};
use kvmtime_sys::{affinity, clock_read, counter, signals};

use crate::apply::clocksource::{self, Refused, Switch};
use crate::world;
use cell::{Cell, Way};
use machine::Before;

/// What is to be measured.
pub(crate) struct Wanted {
    /// The clocksources to switch to; nothing is switched without one.
    pub(crate) switch: Option<Names>,
    /// How often each has its turn.
    pub(crate) rounds: usize,
    /// Whether all of it.
    pub(crate) part: Part,
}

/// How much is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All.
    Whole,
    /// What reads cost, and nothing else.
    Costs,
}

/// Clocksources by name.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    /// Every one on offer.
    All,
    /// These, and the machine's own.
    These(Vec<String>),
}

/// How far it is.
pub(crate) enum Progress<'a> {
    /// Something that takes so many steps.
    Begin(&'a str, usize),
    /// One of them is done.
    Step,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("cannot keep to one processor: {}", world::plain(.0))]
    Affinity(io::Error),
    #[error("cannot watch process {pid}: {}", world::plain(why))]
    Watching { pid: u32, why: io::Error },
    #[error("cannot run {program}: {}", world::plain(why))]
    Running { program: String, why: io::Error },
    #[error("there is no clocksource to compare {0} with")]
    Alone(String),
    #[error("cannot notice signals: {}", world::plain(.0))]
    Signals(io::Error),
    #[error("{0} came: nothing is measured, and the clocksource is as it was")]
    Stopped(&'static str),
}

/// Measures. Whatever is switched is put back before this returns.
///
/// # Errors
/// When a clocksource cannot be switched, or a signal asked to end.
pub(crate) fn run(wanted: &Wanted, progress: &dyn Fn(Progress)) -> Result<Bench, Error> {
    let start = counter::stamp();
    let before = Before::now();
    let (home, available) = clocksource::offer()?;
    let cpus = affinity::allowed().map_err(Error::Affinity)?;
    let (measured, hz) = with_clocksources(wanted, progress, |bencher| {
        Ok((bencher.measure(wanted.rounds, &cpus, wanted.part)?, bencher.hz))
    })?;
    let Measured { failed, tables, comparisons, wakeups } = measured;
    Ok(Bench {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine::machine(cpus.len(), &home, &available),
        conditions: before.until_now(),
        counter: Counter { name: counter::NAME.map(str::to_owned), hz },
        tables,
        comparisons,
        failed,
        wakeups,
        took_s: (counter::stamp() - start) as f64 / hz,
    })
}

/// Works with clocksources that may be switched, and puts them back whatever comes of it.
fn with_clocksources<T>(
    wanted: &Wanted,
    progress: &dyn Fn(Progress),
    work: impl FnOnce(&mut Bencher) -> Result<T, Error>,
) -> Result<T, Error> {
    let (home, available) = clocksource::offer()?;
    let clocksources = clocksources(wanted.switch.as_ref(), &home, &available)?;
    signals::catch().map_err(Error::Signals)?;
    let switch = wanted.switch.is_some().then(Switch::begin).transpose()?;
    let mut bencher = Bencher { clocksources, switch, hz: frequency(), progress };
    let done = work(&mut bencher);
    if let Some(switch) = bencher.switch.take() {
        switch.back()?;
    }
    done
}

/// The machine's own clocksource, then those that are asked for.
fn clocksources(
    switch: Option<&Names>,
    home: &str,
    available: &[String],
) -> Result<Vec<String>, Refused> {
    let others = match switch {
        None => &[][..],
        Some(Names::All) => available,
        Some(Names::These(names)) => names,
    };
    let mut all = vec![home.to_owned()];
    for name in others {
        clocksource::known(name, available)?;
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    Ok(all)
}

/// Counts a second, against `CLOCK_MONOTONIC_RAW`: two readings 30 ms apart, each between two counts. With brackets of 40 ns the
/// error is about 1 ppm.
fn frequency() -> f64 {
    const APART_NS: i64 = 30_000_000;
    let raw = || clock_read::now(libc::CLOCK_MONOTONIC_RAW).unwrap_or_default();
    // The narrowest of several brackets was not interrupted.
    let reading = || {
        let brackets = (0..16).map(|_| (counter::stamp(), raw(), counter::stamp()));
        brackets.min_by_key(|(before, _, after)| after - before).unwrap_or_default()
    };
    let (from, start, _) = reading();
    while raw() - start < APART_NS {}
    let (to, end, _) = reading();
    (to - from) as f64 / (end - start) as f64 * 1e9
}

/// A run.
struct Bencher<'a> {
    /// The machine's own first.
    clocksources: Vec<String>,
    switch: Option<Switch>,
    hz: f64,
    progress: &'a dyn Fn(Progress),
}

/// What came of it.
struct Measured {
    failed: Vec<Failed>,
    tables: Vec<Table>,
    comparisons: Vec<Comparison>,
    wakeups: Vec<Wakeup>,
}

impl Bencher<'_> {
    /// On one processor, as far as it is not about several. Interrupts of devices go to the first, where nobody said otherwise.
    fn measure(&mut self, rounds: usize, cpus: &[usize], part: Part) -> Result<Measured, Error> {
        affinity::keep_to(&cpus[cpus.len().saturating_sub(1)..]).map_err(Error::Affinity)?;
        let measured = self.parts(rounds, cpus, part);
        affinity::keep_to(cpus).map_err(Error::Affinity)?;
        measured
    }

    fn parts(&mut self, rounds: usize, cpus: &[usize], part: Part) -> Result<Measured, Error> {
        let (cells, failed) = readable(cell::all());
        let (mut tables, comparisons) = costs::measure(self, &cells, rounds)?;
        if part == Part::Costs {
            return Ok(Measured { failed, tables, comparisons, wakeups: Vec::new() });
        }
        self.begin("vDSO, steps, threads, processors in turns", tables.len());
        for table in &mut tables {
            self.switch(&table.clocksource)?;
            self.extra(&cells, cpus, table)?;
            self.step();
        }
        if let Some(home) = self.clocksources.first().cloned() {
            self.switch(&home)?;
        }
        self.begin("sleeping", 1);
        let wakeups = wakeups::measure();
        self.step();
        self.go_on()?;
        Ok(Measured { failed, tables, comparisons, wakeups })
    }

    /// What is measured once with each clocksource.
    fn extra(&self, cells: &[Cell], cpus: &[usize], table: &mut Table) -> Result<(), Error> {
        vdso::prove(cells, table);
        self.go_on()?;
        table.steps = steps::measure(cells, self.hz);
        self.go_on()?;
        let monotonic = cells.iter().find(|cell| cell.way == Way::Library(libc::CLOCK_MONOTONIC));
        table.threads =
            monotonic.map(|cell| threads::measure(*cell, cpus, self.hz)).unwrap_or_default();
        self.go_on()?;
        table.orders = order::measure(cpus, self.hz);
        self.go_on()
    }

    fn switch(&mut self, clocksource: &str) -> Result<(), Error> {
        self.go_on()?;
        self.switch.as_mut().map_or(Ok(()), |switch| switch.to(clocksource)).map_err(Into::into)
    }

    /// Ends the run if a signal asked for that.
    fn go_on(&self) -> Result<(), Error> {
        signals::caught().map_or(Ok(()), |signal| Err(Error::Stopped(signal)))
    }

    fn begin(&self, what: &str, steps: usize) {
        (self.progress)(Progress::Begin(what, steps));
    }

    fn step(&self) {
        (self.progress)(Progress::Step);
    }
}

/// Takes out what this machine cannot read; a clock that fails is said once, however it is read.
fn readable(cells: Vec<Cell>) -> (Vec<Cell>, Vec<Failed>) {
    let mut failed: Vec<Failed> = Vec::new();
    let works = |cell: &Cell| {
        if cell.read() {
            return true;
        }
        let why = world::plain(&io::Error::last_os_error());
        if failed.iter().all(|known| known.clock != cell.clock) {
            failed.push(Failed { clock: cell.clock.to_owned(), why });
        }
        false
    };
    let cells = cells.into_iter().filter(works).collect();
    (cells, failed)
}
