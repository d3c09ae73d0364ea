//! `kvmtime bench`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use kvmtime_core::bench::{Bench, SCHEMA, changes};

use super::exit::{Exit, Hinted};
use crate::apply::clocksource;
use crate::bench::{self, Error, Names, Progress, Wanted};
use crate::output::{self, Plain, Steps};
use crate::world::{self, Input};

/// Measure what reading each clock costs, and whether two clocksources really differ
///
/// Times reads of every clock by each way (the processor's counter, the C library, the system call), and shows for each function
/// whether it stays in the vDSO. Then the smallest steps, several threads at once, two processors in turns, and how late a sleeper
/// wakes. With --switch this is done for other clocksources too, in rounds that take turns; a difference counts only when it is
/// larger than what the machine's own clocksource differs from itself. The clocksource is put back however this ends.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime bench                                the clocksource that is in use
  kvmtime bench --switch                       all on offer, in turns (root)
  kvmtime bench --switch=tsc,kvm-clock --format json > web01.json
  kvmtime bench --switch --svg costs.svg
  kvmtime bench --compare before.json after.json")]
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

    /// What moved from one run to another: two files that --format json wrote
    #[arg(long, value_names = ["A.json", "B.json"], num_args = 2, conflicts_with_all = ["switch", "svg"])]
    compare: Vec<PathBuf>,

    /// Draw the costs into a file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let [before, after] = &args.compare[..] {
        let (before, after) = (read(before)?, read(after)?);
        output::bench_changes(&before, &after, &changes(&before, &after), args.format)?;
        return Ok(Exit::Clean);
    }
    let measured = measure(&Wanted { switch: args.names(), rounds: args.rounds.into() })?;
    output::bench(&measured, args.format)?;
    Ok(Exit::Clean)
}

impl Args {
    fn names(&self) -> Option<Names> {
        let names = self.switch.as_ref()?;
        Some(if names.is_empty() { Names::All } else { Names::These(names.clone()) })
    }
}

/// Measures, and shows how far it is.
fn measure(wanted: &Wanted) -> anyhow::Result<Bench> {
    let steps = Steps::default();
    let measured = bench::run(wanted, &|progress| match progress {
        Progress::Begin(what, count) => steps.begin(what, count),
        Progress::Step => steps.step(),
    });
    steps.end();
    measured.map_err(hinted)
}

fn hinted(error: Error) -> anyhow::Error {
    let hint = match &error {
        Error::Refused(clocksource::Refused::Failed { what, .. }) if what.starts_with("write") => {
            "switching needs root; without --switch the clocksource in use is measured"
        }
        _ => return error.into(),
    };
    Hinted::new(error.to_string(), hint).into()
}

fn read(path: &Path) -> anyhow::Result<Bench> {
    let name = path.display();
    let text = match world::input(path) {
        Ok(Input::File(text)) => text,
        Ok(_) => anyhow::bail!("cannot read {name}: it is a folder"),
        Err(error) => anyhow::bail!("cannot read {name}: {}", world::plain(&error)),
    };
    let bench: Bench = serde_json::from_str(&text)
        .with_context(|| format!("{name} is not what `kvmtime bench --format json` writes"))?;
    anyhow::ensure!(bench.schema == SCHEMA, "{name} is of the schema {}", bench.schema);
    Ok(bench)
}
