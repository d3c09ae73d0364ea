//! `cargo xtask bench`: every speed is a ratio to a peer, measured in the same run on the same machine.

mod check;
mod clocks;
mod contest;
mod dice;
mod domains;
mod machine;
mod measure;
mod program;
mod sync;
mod table;

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Measure kvmtime against its peers
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// `check` of 10,000 domain XML files against xmllint, and of this machine against virt-host-validate
    ///
    /// Exit status 1 when a target is missed.
    Check,
    /// What `bench` says a read costs against a plain C loop and stress-ng, idle and under load, and how long the table takes
    /// beside sysbench, stress-ng and the kernel's selftests
    ///
    /// Needs root, cc, sysbench and stress-ng, and Debian's archive for the source of the selftests; it takes ten minutes. Exit status 1 when a target is missed.
    Clocks,
    /// `measure` against the truth, in guests whose clocks are known; it takes about an hour
    ///
    /// Needs root for some. Exit status 1 when a target is missed.
    Measure {
        /// Only this part
        #[arg(value_enum)]
        part: Option<measure::Part>,
    },
    /// What `sync` and `guard` leave of a gap, against `virsh domtime` and a single `guest-set-time`; it takes about an hour
    ///
    /// Needs root. Exit status 1 when a target is missed.
    Sync(sync::Args),
    /// Only write the domain XML files, for a profiler
    Domains {
        /// Where to
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How many
        #[arg(long, default_value_t = check::FILES)]
        count: u64,
    },
}

/// Measures; false if a target is missed.
pub(crate) fn run(which: &Bench) -> anyhow::Result<bool> {
    match which {
        Bench::Check => check::run(),
        Bench::Clocks => clocks::run(),
        Bench::Measure { part } => measure::run(*part),
        Bench::Sync(args) => sync::run(args),
        Bench::Domains { folder, count } => write(folder, *count).map(|_| true),
    }
}

/// Writes the files, and returns their paths.
fn write(folder: &Path, count: u64) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    domains::all(count)
        .map(|(name, text)| {
            let path = folder.join(name);
            std::fs::write(&path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(path)
        })
        .collect()
}
