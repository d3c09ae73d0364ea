//! `kvmtime check`.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use kvmtime_core::allow::Allow;
use kvmtime_core::check::{self, Report};
use kvmtime_core::facts::Facts;
use kvmtime_core::rule::Rule;

use super::choices::{self, Choices};
use super::exit::{self, Exit};
use super::targets::{self, Targets};
use crate::config::{Allowance, Settings};
use crate::output::{self, Printer, Verbosity};
use crate::world;

/// Say what is wrong with the time of these machines, with evidence and cure
///
/// Nothing is ever changed. Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime check                                this machine, its libvirt domains and QEMU processes
  kvmtime check host guest                     this machine alone
  kvmtime check domain:web01                   one libvirt domain
  virsh dumpxml web01 | kvmtime check -        the same, from standard input
  kvmtime check /etc/libvirt/qemu              every domain XML below a folder
  kvmtime check --as guest /mnt                a guest's mounted disk
  kvmtime check sosreport-web01/               somebody else's machine")]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,

    #[command(flatten)]
    verbosity: Verbosity,

    #[command(flatten)]
    choices: Choices,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let settings = args.choices.settings()?;
    let judge = Judge::new(&settings)?;
    let mut found = args.targets.find();
    let mut printer = Printer::new(settings.format.value, settings.colour.value, args.verbosity);
    for facts in &found.sets {
        printer.add(judge.facts(facts));
    }
    each(&found.files, &judge, |judged| match judged {
        Ok(Some(part)) => printer.add(part),
        Ok(None) => {}
        Err(error) => found.failures.push(error),
    });
    if found.failures.is_empty() || !printer.is_empty() {
        printer.finish()?;
    }
    for failure in &found.failures {
        exit::failed(failure);
    }
    let limit = settings.fail_on.value;
    let reached = printer.worst().is_some_and(|severity| limit.reached(severity));
    Ok(match (found.failures.is_empty(), reached) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

/// What is judged by, and what of it is accepted.
struct Judge {
    rules: Vec<&'static Rule>,
    allows: Vec<Allow>,
}

impl Judge {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let rules = settings.rules().map_err(choices::refused)?;
        let now = world::epoch_seconds();
        let (over, current): (Vec<_>, Vec<_>) =
            settings.allow.iter().partition(|allowance| allowance.is_over(now));
        for allowance in over {
            output::error(&over_since(allowance), Some("cure it, or give it a new date"));
        }
        Ok(Self { rules, allows: current.into_iter().map(Allowance::allow).collect() })
    }

    fn facts(&self, facts: &Facts) -> Report {
        let mut report = check::check(facts, &self.rules);
        report.allow(&self.allows);
        report
    }

    fn file(&self, path: &Path) -> Judged {
        Ok(targets::of_folder(path)?.map(|facts| self.facts(&facts)))
    }
}

fn over_since(allowance: &Allowance) -> String {
    let Allowance { rule, subject, reason, until, from } = allowance;
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    format!("{from}: {rule} was allowed on {subject} until {until} ({reason})")
}

type Judged = anyhow::Result<Option<Report>>;

/// So many files are handed over at once: waking another thread for each costs more than judging it.
const PORTION: usize = 16;

/// Reads and judges every file on all CPUs, one file in memory at a time on each, and hands the verdicts over in the
/// order of the list.
fn each(files: &[PathBuf], judge: &Judge, mut done: impl FnMut(Judged)) {
    let next = AtomicUsize::new(0);
    let portions: Vec<&[PathBuf]> = files.chunks(PORTION).collect();
    let progress = output::progress(files.len());
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(portions.len());
    let (send, receive) = mpsc::sync_channel(workers);
    let work = |send: SyncSender<(usize, Vec<Judged>)>| loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(portion) = portions.get(number) else { return };
        let judged = portion.iter().map(|path| judge.file(path)).collect();
        if send.send((number, judged)).is_err() {
            return;
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            let send = send.clone();
            scope.spawn(|| work(send));
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for (number, judged) in receive {
            early.insert(number, judged);
            while let Some(judged) = early.remove(&turn) {
                progress.inc(judged.len() as u64);
                judged.into_iter().for_each(&mut done);
                turn += 1;
            }
        }
    });
    progress.finish_and_clear();
}
