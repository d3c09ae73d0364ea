//! `kvmtime check`.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use kvmtime_core::check::{self, Report};
use kvmtime_core::finding::Severity;

use super::exit::{self, Exit};
use super::targets::{self, Targets};
use crate::output::{self, Format, Verbosity};

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
    let mut report = Report::default();
    for facts in &found.sets {
        report.append(check::check(facts));
    }
    for judged in each(&found.files) {
        match judged {
            Ok(Some(part)) => report.append(part),
            Ok(None) => {}
            Err(error) => found.failures.push(error),
        }
    }
    if found.failures.is_empty() || !report.subjects.is_empty() {
        output::report(&report, args.format, args.verbosity)?;
    }
    for failure in &found.failures {
        exit::failed(failure);
    }
    Ok(match (found.failures.is_empty(), args.fail_on.reached(report.worst())) {
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

/// Reads and judges every file on all CPUs, one file in memory at a time on each; the order stays that of the list.
fn each(files: &[PathBuf]) -> Vec<Judged> {
    let next = AtomicUsize::new(0);
    let progress = output::progress(files.len());
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(index) else { return done };
            let facts = targets::of_folder(path);
            done.push((index, facts.map(|facts| facts.map(|facts| check::check(&facts)))));
            progress.inc(1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(files.len());
    let mut done: Vec<(usize, Judged)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    progress.finish_and_clear();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, judged)| judged).collect()
}
