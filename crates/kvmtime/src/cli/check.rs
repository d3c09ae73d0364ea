//! `kvmtime check`.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use kvmtime_core::check::{self, Report};
use kvmtime_core::finding::Severity;

use super::exit::{self, Exit};
use super::targets::{self, Targets};
use crate::output::{self, Format, Printer, Verbosity};

/// Say what is wrong with the time of these machines, with evidence and cure
///
/// Nothing is ever changed. Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime check                                this machine and what runs on it
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

    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// The least severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    fail_on: Limit,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Limit {
    Info,
    #[default]
    Warning,
    Error,
    Never,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut found = args.targets.find();
    let mut printer = Printer::new(args.format, args.verbosity);
    for facts in &found.sets {
        printer.add(check::check(facts));
    }
    each(&found.files, |judged| match judged {
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
    Ok(match (found.failures.is_empty(), args.fail_on.reached(printer.worst())) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

impl Limit {
    fn reached(self, worst: Option<Severity>) -> bool {
        match self {
            Self::Info => worst >= Some(Severity::Info),
            Self::Warning => worst >= Some(Severity::Warning),
            Self::Error => worst >= Some(Severity::Error),
            Self::Never => false,
        }
    }
}

type Judged = anyhow::Result<Option<Report>>;

/// So many files are handed over at once: waking another thread for each costs more than judging it.
const PORTION: usize = 16;

/// Reads and judges every file on all CPUs, one file in memory at a time on each, and hands the verdicts over in the
/// order of the list.
fn each(files: &[PathBuf], mut done: impl FnMut(Judged)) {
    let next = AtomicUsize::new(0);
    let portions: Vec<&[PathBuf]> = files.chunks(PORTION).collect();
    let progress = output::progress(files.len());
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(portions.len());
    let (send, receive) = mpsc::sync_channel(workers);
    let work = |send: SyncSender<(usize, Vec<Judged>)>| loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(portion) = portions.get(number) else { return };
        let judged = portion.iter().map(|path| judge(path)).collect();
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

fn judge(path: &Path) -> Judged {
    let facts = targets::of_folder(path)?;
    Ok(facts.map(|facts| check::check(&facts)))
}
