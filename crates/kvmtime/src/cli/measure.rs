//! `kvmtime measure`.

use std::path::PathBuf;

use anyhow::Context;
use kvmtime_core::budget::Budget;
use kvmtime_core::estimate::{Drift, Side, estimate};
use kvmtime_core::events::Event;
use kvmtime_core::reading::{Earlier, Verdict};
use kvmtime_core::sync::Refusal;
use kvmtime_core::units::{Nanos, Ppb};

use super::exit::{self, Exit, Hinted};
use crate::measure::echo::Port;
use crate::measure::{self, Missed, Progress, Run, Source, Until};
use crate::output::{self, Live, Measurement, Measurements, Table};
use crate::probe::{self, Part};
use crate::world::{self, World, history};

/// Measure how far a clock is off and how fast it drifts, each with its bound
///
/// An offset is the measured clock minus its reference: positive when it is ahead. Its bound holds whatever the delays of
/// the way there and back were. Ctrl-C ends a run with its result.
///
/// Exit status: 0 measured, and within --budget; 1 not within it, or not proven to be; 2 something could not be measured.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime measure                               this machine, best way there is
  kvmtime measure --against ntp:time.example    this machine, an NTP server
  kvmtime measure domain:web01                  a guest, by its agent
  kvmtime measure --qga web01.sock              the same without libvirt
  kvmtime measure --against rtc --duration 60s  without agent or privilege
  kvmtime measure --precision 0.1ppm            until the rate is known
  kvmtime measure domain:all --budget 50ms      a verdict, for scripts
  kvmtime measure domain:all --budget ceph      by what a workload bears
  kvmtime measure --events                      steps, pauses, switches")]
pub(super) struct Args {
    /// domain:NAME or domain:all, measured against this machine; without any target this machine is measured
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// Measure this machine against that: chronyd[:PORT], ntp:HOST[:PORT], phc[:DEVICE], vmclock[:PAGE] or rtc
    #[arg(long, value_name = "REFERENCE")]
    against: Vec<Source>,

    /// Measure the guest whose agent listens at this socket
    #[arg(long, value_name = "SOCKET")]
    qga: Vec<PathBuf>,

    /// Measure the emulated RTC of the QEMU whose QMP monitor listens at this socket
    #[arg(long, value_name = "SOCKET")]
    qmp: Vec<PathBuf>,

    /// Measure the guest in which `kvmtime echo` answers at this port: a device, a socket or vsock:CID:PORT
    #[arg(long, value_name = "PORT")]
    echo: Vec<Port>,

    /// Watch this machine's clocks from inside instead, and print steps, pauses and switches as they happen, until Ctrl-C
    #[arg(long, conflicts_with_all = ["targets", "against", "qga", "qmp", "echo", "precision", "budget"])]
    events: bool,

    /// The libvirt that knows the domains
    #[arg(long, value_name = "URI", default_value = "qemu:///system")]
    connect: String,

    /// How long to measure, such as 10s or 5min [default: 10s; with --precision as long as it takes]
    #[arg(long, value_name = "TIME")]
    duration: Option<Nanos>,

    /// From one reading to the next [default: 250ms; with --events 100ms]
    #[arg(long, value_name = "TIME")]
    interval: Option<Nanos>,

    /// Measure until the rate is known as well as this, such as 0.01ppm
    #[arg(long, value_name = "RATE")]
    precision: Option<Ppb>,

    /// The most that the clock may be off, by the worst that the bounds allow, up to UTC where that is known: ceph, etcd,
    /// cockroachdb, kerberos, aws-sigv4, tls, or a time such as 50ms
    #[arg(long, value_parser = Budget::named)]
    budget: Option<Budget>,

    /// Also keep the result, for `kvmtime history`
    #[arg(long)]
    record: bool,

    /// The file to keep it in [default: that of `kvmtime history`]
    #[arg(long, value_name = "FILE", requires = "record")]
    history: Option<PathBuf>,

    /// Also draw it: offset, delays, Allan deviation and error budget
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Also write a page with numbers and pictures that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Table,
}

