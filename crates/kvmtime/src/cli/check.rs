//! `kvmtime check`.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use kvmtime_core::allow::Allow;
use kvmtime_core::check::{self, Report};
use kvmtime_core::facts::{Facts, Fleet, Stated};
use kvmtime_core::rule::Rule;

use super::choices::{self, Choices};
use super::exit::{self, Exit};
use super::targets::Targets;
use crate::config::{Allowance, Settings};
use crate::output::{self, Printer, Terms, Verbosity};
use crate::world::{self, Entry};

/// Say what is wrong with the time of these machines, with evidence and cure
///
/// Nothing is ever changed. Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be read.
/// With --format nagios: 0 OK, 1 WARNING, 2 CRITICAL (an error was found), 3 UNKNOWN (something could not be read).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime check                                this machine and what runs on it
  kvmtime check host guest                     this machine alone
  kvmtime check domain:web01                   one libvirt domain
  virsh dumpxml web01 | kvmtime check -        the same, from standard input
  kvmtime check /etc/libvirt/qemu              every domain XML below a folder
  kvmtime check --as guest /mnt                a guest's mounted disk
  kvmtime check sosreport-web01/               somebody else's machine
  kvmtime check captures/                      each machine, and how they differ")]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,

    #[command(flatten)]
    verbosity: Verbosity,

    #[command(flatten)]
    choices: Choices,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match judged(args) {
        Err(error) if args.choices.for_monitoring() => exit::unknown(&error),
        done => done,
    }
}

fn judged(args: &Args) -> anyhow::Result<Exit> {
    let settings = args.choices.settings()?;
    let rules = settings.rules().map_err(choices::refused)?;
    let (allows, notices) = allowances(&settings);
    for notice in &notices {
        output::error(notice, Some("cure it, or give it a new date"));
    }
    let limit = settings.fail_on.value;
    let stated = settings.stated().map_err(choices::refused)?;
    let judge = Judge { rules: rules.clone(), allows, stated };
    let mut printer = Printer::new(Terms {
        format: settings.format.value,
        colour: settings.colour.value,
        verbosity: args.verbosity,
        limit,
        rules,
        notices,
    });
    let failures = judge.all(&args.targets, &mut printer);
    let said: Vec<String> = failures.iter().map(exit::words).collect();
    printer.finish(&said)?;
    exit::failed_parts(&failures);
    let reached = printer.worst().is_some_and(|severity| limit.reached(severity));
    Ok(match (printer.state(&said), failures.is_empty(), reached) {
        (Some(state), ..) => Exit::Plugin(state),
        (None, false, _) => Exit::Failed,
        (None, true, true) => Exit::Findings,
        (None, true, false) => Exit::Clean,
    })
}

/// What is accepted, and a line on each allowance that is over.
fn allowances(settings: &Settings) -> (Vec<Allow>, Vec<String>) {
    let now = world::epoch_seconds();
    let (over, current): (Vec<_>, Vec<_>) =
        settings.allow.iter().partition(|allowance| allowance.is_over(now));
    let allows = current.into_iter().map(Allowance::allow).collect();
    (allows, over.into_iter().map(was_allowed).collect())
}

fn was_allowed(allowance: &Allowance) -> String {
    let Allowance { rule, subject, reason, until, from } = allowance;
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    format!("{from}: {rule} was allowed on {subject} until {until} ({reason})")
}

/// What is judged by, and what of it is accepted.
struct Judge {
    rules: Vec<&'static Rule>,
    allows: Vec<Allow>,
    stated: Stated,
}

impl Judge {
    /// Judges what the targets point at, first each for itself, then beside each other, and gives back what could not
    /// be read.
    fn all(&self, targets: &Targets, printer: &mut Printer) -> Vec<anyhow::Error> {
        let mut found = targets.find();
        let mut fleet = Fleet::default();
        for facts in std::mem::take(&mut found.sets) {
            fleet.add(&facts);
            printer.add(self.facts(facts));
        }
        let judge = |entry: &Entry, fleet: &mut Fleet| -> Judged {
            let facts = targets.entry(entry)?;
            facts.iter().for_each(|facts| fleet.add(facts));
            Ok(facts.map(|facts| self.facts(facts)))
        };
        fleet.append(each(&found.entries, judge, |judged| match judged {
            Ok(Some(part)) => printer.add(part),
            Ok(None) => {}
            Err(error) => found.failures.push(error),
        }));
        printer.add(self.allowed(check::fleet(fleet, &self.rules)));
        found.failures
    }

    fn facts(&self, mut facts: Facts) -> Report {
        facts.settle(&self.stated);
        self.allowed(check::check(&facts, &self.rules))
    }

    fn allowed(&self, mut report: Report) -> Report {
        report.allow(&self.allows);
        report
    }
}

type Judged = anyhow::Result<Option<Report>>;

/// So many files are handed over at once: waking another thread for each costs more than judging it.
const PORTION: usize = 16;

/// Reads and judges every entry on all CPUs, one in memory at a time on each, and hands the verdicts over in the order of
/// the list. What is kept of all of them is given back.
fn each(
    entries: &[Entry],
    judge: impl Fn(&Entry, &mut Fleet) -> Judged + Sync,
    mut done: impl FnMut(Judged),
) -> Fleet {
    let next = AtomicUsize::new(0);
    let portions: Vec<&[Entry]> = entries.chunks(PORTION).collect();
    let progress = output::progress(entries.len());
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(portions.len());
    let (send, receive) = mpsc::sync_channel(workers);
    let work = |send: SyncSender<(usize, Vec<Judged>)>| {
        let mut fleet = Fleet::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(portion) = portions.get(number) else { return fleet };
            let judged = portion.iter().map(|entry| judge(entry, &mut fleet)).collect();
            if send.send((number, judged)).is_err() {
                return fleet;
            }
        }
    };
    let mut fleet = Fleet::default();
    thread::scope(|scope| {
        let working: Vec<_> = (0..workers)
            .map(|_| {
                let send = send.clone();
                scope.spawn(|| work(send))
            })
            .collect();
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
        for worker in working {
            fleet.append(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
    progress.finish_and_clear();
    fleet
}
