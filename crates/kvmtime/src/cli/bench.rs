//! `kvmtime bench`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use kvmtime_core::bench::{Bench, Observed, SCHEMA, Table, Workload, changes, judge};

use super::exit::{Exit, Hinted};
use crate::apply::clocksource::{self, Refused};
use crate::bench::{self, Error, Names, Part, Progress, Wanted, sysbench, workload};
use crate::output::{self, Plain, Steps};
use crate::world::{self, Input};

/// Measure what reading each clock costs, and whether two clocksources really differ
///
/// Times reads of every clock by each way (the processor's counter, the C library, the system call), and shows for each function
/// whether it stays in the vDSO. Then the smallest steps, several threads at once, two processors in turns, and how late a sleeper
/// wakes. With --switch this is done for other clocksources too, in rounds that take turns; a difference counts only when it is
/// larger than what the machine's own clocksource differs from itself. The clocksource is put back however this ends.
///
/// --workload tells how often a program reads clocks, and what another clocksource would change for it. A COMMAND's calls of the
/// vDSO are counted, at its full speed; system calls that it makes by itself and the processor's counter are not. A process that
/// runs is only looked at, many times a second.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime bench                                the clocksource that is in use
  kvmtime bench --switch                       all on offer, in turns (root)
  kvmtime bench --switch=tsc,kvm-clock --format json > web01.json
  kvmtime bench --switch --svg costs.svg
  kvmtime bench --compare before.json after.json
  kvmtime bench --switch --workload -- ./server --self-test
  kvmtime bench --costs web01.json --workload 4711
  kvmtime bench --switch --preset sysbench     what its small differences mean")]
pub(super) struct Args {
    /// Switch to other clocksources for a while: those named, else all on offer
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true
    )]
    switch: Option<Vec<String>>,

    /// How often each clocksource has its turn
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    /// How often a process, or the COMMAND behind `--`, reads clocks
    #[arg(long, value_name = "PID", num_args = 0..=1)]
    workload: Option<Option<u32>>,

    /// How long a process is watched
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,

    /// Take the costs of reads from a file that --format json wrote on this machine
    #[arg(long, value_name = "FILE", requires = "workload", conflicts_with = "switch")]
    costs: Option<PathBuf>,

    /// Run a known benchmark with each clocksource in turns
    #[arg(long, value_enum, requires = "switch", conflicts_with = "workload")]
    preset: Option<Preset>,

    /// What moved from one run to another: two files that --format json wrote
    #[arg(
        long,
        value_names = ["A.json", "B.json"],
        num_args = 2,
        conflicts_with_all = ["switch", "svg", "workload", "preset"]
    )]
    compare: Vec<PathBuf>,

    /// Draw the costs into a file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,

    /// A program to be run, whose reads are counted; what it prints goes to standard error
    #[arg(last = true, value_name = "COMMAND", requires = "workload")]
    command: Vec<OsString>,
}

/// A known benchmark.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Preset {
    /// `sysbench cpu`, which hardly reads clocks, and `sysbench memory`, which reads them most; about two minutes.
    Sysbench,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let [before, after] = &args.compare[..] {
        let (before, after) = (read(before)?, read(after)?);
        output::bench_changes(&before, &after, &changes(&before, &after), args.format)?;
        return Ok(Exit::Clean);
    }
    let costs = match (&args.workload, args.preset) {
        (Some(pid), _) => {
            let (seen, costs) = seen(args, *pid)?;
            output::workload(&seen, args.format)?;
            costs
        }
        (None, Some(Preset::Sysbench)) => {
            let (costs, trials) =
                with_steps(|progress| sysbench::run(&args.wanted(Part::Costs), progress))?;
            output::trials(&costs, &trials, args.format)?;
            costs
        }
        (None, None) => {
            let measured = with_steps(|progress| bench::run(&args.wanted(Part::Whole), progress))?;
            output::bench(&measured, args.format)?;
            measured
        }
    };
    if let Some(path) = &args.svg {
        world::save(path, &output::draw(&costs))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Clean)
}

impl Args {
    fn wanted(&self, part: Part) -> Wanted {
        let switch = self.switch.as_ref().map(|names| match names.is_empty() {
            true => Names::All,
            false => Names::These(names.clone()),
        });
        Wanted { switch, rounds: self.rounds.into(), part }
    }
}

/// Looks at a program first, with the clocksource that is in use, and then at what reads cost.
fn seen(args: &Args, pid: Option<u32>) -> anyhow::Result<(Workload, Bench)> {
    let costs = args.costs.as_deref().map(read).transpose()?;
    let observed: Observed = match (pid, &args.command[..]) {
        (Some(pid), []) => workload::watch(pid, args.seconds.into()),
        (None, [_, ..]) => workload::run(&args.command),
        _ => {
            let hint = "`--workload PID`, or `--workload -- COMMAND`";
            return Err(Hinted::new("name a process or a command, one of them", hint).into());
        }
    }
    .map_err(hinted)?;
    let costs = match costs {
        Some(costs) => costs,
        None => with_steps(|progress| bench::run(&args.wanted(Part::Costs), progress))?,
    };
    let tables = own_first(&costs)?;
    let seen = judge(observed, &tables).context("the costs have no CLOCK_MONOTONIC")?;
    Ok((seen, costs))
}

/// The tables, the one of the clocksource that is in use first.
fn own_first(costs: &Bench) -> anyhow::Result<Vec<Table>> {
    let (home, _) = clocksource::offer()?;
    let mut tables = costs.tables.clone();
    tables.sort_by_key(|table| table.clocksource != home);
    match tables.first() {
        Some(table) if table.clocksource == home => Ok(tables),
        _ => bail!("the costs are not known for {home}, which is in use"),
    }
}

/// Works, and shows how far it is.
fn with_steps<T>(work: impl FnOnce(&dyn Fn(Progress)) -> Result<T, Error>) -> anyhow::Result<T> {
    let steps = Steps::default();
    let done = work(&|progress| match progress {
        Progress::Begin(what, count) => steps.begin(what, count),
        Progress::Step => steps.step(),
    });
    steps.end();
    done.map_err(hinted)
}

fn hinted(error: Error) -> anyhow::Error {
    let hint = match &error {
        Error::Refused(Refused::Failed { what, .. }) if what.starts_with("write") => {
            "switching needs root; without --switch the clocksource in use is measured"
        }
        Error::Running { program, why }
            if program == "sysbench" && why.kind() == std::io::ErrorKind::NotFound =>
        {
            "`apt-get install sysbench`, or `dnf install sysbench`"
        }
        Error::Watching { why, .. } if why.kind() == std::io::ErrorKind::PermissionDenied => {
            "root may watch every process; others their own, where kernel.perf_event_paranoid is at most 2"
        }
        _ => return error.into(),
    };
    Hinted::new(error.to_string(), hint).into()
}

fn read(path: &Path) -> anyhow::Result<Bench> {
    let name = path.display();
    let text = match world::input(path) {
        Ok(Input::File(text)) => text,
        Ok(_) => bail!("cannot read {name}: it is a folder"),
        Err(error) => bail!("cannot read {name}: {}", world::plain(&error)),
    };
    let bench: Bench = serde_json::from_str(&text)
        .with_context(|| format!("{name} is not what `kvmtime bench --format json` writes"))?;
    ensure!(bench.schema == SCHEMA, "{name} is of the schema {}", bench.schema);
    Ok(bench)
}