/// What is measured when nobody says how long.
const DURATION: Nanos = Nanos(10_000_000_000);
const INTERVAL: Nanos = Nanos(250_000_000);
/// As short as the shortest pause that is of interest.
const WATCHED: Nanos = Nanos(100_000_000);

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    world::clock::catch_signals()?;
    if args.events {
        let interval = args.interval.unwrap_or(WATCHED).max(Nanos::MILLISECOND);
        let tell = |event: &Event| output::event(event, args.format);
        measure::events::watch(interval, args.duration, tell)?;
        return Ok(Exit::Clean);
    }
    let (mut runs, missed, mut failures) = args.open();
    let until = Until {
        duration: args.duration.or(args.precision.is_none().then_some(DURATION)),
        precision: args.precision,
        interval: args.interval.unwrap_or(INTERVAL).max(Nanos::MICROSECOND),
    };
    let started = world::epoch_seconds();
    if !runs.is_empty() {
        let live = Live::new();
        Run::all(&mut runs, until, |progress| show(&live, progress));
        live.end();
    }
    let mut all = Vec::new();
    for run in runs {
        match measured(run, args.budget.as_ref()) {
            Ok(measurement) => all.push(measurement),
            Err(error) => failures.push(error),
        }
    }
    let budget_kept = all.iter().all(|m| m.verdict.is_none_or(|verdict| verdict == Verdict::Kept));
    if !all.is_empty() {
        let missed = missed.into_iter().map(|missed| (missed.what, missed.why)).collect();
        let all = Measurements { started, all, missed, budget: args.budget.clone() };
        output::measurements(&all, args.format)?;
        args.draw(&all)?;
        args.keep(&all)?;
    }
    exit::failed_parts(&failures);
    Ok(match (failures.is_empty(), budget_kept) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Clean,
    })
}

impl Args {
    /// Opens all pairs; also gives the better ways that are closed, and what could not be opened.
    fn open(&self) -> (Vec<Run>, Vec<Missed>, Vec<anyhow::Error>) {
        let mut failures = Vec::new();
        let mut sources = self.against.clone();
        for target in &self.targets {
            match self.domains(target) {
                Ok(domains) => sources.extend(domains),
                Err(error) => failures.push(error),
            }
        }
        sources.extend(self.qga.iter().cloned().map(Source::Qga));
        sources.extend(self.qmp.iter().cloned().map(Source::Qmp));
        sources.extend(self.echo.iter().cloned().map(Source::Echo));
        if sources.is_empty() && failures.is_empty() {
            return here();
        }
        let mut runs = Vec::new();
        for source in sources {
            match source.open() {
                Ok(pair) => runs.push(Run::new(pair)),
                Err(error) => failures.push(closed(&source, &error)),
            }
        }
        (runs, vec![], failures)
    }

    /// Appends it to the history.
    fn keep(&self, all: &Measurements) -> anyhow::Result<()> {
        if !self.record {
            return Ok(());
        }
        let path = self.history.clone().unwrap_or_else(history::place);
        let entry = |measurement: &Measurement| {
            let Measurement { series, estimate, .. } = measurement;
            Earlier {
                started: all.started,
                clock: series.clock.clone(),
                against: series.against.clone(),
                method: series.method.clone(),
                lasted: estimate.lasted,
                readings: i64::try_from(estimate.readings).unwrap_or(i64::MAX),
                offset: estimate.offset,
                rate: estimate.drift.map(|drift| drift.rate),
                confidence: estimate.drift.map(|drift| drift.confidence),
                events: i64::try_from(estimate.events.len()).unwrap_or(i64::MAX),
            }
        };
        let entries: Vec<_> = all.all.iter().map(entry).collect();
        history::measurements::append(&path, &entries)
            .with_context(|| format!("cannot write the history {}", path.display()))
    }

    /// Writes the pictures that were asked for.
    fn draw(&self, all: &Measurements) -> anyhow::Result<()> {
        let save = |path: &Option<PathBuf>, page: fn(&Measurements) -> String| match path {
            Some(path) => world::save(path, &page(all))
                .with_context(|| format!("cannot write {}", path.display())),
            None => Ok(()),
        };
        save(&self.svg, output::measurements_svg)?;
        save(&self.html, output::measurements_html)
    }

