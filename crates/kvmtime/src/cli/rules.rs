//! `kvmtime rules`.

use super::exit::Exit;
use crate::output::{self, Plain};

/// List the catalogue of rules
#[derive(Debug, clap::Args)]
#[command(after_help = "`kvmtime explain RULE` prints a rule's page.")]
pub(super) struct Args {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    output::rules(args.format)?;
    Ok(Exit::Clean)
}
