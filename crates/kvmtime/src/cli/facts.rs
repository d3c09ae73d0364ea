//! `kvmtime facts`.

use kvmtime_core::facts::Facts;

use super::exit::{self, Exit};
use super::targets::Targets;
use crate::output::{self, Plain};

/// Print what was read, and from where
///
/// What is not known says why: absent, denied, failed or not collected. The JSON can be judged anywhere with
/// `kvmtime check --facts FILE`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime facts                                this machine and what runs on it
  kvmtime facts --format json > web01.json     to be judged elsewhere
  kvmtime facts web01.xml                      one domain XML")]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,

    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let found = args.targets.find();
    let mut failures = found.failures;
    let mut all = Facts::default();
    for facts in found.sets {
        all.append(facts);
    }
    for entry in &found.entries {
        match args.targets.entry(entry) {
            Ok(facts) => all.append(facts.unwrap_or_default()),
            Err(error) => failures.push(error),
        }
    }
    output::facts(&all, args.format)?;
    exit::failed_parts(&failures);
    Ok(if failures.is_empty() { Exit::Clean } else { Exit::Failed })
}