    fn domains(&self, target: &str) -> anyhow::Result<Vec<Source>> {
        let uri = &self.connect;
        let source = |name: &str| Source::Domain { uri: uri.clone(), name: name.to_owned() };
        match target.strip_prefix("domain:") {
            Some("all") => {
                let world = World::live();
                let missing = |missing: probe::Missing| Hinted::new(missing.what, missing.hint);
                let facts = match uri == "qemu:///system" {
                    true => {
                        let (facts, absent) = probe::gather(&world, &[Part::Domains]);
                        absent.into_iter().next().map_or(Ok(facts), |absent| Err(missing(absent)))
                    }
                    false => probe::of_libvirt(&world, uri).map_err(missing),
                }?;
                let domains = facts.domains.iter();
                let running = domains.filter(|domain| domain.running.value() == Some(&true));
                Ok(running.map(|domain| source(&domain.name)).collect())
            }
            Some(name) if !name.is_empty() => Ok(vec![source(name)]),
            _ => {
                let message = format!("{target} is nothing that can be measured");
                let hint =
                    "a target is domain:NAME or domain:all; see also --qga, --echo and --against";
                Err(Hinted::new(message, hint).into())
            }
        }
    }
}

/// This machine, by the best way there is.
fn here() -> (Vec<Run>, Vec<Missed>, Vec<anyhow::Error>) {
    let (best, missed) = measure::best();
    let Some(pair) = best else {
        let reasons: Vec<String> =
            missed.iter().map(|missed| format!("{}: {}", missed.what, missed.why)).collect();
        let message =
            format!("there is nothing to measure this machine against ({})", reasons.join("; "));
        let hint = "name an NTP server: kvmtime measure --against ntp:HOST";
        return (vec![], vec![], vec![Hinted::new(message, hint).into()]);
    };
    (vec![Run::new(pair)], missed, vec![])
}

fn closed(source: &Source, error: &std::io::Error) -> anyhow::Error {
    let message = format!("cannot measure by {}: {}", source.what(), world::plain(error));
    let refusal = error.get_ref().and_then(|cause| cause.downcast_ref::<Refusal>());
    match (error.kind(), refusal) {
        (_, Some(refusal)) => Hinted::new(message, refusal.hint()).into(),
        (std::io::ErrorKind::PermissionDenied, None) => Hinted::new(message, "run as root").into(),
        _ => anyhow::anyhow!(message),
    }
}

fn show(live: &Live, progress: &Progress<'_>) {
    let now = || progress.runs.iter().filter_map(|run| estimate(&run.series)).collect();
    live.show(progress.passed, progress.duration, progress.needed, now);
}

fn measured(mut run: Run, budget: Option<&Budget>) -> anyhow::Result<Measurement> {
    let Some(estimate) = estimate(&run.series) else {
        let why = run.why.unwrap_or_else(|| "it was ended before the first reading".to_owned());
        anyhow::bail!("cannot measure {}: {why}", run.series.clock);
    };
    if let Some(fault) = estimate.drift.and_then(|drift| fault(&run, &drift)) {
        anyhow::bail!("cannot measure {} by {}: {fault}", run.series.clock, run.series.method);
    }
    let chain = run.budget(estimate.offset);
    let total = chain.as_ref().map_or(estimate.offset, |chain| chain.total);
    Ok(Measurement {
        verdict: budget.map(|budget| budget.verdict(total)),
        series: run.series,
        estimate,
        budget: chain,
        lost: run.lost,
        lost_because: run.why,
    })
}

/// What the clock does that the reader's own is no measure of.
fn fault(run: &Run, drift: &Drift) -> Option<String> {
    let series = &run.series;
    let reads = series.readings.first().is_some_and(|reading| reading.against.is_some());
    let (side, (clock, reader)) = match reads {
        true => (Side::Clock, (&series.clock, &series.against)),
        false => (Side::Against, (&series.against, &series.clock)),
    };
    let pace = drift.pace(side)?;
    Some(match pace {
        ..-0.001 => format!("{clock} runs backward"),
        ..0.001 => format!("{clock} stands still"),
        _ => format!("{clock} runs {pace:.3} times as fast as {reader}"),
    })
}
